"""Null models: the capture of the real sites beside that of as many sites placed at random.

A Monte Carlo test of significance: Barnard (1963), with the p-value of Davison and Hinkley (1997, Bootstrap Methods and
their Application, section 4.2). Stratified, sites keep to land of their own kind, so that the null model shares what is
known of the setting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from asmgold.errors import InputError
from asmgold.evidence.capture import FINE_DEG
from asmgold.evidence.observations import safe_ratio
from asmgold.evidence.sampling import Bools, Ints, WeightedPoints, chord_m
from asmgold.geodesy.ellipsoid import ECCENTRICITY_SQUARED, Floats, to_ecef
from asmgold.geodesy.polygons import polygonal
from asmgold.io.values import as_text
from asmgold.schemas.evidence import CHANCE

MIN_HIT_RATE = 0.001  # of the random points of a stratum's bounds, at least this share has to lie in the stratum
NO_STRATUM = ""  # what the polygons without a value belong to
MIN_TRIALS = 1_000_000  # after which the hit rate is known


@dataclass(frozen=True)
class Stratum:
    """Land of one kind: those points of a shape for which a function is true."""

    shape: shapely.Geometry
    contains: Callable[[Floats], Bools]
    """For points of the shape, degrees, shape (n, 2)."""


def null_model_capture(
    points: WeightedPoints,
    sites: gpd.GeoDataFrame,
    area: shapely.Geometry,
    strata: Sequence[Stratum] | None,
    *,
    draws: int,
    seed: int,
) -> pd.DataFrame:
    """Place the sites of the area at random, many times, and measure how much each such map captures.

    In each draw as many sites as lie in the area (and in each stratum) are placed there, independently, uniformly by
    area on the ellipsoid. The sites outside the area, whose discs reach in, stay where they are: no site of the area
    could lie in the sea or in a neighbouring country, and a null model that allows it would be too easy to beat.

    Parameters
    ----------
    points : what was observed, by `weighted_points`
    sites : `asmgold.schemas.tables.SITES`; each keeps the radius of its disc wherever it is placed
    area : polygons in EPSG:4326
    strata : by `strata_of`, or None
    draws, seed : how many draws, and the seed of the random numbers

    Returns
    -------
    `asmgold.schemas.evidence.CHANCE`

    Raises
    ------
    InputError : if a stratum with a site is too small to place sites in at random.
    """
    if points.groups.empty:
        return CHANCE.validate(CHANCE.empty())
    tree = cKDTree(points.ecef)
    chord = chord_m(1000 * sites["buffer_km"].to_numpy(float))

    def reached(positions: Floats, chord: Floats) -> Bools:
        """The points within the radius of a position, degrees, shape (n, 2); radii as straight lines, shape (n,)."""
        inside = np.zeros(tree.n, bool)
        if len(positions):
            placed = cKDTree(to_ecef(*positions.T))
            pairs = placed.sparse_distance_matrix(tree, chord.max(), output_type="ndarray")
            inside[pairs["j"][pairs["v"] <= chord[pairs["i"]]]] = True
        return inside

    positions = sites[["longitude", "latitude"]].to_numpy(float)
    is_inside = shapely.intersects_xy(area, positions)
    by_fixed = reached(positions[~is_inside], chord[~is_inside])
    positions, chord = positions[is_inside], chord[is_inside]
    observed = _captures(points, by_fixed | reached(positions, chord))
    models = {"area": [Stratum(area, _everywhere)]} | ({} if strata is None else {"strata": strata})
    tables = []
    for number, (placed, lands) in enumerate(models.items()):
        rng = np.random.default_rng([seed, number])
        members = _members(lands, positions)
        drawn = np.concatenate(
            [
                random_points(land.shape, those.size * draws, rng, land.contains).reshape(draws, those.size, 2)
                for land, those in zip(lands, members, strict=True)
            ],
            axis=1,
        )
        radii = chord[np.concatenate(members)]
        captures = np.array([_captures(points, by_fixed | reached(each, radii)) for each in drawn])
        tables.append(_summary(points.groups, placed, observed, captures))
    return CHANCE.validate(pd.concat(tables, ignore_index=True))


def strata_of(
    layer: gpd.GeoDataFrame, area: shapely.Geometry, field: str | None = None, bands_km: Sequence[float] = ()
) -> list[Stratum]:
    """Divide the land of an area into strata; in the null model each keeps its number of sites.

    Parameters
    ----------
    layer : polygons, or lines such as rivers, in EPSG:4326
    area : polygons in EPSG:4326
    field : the field of polygons whose values are the strata; without one each polygon is a stratum. The rest of the
        area is one more
    bands_km : distances from the lines, km, ascending: the strata are the land up to the first distance, between each
        two, and beyond the last. Distances are measured to points of the lines that are at most 220 m apart, so those
        from 500 m on are too long by less than 13 m

    Returns
    -------
    Strata that share no more than edges.
    """
    return _by_distance(layer, bands_km, area) if len(bands_km) else _by_polygon(layer, field, area)


def _by_polygon(layer: gpd.GeoDataFrame, field: str | None, area: shapely.Geometry) -> list[Stratum]:
    names = as_text(layer[field]).fillna(NO_STRATUM) if field else layer.index
    lands, rest = [], area
    for _, features in layer.groupby(names):
        shape = shapely.union_all(features.geometry.array)
        lands.append(polygonal(shapely.intersection(shape, rest)))
        rest = polygonal(shapely.difference(rest, shape))
    return [Stratum(land, _everywhere) for land in [*lands, rest] if not shapely.is_empty(land)]


def _by_distance(lines: gpd.GeoDataFrame, bands_km: Sequence[float], area: shapely.Geometry) -> list[Stratum]:
    tree = cKDTree(to_ecef(*shapely.get_coordinates(shapely.segmentize(lines.geometry.array, FINE_DEG)).T))
    limits = chord_m(1000 * np.asarray(bands_km))

    def stratum(band: int) -> Stratum:
        def contains(points: Floats) -> Bools:
            distance, _ = tree.query(to_ecef(*points.T), workers=-1)
            return np.asarray(np.searchsorted(limits, distance) == band)

        return Stratum(area, contains)

    return [stratum(band) for band in range(len(limits) + 1)]


def _everywhere(points: Floats) -> Bools:
    return np.ones(len(points), bool)


def random_points(
    shape: shapely.Geometry,
    n: int,
    rng: np.random.Generator,
    contains: Callable[[Floats], Bools] = _everywhere,
) -> Floats:
    """Draw points in a shape, uniformly by area on the ellipsoid, by rejection sampling.

    Parameters
    ----------
    shape : polygons in EPSG:4326
    n : how many points
    rng : the random numbers
    contains : for points of the shape, which of them count

    Returns
    -------
    Degrees, shape (n, 2).

    Raises
    ------
    InputError : if hardly any point of the shape's bounds counts.
    """
    if n == 0:
        return np.empty((0, 2))
    shapely.prepare(shape)
    west, south, east, north = shapely.bounds(shape)
    low, high = np.sin(np.radians([south, north]))
    # Uniform in the sine of latitude is uniform on a sphere. On the ellipsoid the area per sine is proportional to
    # 1 / (1 - e2 sin2)^2, so points are kept with a probability proportional to that.
    smallest = (1 - ECCENTRICITY_SQUARED * max(low * low, high * high)) ** 2
    found, trials = np.empty((0, 2)), 0
    while len(found) < n:
        if trials > MIN_TRIALS and len(found) < MIN_HIT_RATE * trials:
            raise InputError("strata: one of them holds a site but hardly any land to place sites in at random, larger "
                             "ones were expected")  # fmt: skip
        lon, sine = rng.uniform(west, east, 2 * n), rng.uniform(low, high, 2 * n)
        kept = rng.random(2 * n) * (1 - ECCENTRICITY_SQUARED * sine**2) ** 2 < smallest
        points = np.column_stack([lon[kept], np.degrees(np.arcsin(sine[kept]))])
        points = points[shapely.contains_xy(shape, points)]
        found, trials = np.vstack([found, points[contains(points)]]), trials + 2 * n
    return found[:n]


def _members(lands: Sequence[Stratum], positions: Floats) -> list[Ints]:
    """Which positions lie in each stratum; one on a common edge counts in the first."""
    is_left = np.ones(len(positions), bool)
    members = []
    for land in lands:
        is_here = is_left & shapely.intersects_xy(land.shape, positions) & land.contains(positions)
        members.append(np.flatnonzero(is_here))
        is_left &= ~is_here
    return members


def _captures(points: WeightedPoints, inside: Bools) -> Floats:
    """The capture of each group, where some of the points lie inside."""
    return np.asarray(safe_ratio(points.weights @ inside.astype(float), points.observed))


def _summary(groups: pd.DataFrame, placed: str, observed: Floats, captures: Floats) -> pd.DataFrame:
    draws = len(captures)
    was_observed = groups["observed"].to_numpy(float) > 0
    as_good = (captures >= observed - 1e-12).sum(axis=0)
    p05, p50, p95 = np.quantile(captures, [0.05, 0.5, 0.95], axis=0)
    return groups[["evidence", "period", "zone"]].assign(
        placed=placed,
        draws=draws,
        capture=observed,
        mean=captures.mean(axis=0),
        p05=p05,
        p50=p50,
        p95=p95,
        highest=captures.max(axis=0),
        p_value=np.where(was_observed, (as_good + 1) / (draws + 1), np.nan),
    )
