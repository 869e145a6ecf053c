"""Observed mining: from the layers of evidence to one shape for each period, and how much of it lies in a zone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike

from asmgold.errors import InputError
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.geodesy.polygons import polygonal
from asmgold.io.tables import read_table
from asmgold.regions.overlays import zones_of
from asmgold.vocabulary.evidence import ALL_PERIODS, AREA

Zones = Mapping[str, shapely.Geometry]
"""The zones to measure in, polygons in EPSG:4326 by name: `area`, `<overlay>:inside`, `<overlay>:outside`."""


@dataclass(frozen=True)
class Observation:
    """What one layer of evidence observed in one period, or in all of them.

    ``shape`` holds polygons that do not overlap, or distinct points, in EPSG:4326.
    """

    evidence: str
    period: str
    shape: shapely.Geometry


def read_zones_and_observations(
    area: str,
    overlays: Sequence[str],
    within: Mapping[str, str | None],
    layers: Sequence[str],
    parts: Sequence[tuple[str, str | None]],
) -> tuple[dict[str, shapely.Geometry], list[Observation]]:
    """Read what each job of this stage starts from.

    Parameters
    ----------
    area, overlays, layers : paths of tables that earlier jobs wrote; layers are those of evidence
    within : for each overlay, in the order of their paths, the one that it is a part of, or None
    parts : for each layer the name of its evidence, and its period if all of it was observed then
    """
    tables = {name: read_table(Path(path)) for name, path in zip(within, overlays, strict=True)}
    zones = zones_by_name(read_table(Path(area)), tables, within)
    observed = [(name, period, read_table(Path(path))) for (name, period), path in zip(parts, layers, strict=True)]
    return zones, collect_observations(observed, zones)


def zones_by_name(
    area: gpd.GeoDataFrame, overlays: Mapping[str, gpd.GeoDataFrame], within: Mapping[str, str | None]
) -> dict[str, shapely.Geometry]:
    """The area and the zones of the overlays, by the names that the tables of this stage give them.

    Parameters
    ----------
    area, overlays : polygons in EPSG:4326
    within : for each overlay the one that it is a part of, or None
    """
    zones = {f"{name}:{zone}": shape for (name, zone), shape in zones_of(overlays, within).items()}
    return {AREA: shapely.union_all(area.geometry.array), **zones}


def collect_observations(layers: Iterable[tuple[str, str | None, gpd.GeoDataFrame]], zones: Zones) -> list[Observation]:
    """What was observed near any of the zones: for each evidence its periods in order, then all of them together.

    Parameters
    ----------
    layers : for each file, the name of the evidence, the period if all of it was observed then, and its table
    zones : polygons in EPSG:4326 by name

    Returns
    -------
    Of polygons their union, of points the distinct ones, so that nothing counts twice. A layer without a period has
    only the period `all`.

    Raises
    ------
    InputError : if the files of one layer hold polygons and points.
    """
    west, south, east, north = shapely.total_bounds(list(zones.values()))
    shapes: dict[str, dict[str, list[shapely.Geometry]]] = {}
    for name, period, table in layers:
        of_layer = shapes.setdefault(name, {})
        if period is not None:
            of_layer.setdefault(period, [])
        near = table.cx[west:east, south:north] if len(table) else table
        for when, features in near.groupby(near["period"].fillna(period or ALL_PERIODS), sort=False):
            of_layer.setdefault(str(when), []).extend(features.geometry)
    observations = []
    for name, by_period in shapes.items():
        merged = {period: merge(name, by_period[period]) for period in sorted(by_period)}
        together = merge(name, list(merged.values()))
        merged.pop(ALL_PERIODS, None)
        observations += [Observation(name, period, shape) for period, shape in merged.items()]
        observations.append(Observation(name, ALL_PERIODS, together))
    return observations


def merge(name: str, shapes: Sequence[shapely.Geometry]) -> shapely.Geometry:
    """The union of polygons, or the distinct ones of points, as one shape.

    Raises
    ------
    InputError : if there are both; it names the evidence.
    """
    parts = shapely.get_parts([shape for shape in shapes if not shapely.is_empty(shape)])
    kinds = set(shapely.get_type_id(parts))
    if len(kinds) > 1:
        raise InputError(f"evidence.{name}: its files hold both polygons and points, one of them was expected")
    if kinds == {shapely.GeometryType.POINT}:
        return shapely.MultiPoint(np.unique(shapely.get_coordinates(parts), axis=0))
    return polygonal(shapely.union_all(parts)) if parts.size else shapely.Polygon()


def is_points(shape: shapely.Geometry) -> bool:
    """Whether a shape is made of points, not of polygons."""
    return bool(shapely.get_type_id(shape) == shapely.GeometryType.MULTIPOINT)


def part_within(shape: shapely.Geometry, zone: shapely.Geometry) -> shapely.Geometry:
    """The part of a shape that lies in a zone; a point on the zone's edge does."""
    if is_points(shape):
        points = shapely.get_parts(shape)
        shapely.prepare(zone)
        return shapely.MultiPoint(shapely.get_coordinates(points[shapely.intersects(zone, points)]))
    return polygonal(shapely.intersection(shape, zone))


def amount(shape: shapely.Geometry) -> float:
    """How much a shape is: km2 of polygons on the ellipsoid, or the number of points."""
    if is_points(shape):
        return float(shapely.get_num_geometries(shape))
    return float(polygon_area(np.array([shape], dtype=object))[0]) / 1e6


def safe_ratio(part: ArrayLike, whole: ArrayLike) -> Any:
    """Part over whole, not a number where the whole is nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(whole) > 0, np.divide(part, whole), np.nan)[()]
