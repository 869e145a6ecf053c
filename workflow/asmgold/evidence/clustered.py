"""Random patterns of sites that come in clumps, as the real ones do: for null models that keep the clustering."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from asmgold.evidence.sampling import Bools, Ints, chord_m
from asmgold.geodesy.ellipsoid import MEAN_RADIUS_M, Floats, to_ecef

LINK_KM = 40.0  # sites that are nearer than this belong to one clump: with the usual radius their discs touch
TRIALS = 60  # for each move, before one that fitted is taken again
DISTANCES_KM = np.arange(4.0, 101.0, 4.0)
Contains = Callable[[Floats], Bools]
Draw = Callable[[int], Floats]
"""So many points of the area at random, degrees, shape (n, 2)."""


def clumps_of(positions: Floats) -> list[Ints]:
    """The sites in groups that are linked by steps of at most `LINK_KM`.

    Parameters
    ----------
    positions : degrees, shape (n, 2)
    """
    if not len(positions):
        return []
    tree = cKDTree(to_ecef(*positions.T))
    links = tree.sparse_distance_matrix(tree, float(chord_m(1000 * LINK_KM)), output_type="coo_matrix")
    n, label = connected_components(links, directed=False)
    return [np.flatnonzero(label == number) for number in range(n)]


def moved(
    positions: Floats, draws: int, rng: np.random.Generator, anywhere: Draw, contains: Contains, least_inside: float = 1
) -> Floats:
    """A pattern turned by a random angle and moved to a random place, as a rigid body on a sphere.

    Parameters
    ----------
    positions : degrees, shape (n, 2)
    draws : how many moves
    rng : the random numbers
    anywhere, contains : points of the area at random, and which points lie in it
    least_inside : the share of the pattern that has to lie in the area after a move

    Returns
    -------
    Degrees, shape (draws, n, 2). If fewer moves fit than were asked for, some of them stand more than once; a pattern
    that fits nowhere stays where it is.
    """
    pattern = _unit(positions)
    middle = pattern.mean(axis=0)
    local = pattern @ _frame(middle / np.linalg.norm(middle))
    fitting = []
    for _ in range(TRIALS):
        angle, place = rng.uniform(0, 2 * np.pi, draws), _frame(_unit(anywhere(draws)))
        turn = np.zeros((draws, 3, 3))
        turn[:, 0, 0] = turn[:, 1, 1] = np.cos(angle)
        turn[:, 0, 1], turn[:, 1, 0], turn[:, 2, 2] = np.sin(angle), -np.sin(angle), 1
        x, y, z = np.moveaxis(local @ turn @ place.swapaxes(1, 2), -1, 0)
        there = np.degrees(np.stack([np.arctan2(y, x), np.arcsin(np.clip(z, -1, 1))], axis=-1))
        inside = contains(there.reshape(-1, 2)).reshape(there.shape[:2])
        fitting.append(there[inside.mean(axis=1) >= least_inside])
        if sum(map(len, fitting)) >= draws:
            break
    found = np.concatenate(fitting)
    return found[np.arange(draws) % len(found)] if len(found) else np.broadcast_to(positions, (draws, *positions.shape))


def fit_thomas(positions: Floats, anywhere: Draw, area_km2: float) -> tuple[float, float]:
    """A Thomas process (Thomas 1949) fitted to sites: clumps around points at random, each a normal distribution.

    By minimum contrast of Ripley's K, to the power of a quarter (Diggle 2013, Statistical Analysis of Spatial and
    Spatio-Temporal Point Patterns, section 6.1). Pairs of points at random in the same area stand for what K would be
    without clumps, so its edges count for both.

    Parameters
    ----------
    positions : degrees, shape (n, 2)
    anywhere : points of the area at random
    area_km2 : the size of the area

    Returns
    -------
    The number of clumps in the area, and their standard deviation, km.
    """
    if len(positions) < 3:
        return float(len(positions)), 1.0
    ratio = _pairs(positions) / np.maximum(_pairs(anywhere(max(4 * len(positions), 1000))), 1e-12)

    def misfit(logs: Floats) -> float:
        clumps, sigma = np.exp(logs)
        disc = np.pi * DISTANCES_KM**2
        modelled = 1 + area_km2 / clumps * (1 - np.exp(-(DISTANCES_KM**2) / (4 * sigma**2))) / disc
        return float(((ratio**0.25 - modelled**0.25) ** 2).sum())

    bounds = [(0.0, np.log(10 * len(positions))), (0.0, np.log(200.0))]
    fitted = minimize(
        misfit, [np.log(max(len(positions) / 5, 1.5)), np.log(20.0)], method="Nelder-Mead", bounds=bounds
    ).x
    clumps, sigma = np.exp(fitted)
    return float(clumps), float(sigma)


def thomas(
    n: int, clumps: float, sigma_km: float, rng: np.random.Generator, anywhere: Draw, contains: Contains
) -> Floats:
    """A draw of the Thomas process with n sites in the area, degrees, shape (n, 2); parameters as for `fit_thomas`."""
    parents = anywhere(max(int(rng.poisson(clumps)), 1))
    found = np.empty((0, 2))
    for _ in range(TRIALS):
        around = parents[rng.integers(0, len(parents), 2 * n)]
        step = rng.normal(0, np.degrees(1000 * sigma_km / MEAN_RADIUS_M), around.shape)
        step[:, 0] /= np.cos(np.radians(around[:, 1]))
        found = np.concatenate([found, (around + step)[contains(around + step)]])
        if len(found) >= n:
            return found[:n]
    return np.concatenate([found, anywhere(n)])[:n]


def _pairs(positions: Floats) -> Floats:
    """The share of all pairs that are nearer than each of `DISTANCES_KM`."""
    tree = cKDTree(to_ecef(*positions.T))
    counts = tree.count_neighbors(tree, chord_m(1000 * DISTANCES_KM)) - len(positions)
    return np.asarray(counts / (len(positions) * (len(positions) - 1)))


def _unit(positions: Floats) -> Floats:
    """Places as vectors of length 1, shape (n, 3)."""
    lon, lat = np.radians(positions).T
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def _frame(up: Floats) -> Floats:
    """East, north and up at places, as the columns of matrices, shape (..., 3, 3)."""
    east = np.stack([-up[..., 1], up[..., 0], np.zeros(up.shape[:-1])], axis=-1)
    east = east / np.linalg.norm(east, axis=-1, keepdims=True)
    return np.stack([east, np.cross(up, east), up], axis=-1)
