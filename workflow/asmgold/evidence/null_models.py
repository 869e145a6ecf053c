"""Null models: capture and lift of the real sites beside those of as many sites placed at random.

A Monte Carlo test of significance: Barnard (1963), with the p-value of Davison and Hinkley (1997, Bootstrap Methods and
their Application, section 4.2). Stratified, sites keep to land of their own kind, so that the null model shares what is
known of the setting. Moved in clumps, or drawn from a process that makes clumps, they also keep how sites crowd.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from asmgold.errors import InputError
from asmgold.evidence.clustered import Draw, clumps_of, fit_thomas, moved, thomas
from asmgold.evidence.land import LandCells, land_cells
from asmgold.evidence.observations import Zones, safe_ratio
from asmgold.evidence.reach import land_within, points_within
from asmgold.evidence.sampling import Bools, Ints, WeightedPoints, along_edges, chord_m, coarser
from asmgold.geodesy.ellipsoid import ECCENTRICITY_SQUARED, Floats, to_ecef
from asmgold.geodesy.polygons import polygonal
from asmgold.io.values import as_text
from asmgold.schemas.evidence import CHANCE, NULL_MODELS, STATISTICS
from asmgold.vocabulary.evidence import AREA, NEW, UNIONS

MIN_HIT_RATE = 0.001  # of the random points of a stratum's bounds, at least this share has to lie in the stratum
NO_STRATUM = ""  # what the polygons without a value belong to
CELLS_PER_DEGREE = 12  # land is measured, and told from sea, by the middles of cells of this size
POINTS_DEG = 0.01  # mining is measured by its middle in cells of this size, some 1 km
LEAST_INSIDE = 0.5  # of the sites, at least this share has to stay in the area when all are moved
MIN_TRIALS = 1_000_000  # after which the hit rate is known
PRIMARY = {"period": NEW, "zone": AREA, "null_model": "clumps", "statistic": "lift"}
AT_ONCE = 500  # random patterns that are held in memory
MAX_MARKS = 1_000_000  # of points or sites in patterns that are measured at once


@dataclass(frozen=True)
class Stratum:
    """Land of one kind: those points of a shape for which a function is true."""

    shape: shapely.Geometry
    contains: Callable[[Floats], Bools]
    """For points of the shape, degrees, shape (n, 2)."""


def null_model_capture(
    points: WeightedPoints,
    sites: gpd.GeoDataFrame,
    zones: Zones,
    strata: Sequence[Stratum] | None,
    *,
    draws: int,
    primary_draws: int,
    seed: int,
) -> pd.DataFrame:
    """Place the sites of the area at random, many times, and measure how much each such map captures, and its lift.

    In each draw as many sites as lie in the area are placed there (`asmgold.schemas.evidence.NULL_MODELS`). The sites
    outside the area, whose discs reach in, stay where they are: no site of the area could lie in the sea or in a
    neighbouring country, and a null model that allows it would be too easy to beat.

    Parameters
    ----------
    points : what was observed, by `weighted_points`
    sites : `asmgold.schemas.tables.SITES`; each keeps the radius of its disc wherever it is placed
    zones : by `zones_by_name`, those of `points`
    strata : by `strata_of`, or None
    draws : how many of each null model
    primary_draws : how many of that of the primary test, which deserves more
    seed : of the random numbers

    Returns
    -------
    `asmgold.schemas.evidence.CHANCE`

    Raises
    ------
    InputError : if a stratum with a site is too small to place sites in at random.
    """
    if points.groups.empty:
        return CHANCE.validate(CHANCE.empty())
    points = coarser(points, POINTS_DEG)
    cells = land_cells(zones, zones[AREA], per_degree=CELLS_PER_DEGREE)
    chord = chord_m(1000 * sites["buffer_km"].to_numpy(float))
    positions = sites[["longitude", "latitude"]].to_numpy(float)
    is_inside = shapely.intersects_xy(zones[AREA], positions)
    measure = _measure(points, cells, positions[~is_inside], chord[~is_inside])
    positions, chord = positions[is_inside], chord[is_inside]
    real = measure(positions[None], chord)[..., 0]
    tables = []
    for name, place in _null_models(positions, cells, zones[AREA], strata, seed).items():
        many = primary_draws if name == PRIMARY["null_model"] else draws
        parts = (place(min(AT_ONCE, many - first)) for first in range(0, many, AT_ONCE))
        random = np.concatenate([measure(drawn, chord[order]) for drawn, order in parts], axis=-1)
        tables += [
            _summary(points.groups, name, statistic, *figures)
            for statistic, *figures in zip(STATISTICS, real, random, strict=True)
        ]
    return CHANCE.validate(_adjusted(pd.concat(tables, ignore_index=True)))


def _measure(
    points: WeightedPoints, cells: LandCells, fixed: Floats, fixed_chord: Floats
) -> Callable[[Floats, Floats], Floats]:
    """Capture and lift of each group, shape (2, groups, patterns), given patterns of sites, shape (patterns, sites, 2),
    and their radii as straight lines; beside them stand the fixed sites."""
    tree = cKDTree(points.ecef)
    zone = [cells.zones.index(name) for name in points.groups["zone"]]
    observed, zone_km2 = points.observed[:, None], cells.zone_km2[:, None]

    def figures(patterns: Floats, chord: Floats) -> Floats:
        capture = safe_ratio(points.weights @ points_within(tree, patterns, chord).T.astype(float), observed)
        land_share = safe_ratio(land_within(cells, patterns, chord), zone_km2)
        return np.stack([capture, safe_ratio(capture, land_share[zone])])

    def measure(patterns: Floats, chord: Floats) -> Floats:
        patterns = np.concatenate([patterns, np.broadcast_to(fixed, (len(patterns), *fixed.shape))], axis=1)
        parts = np.array_split(patterns, -(-len(patterns) * max(tree.n, patterns.shape[1], 1) // MAX_MARKS))
        return np.concatenate([figures(part, np.r_[chord, fixed_chord]) for part in parts], axis=-1)

    return measure


Placing = Callable[[int], tuple[Floats, Ints]]
"""Gives so many random patterns, shape (patterns, sites, 2), and which site each of their positions is."""


def _null_models(
    positions: Floats, cells: LandCells, area: shapely.Geometry, strata: Sequence[Stratum] | None, seed: int
) -> dict[str, Placing]:
    """How each null model places the sites."""
    everyone = np.arange(len(positions))
    rng = {name: np.random.default_rng([seed, number]) for number, name in enumerate(NULL_MODELS)}

    def anywhere(name: str) -> Draw:
        return lambda n: random_points(area, n, rng[name])

    def of_clumps(n: int) -> tuple[Floats, Ints]:
        each = [moved(positions[those], n, rng["clumps"], anywhere("clumps"), cells.contains) for those in clumps]
        return np.concatenate(each, axis=1), np.concatenate(clumps)

    def shifted(n: int) -> tuple[Floats, Ints]:
        return moved(positions, n, rng["shift"], anywhere("shift"), cells.contains, LEAST_INSIDE), everyone

    def of_process(n: int) -> tuple[Floats, Ints]:
        draw = partial(thomas, len(positions), *fitted, rng["thomas"], anywhere("thomas"), cells.contains)
        return np.array([draw() for _ in range(n)]), everyone

    alone: dict[str, Placing] = {"area": partial(_within, [Stratum(area, _everywhere)], positions, rng["area"])}
    if strata is not None:
        alone["strata"] = partial(_within, strata, positions, rng["strata"])
    if not len(positions):
        return alone
    clumps = clumps_of(positions)
    fitted = fit_thomas(positions, anywhere("thomas"), float(cells.km2[[0]].sum()))
    return {**alone, "clumps": of_clumps, "shift": shifted, "thomas": of_process}


def _within(lands: Sequence[Stratum], positions: Floats, rng: np.random.Generator, draws: int) -> tuple[Floats, Ints]:
    """As many sites in each stratum as there are, one by one."""
    members = _members(lands, positions)
    drawn = [
        random_points(land.shape, those.size * draws, rng, land.contains).reshape(draws, those.size, 2)
        for land, those in zip(lands, members, strict=True)
    ]
    return np.concatenate(drawn, axis=1), np.concatenate(members)


def holm(p_values: Floats) -> Floats:
    """P-values adjusted for their number (Holm 1979); what is no number is no test."""
    adjusted = np.full(len(p_values), np.nan)
    order = np.argsort(p_values)[: np.isfinite(p_values).sum()]
    left = np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(left * p_values[order]), 1)
    return adjusted


def _adjusted(table: pd.DataFrame) -> pd.DataFrame:
    """With p adjusted for the tests that one null model and statistic are put to: all periods in the zones are one
    family, the new ones another, the single ones a third. The one primary test stands for itself."""
    period = table["period"].where(table["period"].isin(UNIONS), "single")
    family = [table["evidence"], table["null_model"], table["statistic"], period, is_primary(table)]
    return table.assign(p_adjusted=table.groupby(family)["p_value"].transform(lambda p: holm(p.to_numpy(float))))


def is_primary(table: pd.DataFrame) -> pd.Series:
    """Which row of `asmgold.schemas.evidence.CHANCE` is the test chosen beforehand, for each layer of evidence.

    It asks whether new mining in the area lies in the regions more than if whole clumps of sites lay elsewhere, land
    counted. All other tests are exploratory.
    """
    return (table[list(PRIMARY)] == pd.Series(PRIMARY)).all(axis=1)


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
    points, _ = along_edges(lines.geometry.array)
    tree = cKDTree(to_ecef(*points.T))
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


def _summary(groups: pd.DataFrame, null_model: str, statistic: str, real: Floats, random: Floats) -> pd.DataFrame:
    draws, was_observed = random.shape[1], np.isfinite(real)
    random = np.nan_to_num(random)  # no land covered, or nothing seen
    as_good = (random >= real[:, None] - 1e-12).sum(axis=1)
    p05, p50, p95 = np.where(was_observed, np.quantile(random, [0.05, 0.5, 0.95], axis=1), np.nan)
    return groups[["evidence", "period", "zone"]].assign(
        null_model=null_model,
        statistic=statistic,
        draws=draws,
        value=real,
        mean=np.where(was_observed, random.mean(axis=1), np.nan),
        p05=p05,
        p50=p50,
        p95=p95,
        highest=np.where(was_observed, random.max(axis=1), np.nan),
        p_value=np.where(was_observed, (as_good + 1) / (draws + 1), np.nan),
    )
