"""The capture beside that of sites placed at random: is it more than chance would give?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from asmgold.evidence.pieces import Ints, Pieces, chord_m
from asmgold.evidence.tables import CHANCE
from asmgold.geodesy import polygonal, to_ecef
from asmgold.geodesy.ellipsoid import ECCENTRICITY_SQUARED, Floats
from asmgold.schemas import empty_like

REST = ""  # the land of no stratum


def against_chance(
    pieces: Pieces,
    sites: gpd.GeoDataFrame,
    area: Any,
    strata: Mapping[str, Any] | None,
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
    strata : shapes by name, or None; what they leave of the area is one more stratum
    radius_m : the radius of the discs
    draws, seed : how often, and from where the random numbers start

    Returns
    -------
    `asmgold.evidence.tables.CHANCE`
    """
    if pieces.groups.empty:
        return CHANCE.validate(empty_like(CHANCE))
    places, place = np.unique(np.column_stack([pieces.lon, pieces.lat]), axis=0, return_inverse=True)
    tree = cKDTree(to_ecef(places[:, 0], places[:, 1])) if len(places) else None
    lon, lat = sites["longitude"].to_numpy(float), sites["latitude"].to_numpy(float)
    inside = shapely.intersects_xy(area, lon, lat)
    observed = _captured(pieces, tree, place, np.column_stack([lon, lat]), radius_m)
    fixed = np.column_stack([lon, lat])[~inside]
    tables: list[pd.DataFrame] = []
    for placed, lands in {"area": {REST: area}, "strata": _lands(strata, area) if strata else None}.items():
        if lands is None:
            continue
        rng = np.random.default_rng([seed, len(tables)])
        counts = _counts(lands, lon[inside], lat[inside])
        thrown = np.concatenate(
            [random_points(lands[name], count * draws, rng).reshape(draws, count, 2) for name, count in counts.items()],
            axis=1,
        )
        shares = np.array([_captured(pieces, tree, place, np.vstack([points, fixed]), radius_m) for points in thrown])
        tables.append(_summary(pieces.groups, placed, observed, shares))
    return CHANCE.validate(pd.concat(tables, ignore_index=True))


def strata_by_name(layer: gpd.GeoDataFrame, field: str | None) -> dict[str, Any]:
    """The strata of a layer: the union of the features of each value of the field, or each feature by itself."""
    names = layer[field].astype(str) if field else pd.Series(layer.index.astype(str), index=layer.index)
    return {str(name): shapely.union_all(features.geometry.array) for name, features in layer.groupby(names)}


def random_points(shape: Any, n: int, rng: np.random.Generator) -> Floats:
    """Points thrown into a shape, uniformly by area on the ellipsoid: degrees, shape (n, 2)."""
    if n == 0:
        return np.empty((0, 2))
    shapely.prepare(shape)
    west, south, east, north = shapely.bounds(shape)
    low, high = np.sin(np.radians([south, north]))
    # Area between parallels grows by 1 / (1 - e2 sin2)^2 over the sine of latitude: keep that share of the points.
    widest = (1 - ECCENTRICITY_SQUARED * max(low * low, high * high)) ** 2
    found = np.empty((0, 2))
    while len(found) < n:
        lon, sine = rng.uniform(west, east, 2 * n), rng.uniform(low, high, 2 * n)
        kept = rng.random(2 * n) * (1 - ECCENTRICITY_SQUARED * sine**2) ** 2 < widest
        points = np.column_stack([lon[kept], np.degrees(np.arcsin(sine[kept]))])
        found = np.vstack([found, points[shapely.contains_xy(shape, points)]])
    return found[:n]


def _lands(strata: Mapping[str, Any], area: Any) -> dict[str, Any]:
    """The strata within the area, each without those before it, and what they leave of it."""
    lands, rest = {}, area
    for name, shape in strata.items():
        lands[name] = polygonal(shapely.intersection(shape, rest))
        rest = polygonal(shapely.difference(rest, shape))
    return {name: land for name, land in {**lands, REST: rest}.items() if not land.is_empty}


def _counts(lands: Mapping[str, Any], lon: Floats, lat: Floats) -> dict[str, int]:
    """How many sites each land has; one on a common edge belongs to the first."""
    left = np.ones(lon.size, bool)
    counts = {}
    for name, land in lands.items():
        mine = left & shapely.intersects_xy(land, lon, lat)
        counts[name] = int(mine.sum())
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
