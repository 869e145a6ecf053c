"""How well the map ranks land, beside what simpler maps of the same size would hold.

A map by distance ranks all land: what is nearest comes first. The success-rate curve (Chung and Fabbri 2003) says which
share of the mining lies on the best share of the land, the area below it (AUC; Phillips and others 2006 for presences
beside all land) and the continuous Boyce index (Hirzel and others 2006) sum it up. Other maps rank land by what needs
no geology: where mining was seen before, rivers, settlements. Each is cut where it covers as much land as the regions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from asmgold.evidence.intervals import MIN_BLOCKS, block_draws, block_of, effective_number, quantiles
from asmgold.evidence.land import LandCells
from asmgold.evidence.observations import safe_ratio
from asmgold.evidence.radius_curve import distances_km
from asmgold.evidence.sampling import Bools, Ints, WeightedPoints, chord_m, distances_m, pairs_within, row_of
from asmgold.geodesy.ellipsoid import Floats
from asmgold.geodesy.joining import Geometries
from asmgold.schemas.evidence import BASELINES, BOYCE, NEW_MINING, RANKING
from asmgold.vocabulary.evidence import AREA, KM2, NEW, UNIONS, new_periods

LAND_SHARES = np.unique(np.r_[0.005, np.arange(1, 20) / 100, np.arange(20, 101, 5) / 100])
BEYOND_KM = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0)  # distances from what was seen before
BOYCE_WINDOWS, BOYCE_WIDTH = 101, 0.1  # of the range of scores, as in the article
SCORES = 256  # classes of scores that an interval of the AUC is reckoned with
KERNEL_REACH = 3.0  # standard deviations, beyond which a site adds nothing to the density


@dataclass(frozen=True)
class Ranking:
    """A map as a score of land and of mining: the lower, the better.

    Parameters
    ----------
    baseline : one of `asmgold.schemas.evidence.MAPS`
    land, mining : the scores, shape (cells,) and (points,)
    """

    baseline: str
    land: Floats
    mining: Floats


@dataclass(frozen=True)
class Sites:
    """The records that are ranked by, also those whose disc does not reach into the area.

    Parameters
    ----------
    shapes : points, lines and polygons in EPSG:4326, shape (n,)
    radius_km : of the disc of each, shape (n,)
    """

    shapes: Geometries
    radius_km: Floats


def by_disc(cells: LandCells, points: WeightedPoints, sites: Sites) -> Ranking:
    """The map itself as a ranking: by the distance from the edge of the nearest disc, km, below 0 inside.

    Parameters
    ----------
    cells, points, sites : as for `baselines`
    """

    def score(places: LandCells | WeightedPoints) -> Floats:
        radii = np.unique(sites.radius_km)
        found = [distances_km(places, sites.shapes[sites.radius_km == radius]) - radius for radius in radii]
        return np.min(found, axis=0) if found else np.full(places.lon.size, np.inf)

    return Ranking("regions", score(cells), score(points))


def baselines(
    cells: LandCells,
    points: WeightedPoints,
    own: Ranking,
    sites: Sites,
    lines: Mapping[str, Geometries],
    held_out: Mapping[str, Collection[str]],
    *,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Rank the land of each zone by the map and by simpler ones, and compare.

    Parameters
    ----------
    cells, points : by `land_cells` and `weighted_points`, for the same zones
    own : the map itself, by `by_disc`
    sites : what the map is drawn from
    lines : what other maps are drawn from, by the name of the map: lines or points in EPSG:4326
    held_out : the periods that are new, by the name of the evidence, as for `collect_observations`
    seed : of the random numbers

    Returns
    -------
    `asmgold.schemas.evidence.BASELINES`, `RANKING` and `BOYCE`: of all periods, and of those that are new.
    """
    tables: dict[str, list[pd.DataFrame]] = {"summary": [], "curve": [], "boyce": []}
    others = [
        Ranking("density", -_density(cells, sites), -_density(points, sites)),
        *(Ranking(name, distances_km(cells, shapes), distances_km(points, shapes)) for name, shapes in lines.items()),
    ]
    for evidence in points.groups["evidence"].unique():
        persistence = list(_persistence(cells, points, evidence, held_out))
        ends = _auc_intervals(cells, points, own, evidence, seed)
        for number in _of_unions(points, evidence):
            group = points.groups.iloc[number]
            named = {key: group[key] for key in ("evidence", "period", "zone")}
            land, mining = row_of(cells.km2, cells.zones.index(group["zone"])), row_of(points.weights, number)
            covered = safe_ratio(land[own.land <= 0].sum(), land.sum())
            for one in [own, *others, *(persistence if group["period"] == NEW else [])]:
                ranked = _Ranked.of(one, land, mining)
                boyce = ranked.boyce()
                summary = ranked.summary(float(covered), group["observed"], is_km2=group["unit"] == KM2)
                summary["boyce"] = _rank_correlation(boyce)
                if one is own:
                    summary["auc_low"], summary["auc_high"] = map(float, ends[number])
                key = named | {"baseline": one.baseline}
                tables["summary"].append(pd.DataFrame([key | summary]))
                tables["curve"].append(ranked.curve(group["observed"], is_km2=group["unit"] == KM2).assign(**key))
                tables["boyce"].append(boyce.assign(**key))
    return tuple(
        schema.validate(
            pd.concat(tables[name], ignore_index=True)[list(schema.columns)] if tables[name] else schema.empty()
        )
        for name, schema in (("summary", BASELINES), ("curve", RANKING), ("boyce", BOYCE))
    )  # type: ignore[return-value]


def new_mining(
    cells: LandCells, points: WeightedPoints, own: Ranking, held_out: Mapping[str, Collection[str]]
) -> pd.DataFrame:
    """How much of what was newly seen lies in the regions, by how far it is from what was seen before.

    Near older mining anyone would look for more of it; what the records add shows farther away.

    Parameters
    ----------
    cells, points, own, held_out : as for `baselines`

    Returns
    -------
    `asmgold.schemas.evidence.NEW_MINING`
    """
    rows = []
    for evidence in points.groups["evidence"].unique():
        for period, before in _before(points, evidence, held_out).items():
            to_land = distances_m(cells.ecef, points.ecef[before], max_m=1000 * BEYOND_KM[-1]) / 1000
            to_mining = distances_m(points.ecef, points.ecef[before]) / 1000
            of_period = (points.groups["evidence"] == evidence) & (points.groups["period"] == period)
            for number in np.flatnonzero(of_period):
                group = points.groups.iloc[number]
                land, mining = row_of(cells.km2, cells.zones.index(group["zone"])), row_of(points.weights, number)
                for beyond in BEYOND_KM:
                    far, far_land = mining * (to_mining >= beyond), land * (to_land >= beyond)
                    inside = far[own.mining <= 0].sum()
                    capture = safe_ratio(inside, far.sum())
                    share = safe_ratio(far_land[own.land <= 0].sum(), far_land.sum())
                    rows.append(
                        {key: group[key] for key in ("evidence", "period", "zone", "unit")}
                        | {"beyond_km": beyond, "observed": far.sum(), "observed_inside": inside, "capture": capture}
                        | {"land_share": share, "lift": safe_ratio(capture, share)}
                    )
    return NEW_MINING.validate(pd.DataFrame(rows)[list(NEW_MINING.columns)] if rows else NEW_MINING.empty())


@dataclass(frozen=True)
class _Ranked:
    """Land and mining of a zone in the order of their scores.

    Parameters
    ----------
    scores : ascending, each once, shape (n,)
    land, mining : how much has each of them, km2 and the unit of the mining, shape (n,)
    """

    scores: Floats
    land: Floats
    mining: Floats

    @classmethod
    def of(cls, ranking: Ranking, land: Floats, mining: Floats) -> _Ranked:
        has_land, has_mining = land > 0, mining > 0
        scores, place = np.unique(np.r_[ranking.land[has_land], ranking.mining[has_mining]], return_inverse=True)
        of_land, of_mining = np.split(place, [has_land.sum()])
        return cls(
            scores,
            np.asarray(np.bincount(of_land, land[has_land], minlength=scores.size), float),
            np.asarray(np.bincount(of_mining, mining[has_mining], minlength=scores.size), float),
        )

    def _shares(self, observed: float) -> tuple[Floats, Floats]:
        """The share of the land and of what was observed up to each score, from none at all."""
        land, mining = (np.r_[0, np.cumsum(values)] for values in (self.land, self.mining))
        return np.asarray(safe_ratio(land, land[-1])), np.asarray(safe_ratio(mining, observed))

    def summary(self, land_share: float, observed: float, *, is_km2: bool) -> dict[str, float]:
        """Capture where so much land is covered, and how good the ranking is. Equal scores share what they have."""
        land, mining = self._shares(observed)
        capture = float(np.interp(land_share, land, mining)) if observed > 0 else np.nan
        at = min(int(np.searchsorted(land[1:], land_share * (1 - 1e-9))), max(self.scores.size - 1, 0))
        of_area = np.asarray(safe_ratio(mining, mining[-1]))
        return {
            "land_share": land_share,
            "limit": float(self.scores[at]) if self.scores.size else np.nan,
            "capture": capture,
            "lift": float(safe_ratio(capture, land_share)),
            "auc": float(np.trapezoid(of_area, land)),
            "average_precision": float((np.diff(of_area) * self._precision()).sum()) if is_km2 else np.nan,
        }

    def curve(self, observed: float, *, is_km2: bool) -> pd.DataFrame:
        """Capture and precision where `LAND_SHARES` of the land are covered."""
        land, mining = self._shares(observed)
        capture = np.interp(LAND_SHARES, land, mining)
        mined = np.minimum(safe_ratio(capture * observed, LAND_SHARES * self.land.sum()), 1)
        return pd.DataFrame({"land_share": LAND_SHARES, "capture": capture, "precision": mined if is_km2 else np.nan})

    def _precision(self) -> Floats:
        """The share of the land up to each score that is mined; all of it before the first land."""
        return np.asarray(np.fmin(safe_ratio(np.cumsum(self.mining), np.cumsum(self.land)), 1))

    def boyce(self) -> pd.DataFrame:
        """The share of the mining over that of the land in windows that move over the scores."""
        known = np.isfinite(self.scores)
        scores, land, mining = self.scores[known], self.land[known], self.mining[known]
        if scores.size < 2 or not mining.sum() > 0:
            return pd.DataFrame({"score": [], "ratio": []})
        width = BOYCE_WIDTH * (scores[-1] - scores[0])
        start = np.linspace(scores[0], scores[-1] - width, BOYCE_WINDOWS)
        ends = np.searchsorted(scores, start), np.searchsorted(scores, start + width, side="right")
        in_window = [np.diff(np.r_[0, np.cumsum(of)][np.stack(ends)], axis=0)[0] for of in (land, mining)]
        ratio = safe_ratio(in_window[1] / mining.sum(), in_window[0] / land.sum())
        return pd.DataFrame({"score": start + width / 2, "ratio": ratio}).dropna()


def _rank_correlation(windows: pd.DataFrame) -> float:
    """The Boyce index: Spearman's correlation of ratio and score, 1 where mining thins out all the way.

    Windows that repeat the ratio of the one before count once, as where there is no mining far away.
    """
    moved = windows[windows["ratio"].diff() != 0]
    if len(moved) < 2:
        return np.nan
    ranks = moved.rank().to_numpy()
    return float(-np.corrcoef(ranks, rowvar=False)[0, 1])


def _auc_intervals(
    cells: LandCells, points: WeightedPoints, own: Ranking, evidence: str, seed: int
) -> dict[int, tuple[Floats, Floats]]:
    """The ends of the 95 % interval of the AUC of the map, by the numbers of the groups of `_of_unions`.

    Blocks of land are drawn with all that lies in them, as for `asmgold.evidence.intervals`; scores are told apart in
    `SCORES` classes with as many cells each.
    """
    numbers = _of_unions(points, evidence)
    size, rng = block_of(points, own.mining <= 0, evidence), np.random.default_rng(seed)
    edges = np.quantile(own.land, np.linspace(0, 1, SCORES + 1)[1:-1], method="lower")
    of_cells, of_mining = (np.searchsorted(edges, scores) for scores in (own.land, own.mining))
    zone_of = dict(zip(numbers, points.groups.loc[numbers, "zone"], strict=True))
    land = {zone: row_of(cells.km2, cells.zones.index(zone)) for zone in zone_of.values()}
    mining = {number: row_of(points.weights, number) for number in numbers}
    samples: dict[int, list[Floats]] = {number: [] for number in numbers}
    effective: dict[int, list[Floats]] = {number: [] for number in numbers}
    for land_block, mining_block, times in block_draws(cells, points, size, rng):
        drawn = {zone: times.T @ _by_block(land_block, of_cells, km2, len(times)) for zone, km2 in land.items()}
        for number, zone in zone_of.items():
            seen = _by_block(mining_block, of_mining, mining[number], len(times))
            there, here = drawn[zone], times.T @ seen
            before = np.cumsum(here, axis=1) - here / 2
            samples[number].append(safe_ratio((before * there).sum(1), here.sum(1) * there.sum(1)))
            effective[number].append(effective_number(seen.sum(axis=1)))
    unknown = np.asarray(np.nan), np.asarray(np.nan)
    return {
        number: quantiles(np.concatenate(drawn)) if np.mean(effective[number]) >= MIN_BLOCKS else unknown
        for number, drawn in samples.items()
    }


def _by_block(block: Ints, score: Ints, weights: Floats, blocks: int) -> Floats:
    """How much each block has of each class of scores, shape (blocks, SCORES)."""
    amounts = np.bincount(block * SCORES + score, weights, minlength=blocks * SCORES)
    return np.asarray(amounts, float).reshape(blocks, SCORES)


def _density(places: LandCells | WeightedPoints, sites: Sites) -> Floats:
    """Sites per 100 km2: a Gaussian kernel with the radius of the disc as its standard deviation."""
    middles = shapely.get_coordinates(shapely.centroid(sites.shapes))
    reach = chord_m(1000 * KERNEL_REACH * sites.radius_km)
    pairs = pairs_within(middles[:, 0], middles[:, 1], reach, cKDTree(places.ecef))
    radius = sites.radius_km[pairs["i"]]
    weight = 100 * np.exp(-0.5 * (pairs["v"] / 1000 / radius) ** 2) / (2 * np.pi * radius**2)
    return np.asarray(np.bincount(pairs["j"], weight, minlength=places.lon.size), float)


def _persistence(
    cells: LandCells, points: WeightedPoints, evidence: str, held_out: Mapping[str, Collection[str]]
) -> Iterator[Ranking]:
    """By the distance from what was seen before the periods that are new; none where no period is."""
    before = _before(points, evidence, held_out).get(NEW)
    if before is not None and before.any():
        seen = points.ecef[before]
        yield Ranking("persistence", *(distances_m(places.ecef, seen) / 1000 for places in (cells, points)))


def _before(points: WeightedPoints, evidence: str, held_out: Mapping[str, Collection[str]]) -> dict[str, Bools]:
    """Which points were seen before each period but the first, and before those that are new."""
    groups = points.groups
    of_area = groups[(groups["evidence"] == evidence) & (groups["zone"] == AREA)]
    periods = [period for period in of_area["period"] if period not in UNIONS]
    amount = {period: row_of(points.weights, number) > 0 for number, period in of_area["period"].items()}
    found, seen = {}, np.zeros(points.lon.size, bool)
    for earlier, period in pairwise(periods):
        seen = seen | amount[earlier]
        found[period] = seen
    if new := new_periods(periods, held_out.get(evidence, ())):
        found[NEW] = found[new[0]]
    return found


def _of_unions(points: WeightedPoints, evidence: str) -> list[int]:
    """The numbers of the groups of all periods and of those that are new."""
    groups = points.groups
    return list(np.flatnonzero((groups["evidence"] == evidence) & groups["period"].isin(UNIONS)))
