"""Thinning: leave out interior sites before the union of discs is drawn.

A site is interior if the discs of other sites cover its whole circle; then it has no part in the boundary of the
union. In a dense field most sites are interior, and to compare each one with all of its neighbours would take longer
than the union itself. This module finds most of them with few comparisons:

1. The sites are sorted into the cells of a grid, on a map that is true to angles.
2. The circle around a site is divided into `SECTORS` sectors. The site most likely to cover a sector is the one that
   lies farthest in its direction. So in each cell, the farthest site in each direction is compared with all others of
   the cell: does its disc cover this sector of their circles?
3. A site all of whose sectors are covered is interior.
4. This is repeated with several grids, since sites at the edge of a cell in one grid lie inside a cell in another.

The answer is safe: a site that is left out is interior for certain. Some of those that are kept may be interior, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asmgold.geodesy.ellipsoid import ECCENTRICITY_SQUARED, MEAN_RADIUS_M, SEMI_MAJOR_M, Floats

Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
Singles = NDArray[np.float32]

MIN_SITES = 4000  # thinning fewer sites than this takes more time than it saves
MAX_THINNING_RADIUS_M = 0.1 * MEAN_RADIUS_M  # for larger discs the maps are too distorted
SECTORS = 12
# Width of the cells in radii at a pole, where maps show things in their size (half as wide at the equator), and
# by what share of a cell the grid is shifted.
GRIDS = ((0.9, 0.0), (0.9, 0.5), (1.4, 0.0), (1.4, 0.5), (1.4, 0.25), (1.4, 0.75), (1.8, 0.0), (1.8, 0.5))
MARGIN = 1e-4  # in radii


def boundary_candidates(lon: Floats, lat: Floats, radius_m: float) -> Ints:
    """The sites that may have a part in the boundary of the union: all that have one, and few others.

    Parameters
    ----------
    lon, lat : degrees on WGS84, shape (n,)
    radius_m : geodesic radius in metres

    Returns
    -------
    Indices, ascending. All sites if there are fewer than `MIN_SITES`, or if the radius exceeds
    `MAX_THINNING_RADIUS_M`.
    """
    candidates = np.arange(lon.size)
    if lon.size < MIN_SITES or radius_m > MAX_THINNING_RADIUS_M:
        return candidates
    maps = _maps(lon, lat, radius_m)
    is_open = np.ones((SECTORS, lon.size), bool)
    covering = candidates  # the sites whose discs are tried on the candidates
    for width, shift in GRIDS:
        cells = _cells(maps, _either(covering, candidates, lon.size), width, shift)
        index = np.empty(lon.size, np.intp)
        index[cells.site] = np.arange(cells.site.size)
        farthest = _close_sectors(cells, cells.places.of(index[candidates]), is_open, radius_m)
        exposed = is_open.any(axis=0)
        candidates, is_open = candidates[exposed], is_open[:, exposed]
        if covering.size == lon.size:  # in later grids, the farthest sites of the first one suffice
            covering = cells.site[farthest]
    return candidates


@dataclass
class _Maps:
    """Sites on conformal maps of the two halves of the globe, side by side, in radii; scale is 1 at the poles."""

    x: Floats
    y: Floats
    scale: Floats


def _maps(lon: Floats, lat: Floats, radius_m: float) -> _Maps:
    """The polar stereographic projection of the ellipsoid (Snyder 1987, Map Projections: A Working Manual, p. 161)."""
    lam, phi = np.radians(lon), np.radians(np.abs(lat))
    e_sin = np.sqrt(ECCENTRICITY_SQUARED) * np.sin(phi)
    conformal = 2 * np.exp(np.sqrt(ECCENTRICITY_SQUARED) * np.arctanh(e_sin)) / (1 + np.sin(phi))
    from_pole = SEMI_MAJOR_M / radius_m * conformal * np.cos(phi)
    beside = np.where(lat < 0, 6 * SEMI_MAJOR_M / radius_m, 0.0)
    return _Maps(from_pole * np.cos(lam) + beside, from_pole * np.sin(lam), conformal * np.sqrt(1 - e_sin**2))


def _either(one: Ints, other: Ints, n: int) -> Ints:
    is_in = np.zeros(n, bool)
    is_in[one] = is_in[other] = True
    return np.flatnonzero(is_in)


@dataclass
class _Places:
    """Positions in radii from a corner of the cell they are in, in single precision.

    A step of that is a hundredth of the margin or less. ``bend`` times the square of a distance on the map is
    how far, in radii, a circle has bent away from its tangent.
    """

    cell: Ints
    x: Singles
    y: Singles
    bend: Singles

    def of(self, index: Ints) -> _Places:
        return _Places(self.cell[index], self.x[index], self.y[index], self.bend[index])


@dataclass
class _Cells:
    """Sites in the order of their cells: ``start`` says where each cell begins, ``places`` where its sites lie."""

    site: Ints
    start: Ints
    places: _Places


def _cells(maps: _Maps, site: Ints, width: float, shift: float) -> _Cells:
    x, y = maps.x[site] / width + shift, maps.y[site] / width + shift
    column, row = np.floor(x), np.floor(y)
    key = column.astype(np.int64) * 2**32 + row.astype(np.int64)
    order = np.argsort(key, kind="stable")
    is_first = np.diff(key[order], prepend=key[order[0]] - 1) != 0
    places = _Places(
        cell=np.cumsum(is_first) - 1,
        x=(width * (x - column))[order].astype(np.float32),
        y=(width * (y - row))[order].astype(np.float32),
        bend=(0.5 / maps.scale[site])[order].astype(np.float32),
    )
    return _Cells(site[order], np.flatnonzero(is_first), places)


def _close_sectors(cells: _Cells, here: _Places, is_open: Bools, radius_m: float) -> Ints:
    """Mark the sectors, shape (sectors, n), that the farthest site of the cell in their direction covers as closed.

    Returns the places of those farthest sites, as indices into the sites of the cells.

    A disc of the same radius covers one piece of the circle around a site, less than half; so a disc that covers both
    ends of a sector covers the sector.
    """
    places, start = cells.places, cells.start
    bent = (places.x**2 + places.y**2) * places.bend
    farthest = np.empty((SECTORS, start.size), np.intp)
    for sector in range(SECTORS):
        along, half = 2 * np.pi * sector / SECTORS, np.pi / SECTORS
        reach = places.x * np.float32(np.cos(along)) + places.y * np.float32(np.sin(along)) - bent
        best = np.flatnonzero(reach == np.maximum.reduceat(reach, start)[places.cell])
        farthest[sector, places.cell[best]] = best
        row = np.flatnonzero(is_open[sector])
        left = here if row.size == here.x.size else here.of(row)  # at first all are open: nothing to copy
        covered = _covers(places.of(farthest[sector]), left, (along - half, along + half), radius_m)
        is_open[sector, row] = ~covered
    return farthest.ravel()


def _covers(there: _Places, here: _Places, bearings: tuple[float, float], radius_m: float) -> Bools:
    """Whether discs there cover the circles around sites here at both bearings, which are those of the map.

    A disc at distance d covers the bearings that differ from its own by less than an angle whose cosine is
    d / 2r in a plane; on a sphere it covers more. The maps are true to angles. On the way from one site to the
    other, R being the radius of the Earth, their scale changes by d / R at most and a straight line turns by
    as much; so the cosine of the angle is right to d / 2R, and d / 2r to d / 2r times that. As d < 2r, both
    together are less than 2r / R.
    """
    dx, dy = there.x[here.cell] - here.x, there.y[here.cell] - here.y
    square = dx * dx + dy * dy
    slack = np.float32(2e-3 + 2 * radius_m / MEAN_RADIUS_M)
    needed = square * here.bend + slack * np.sqrt(square) + np.float32(MARGIN)
    ahead = [dx * np.float32(np.cos(bearing)) + dy * np.float32(np.sin(bearing)) for bearing in bearings]
    covered: Bools = np.minimum(*ahead) > needed
    return covered
