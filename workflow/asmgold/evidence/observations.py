"""Observed mining: from the layers of evidence to one shape for each period, and how much of it lies in a zone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike

from asmgold.errors import InputError
from asmgold.geodesy.ellipsoid import Floats, polygon_area
from asmgold.geodesy.polygons import polygonal
from asmgold.regions.overlays import zones_of
from asmgold.vocabulary.evidence import ALL_PERIODS, AREA, KM2, NEW, POINTS, UNIONS, new_periods

Zones = Mapping[str, shapely.Geometry]
"""The zones to measure in, polygons in EPSG:4326 by name: `area`, `<overlay>:inside`, `<overlay>:outside`."""


@dataclass(frozen=True, eq=False)
class Observation:
    """What one layer of evidence observed in one period, or in all of them.

    Parameters
    ----------
    evidence, period : which
    shape : polygons that do not overlap, or distinct points, in EPSG:4326
    weights : how much was observed at each point, in the order of the points, shape (n,); None for polygons, and where
        each point counts for 1
    unit : what the amount is in: `km2` of polygons, `points`, or the name of the field that the weights stand in
    """

    evidence: str
    period: str
    shape: shapely.Geometry
    weights: Floats | None = None
    unit: str = KM2

    @property
    def is_points(self) -> bool:
        """Whether the shape is made of points, not of polygons."""
        return bool(shapely.get_type_id(self.shape) == shapely.GeometryType.MULTIPOINT)

    @property
    def point_weights(self) -> Floats:
        """How much was observed at each point, shape (n,)."""
        return np.ones(shapely.get_num_geometries(self.shape)) if self.weights is None else self.weights

    @property
    def amount(self) -> float:
        """How much was observed: km2 of polygons on the ellipsoid, the sum of weights, or the number of points."""
        return float(self.point_weights.sum()) if self.is_points else area_km2(self.shape)

    def within(self, zone: shapely.Geometry) -> Observation:
        """The part that lies in a zone; a point on the zone's edge does."""
        return self._part(zone, is_inside=True)

    def outside(self, zone: shapely.Geometry) -> Observation:
        """The part that does not lie in a zone."""
        return self._part(zone, is_inside=False)

    def _part(self, zone: shapely.Geometry, *, is_inside: bool) -> Observation:
        if not self.is_points:
            cut = (shapely.intersection if is_inside else shapely.difference)(self.shape, zone)
            return replace(self, shape=polygonal(cut))
        shapely.prepare(zone)
        places = shapely.get_coordinates(self.shape)
        chosen = shapely.intersects_xy(zone, places) == is_inside
        weights = None if self.weights is None else self.weights[chosen]
        return replace(self, shape=shapely.MultiPoint(places[chosen]), weights=weights)


def zones_by_name(
    area: gpd.GeoDataFrame, overlays: Mapping[str, gpd.GeoDataFrame], within: Mapping[str, str | None]
) -> dict[str, shapely.Geometry]:
    """The area and what of it the overlays cover, by the names that the tables of this stage give these zones.

    Parameters
    ----------
    area, overlays : polygons in EPSG:4326
    within : for each overlay the one that it is a part of, or None
    """
    whole = shapely.union_all(area.geometry.array)
    zones = zones_of(overlays, within).items()
    return {
        AREA: whole,
        **{f"{name}:{zone}": polygonal(shapely.intersection(shape, whole)) for (name, zone), shape in zones},
    }


def collect_observations(
    layers: Iterable[tuple[str, str | None, gpd.GeoDataFrame]],
    zones: Zones,
    held_out: Mapping[str, Collection[str]] | None = None,
) -> list[Observation]:
    """What was observed near any of the zones: for each evidence its periods in order, the new ones together, then all.

    Parameters
    ----------
    layers : for each file, the name of the evidence, the period if all of it was observed then, and its table
    zones : polygons in EPSG:4326 by name
    held_out : the periods that are new, by the name of the evidence; by default all but the first

    Returns
    -------
    Of polygons their union, of points the distinct ones, so that nothing counts twice. The weights of points at one
    place add up: they are parts of what was seen there. A layer without a period has only the period `all`.

    Raises
    ------
    InputError : if the files of one layer hold polygons and points, or weights in different units; or if a period that
        is held out is none of the layer's, or its first one.
    """
    west, south, east, north = shapely.total_bounds(list(zones.values()))
    found: dict[str, dict[str, list[Observation]]] = {}
    for name, period, table in layers:
        of_layer = found.setdefault(name, {})
        if period is not None:
            of_layer.setdefault(period, [])
        near = table.cx[west:east, south:north] if len(table) else table
        for when, features in near.groupby(near["period"].fillna(period or ALL_PERIODS), sort=False):
            of_layer.setdefault(str(when), []).append(_observation(name, str(when), features))
    observations = []
    for name, by_period in found.items():
        merged = {period: merge(name, period, by_period[period]) for period in sorted(by_period)}
        together = merge(name, ALL_PERIODS, list(merged.values()))
        for union in UNIONS:  # a field may say so: it counts in all periods then, and in none of its own
            merged.pop(union, None)
        new = _new_periods(name, list(merged), (held_out or {}).get(name, ()))
        tested = [merge(name, NEW, [merged[period] for period in new])] if new else []
        observations += [*merged.values(), *tested, together]
    return observations


def _new_periods(name: str, periods: Sequence[str], held_out: Collection[str]) -> list[str]:
    """The periods that the map is tested against, if those held out are the layer's own and something is older."""
    if unknown := sorted({*held_out} - {*periods}):
        found = ", ".join(periods) or "none"
        raise InputError(f"evidence.{name}.held_out names {unknown[0]!r}, one of its periods ({found}) was expected")
    if held_out and periods[0] in held_out:
        raise InputError(
            f"evidence.{name}.held_out names {periods[0]!r}, the first period; one with something older was expected"
        )
    return new_periods(periods, held_out)


def _observation(name: str, period: str, features: gpd.GeoDataFrame) -> Observation:
    """The features of one file and period, as yet not merged."""
    parts, feature = shapely.get_parts(features.geometry.array, return_index=True)
    if not (shapely.get_type_id(parts) == shapely.GeometryType.POINT).all():
        return Observation(name, period, shapely.GeometryCollection(list(features.geometry)))
    units = features["unit"].dropna().unique()
    if not len(units):
        return Observation(name, period, shapely.MultiPoint(shapely.get_coordinates(parts)), unit=POINTS)
    # The weight of a feature of several points is that of all of them.
    weights = (features["weight"].to_numpy(float) / np.bincount(feature, minlength=len(features)))[feature]
    return Observation(name, period, shapely.MultiPoint(shapely.get_coordinates(parts)), weights, str(units[0]))


def merge(name: str, period: str, observations: Sequence[Observation]) -> Observation:
    """Several observations of one layer of evidence as one: see `collect_observations`.

    Raises
    ------
    InputError : if there are both polygons and points, or different units; it names the evidence.
    """
    some = [one for one in observations if not shapely.is_empty(one.shape)]
    if len({one.is_points for one in some}) > 1:
        raise InputError(f"evidence.{name}: its files hold both polygons and points, one of them was expected")
    if len(units := sorted({one.unit for one in some})) > 1:
        raise InputError(f"evidence.{name}: its files hold amounts in {' and '.join(units)}, one unit was expected")
    if not some:
        return Observation(name, period, shapely.Polygon())
    if not some[0].is_points:
        shape = some[0].shape if len(some) == 1 else shapely.GeometryCollection([one.shape for one in some])
        return Observation(name, period, polygonal(shapely.union_all(shapely.get_parts(shape))))
    places = np.concatenate([shapely.get_coordinates(one.shape) for one in some])
    places, place = np.unique(places, axis=0, return_inverse=True)
    if some[0].weights is None:
        return Observation(name, period, shapely.MultiPoint(places), unit=POINTS)
    weights = np.zeros(len(places))
    np.add.at(weights, place.ravel(), np.concatenate([one.weights for one in some]))
    return Observation(name, period, shapely.MultiPoint(places), weights, some[0].unit)


def area_km2(shape: shapely.Geometry) -> float:
    """The area of polygons in EPSG:4326 on the ellipsoid, km2."""
    return float(polygon_area(np.array([shape], dtype=object))[0]) / 1e6


def safe_ratio(part: ArrayLike, whole: ArrayLike) -> Any:
    """Part over whole, not a number where the whole is nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(whole) > 0, np.divide(part, whole), np.nan)[()]
