"""The capture beside that of sites placed at random: is it more than chance would give?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from asmgold.errors import InputError
from asmgold.evidence.capture import FINE_DEG
from asmgold.evidence.sampling import Ints, Pieces, chord_m
from asmgold.geodesy.ellipsoid import ECCENTRICITY_SQUARED, Floats, to_ecef
from asmgold.geodesy.polygons import polygonal
from asmgold.schemas.evidence import CHANCE
from asmgold.schemas.tables import empty_like

FEWEST_HITS = 1000  # a stratum is hit once in so many throws at least
THROWS = 1_000_000  # after which that is known


@dataclass(frozen=True)
class Stratum:
    """Land that is alike: those points of a shape that a function says yes to."""

    shape: Any
    holds: Callable[[Floats], NDArray[np.bool_]]
    """Given points of the shape, degrees, shape (n, 2)."""


def against_chance(
    pieces: Pieces,
    sites: gpd.GeoDataFrame,
    area: Any,
    strata: Sequence[Stratum] | None,
    *,
    radius_m: float,
    draws: int,
    seed: int,
) -> pd.DataFrame:
    """Throw the sites of the area anew, many times, and see how much they would capture.

    The sites outside the area, whose discs reach in, stay where they are: only places in the area are exchanged, so
    that the sea and the neighbours' land, where no site of the area could be, do not weaken chance. As many sites are
    thrown as lie in the area (in each stratum), each independently, uniformly on the ellipsoid.

    Parameters
    ----------
    pieces : what was seen, by `asmgold.evidence.pieces.pieces_of`
    sites : `asmgold.schemas.SITES`
    area : the area's shape
    strata : by `strata_of`, or None
    radius_m : the radius of the discs
    draws, seed : how often, and from where the random numbers start

    Returns
    -------
    `asmgold.evidence.tables.CHANCE`

    Raises
    ------
    InputError : if a stratum with a site is too small to hit.
    """
    if pieces.groups.empty:
        return CHANCE.validate(empty_like(CHANCE))
    places, place = np.unique(np.column_stack([pieces.lon, pieces.lat]), axis=0, return_inverse=True)
    tree = cKDTree(to_ecef(places[:, 0], places[:, 1])) if len(places) else None
    positions = sites[["longitude", "latitude"]].to_numpy(float)
    inside = shapely.intersects_xy(area, positions)
    observed = _captured(pieces, tree, place, positions, radius_m)
    tables: list[pd.DataFrame] = []
    for placed, lands in {"area": [Stratum(area, _everywhere)], "strata": strata}.items():
        if lands is None:
            continue
        rng = np.random.default_rng([seed, len(tables)])
        thrown = np.concatenate(
            [
                random_points(land.shape, count * draws, rng, land.holds).reshape(draws, count, 2)
                for land, count in zip(lands, _counts(lands, positions[inside]), strict=True)
            ],
            axis=1,
        )
        shares = np.array(
            [_captured(pieces, tree, place, np.vstack([points, positions[~inside]]), radius_m) for points in thrown]
        )
        tables.append(_summary(pieces.groups, placed, observed, shares))
    return CHANCE.validate(pd.concat(tables, ignore_index=True))


def strata_of(
    layer: gpd.GeoDataFrame, area: Any, field: str | None = None, bands_km: Sequence[float] = ()
) -> list[Stratum]:
    """The land of an area in parts that are alike, each of which then keeps its number of sites.

    Parameters
    ----------
    layer : polygons, or lines such as rivers, in EPSG:4326
    area : the area's shape
    field : the field of polygons whose values are the strata; without one each polygon is a stratum. What they leave
        of the area is one more
    bands_km : distances from lines in rising order: the strata are the land within each of them and that beyond. They
        are those to points of the lines at most 220 m apart: too long by less than 13 m from 500 m on

    Returns
    -------
    Strata that do not overlap, but for their edges.
    """
    return _by_distance(layer, bands_km, area) if len(bands_km) else _by_polygon(layer, field, area)


def _by_polygon(layer: gpd.GeoDataFrame, field: str | None, area: Any) -> list[Stratum]:
    names = layer[field].astype(str) if field else layer.index
    lands, rest = [], area
    for _, features in layer.groupby(names):
        shape = shapely.union_all(features.geometry.array)
        lands.append(polygonal(shapely.intersection(shape, rest)))
        rest = polygonal(shapely.difference(rest, shape))
    return [Stratum(land, _everywhere) for land in [*lands, rest] if not land.is_empty]


def _by_distance(lines: gpd.GeoDataFrame, bands_km: Sequence[float], area: Any) -> list[Stratum]:
    tree = cKDTree(to_ecef(*shapely.get_coordinates(shapely.segmentize(lines.geometry.array, FINE_DEG)).T))
    limits = chord_m(1000 * np.asarray(bands_km))

    def stratum(band: int) -> Stratum:
        def holds(points: Floats) -> NDArray[np.bool_]:
            away, _ = tree.query(to_ecef(*points.T), workers=-1)
            return np.asarray(np.searchsorted(limits, away) == band)

        return Stratum(area, holds)

    return [stratum(band) for band in range(len(limits) + 1)]


def _everywhere(points: Floats) -> NDArray[np.bool_]:
    return np.ones(len(points), bool)


def random_points(
    shape: Any, n: int, rng: np.random.Generator, holds: Callable[[Floats], NDArray[np.bool_]] = _everywhere
) -> Floats:
    """Points thrown into a shape, uniformly by area on the ellipsoid: degrees, shape (n, 2).

    Raises
    ------
    InputError : if hardly any point of its bounds is in it and `holds`.
    """
    if n == 0:
        return np.empty((0, 2))
    shapely.prepare(shape)
    west, south, east, north = shapely.bounds(shape)
    low, high = np.sin(np.radians([south, north]))
    # Area between parallels grows by 1 / (1 - e2 sin2)^2 over the sine of latitude: keep that share of the points.
    widest = (1 - ECCENTRICITY_SQUARED * max(low * low, high * high)) ** 2
    found, thrown = np.empty((0, 2)), 0
    while len(found) < n:
        if thrown > THROWS and len(found) * FEWEST_HITS < thrown:
            raise InputError("strata: one of them holds a site but hardly any land to place sites in at random, larger "
                             "ones were expected")  # fmt: skip
        lon, sine = rng.uniform(west, east, 2 * n), rng.uniform(low, high, 2 * n)
        kept = rng.random(2 * n) * (1 - ECCENTRICITY_SQUARED * sine**2) ** 2 < widest
        points = np.column_stack([lon[kept], np.degrees(np.arcsin(sine[kept]))])
        points = points[shapely.contains_xy(shape, points)]
        found, thrown = np.vstack([found, points[holds(points)]]), thrown + 2 * n
    return found[:n]


def _counts(lands: Sequence[Stratum], positions: Floats) -> list[int]:
    """How many positions each land has; one on a common edge belongs to the first."""
    left = np.ones(len(positions), bool)
    counts = []
    for land in lands:
        mine = left & shapely.intersects_xy(land.shape, positions) & land.holds(positions)
        counts.append(int(mine.sum()))
        left &= ~mine
    return counts


def _captured(pieces: Pieces, tree: Any, place: Ints, sites: Floats, radius_m: float) -> Floats:
    """The capture of each group; ``place`` is the point of the tree where each piece lies."""
    if tree is None or len(sites) == 0:
        return pieces.shares(np.zeros(pieces.lon.size, bool))
    near = tree.query_ball_point(to_ecef(sites[:, 0], sites[:, 1]), float(chord_m(radius_m)), return_sorted=False)
    reached = np.zeros(tree.n, bool)
    reached[np.concatenate(near).astype(np.intp)] = True
    return pieces.shares(reached[place])


def _summary(groups: pd.DataFrame, placed: str, observed: Floats, shares: Floats) -> pd.DataFrame:
    draws = len(shares)
    seen = groups["observed"].to_numpy(float) > 0
    as_good = (shares >= observed - 1e-12).sum(axis=0)
    p05, p50, p95 = np.quantile(shares, [0.05, 0.5, 0.95], axis=0)
    return groups[["evidence", "period", "zone"]].assign(
        placed=placed,
        draws=draws,
        capture=observed,
        mean=shares.mean(axis=0),
        p05=p05,
        p50=p50,
        p95=p95,
        highest=shares.max(axis=0),
        p_value=np.where(seen, (as_good + 1) / (draws + 1), np.nan),
    )
