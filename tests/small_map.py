"""A small map of any place, made by the library alone: a GeoPackage and a QGIS project in a moment."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely

from asmgold.publish.context import Context
from asmgold.publish.geopackage import write_geopackage
from asmgold.publish.qgis.project import raster_of, write_project
from asmgold.records.classify import classify
from asmgold.regions.dissolve import dissolve
from asmgold.regions.overlays import intersect
from asmgold.sources.records import read_records

COLUMNS = ("dep_id", "site_name", "latitude", "longitude", "country", "commod1", "commod2", "commod3", "url",
           "dep_type", "dev_stat")  # fmt: skip


def context_of_map(area: str = "Area", overlays: Mapping[str, str] | None = None, language: str = "en") -> Context:
    """What is said about a map of a user's own files, with the titles of its overlays by name."""
    titles = {"area": area, "countries": "Countries"}
    titles |= {f"overlay_{name}": title for name, title in (overlays or {}).items()}
    first = next(iter(overlays), None) if overlays else None
    layers = {
        name: {
            "title": title,
            "source": None,
            "file": f"{name}.gpkg",
            "within": first if name not in ("area", "countries", f"overlay_{first}") else None,
        }
        for name, title in titles.items()
    }
    source = {
        "title": f"Records of {area}", "producer": f"Survey of {area}", "citation": f"{area}, 2020.", "licence": area,
        "urls": ["https://example.org/?a=1&b=<2>"], "date": "2020", "lock": {"sha256": "0" * 64},
    }  # fmt: skip
    return Context(language, "gold", 5.0, [20.0], False, "2020-01-01", ["records"], layers, {"records": source})


def make_map(
    folder: Path,
    context: Context,
    area: shapely.Geometry,
    *,
    sites: Sequence[tuple[str, float, float]] = (),
    overlays: Mapping[str, shapely.Geometry] | None = None,
    columns: Mapping[str, str] | None = None,
    countries: gpd.GeoDataFrame | None = None,
    rasters: Sequence[Path] = (),
) -> Path:
    """Write `asm_gold_regions.gpkg` and `.qgz` into a folder, and say where the project is.

    Sites are name, longitude and latitude; columns are further columns of each overlay, with their value.
    """
    rows = [[str(number), name, lat, lon, "Peru", "Gold"] + [""] * 5 for number, (name, lon, lat) in enumerate(sites)]
    rows.append(["none", "No gold", "0", "0", "", "Copper"] + [""] * 5)
    with (folder / "mrds.csv").open("w", newline="", encoding="utf-8") as table:
        csv.writer(table, quoting=csv.QUOTE_ALL).writerows([COLUMNS, *rows])
    around = gpd.GeoDataFrame(geometry=[area], crs=4326)
    records = classify(
        read_records(folder / "mrds.csv", "mrds"), around, None, [],
        buffer_m=20_000, tolerance_m=5, include_plants=False, exclude_administrative=False,
    )  # fmt: skip
    regions, kept = dissolve(records, around, tolerance_m=5)
    layers = {
        name: gpd.GeoDataFrame({key: [value] for key, value in (columns or {}).items()}, geometry=[shape], crs=4326)
        for name, shape in (overlays or {}).items()
    }
    within = {name: context.layers[f"overlay_{name}"]["within"] for name in layers}
    intersections, _ = intersect(regions, kept, layers, within)
    package = folder / "asm_gold_regions.gpkg"
    write_geopackage(
        package, context=context, regions=regions, sites=kept, intersections=intersections, overlays=layers,
        area=around, countries=countries, records=records, corrections=[],
    )  # fmt: skip
    write_project(package.with_suffix(".qgz"), package, context, [raster_of(path) for path in rasters])
    return package.with_suffix(".qgz")


def make_raster(path: Path, bounds: tuple[float, float, float, float], title: str) -> Path:
    """A raster of 40 by 40 cells that rise from west to east, from 0 to 39."""
    values = np.tile(np.arange(40, dtype="float32"), (40, 1))
    west, south, east, north = bounds
    transform = rasterio.Affine((east - west) / 40, 0, west, 0, (south - north) / 40, north)
    with rasterio.open(
        path, "w", driver="GTiff", width=40, height=40, count=1, dtype="float32", crs="EPSG:4326", transform=transform
    ) as raster:
        raster.write(values, 1)
        raster.set_band_description(1, title)
    return path
