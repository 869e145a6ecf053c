"""The GeoPackage: every layer that an analyst opens, each with its style, its credits and its columns in words."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from shapely.geometry.base import BaseGeometry

from asmgold.config.models import Correction
from asmgold.geodesy.polygons import polygonal
from asmgold.io.tables import DECIMALS
from asmgold.publish.context import Context
from asmgold.publish.fields import fields_of
from asmgold.publish.gpkg_extensions import Described, write_extensions
from asmgold.publish.qgis.attributes import Content
from asmgold.publish.qgis.metadata import dataset_metadata, layer_metadata
from asmgold.publish.qgis.styles import style_of
from asmgold.publish.qgis.view import projection_of, surroundings
from asmgold.records.corrections import moved, values_in_words
from asmgold.schemas.tables import CRS

MULTI: Mapping[str, Callable[..., Any]] = {
    "MultiPolygon": shapely.multipolygons,
    "MultiLineString": shapely.multilinestrings,
}
BACKDROP_TYPES = {"towns": "Point", "rivers": "MultiLineString", "lakes": "MultiPolygon"}


def write_geopackage(
    path: Path,
    *,
    context: Context,
    regions: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    intersections: gpd.GeoDataFrame,
    overlays: Mapping[str, gpd.GeoDataFrame],
    area: gpd.GeoDataFrame,
    countries: gpd.GeoDataFrame | None,
    records: gpd.GeoDataFrame,
    corrections: Sequence[Correction],
    missed: gpd.GeoDataFrame | None = None,
    seen: gpd.GeoDataFrame | None = None,
    zones: Mapping[str, gpd.GeoDataFrame] | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
    backdrop: Mapping[str, gpd.GeoDataFrame] | None = None,
) -> None:
    """Write the GeoPackage, the same bytes for the same tables.

    Parameters
    ----------
    path : a file that does not exist yet
    context : the scenario in words; its date, that of the data, is the one that GeoPackage asks for
    regions, sites, intersections, records : tables of `asmgold.schemas`
    overlays : the overlays' polygons by name
    area : the polygons that the regions are clipped to
    countries : `asmgold.schemas.tables.COUNTRIES`, of which those near the area are kept; or None
    corrections : the declared corrections; those that were applied become arrows from the old place to the new one,
        or rows without geometry where no place changed
    missed, seen : `asmgold.schemas.evidence.MISSED` and `.MINING_SEEN`, where there is evidence
    zones : `asmgold.schemas.tables.RINGS` and `.REGIONS_BY` by the names of their layers, where there are any
    backdrop : `towns`, `rivers` and `lakes`, where there are any; those near the area are kept
    tables : tables of the products without geometry, by name, such as `evidence`
    """
    os.environ["OGR_CURRENT_DATE"] = f"{context.date}T00:00:00.000Z"
    rejected = records[records["fate"] == "rejected"].drop(columns="geometry")
    window = surroundings(area.geometry.array, projection_of(area.geometry.array))
    layers: list[tuple[str, pd.DataFrame, str | None]] = [
        ("asm_gold_regions", regions.drop(columns="geometry_unclipped").round(DECIMALS), "MultiPolygon"),
        ("gold_sites", sites, "Point"),
        ("overlay_intersections", intersections.round(DECIMALS), "MultiPolygon"),
        *((name, layer.round(DECIMALS), "MultiPolygon") for name, layer in (zones or {}).items()),
        *((f"overlay_{name}", layer, "MultiPolygon") for name, layer in overlays.items()),
        *((name, _near(window, layer), BACKDROP_TYPES[name]) for name, layer in (backdrop or {}).items()),
        ("area", area, "MultiPolygon"),
        *([("countries", _near(window, countries), "MultiPolygon")] if countries is not None else []),
        ("corrections", _arrows(records, corrections), "LineString"),
        ("records_rejected", rejected, None),
        *([("mining_seen", seen, "Point")] if seen is not None else []),
        *_missed_layers(missed.round(DECIMALS) if missed is not None else None),
        *((name, table, None) for name, table in (tables or {}).items()),
    ]
    titles = _distinct_titles([name for name, *_ in layers], context)
    kinds = list(zip(sites["source"], sites["commodity_role"].fillna(""), strict=True))
    home = _covered(area, countries) if countries is not None else []
    described = []
    for name, table, geometry in layers:
        append_layer(path, name, table, geometry, title=titles[name], description=context.abstract_of(name))
        info = pyogrio.read_info(path, layer=name, force_total_bounds=True)
        geometry_column = [info["geometry_name"]] if geometry else []
        contents = _contents(table)
        same = {column: content.same for column, content in contents.items() if content.same is not None}
        fields = fields_of(name, [info["fid_column"], *geometry_column, *info["fields"]], same)
        bounds = info["total_bounds"] if geometry and len(table) else None
        described.append(
            Described(
                name,
                fields,
                style=style_of(
                    name,
                    context,
                    geometry=geometry,
                    fields=fields,
                    contents=contents,
                    sites=kinds,
                    unlabelled=home,
                ),
                metadata=layer_metadata(name, context, fields, bounds),
                geometry_column="".join(geometry_column),
            )
        )
    append_layer(path, "layer_styles", _style_table(described, titles, context.date), None, fid="id")
    write_extensions(path, described, date=context.date, dataset=dataset_metadata(context))


def _style_table(described: Sequence[Described], titles: Mapping[str, str], date: str) -> pd.DataFrame:
    """The table that QGIS looks for styles in."""
    return pd.DataFrame(
        {
            "f_table_catalog": "",
            "f_table_schema": "",
            "f_table_name": [layer.name for layer in described],
            "f_geometry_column": [layer.geometry_column for layer in described],
            "styleName": [layer.name for layer in described],
            "styleQML": [layer.style for layer in described],
            "styleSLD": "",
            "useAsDefault": True,
            "description": [titles[layer.name] for layer in described],
            "owner": "",
            "ui": "",
            "update_time": pd.Timestamp(date, tz="UTC"),
        }
    )


def _distinct_titles(names: Sequence[str], context: Context) -> dict[str, str]:
    """Titles of the layers, which GeoPackage wants to differ."""
    titles: dict[str, str] = {}
    for name in names:
        title = context.title_of(name)
        titles[name] = title if title not in titles.values() else f"{title} ({name})"
    return titles


def _near(window: BaseGeometry, layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """What of a layer lies in the window that a map of the area may show, for the background; EPSG:4326."""
    kept = layer[layer.intersects(window)].reset_index(drop=True)
    cut = np.asarray(shapely.intersection(kept.geometry.array, window), dtype=object)
    if len(cut) and shapely.get_dimensions(cut).max() == 2:
        cut = np.array([polygonal(shape) for shape in cut], dtype=object)
    return kept.set_geometry(gpd.GeoSeries(cut, crs=kept.crs))


def _covered(area: gpd.GeoDataFrame, countries: gpd.GeoDataFrame) -> list[str]:
    """The names of the countries that the area covers for the most part."""
    whole = shapely.union_all(area.geometry.array)
    touched = countries[countries.intersects(whole)]
    shares = [shapely.intersection(shape, whole).area / shape.area for shape in touched.geometry]
    return sorted(name for name, share in zip(touched["name"], shares, strict=True) if share > 0.5)


def append_layer(
    path: Path,
    name: str,
    table: pd.DataFrame,
    geometry_type: str | None,
    *,
    title: str | None = None,
    description: str = "",
    fid: str = "fid",
) -> None:
    """Append a table to a GeoPackage as a layer, lists as text; without geometry if the type of geometry is None."""
    flat = in_plain_columns(table)
    if geometry_type is not None and geometry_type in MULTI:
        flat = gpd.GeoDataFrame(flat).set_geometry(_multi(flat, MULTI[geometry_type]))
    with warnings.catch_warnings():
        # pyogrio warns that a table without geometry has none.
        warnings.filterwarnings("ignore", message=".*geometry.*", category=UserWarning)
        pyogrio.write_dataframe(
            flat,
            path,
            layer=name,
            driver="GPKG",
            geometry_type=geometry_type,
            append=path.exists(),
            layer_options={"IDENTIFIER": title or name, "DESCRIPTION": description, "FID": fid}
            | ({"ASPATIAL_VARIANT": "GPKG_ATTRIBUTES"} if geometry_type is None else {}),
            dataset_options=None if path.exists() else {"VERSION": "1.3"},
        )


def in_plain_columns(table: pd.DataFrame) -> pd.DataFrame:
    """A table as a GeoPackage takes it: lists as text, names that it accepts."""
    lists = [column for column in table.columns if _holds_lists(table[column])]
    flat = table.assign(**{column: table[column].map(_joined) for column in lists})
    return flat.rename(columns=_accepted_names(flat.columns))


def _contents(table: pd.DataFrame) -> dict[str, Content]:
    flat = in_plain_columns(table)
    return {str(name): Content.of(flat[name]) for name in flat.columns if name != "geometry"}


def _missed_layers(missed: gpd.GeoDataFrame | None) -> list[tuple[str, pd.DataFrame, str | None]]:
    """The missed mining as a layer; where there are both polygons and points, these as another one."""
    if missed is None:
        return []
    is_point = (missed.geom_type == "Point").to_numpy(bool)
    if is_point.all() and len(missed):
        return [("missed_mining", missed, "Point")]
    layers: list[tuple[str, pd.DataFrame, str | None]] = [("missed_mining", missed[~is_point], "MultiPolygon")]
    return layers + ([("missed_mining_points", missed[is_point], "Point")] if is_point.any() else [])


def _arrows(records: gpd.GeoDataFrame, corrections: Sequence[Correction]) -> gpd.GeoDataFrame:
    """The corrected records: a line from where the source puts each to where it was put, if it was moved."""
    corrected = records[records["correction"].notna()]
    why = {correction.id: correction for correction in corrections}
    applied = [why[name] for name in corrected["correction"]]
    table = corrected[["correction", "record_id", "name", "fate"]].assign(
        before=[values_in_words(correction.expect) for correction in applied],
        after=[values_in_words(correction.set) for correction in applied],
        reason=[correction.reason for correction in applied],
        evidence=[correction.evidence for correction in applied],
    )
    is_moved = moved(corrected).to_numpy(bool)
    ends = corrected[["longitude_read", "latitude_read", "longitude", "latitude"]].to_numpy(float).reshape(-1, 2, 2)
    lines = np.full(len(corrected), None, dtype=object)
    lines[is_moved] = shapely.linestrings(ends[is_moved])
    return gpd.GeoDataFrame(table, geometry=lines, crs=records.crs)


def _accepted_names(names: Iterable[str]) -> dict[str, str]:
    """Names a GeoPackage takes: not its own `fid` and `geom`, nor two alike but for case; `_` is added to those."""
    taken, accepted = {"fid", "geom"}, {}
    for name in names:
        accepted[name] = name
        while accepted[name].casefold() in taken:
            accepted[name] += "_"
        taken.add(accepted[name].casefold())
    return accepted


def _holds_lists(column: pd.Series) -> bool:
    return bool(column.dtype == object and column.map(lambda value: isinstance(value, list | np.ndarray)).any())


def _joined(values: object) -> str | None:
    return ", ".join(str(value) for value in values) if isinstance(values, list | np.ndarray) else None


def _multi(table: pd.DataFrame, together: Callable[..., Any]) -> gpd.GeoSeries:
    geometry = gpd.GeoSeries(table["geometry"])
    parts = [together(shapely.get_parts(shape)) for shape in geometry]
    return gpd.GeoSeries(parts, index=table.index, crs=geometry.crs or CRS)
