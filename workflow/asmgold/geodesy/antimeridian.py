"""Everything about 180 degrees: polygons, rings and spans of longitudes that cross the antimeridian or hold a pole.

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

ROUND_THE_EARTH_DEG = 350.0  # what spans so many degrees of longitude goes round the Earth, but for a gap in the sea
RAGGED_DEG = 1e-3  # what is cut at the antimeridian ends there as precisely as this, some 100 m
_WORLD = shapely.box(-180, -90, 180, 90)


def split_at_antimeridian(polygon: BaseGeometry) -> BaseGeometry:
    """Bring a polygon whose longitudes leave the range from -180 to 180 back into it, split at the antimeridian.

    Parameters
    ----------
    polygon : Polygon or MultiPolygon in degrees, longitudes between -540 and 540

    Returns
    -------
    Polygon or MultiPolygon with longitudes from -180 to 180; the same object if nothing had to be done.
    """
    return wrap_longitudes(polygon, -180.0)


def wrap_longitudes(polygon: BaseGeometry, first: float) -> BaseGeometry:
    """The same places with longitudes within one turn of the Earth, which may begin anywhere.

    Parameters
    ----------
    polygon : Polygon or MultiPolygon in degrees, within one turn of that range
    first : where the range of 360 degrees begins

    Returns
    -------
    Polygon or MultiPolygon, split where the range ends, and in one piece elsewhere; the same object if nothing had to
    be done.
    """
    west, _, east, _ = polygon.bounds
    if polygon.is_empty or (west >= first and east <= first + 360):
        return polygon
    pieces = []
    for turn in (-1, 0, 1):
        start = first + 360 * turn
        inside = polygonal(shapely.intersection(polygon, shapely.box(start, -90, start + 360, 90)))
        pieces.append(_shifted(inside, -turn))
    return shapely.union_all([piece for piece in pieces if not piece.is_empty])


def crosses_antimeridian(geometry: BaseGeometry) -> bool:
    """Whether a geometry was cut at the antimeridian: it ends there, or nearly so, on both sides."""
    west, _, east, _ = geometry.bounds
    return bool(west < RAGGED_DEG - 180 and east > 180 - RAGGED_DEG)


def snap_to_antimeridian(geometry: BaseGeometry, reach_deg: float = RAGGED_DEG) -> BaseGeometry:
    """Polygons with every vertex this close to the antimeridian moved onto it, so that both sides meet on a map.

    Natural Earth, for one, cuts Fiji up to 90 m beside it. For pictures, not for measuring.
    """

    def snap(xy: Floats) -> Floats:
        near = 180 - np.abs(xy[:, 0]) < reach_deg
        return np.column_stack([np.where(near, np.copysign(180.0, xy[:, 0]), xy[:, 0]), xy[:, 1]])

    return make_valid(shapely.transform(geometry, snap))


def narrowest_span(west: Floats, east: Floats) -> tuple[float, float]:
    """The shortest run of longitudes that holds all intervals: what the widest gap between them leaves.

    Parameters
    ----------
    west, east : the ends of at least one interval, degrees from -180 to 180, shape (n,)

    Returns
    -------
    Its western end, from -180 to 180, and its eastern one, which is beyond 180 if the span crosses the antimeridian.
    """
    order = np.argsort(west, kind="stable")
    starts, ends = west[order], np.maximum.accumulate(east[order])
    gaps = np.append(starts[1:], starts[0] + 360) - ends
    widest = int(gaps.argmax())
    first, last = float(starts[(widest + 1) % starts.size]), float(ends[widest])
    return first, last if last >= first else last + 360


def span_of_longitudes(west: Floats, east: Floats) -> tuple[float, float]:
    """The longitudes that hold all intervals: as they are, or across the antimeridian where that is half as wide.

    Fiji is 177 to 182, not -180 to 180, and the United States are -188 to -66: the middle of the span lies between
    -180 and 180.

    Parameters
    ----------
    west, east : the ends of at least one interval, degrees from -180 to 180, shape (n,)
    """
    straight = float(west.min()), float(east.max())
    first, last = narrowest_span(west, east)
    if last - first >= (straight[1] - straight[0]) / 2:
        return straight
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
    Polygons, or MultiPolygons where the antimeridian or a pole asks for it, with longitudes from -180 to 180.
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
    for position, shell in np.column_stack([inside, around])[smallest_first].tolist():
        owner.setdefault(position // 3, (shell, position % 3))
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
    for first in range(0, len(edges), 2):
        (_, south), (_, north) = edges[first : first + 2]
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


def _shifted(geometry: BaseGeometry, turns: int) -> BaseGeometry:
    """The geometry so many turns round the Earth farther east."""
    if not turns:
        return geometry
    shifted: BaseGeometry = shapely.transform(geometry, lambda xy: xy + np.array([360.0 * turns, 0.0]))
    return shifted
