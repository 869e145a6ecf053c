"""The GeoPackage: every layer that an analyst opens."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from asmgold.config import Correction
from asmgold.schemas import CRS


def write_geopackage(
    path: Path,
    *,
    regions: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    intersections: gpd.GeoDataFrame,
    overlays: Mapping[str, gpd.GeoDataFrame],
    area: gpd.GeoDataFrame,
    records: gpd.GeoDataFrame,
    corrections: Sequence[Correction],
    date: str,
) -> None:
    """Write the GeoPackage, the same bytes for the same tables.

    Parameters
    ----------
    path : a file that does not exist yet
    regions, sites, intersections, records : tables of `asmgold.schemas`
    overlays : the overlays' polygons by name
    area : the polygons that the regions are clipped to
    corrections : the declared corrections; those that were applied become arrows from the old place to the new one
    date : the date that GeoPackage asks for, `YYYY-MM-DD`: that of the data, not of the clock
    """
    os.environ["OGR_CURRENT_DATE"] = f"{date}T00:00:00.000Z"
    moved = records[records["correction"].notna() & (records["fate"] != "rejected")]
    rejected = records[records["fate"] == "rejected"].drop(columns="geometry")
    layers: list[tuple[str, pd.DataFrame, str | None]] = [
        ("asm_gold_regions", regions.drop(columns="geometry_unclipped"), "MultiPolygon"),
        ("gold_sites", sites, "Point"),
        ("overlay_intersections", intersections, "MultiPolygon"),
        *((f"overlay_{name}", layer, "MultiPolygon") for name, layer in overlays.items()),
        ("area", area, "MultiPolygon"),
        ("corrections", _arrows(moved, corrections), "LineString"),
        ("records_rejected", rejected, None),
    ]
    for name, table, geometry_type in layers:
        append_layer(path, name, table, geometry_type)


def append_layer(path: Path, name: str, table: pd.DataFrame, geometry_type: str | None) -> None:
    """Append a table to a GeoPackage as a layer, lists as text; without geometry if the type of geometry is None."""
    flat = table.assign(
        **{column: table[column].map(_joined) for column in table.columns if _holds_lists(table[column])}
    )
    flat = flat.rename(columns=_accepted_names(flat.columns))
    if geometry_type == "MultiPolygon":
        flat = gpd.GeoDataFrame(flat).set_geometry(_multi(flat))
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
            layer_options={"ASPATIAL_VARIANT": "GPKG_ATTRIBUTES"} if geometry_type is None else {"FID": "fid"},
            dataset_options=None if path.exists() else {"VERSION": "1.3"},
        )


def _arrows(moved: gpd.GeoDataFrame, corrections: Sequence[Correction]) -> gpd.GeoDataFrame:
    """A line from where the source puts a corrected record to where it was put."""
    why = {correction.id: correction for correction in corrections}
    ends = moved[["longitude_read", "latitude_read", "longitude", "latitude"]].to_numpy(float).reshape(-1, 2, 2)
    table = moved[["correction", "record_id", "name", "fate"]].assign(
        reason=[why[name].reason for name in moved["correction"]],
        evidence=[why[name].evidence for name in moved["correction"]],
    )
    return gpd.GeoDataFrame(table, geometry=list(shapely.linestrings(ends)), crs=moved.crs)


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


def _multi(table: pd.DataFrame) -> gpd.GeoSeries:
    geometry = gpd.GeoSeries(table["geometry"])
    parts = [shapely.multipolygons(shapely.get_parts(shape)) for shape in geometry]
    return gpd.GeoSeries(parts, index=table.index, crs=geometry.crs or CRS)
