"""Which sites of a crowd can have a part in the boundary of the union of discs around all of them.

A site is hidden when the discs of other sites cover its whole circle. One look at all of its neighbours would
settle that, and there are too many. But who covers the circle on one side is, as a rule, the site that lies
farthest on that side among those near by. So sites are thrown into cells, and in each cell the farthest site
in each of a dozen directions is tried on all others of the cell. That is done with several grids: what one
cell's edge leaves open is covered from within another.

A site is called hidden only if it is, whatever was tried on it; one that is kept may be hidden after all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asmgold.geodesy.ellipsoid import ECCENTRICITY_SQUARED, MEAN_RADIUS_M, SEMI_MAJOR_M, Floats

Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
Singles = NDArray[np.float32]

CROWD = 4000  # fewer sites than this are not worth thinning
LARGEST_RADIUS_M = 0.1 * MEAN_RADIUS_M  # with larger discs the maps are too far from true
SECTORS = 12
# Width of the cells in radii at a pole, where maps show things in their size (half as wide at the equator), and
# by what share of a cell the grid is shifted.
GRIDS = ((0.9, 0.0), (0.9, 0.5), (1.4, 0.0), (1.4, 0.5), (1.4, 0.25), (1.4, 0.75), (1.8, 0.0), (1.8, 0.5))
MARGIN = 1e-4  # in radii


def possibly_exposed(lon: Floats, lat: Floats, radius_m: float) -> Ints:
    """The sites whose circle may touch the boundary: all of those that do, and few others.

    Parameters
    ----------
    lon, lat : degrees on WGS84, shape (n,)
    radius_m : geodesic radius in metres

    Returns
    -------
    Indices, ascending. All sites if they are few or the radius is large.
    """
    left = np.arange(lon.size)
    if lon.size < CROWD or radius_m > LARGEST_RADIUS_M:
        return left
    maps = _maps(lon, lat, radius_m)
    is_open = np.ones((SECTORS, lon.size), bool)
    tried = left
    for width, shift in GRIDS:
        cells = _cells(maps, _either(tried, left, lon.size), width, shift)
        place = np.empty(lon.size, np.intp)
        place[cells.site] = np.arange(cells.site.size)
        farthest = _close_sectors(cells, place[left], is_open, radius_m)
        exposed = is_open.any(axis=0)
        left, is_open = left[exposed], is_open[:, exposed]
        if tried.size == lon.size:  # in later grids, those that were farthest in the first one will do
            tried = cells.site[farthest]
    return left


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
class _Cells:
    """Sites in the order of their cells; positions in radii from a corner of the cell, in single precision.

    A step of that is a hundredth of the margin or less. ``bend`` times the square of a distance on the map is
    how far, in radii, a circle has bent away from its tangent.
    """

    site: Ints
    cell: Ints
    start: Ints
    x: Singles
    y: Singles
    bend: Singles

    def of(self, place: Ints) -> _Cells:
        return _Cells(self.site[place], self.cell[place], self.start, self.x[place], self.y[place], self.bend[place])


def _cells(maps: _Maps, site: Ints, width: float, shift: float) -> _Cells:
    x, y = maps.x[site] / width + shift, maps.y[site] / width + shift
    column, row = np.floor(x), np.floor(y)
    key = column.astype(np.int64) * 2**32 + row.astype(np.int64)
    order = np.argsort(key, kind="stable")
    is_first = np.diff(key[order], prepend=key[order[0]] - 1) != 0
    return _Cells(
        site=site[order],
        cell=np.cumsum(is_first) - 1,
        start=np.flatnonzero(is_first),
        x=(width * (x - column))[order].astype(np.float32),
        y=(width * (y - row))[order].astype(np.float32),
        bend=(0.5 / maps.scale[site])[order].astype(np.float32),
    )


def _close_sectors(cells: _Cells, place: Ints, is_open: Bools, radius_m: float) -> Ints:
    """Close the sectors, (sectors, n), that the farthest site of the cell covers; gives the places of those sites.

    The circle around a site is looked at in sectors. A disc of the same radius covers one piece of it, less
    than half; so a disc that covers both ends of a sector covers the sector.
    """
    bent = (cells.x**2 + cells.y**2) * cells.bend
    here = cells.of(place)
    farthest = np.empty((SECTORS, cells.start.size), np.intp)
    for sector in range(SECTORS):
        along, half = 2 * np.pi * sector / SECTORS, np.pi / SECTORS
        reach = cells.x * np.float32(np.cos(along)) + cells.y * np.float32(np.sin(along)) - bent
        best = np.flatnonzero(reach == np.maximum.reduceat(reach, cells.start)[cells.cell])
        farthest[sector, cells.cell[best]] = best
        row = np.flatnonzero(is_open[sector])
        covered = _covers(cells.of(farthest[sector]), here.of(row), (along - half, along + half), radius_m)
        is_open[sector, row] = ~covered
    return farthest.ravel()


def _covers(there: _Cells, here: _Cells, bearings: tuple[float, float], radius_m: float) -> Bools:
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
