"""Intervals of capture, land and lift by a spatial block bootstrap.

Mining comes in fields, so pieces of mining near one another are not independent. Whole blocks of land are drawn, with
all that lies in them: Künsch (1989) for series, Lahiri (2003, Resampling Methods for Dependent Data, chapter 12) in
space. A block is as wide as the data are correlated (Roberts et al. 2017; Valavi et al. 2019). Blocks are laid from
many random corners, so that no result hangs on where their edges fall.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from asmgold.evidence.land import LandCells, land_cells
from asmgold.evidence.observations import Zones, safe_ratio
from asmgold.evidence.sampling import Bools, Ints, WeightedPoints, adding_up, cell_numbers
from asmgold.geodesy.ellipsoid import METRES_PER_DEGREE, Floats, to_ecef
from asmgold.geodesy.polygons import polygonal
from asmgold.schemas.evidence import INTERVALS, TREND
from asmgold.vocabulary.evidence import ALL_PERIODS, AREA, MEASURED, MIN_FIELDS, MIN_SITES

BLOCKS_DEG = (0.25, 0.5, 1.0)  # stand beside the size that follows from the data
CELLS_PER_DEGREE = 20  # land is added up in cells of this size before it is put into blocks
LAG_KM, MAX_LAG_KM = 10.0, 220.0  # distances between mining are told apart in such steps, up to some two degrees
CORNERS, DRAWS_OF_CORNER = 40, 50
LEVEL = (0.025, 0.975)
MIN_BLOCKS = 2.0  # below so many effective blocks there is nothing to draw from
WIDE = 0.95  # an interval of capture of this width says nothing
YEAR, MIN_YEARS = r"\d{4}", 3  # what a trend is drawn through


def intervals(
    points: WeightedPoints,
    zones: Zones,
    regions: gpd.GeoDataFrame,
    *,
    seed: int,
    blocks_deg: Sequence[float] = BLOCKS_DEG,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The 95 % intervals of capture, land and lift of each group, for the size of block of the data and for fixed ones.

    With the first of them, also how capture changes from year to year.

    Parameters
    ----------
    points, zones : by `weighted_points` and `zones_by_name`, with the zone `area`
    regions : `asmgold.schemas.tables.REGIONS`
    seed : of the random numbers
    blocks_deg : sizes of blocks to compare with, degrees

    Returns
    -------
    `asmgold.schemas.evidence.INTERVALS`; of each group first the row of the size that follows from the data. And
    `asmgold.schemas.evidence.TREND`.
    """
    if points.groups.empty:
        return INTERVALS.validate(INTERVALS.empty()), TREND.validate(TREND.empty())
    covered = shapely.union_all(regions.geometry.array)
    shapely.prepare(covered)
    is_inside = shapely.intersects_xy(covered, points.lon, points.lat)
    cells = _land(zones, covered)
    tables, trends = [], []
    for evidence, groups in points.groups.groupby("evidence", sort=False):
        own = block_of(points, is_inside, str(evidence))
        for basis, size in [("range", own), *(("fixed", size) for size in blocks_deg)]:
            samples, effective = _drawn(points, is_inside, cells, groups, size, np.random.default_rng(seed))
            ends = _ends(samples, effective)
            tables.append(groups[["evidence", "period", "zone"]].assign(block_basis=basis, block_deg=size, **ends))
            if basis == "range":
                trends += _trends(points, is_inside, groups, samples[0], effective)
    table = pd.concat(tables).sort_index(kind="stable")
    return (
        INTERVALS.validate(table[list(INTERVALS.columns)].reset_index(drop=True)),
        TREND.validate(pd.DataFrame(trends)[list(TREND.columns)] if trends else TREND.empty()),
    )


def with_intervals(captured: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """The table of captures with the intervals of the size of block that follows from the data.

    Parameters
    ----------
    captured, found : by `asmgold.evidence.capture.capture` and `intervals`
    """
    own = found[found["block_basis"] == "range"].drop(columns="block_basis")
    return captured.drop(columns=own.columns[3:], errors="ignore").merge(own, "left", ["evidence", "period", "zone"])


def with_verdicts(captured: pd.DataFrame, n_sites: int | pd.Series) -> pd.DataFrame:
    """The table of captures with a word on whether each may be quoted (`asmgold.schemas.evidence.VERDICTS`).

    Parameters
    ----------
    captured : by `with_intervals`
    n_sites : how many sites there are, in all rows or in each
    """
    width = captured["capture_high"] - captured["capture_low"]
    is_measured = (captured["blocks_effective"] >= MIN_FIELDS) & (width < WIDE)
    verdict = np.where(is_measured, MEASURED, "too_few_fields")
    verdict = np.where(np.less(n_sites, MIN_SITES), "too_few_sites", verdict)
    return captured.assign(verdict=np.where(captured["observed"] > 0, verdict, "nothing_seen"))


def block_of(points: WeightedPoints, is_inside: Bools, evidence: str) -> float:
    """The width of a block, degrees: the range of correlation of what decides the capture.

    Each part of the mining adds `inside - capture * amount` to the error of the capture. The range is the first
    distance, in steps of 10 km, beyond which such errors are no longer alike: the mean product over the pairs of places
    at that distance is not above zero. At least a quarter of a degree, at most two.

    Parameters
    ----------
    points : by `weighted_points`
    is_inside : which of them lie in a region
    evidence : of which layer
    """
    groups = points.groups
    is_asked = (groups["evidence"] == evidence) & (groups["period"] == ALL_PERIODS) & (groups["zone"] == AREA)
    of_group = points.weights[np.flatnonzero(is_asked)].tocoo()
    amount, place = of_group.data, of_group.col
    if not amount.sum() > 0:
        return BLOCKS_DEG[0]
    error = amount * (is_inside[place] - (amount * is_inside[place]).sum() / amount.sum())
    return _range_deg(points.lon[place], points.lat[place], error)


def _range_deg(lon: Floats, lat: Floats, error: Floats) -> float:
    """The range of correlation of errors at places, degrees."""
    _, cell = np.unique(cell_numbers(lon, lat, 1 / CELLS_PER_DEGREE), return_inverse=True)
    count, error = np.bincount(cell), np.asarray(np.bincount(cell, error), float)
    tree = cKDTree(to_ecef(np.bincount(cell, lon) / count, np.bincount(cell, lat) / count))
    pairs = tree.sparse_distance_matrix(tree, 1000 * MAX_LAG_KM, output_type="ndarray")
    pairs = pairs[pairs["i"] != pairs["j"]]
    lag = (pairs["v"] / 1000 / LAG_KM).astype(int)
    alike = np.bincount(lag, error[pairs["i"]] * error[pairs["j"]], minlength=int(MAX_LAG_KM / LAG_KM))
    has_pairs = np.bincount(lag, minlength=len(alike)) > 0
    end = np.flatnonzero(has_pairs & (alike <= 1e-9 * (error**2).sum()))
    range_km = LAG_KM * (end[0] if end.size else len(alike))
    return float(np.clip(round(range_km * 1000 / METRES_PER_DEGREE, 2), BLOCKS_DEG[0], 2.0))


def _land(zones: Zones, covered: shapely.Geometry) -> LandCells:
    """The land of each zone, and after them what of it is covered, in small cells."""
    shares = {f"{zone} covered": polygonal(shapely.intersection(shape, covered)) for zone, shape in zones.items()}
    return land_cells({**zones, **shares}, zones[AREA], per_degree=CELLS_PER_DEGREE)


def _drawn(
    points: WeightedPoints,
    is_inside: Bools,
    cells: LandCells,
    groups: pd.DataFrame,
    size: float,
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Draws of capture, land and lift, shape (3, groups, draws), and the effective number of blocks of each group."""
    weights = points.weights[groups.index.to_numpy()]
    zone = np.array([cells.zones.index(name) for name in groups["zone"]])
    n_zones = len(cells.zones) // 2
    samples, effective = [], []
    for of_land, of_points, times in block_draws(cells, points, size, rng):
        land = cells.km2 @ adding_up(of_land, len(times))
        seen = weights @ adding_up(of_points, len(times))
        seen_inside = weights @ adding_up(of_points, len(times), is_inside.astype(float))
        land_share = safe_ratio(land[n_zones:] @ times, land[:n_zones] @ times)[zone]
        capture = safe_ratio(seen_inside @ times, seen @ times)
        samples.append(np.stack([capture, land_share, safe_ratio(capture, land_share)]))
        effective.append(effective_number(seen.toarray()))
    return np.concatenate(samples, axis=2), np.mean(effective, axis=0)


def block_draws(
    cells: LandCells, points: WeightedPoints, size: float, rng: np.random.Generator
) -> Iterator[tuple[Ints, Ints, Floats]]:
    """From each of many random corners: the block of each cell and point, and how often each block is drawn.

    Parameters
    ----------
    cells, points : of the same area
    size : the width of a block, degrees
    rng : the random numbers

    Yields
    ------
    Numbers of blocks, shape (cells,) and (points,); and times, shape (blocks, draws).
    """
    for _ in range(CORNERS):
        corner = rng.uniform(0, size, 2)
        numbers = np.concatenate(
            [cell_numbers(*places, size, corner) for places in ((cells.lon, cells.lat), (points.lon, points.lat))]
        )
        block, blocks = pd.factorize(numbers, sort=True)  # np.unique takes three times as long
        of_land, of_points = np.split(block, [cells.cell.size])
        times = rng.multinomial(len(blocks), np.full(len(blocks), 1 / len(blocks)), DRAWS_OF_CORNER).T.astype(float)
        yield of_land, of_points, times


def effective_number(amounts: Floats) -> Floats:
    """How many equal blocks the blocks are worth (Kish), over the last axis."""
    return np.asarray(safe_ratio(amounts.sum(axis=-1) ** 2, (amounts**2).sum(axis=-1)))


def _ends(samples: Floats, blocks_effective: Floats) -> dict[str, Floats]:
    """The ends of the intervals of each group and its effective number of blocks."""
    low, high = quantiles(samples)
    unknown = np.zeros((3, len(blocks_effective)), bool)
    unknown[[0, 2]] = ~(blocks_effective >= MIN_BLOCKS)  # also where nothing was seen
    low[unknown], high[unknown] = np.nan, np.nan
    ends = {f"{name}_low": low[number] for number, name in enumerate(("capture", "land", "lift"))}
    ends |= {f"{name}_high": high[number] for number, name in enumerate(("capture", "land", "lift"))}
    return ends | {"blocks_effective": blocks_effective}


def _trends(
    points: WeightedPoints, is_inside: Bools, groups: pd.DataFrame, captures: Floats, effective: Floats
) -> list[dict[str, Any]]:
    """How capture changes from year to year in each zone, by a straight line through the years after the first."""
    seen = points.weights[groups.index.to_numpy()]
    capture = safe_ratio(seen @ is_inside, seen.sum(axis=1))
    rows = []
    for zone in groups["zone"].unique():
        of_zone = groups["zone"].eq(zone) & groups["period"].str.fullmatch(YEAR)
        chosen = np.flatnonzero(of_zone)[1:]
        if len(chosen) < MIN_YEARS:
            continue
        years = groups["period"].iloc[chosen].astype(int).to_numpy()
        away = (years - years.mean()) / ((years - years.mean()) ** 2).sum()
        low, high = quantiles(away @ captures[chosen])
        is_known = effective[chosen].min() >= MIN_BLOCKS
        rows.append(
            {
                "evidence": groups["evidence"].iloc[0],
                "zone": zone,
                "first": years[0],
                "last": years[-1],
                "slope": away @ capture[chosen],
                "slope_low": low if is_known else np.nan,
                "slope_high": high if is_known else np.nan,
                "blocks_effective": effective[chosen].min(),
            }
        )
    return rows


def quantiles(samples: Floats) -> tuple[Floats, Floats]:
    """The ends of the intervals over the last axis, passing over draws without any mining or land."""
    ordered = np.sort(samples, axis=-1)  # what is no number comes last
    known = np.isfinite(samples).sum(axis=-1)

    def at(level: float) -> Floats:
        place = np.clip(np.rint(level * (known - 1)).astype(int), 0, None)
        return np.asarray(np.take_along_axis(ordered, place[..., None], axis=-1)[..., 0])

    return at(LEVEL[0]), at(LEVEL[1])
