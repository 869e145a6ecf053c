"""What lies within the radius of a site, for many patterns of sites at once, as random draws are."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from asmgold.evidence.land import LandCells
from asmgold.evidence.sampling import Bools, Ints, pairs_within
from asmgold.geodesy.ellipsoid import METRES_PER_DEGREE, Floats, to_ecef


def points_within(points: cKDTree, patterns: Floats, chord: Floats) -> Bools:
    """Which points lie within the radius of a site.

    Parameters
    ----------
    points : a tree of geocentric positions, metres
    patterns : sites, degrees, shape (patterns, sites, 2)
    chord : their radii as straight lines, metres, shape (sites,)

    Returns
    -------
    Shape (patterns, points).
    """
    count, sites, _ = patterns.shape
    inside = np.zeros((count, points.n), bool)
    lon, lat = patterns.reshape(-1, 2).T
    pairs = pairs_within(lon, lat, np.tile(chord, count), points)
    inside[pairs["i"] // max(sites, 1), pairs["j"]] = True
    return inside


def land_within(cells: LandCells, patterns: Floats, chord: Floats) -> Floats:
    """How much land lies in cells whose centre is within the radius of a site, km2.

    A disc takes one interval of each row of cells. Of intervals in their order, each adds the land beyond all before
    it, as the difference of two sums: no pair of a site and a cell is looked at, however large the grid.

    Parameters
    ----------
    cells : by `land_cells`
    patterns, chord : as for `points_within`

    Returns
    -------
    Shape (zones, patterns).
    """
    count, sites, _ = patterns.shape
    rows, columns = cells.shape
    if not sites:
        return np.zeros((len(cells.zones), count))
    site, row, half = _intervals(cells, patterns[..., 1].ravel(), np.tile(chord, count))
    lon = patterns[..., 0].ravel()[site]
    west, east = lon - half, lon + half
    turns = [0, *([360] if west.min(initial=0) < -180 else []), *([-360] if east.max(initial=0) > 180 else [])]
    first, last = (np.ravel([edge + turn for turn in turns]) - cells.west for edge in (west, east))
    line = np.tile(site // sites * rows + row, len(turns)) * columns
    start = line + np.clip(np.ceil(first / cells.step - 0.5), 0, columns).astype(int)
    stop = line + np.clip(np.floor(last / cells.step - 0.5) + 1, 0, columns).astype(int)
    order = np.argsort(start)
    start, stop = start[order], stop[order]
    start[1:] = np.maximum(start[1:], np.maximum.accumulate(stop)[:-1])
    start, stop = start[stop > start], stop[stop > start]
    pattern = start // (rows * columns)
    start, stop = start - pattern * rows * columns, stop - pattern * rows * columns
    land = cells.land_before[:, stop] - cells.land_before[:, start]
    return np.stack([np.bincount(pattern, of_zone, minlength=count) for of_zone in land])


def _intervals(cells: LandCells, lat: Floats, chord: Floats) -> tuple[Ints, Ints, Floats]:
    """Sites and the rows that their discs reach, and how far to either side, degrees, each of shape (pairs,)."""
    rows = cells.shape[0]
    farthest = int(1.01 * chord.max() / METRES_PER_DEGREE / cells.step + 0.5)  # rows, of any site in its own row
    row = np.floor((cells.north - lat) / cells.step).astype(int)[:, None] + np.arange(-farthest, farthest + 1)
    site, which = np.nonzero((row >= 0) & (row < rows))
    row = row[site, which]
    from_axis, _, up = to_ecef(np.zeros(lat.size), lat).T
    row_from_axis, _, row_up = to_ecef(np.zeros(rows), cells.north - (np.arange(rows) + 0.5) * cells.step).T
    from_axis, up, row_from_axis, row_up = from_axis[site], up[site], row_from_axis[row], row_up[row]
    # The straight line from a site to a place on the row, by their distances from the axis and the angle between them.
    cosine = from_axis**2 + row_from_axis**2 + (up - row_up) ** 2 - chord[site] ** 2
    cosine = cosine / (2 * from_axis * row_from_axis)
    reached = cosine <= 1
    return site[reached], row[reached], np.degrees(np.arccos(np.maximum(cosine[reached], -1)))
