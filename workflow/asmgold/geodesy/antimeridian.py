"""From closed curves on the globe to polygons in longitude and latitude, across 180 degrees and the poles.

A ring here is a run of points, its first one not repeated, with the land it bounds on its left. *Unrolled*
longitudes follow one another by less than 180 degrees, and may leave the range from -180 to 180.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from asmgold.geodesy.ellipsoid import Floats
from asmgold.geodesy.polygons import make_valid, polygonal

_WORLD = shapely.box(-180, -90, 180, 90)


def split_at_antimeridian(polygon: BaseGeometry) -> BaseGeometry:
    """Bring a polygon whose longitudes leave the range from -180 to 180 back into it, split at the seam.

    Parameters
    ----------
    polygon : Polygon or MultiPolygon in degrees, longitudes between -540 and 540

    Returns
    -------
    Polygon or MultiPolygon with longitudes from -180 to 180; the same object if nothing had to be done.
    """
    west, _, east, _ = polygon.bounds
    if west >= -180 and east <= 180:
        return polygon
    pieces = [
        shapely.transform(polygonal(shapely.intersection(polygon, _shifted(_WORLD, turn))), _shift_by(-360 * turn))
        for turn in (-1, 0, 1)
    ]
    return shapely.union_all([piece for piece in pieces if not piece.is_empty])


def span_of_longitudes(west: Floats, east: Floats) -> tuple[float, float]:
    """The longitudes that hold all intervals: as they are, or on across 180 degrees where that is half as wide.

    Fiji is 177 to 182, not -180 to 180, and the United States are -188 to -66: the middle of the span lies between
    -180 and 180.

    Parameters
    ----------
    west, east : the ends of at least one interval, degrees from -180 to 180, shape (n,)
    """
    order = np.argsort(west)
    starts, reached = west[order], np.maximum.accumulate(east[order])
    gaps = starts[1:] - reached[:-1]
    straight = float(reached[-1] - starts[0])
    widest = int(np.argmax(gaps)) if gaps.size else 0
    if not gaps.size or 360 - gaps[widest] >= straight / 2:
        return float(starts[0]), float(reached[-1])
    first, last = float(starts[widest + 1]), float(reached[widest]) + 360
    turn = 360 if (first + last) / 2 >= 180 else 0
    return first - turn, last - turn


def unroll(lon: Floats, ring: NDArray[np.intp]) -> tuple[Floats, NDArray[np.intp]]:
    """Unrolled longitudes of closed rings, and how often each goes round the Earth eastward (-1, 0 or 1).

    Parameters
    ----------
    lon : degrees, shape (n,)
    ring : number of the ring that each point belongs to, ascending from 0, shape (n,)
    """
    first = np.searchsorted(ring, np.arange(ring[-1] + 1))
    following = np.arange(1, lon.size + 1)
    following[np.r_[first[1:], lon.size] - 1] = first
    turns_at_step = -np.round((lon[following] - lon) / 360).astype(int)
    turns_before = np.r_[0, np.cumsum(turns_at_step)]
    turns_at_point = turns_before[:-1] - turns_before[first][ring]
    return lon + 360 * turns_at_point, turns_before[np.r_[first[1:], lon.size]] - turns_before[first]


def polygons_from_rings(lon: Floats, lat: Floats, ring: NDArray[np.intp]) -> list[BaseGeometry]:
    """The polygons that a set of boundary curves encloses, one for each connected piece of land.

    Parameters
    ----------
    lon, lat : degrees along the curves, which have the land on their left and do not cross, shape (n,)
    ring : number of the curve that each point belongs to, ascending from 0, shape (n,)

    Returns
    -------
    Polygons, or MultiPolygons where the seam or a pole asks for it, with longitudes from -180 to 180.
    """
    if ring.size == 0:
        return []
    unrolled, turns = unroll(lon, ring)
    points = np.bincount(ring)
    home = 360 * np.round(np.bincount(ring, weights=unrolled) / points / 360)
    curves = shapely.linearrings(np.column_stack([unrolled - home[ring], lat]), indices=ring)
    areas: Any = shapely.polygons(curves)
    is_shell = shapely.is_ccw(curves)
    shells, holes = areas[(turns == 0) & is_shell].tolist(), areas[(turns == 0) & ~is_shell].tolist()
    circling = [
        (int(turns[number]), np.column_stack([unrolled, lat])[ring == number]) for number in np.flatnonzero(turns)
    ]
    shells += _belts(circling, around_everything=bool(holes) and not shells)
    return [split_at_antimeridian(make_valid(polygon)) for polygon in _cut_holes(shells, holes)]


def _cut_holes(shells: list[Any], holes: list[shapely.Polygon]) -> list[Any]:
    """Give each hole to the smallest shell around it."""
    if not holes:
        return shells
    turned = np.array([_shifted(hole, turn) for hole in holes for turn in (-1, 0, 1)], dtype=object).reshape(-1, 3)
    # A point of the edge of the hole: one inside it might lie on an island.
    points = shapely.get_point(shapely.get_exterior_ring(turned.ravel()), 0)
    inside, around = shapely.STRtree(shells).query(points, predicate="within")
    smallest_first = np.argsort(shapely.area(np.array(shells, dtype=object))[around], kind="stable")
    owner: dict[int, tuple[int, int]] = {}
    for position, shell in zip(inside[smallest_first], around[smallest_first], strict=True):
        owner.setdefault(int(position) // 3, (int(shell), int(position) % 3))
    cut = list(shells)
    for shell in {shell for shell, _ in owner.values()}:
        mine = [(hole, turn) for hole, (owning, turn) in owner.items() if owning == shell]
        west, _, east, _ = shells[shell].bounds
        if east - west >= 360:  # a belt: its holes may lie across the line where it was cut open
            gone = shapely.union_all(turned[[hole for hole, _ in mine]].ravel())
            cut[shell] = polygonal(shapely.difference(shells[shell], gone))
        else:
            cut[shell] = shapely.polygons(shells[shell].exterior, [turned[key].exterior for key in mine])
    return cut


def _belts(circling: list[tuple[int, Floats]], *, around_everything: bool) -> list[BaseGeometry]:
    """Land bounded by curves that go round the Earth: from an eastward one north to the next westward one.

    Where there is none to the south or to the north, the land reaches the pole.
    """
    if not circling:
        return [_WORLD] if around_everything else []
    ordered = sorted(circling, key=lambda item: float(item[1][:, 1].mean()))
    edges = [(turns, _as_line(curve, turns)) for turns, curve in ordered]
    if edges[0][0] < 0:
        edges.insert(0, (1, _parallel(-90)))
    if edges[-1][0] > 0:
        edges.append((-1, _parallel(90)))
    belts = []
    for (_, south), (_, north) in zip(edges[::2], edges[1::2], strict=True):
        belt: Any = shapely.polygons(np.vstack([south, north[::-1]]))
        belts.append(polygonal(shapely.intersection(make_valid(belt), _WORLD)))
    return belts


def _as_line(curve: Floats, turns: int) -> Floats:
    """Three turns of a curve round the Earth, west to east, so that it covers -180 to 180 for certain."""
    eastward = curve[::turns]
    first = eastward[:, 0].min()
    start = -360 * np.floor((first + 180) / 360)
    return np.vstack([eastward + np.array([start + 360 * turn, 0]) for turn in (-2, -1, 0, 1)])


def _parallel(lat: float) -> Floats:
    return np.array([[-900.0, lat], [900.0, lat]])


def _shift_by(degrees: float) -> Any:
    def shift(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        shifted: NDArray[np.float64] = xy + np.array([degrees, 0.0])
        return shifted

    return shift


def _shifted(geometry: BaseGeometry, turns: int) -> BaseGeometry:
    shifted: BaseGeometry = shapely.transform(geometry, _shift_by(360 * turns)) if turns else geometry
    return shifted
