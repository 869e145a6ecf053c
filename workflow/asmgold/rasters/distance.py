"""Distance from every cell of a grid to the nearest site, by blocks of cells and the few sites that matter in each.

Close to the sites the distance follows from the straight line through the Earth. Farther away the geodesic distance to
one site is a smooth function: geodesics to a few places of a block give it in all cells. How large a block may be for
that follows from a bound of the error of interpolation.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from asmgold.geodesy.ellipsoid import (
    ECCENTRICITY_SQUARED,
    MAX_CURVATURE_RADIUS_M,
    MIN_CURVATURE_RADIUS_M,
    SEMI_MAJOR_M,
    WGS84,
    Floats,
    to_ecef,
)
from asmgold.rasters.grid import Field, Grid, Values
from asmgold.schemas.rasters import NODATA

STEPS_PER_KM = 1024  # float32 holds them exactly up to 16,384 km, and the file is half as large
NEAR_M = 200_000.0
"""Up to here the radii of curvature at a place, 0.34 % from their mean, change an arc of one chord by 6 cm at most."""
INTERPOLATION_ERROR_M = 0.05
NODES = 10
"""Places in each direction that a block is interpolated from."""
MAX_WIDTH_DEG = 6.0
"""Of a block that is interpolated."""
MAX_DEGREE_M = 111_700.0  # of longitude or latitude, wherever it is longest
SMOOTH_UP_TO_M = 19_900_000.0
"""Beyond, near the antipode of a site, two geodesics are equally long somewhere, and the distance has an edge."""
WORK = 2**18
"""A block that has more cells, times sites, is divided."""

Sites = NDArray[np.intp]


def distance_to_nearest(lon: ArrayLike, lat: ArrayLike) -> Field:
    """Distance from the centres of cells to the nearest site, in kilometres.

    The error is below 0.6 m: 0.1 m of the method, and 0.5 m since values are rounded to 1/1024 km. Beyond 16,384 km,
    where neighbouring numbers of float32 are 2 m apart, it is below 1.6 m.

    Parameters
    ----------
    lon, lat : positions of the sites in degrees, shape (n,)

    Returns
    -------
    A field; without any site it is NODATA everywhere.
    """
    if np.size(lon) == 0:
        return lambda grid: np.full(grid.shape, NODATA, np.float32)
    sites = _Sites(*np.unique(np.column_stack([lon, lat]).astype(float), axis=0).T)

    def field(grid: Grid) -> Values:
        metres = np.empty(grid.shape)
        sites.fill(metres, grid, np.arange(sites.lon.size))
        return (np.round(metres * (STEPS_PER_KM / 1000)) / STEPS_PER_KM).astype(np.float32)

    return field


class _Sites:
    """Sites, and distances to them."""

    def __init__(self, lon: Floats, lat: Floats) -> None:
        self.lon, self.lat = lon, lat
        self.xyz = to_ecef(lon, lat)

    def fill(self, metres: Floats, block: Grid, candidates: Sites) -> None:
        """Give each cell of a block its distance; candidates hold every site that can be the nearest of a cell."""
        reach = _reach(block)
        chord, candidates = self._that_can_be_nearest(block, reach, candidates)
        shortest = float(_arc(chord.min(), MAX_CURVATURE_RADIUS_M)) - reach
        longest = float(_arc(chord.max(), MIN_CURVATURE_RADIUS_M)) + reach
        if longest <= NEAR_M:
            distances = self._by_chords
        elif _interpolation_error(block, reach, shortest, longest) <= INTERPOLATION_ERROR_M:
            distances = self._by_interpolation
        elif block.height <= NODES and block.width <= NODES:
            distances = self._by_geodesics
        else:
            distances = None
        cells = block.height * block.width
        if distances is not None and (cells == 1 or cells * candidates.size <= WORK):
            metres[:] = distances(block, candidates)
            return
        for part, of_part in _halves(block, metres):
            self.fill(of_part, part, candidates)

    def _that_can_be_nearest(self, block: Grid, reach: float, candidates: Sites) -> tuple[Floats, Sites]:
        """Of the candidates those that can be the nearest of a cell, and their chords from the middle of the block.

        The squares of the chords to two sites differ by a linear function of the place, which grows by twice the way
        between the sites. A site goes if its chord is longer all over the block than that to the site nearest to the
        middle, by so much that its geodesic is longer, too.
        """
        between = self.xyz[candidates] - to_ecef(*_middle(block))
        squares = np.einsum("ij,ij->i", between, between)
        first = int(np.argmin(squares))
        apart = np.sqrt(np.square(between - between[first]).sum(axis=1))
        farthest = np.sqrt(squares[first]) + reach
        as_far = (
            2 * MAX_CURVATURE_RADIUS_M * np.sin(_arc(farthest, MIN_CURVATURE_RADIUS_M) / (2 * MAX_CURVATURE_RADIUS_M))
        )
        slack = np.square(as_far) - np.square(farthest) if farthest < 2 * MIN_CURVATURE_RADIUS_M else np.inf
        stay = squares <= squares[first] + 2 * reach * apart + slack + 1.0
        return np.sqrt(squares[stay]), candidates[stay]

    def _by_chords(self, block: Grid, candidates: Sites) -> Floats:
        """The arc over the shortest chord, on a circle with the mean radius of curvature at the cell's latitude."""
        sine = np.sin(np.radians(block.latitudes))
        root = 1 - ECCENTRICITY_SQUARED * sine**2
        radius = SEMI_MAJOR_M * np.sqrt(1 - ECCENTRICITY_SQUARED) / root
        at_greenwich = to_ecef(np.zeros(block.height), block.latitudes)
        x, z = at_greenwich[:, 0], at_greenwich[:, 2]
        site_x = np.hypot(*self.xyz[candidates, :2].T)[:, None]
        of_row = np.square(x - site_x) + np.square(z - self.xyz[candidates, 2:])
        turn = np.radians(block.longitudes - self.lon[candidates, None])
        of_column = np.square(np.sin(turn / 2))
        squares = (4 * x * site_x)[:, :, None] * of_column[:, None, :]
        squares += of_row[:, :, None]
        return _arc(np.sqrt(squares.min(axis=0)), radius[:, None])

    def _by_interpolation(self, block: Grid, candidates: Sites) -> Floats:
        """The smallest of the geodesic distances, each a polynomial through those of the nodes of the block."""
        nodes = np.cos((np.arange(NODES) + 0.5) * np.pi / NODES)
        west, south, east, north = block.bounds
        lon, lat = _middle(block)
        of_nodes = self._geodesics(
            lon + nodes * (east - west - block.cell) / 2, lat - nodes * (north - south - block.cell) / 2, candidates
        )
        distances: Floats = (_weights(block.height) @ of_nodes @ _weights(block.width).T).min(axis=0)
        return distances

    def _by_geodesics(self, block: Grid, candidates: Sites) -> Floats:
        distances: Floats = self._geodesics(block.longitudes, block.latitudes, candidates).min(axis=0)
        return distances

    def _geodesics(self, longitudes: Floats, latitudes: Floats, candidates: Sites) -> Floats:
        """Distances of all sites from all crossings of meridians and parallels, metres, site by site, row by row."""
        lon, lat, site_lon, site_lat = np.broadcast_arrays(
            longitudes, latitudes[:, None], self.lon[candidates, None, None], self.lat[candidates, None, None]
        )
        distances: Floats = np.asarray(WGS84.inv(lon.ravel(), lat.ravel(), site_lon.ravel(), site_lat.ravel())[2])
        return distances.reshape(lon.shape)


def _arc(chord: Floats | float, radius: Floats | float) -> Floats:
    """The arc over a chord of a circle; half the circle where the chord is longer than its diameter.

    On the ellipsoid a geodesic is no longer than that with the smallest radius of curvature, no shorter than that with
    the largest.
    """
    arc: Floats = 2 * radius * np.arcsin(np.minimum(chord / (2 * radius), 1.0))
    return arc


def _middle(block: Grid) -> tuple[float, float]:
    west, south, east, north = block.bounds
    return (west + east) / 2, (south + north) / 2


def _extent(block: Grid) -> tuple[float, float]:
    """No less than half the way between the outermost centres of cells, to the north and to the east, metres."""
    _, south, _, north = block.bounds
    widest = np.cos(np.radians(max(south, -north, 0.0)))
    half_degree_m = MAX_DEGREE_M * block.cell / 2
    return half_degree_m * (block.height - 1), half_degree_m * (block.width - 1) * float(widest)


def _reach(block: Grid) -> float:
    """No centre of a cell is farther from the middle of the block than this, metres."""
    return float(np.hypot(*_extent(block)))


def _interpolation_error(block: Grid, reach: float, shortest: float, longest: float) -> float:
    """No interpolated distance in a block is off by more than this, metres.

    A function that is analytic within the ellipse of Bernstein with parameter p, and at most M there, is met by the
    polynomial through n Chebyshev nodes within 4 M p^(1 - n) / (p - 1) (Trefethen 2013, Approximation Theory and
    Approximation Practice, theorem 8.2). Here the function is the distance, which stops being smooth at the site and
    near its antipode. The ellipse taken is half as large as these allow in the plane, and M is the shortest distance:
    by so much it can change within. Twice and for two directions, the nodes' Lebesgue constant being 2.1.
    """
    if (block.width - 1) * block.cell > MAX_WIDTH_DEG or (block.height - 1) * block.cell > MAX_WIDTH_DEG:
        return np.inf
    smooth = min(shortest, SMOOTH_UP_TO_M - longest)
    half = max(*_extent(block), 1.0)
    p = smooth / half
    return np.inf if p <= 1 else 3.1 * 4 * smooth * p ** (1 - NODES) / (p - 1)


@cache
def _weights(cells: int) -> Floats:
    """What each node adds to each of so many evenly spaced cells, the first and last of which are the block's ends."""
    nodes = np.cos((np.arange(NODES) + 0.5) * np.pi / NODES)
    powers = np.polynomial.chebyshev.chebvander
    centres = np.linspace(-1, 1, cells) if cells > 1 else np.zeros(1)
    weights: Floats = powers(centres, NODES - 1) @ np.linalg.inv(powers(nodes, NODES - 1))
    return weights


def _halves(block: Grid, metres: Floats) -> Iterator[tuple[Grid, Floats]]:
    """A block, and what is to be filled for it, cut in two where it is longest on the ground."""
    northward, eastward = _extent(block)
    if block.width == 1 or (block.height > 1 and northward >= eastward):
        half = block.height // 2
        yield block.part(0, 0, half, block.width), metres[:half]
        yield block.part(half, 0, block.height - half, block.width), metres[half:]
    else:
        half = block.width // 2
        yield block.part(0, 0, block.height, half), metres[:, :half]
        yield block.part(0, half, block.height, block.width - half), metres[:, half:]
