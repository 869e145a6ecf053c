"""What was seen: from the layers of evidence to one shape for each period, and how much of it lies in a zone."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from asmgold.config.models import ALL_PERIODS, Evidence
from asmgold.errors import InputError
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.geodesy.polygons import polygonal
from asmgold.regions.overlays import zones_of
from asmgold.schemas.evidence import SEEN
from asmgold.schemas.tables import CRS
from asmgold.sources.vector import read_features

AREA = "area"
NOTHING = shapely.Polygon()
# 2019-05-03 (and a time), 2019/05/03, 2019-05; 3/5/2019 and 03.05.2019, whichever of the two is the day.
DATE = re.compile(r"(\d{4})[-/]\d{1,2}([-/]\d{1,2}(\D.*)?)?|\d{1,2}[-/.]\d{1,2}[-/.](\d{4})(\D.*)?")
MILLISECONDS = range(10**11, 10**14)  # since 1970, as ArcGIS writes dates
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Seen:
    """What one layer of evidence saw in one period, or in all: polygons without overlap, or distinct points."""

    evidence: str
    period: str
    shape: Any


def read_evidence(path: Path, evidence: Evidence) -> gpd.GeoDataFrame:
    """Read a file of evidence.

    Parameters
    ----------
    path : the file
    evidence : its entry in the configuration, for one file

    Returns
    -------
    A table of `asmgold.evidence.tables.SEEN`; without rows where nothing was seen.

    Raises
    ------
    InputError : as `asmgold.sources.read_features`, or if the field of the period is missing.
    """
    features = read_features(path, evidence)
    field = evidence.period_field
    if field is not None and field not in features.columns:
        names = ", ".join(name for name in features.columns if name != features.geometry.name)
        raise InputError(f"{path}: has no field {field!r} for the period, its fields are {names}")
    periods = features[field].map(_period) if field else pd.Series(evidence.period, index=features.index, dtype=object)
    return SEEN.validate(gpd.GeoDataFrame({"period": periods}, geometry=list(features.geometry), crs=CRS))


def _period(value: Any) -> str:
    """The year of a date, a whole number without its point, any other value as it is."""
    if pd.isna(value):
        return UNKNOWN
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
    if text.isdecimal() and int(text) in MILLISECONDS:
        return str(datetime.datetime.fromtimestamp(int(text) / 1000, datetime.UTC).year)
    date = DATE.fullmatch(text)
    return (date[1] or date[4]) if date else text or UNKNOWN


def zones_by_name(
    area: gpd.GeoDataFrame, overlays: Mapping[str, gpd.GeoDataFrame], within: Mapping[str, str | None]
) -> dict[str, Any]:
    """The area and the zones of the overlays, by the names that the tables of this stage give them."""
    zones = {f"{name}:{zone}": shape for (name, zone), shape in zones_of(overlays, within).items()}
    return {AREA: shapely.union_all(area.geometry.array), **zones}


def collect(layers: Iterable[tuple[str, str | None, gpd.GeoDataFrame]], zones: Mapping[str, Any]) -> list[Seen]:
    """What was seen near any of the zones: for each layer of evidence each period in order, and then all of them.

    Parameters
    ----------
    layers : for each file, the name of the evidence, the period if all of it was seen then, and its table
    zones : shapes in EPSG:4326

    Returns
    -------
    Of polygons their union, of points the distinct ones. A layer that does not say when has only the period `all`.

    Raises
    ------
    InputError : if the files of one layer hold polygons and points.
    """
    west, south, east, north = shapely.total_bounds(list(zones.values()))
    shapes: dict[str, dict[str, list[Any]]] = {}
    for name, period, table in layers:
        of_layer = shapes.setdefault(name, {})
        if period is not None:
            of_layer.setdefault(period, [])
        near = table.cx[west:east, south:north] if len(table) else table
        for when, features in near.groupby(near["period"].fillna(period or ALL_PERIODS), sort=False):
            of_layer.setdefault(str(when), []).extend(features.geometry)
    seen = []
    for name, by_period in shapes.items():
        by_time = {period: merged(name, by_period[period]) for period in sorted(by_period)}
        together = merged(name, list(by_time.values()))
        by_time.pop(ALL_PERIODS, None)
        seen += [Seen(name, period, shape) for period, shape in by_time.items()]
        seen.append(Seen(name, ALL_PERIODS, together))
    return seen


def merged(name: str, shapes: Sequence[Any]) -> Any:
    """The union of polygons, or the distinct ones of points, as one shape.

    Raises
    ------
    InputError : if there are both.
    """
    parts = shapely.get_parts([shape for shape in shapes if not shape.is_empty])
    kinds = set(shapely.get_type_id(parts))
    if len(kinds) > 1:
        raise InputError(f"evidence.{name}: its files hold both polygons and points, one of them was expected")
    if kinds == {shapely.GeometryType.POINT}:
        return shapely.multipoints(np.unique(shapely.get_coordinates(parts), axis=0))
    return polygonal(shapely.union_all(parts)) if parts.size else NOTHING


def is_points(shape: Any) -> bool:
    """Whether a shape is made of points, not of polygons."""
    return bool(shape.geom_type == "MultiPoint")


def within(shape: Any, zone: Any) -> Any:
    """The part of a shape that lies in a zone; a point on its edge does."""
    if is_points(shape):
        points = shapely.get_parts(shape)
        shapely.prepare(zone)
        return shapely.multipoints(points[shapely.intersects(zone, points)])
    return polygonal(shapely.intersection(shape, zone))


def amount(shape: Any) -> float:
    """How much that is: km2 of polygons on the ellipsoid, the number of points."""
    return float(shapely.get_num_geometries(shape)) if is_points(shape) else float(polygon_area(shape)[0]) / 1e6


def ratio(part: float, whole: float) -> float:
    """The one over the other, no number where there is nothing to compare with."""
    return part / whole if whole > 0 else float("nan")
