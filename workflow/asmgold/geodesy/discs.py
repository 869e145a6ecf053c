"""Geodesic discs, and the arcs of circle that they and their unions are drawn with.

How a circle becomes a polygon. An arc is cut into equal steps whose sag (the distance between chord and
circle) stays below 0.7 of the tolerance, and its inner vertices are moved out by about two thirds of that
sag, so that the polygon has the area of the disc itself and no vertex or edge is farther than the tolerance
from the circle. The ends of an arc, where it meets the next disc, stay on the circle exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from asmgold.geodesy.antimeridian import polygons_from_rings, unroll
from asmgold.geodesy.ellipsoid import MEAN_RADIUS_M, WGS84, Floats, Metres, to_ecef

MAX_RADIUS_M = 1_000_000.0
MIN_STEPS = 64  # keeps the bias of area of a disc drawn very coarsely below 0.01 % at any radius
SAG_SHARE_OF_TOLERANCE = 0.7
PLANAR_SHARE_OF_TOLERANCE = 0.1
PLANAR_SHARE_OF_RADIUS = 2e-5  # keeps the bias of area of a disc over a pole below 0.01 %


def discs(lon: ArrayLike, lat: ArrayLike, radius_m: Metres, tolerance_m: float = 5.0) -> NDArray[np.object_]:
    """One polygon a site: all that lies within a geodesic distance of it.

    Parameters
    ----------
    lon, lat : degrees on WGS84, shape (n,)
    radius_m : geodesic radius in metres, more than 0, at most `MAX_RADIUS_M`: one, or one for each site
    tolerance_m : no point of an edge is farther than this from the circle

    Returns
    -------
    Polygons in EPSG:4326, shape (n,); MultiPolygons where a disc crosses 180 degrees.

    Raises
    ------
    ValueError : for positions that are not numbers or out of range, or a radius or tolerance out of range.
    """
    lon, lat = checked_positions(lon, lat)
    check_radius(radius_m, tolerance_m)
    if lon.size == 0:
        return np.empty(0, dtype=object)
    curve = draw_arcs(full_circles(np.arange(lon.size), lon, lat), lon, lat, radius_m, tolerance_m)
    unrolled, turns = unroll(curve.lon, curve.arc)
    polygons = np.asarray(
        shapely.polygons(shapely.linearrings(np.column_stack([unrolled, curve.lat]), indices=curve.arc))
    )
    west, _, east, _ = shapely.bounds(polygons).T
    for site in np.flatnonzero((turns != 0) | (west < -180) | (east > 180)):
        mine = curve.arc == site
        pieces = polygons_from_rings(curve.lon[mine], curve.lat[mine], np.zeros(mine.sum(), dtype=np.intp))
        polygons[site] = pieces[0]
    return polygons


def may_reach(lon: ArrayLike, lat: ArrayLike, radius_m: Metres, polygons: NDArray[np.object_]) -> NDArray[np.intp]:
    """Which sites lie so near to the bounds of some polygon that their disc may reach it; the others do not.

    Parameters
    ----------
    lon, lat : degrees on WGS84, shape (n,)
    radius_m : geodesic radius in metres: one, or one for each site, of which the largest counts
    polygons : in EPSG:4326, split at 180 degrees

    Returns
    -------
    Indices of sites, ascending.
    """
    lon, lat = checked_positions(lon, lat)
    west, south, east, north = shapely.bounds(shapely.get_parts(polygons)).T
    # A degree of latitude is nowhere shorter than 110.57 km; 1 % is more than the curvature of a disc's side adds.
    margin = 1.01 * float(np.max(radius_m, initial=0)) / 110_570
    south, north = south - margin, north + margin
    shrinking = np.cos(np.radians(np.maximum(np.abs(south), np.abs(north)).clip(max=90)))
    # Near a pole a disc reaches any longitude.
    sideways = np.where(shrinking * 90 > 2 * margin, 1.1 * margin / np.maximum(shrinking, 1e-9), 360)
    boxes = [shapely.box(west - sideways + turn, south, east + sideways + turn, north) for turn in (-360, 0, 360)]
    points: Any = shapely.points(lon, lat)
    found = shapely.STRtree(points).query(np.concatenate(boxes), predicate="intersects")[1]
    return np.asarray(np.unique(found))


def edge_error_bound(radius_m: Metres, tolerance_m: float = 5.0) -> float:
    """How far an edge drawn with this tolerance can be from the true geodesic distance at most, in metres.

    Of several radii the bound of the one that has the largest.

    The sum of what the steps of the arc allow (an arc of two steps is the worst case, 4/3 of its sag) and of
    what it adds that GIS software draws edges straight in longitude and latitude.
    """
    radii = np.unique(radius_m)
    sag = radii * (1 - np.cos(_max_step(radii, tolerance_m) / 2))
    return float((4 / 3 * sag + _planar_error(radii, tolerance_m)).max(initial=0))


@dataclass
class Arcs:
    """Pieces of circle, seen from their sites.

    ``bearing`` is counter-clockwise from north in radians, so that the disc lies to the left of an arc.
    ``ends`` holds the first and the last point, (n, 2, 2) degrees: the arcs that follow one another share
    them to the last bit. A whole circle has ``closed`` set and no ends.
    """

    site: NDArray[np.intp]
    bearing: Floats
    span: Floats
    ends: Floats
    closed: NDArray[np.bool_]


@dataclass
class Curve:
    """Vertices of arcs in their order; the last point of an arc is left to the arc that follows it."""

    arc: NDArray[np.intp]
    lon: Floats
    lat: Floats


def full_circles(site: NDArray[np.intp], lon: Floats, lat: Floats) -> Arcs:
    """The whole circles around some of the sites.

    Parameters
    ----------
    site : indices of sites, shape (n,)
    lon, lat : degrees of all sites
    """
    n = site.size
    return Arcs(site, np.zeros(n), np.full(n, 2 * np.pi), np.full((n, 2, 2), np.nan), np.ones(n, bool))


@dataclass
class _Circles:
    """The circles that arcs are pieces of: centre and radius of each arc's own."""

    lon: Floats
    lat: Floats
    radius_m: Floats

    def points(self, arc: NDArray[np.intp], bearing: Floats, lift: Floats) -> tuple[Floats, Floats]:
        """Where the bearings are met, each so many metres outside the circle."""
        x, y = WGS84.fwd(
            self.lon[arc], self.lat[arc], -np.degrees(bearing), self.radius_m[arc] + lift, return_back_azimuth=False
        )[:2]
        return x, y


@dataclass
class _Vertices:
    """Points along arcs in their order, first and last included: the arc, the bearing from its site, the place."""

    arc: NDArray[np.intp]
    bearing: Floats
    x: Floats
    y: Floats


def draw_arcs(arcs: Arcs, lon: Floats, lat: Floats, radius_m: Metres, tolerance_m: float) -> Curve:
    """Vertices along arcs, as far apart as the tolerance allows.

    Parameters
    ----------
    arcs : pieces of circle around the sites
    lon, lat : degrees of all sites
    radius_m : geodesic radius in metres: one, or one for each site
    tolerance_m : no point of an edge is farther than this from the circle

    Returns
    -------
    The vertices in longitude and latitude, arc by arc.
    """
    radius = np.broadcast_to(np.asarray(radius_m, float), lon.shape)[arcs.site]
    circles = _Circles(lon[arcs.site], lat[arcs.site], radius)
    steps = np.maximum(2, np.ceil(arcs.span / _max_step(radius, tolerance_m) - 1e-9)).astype(int)
    sag = radius * (1 - np.cos(arcs.span / steps / 2))
    lift = np.where(arcs.closed, 2 / 3 * sag, 2 / 3 * sag * steps / (steps - 1))
    arc = np.repeat(np.arange(arcs.site.size), steps + 1)
    step = np.arange(arc.size) - np.repeat(np.cumsum(steps + 1) - (steps + 1), steps + 1)
    bearing = arcs.bearing[arc] + step * (arcs.span / steps)[arc]
    at_end = np.where(arcs.closed[arc], -1, np.where(step == 0, 0, np.where(step == steps[arc], 1, -1)))
    x, y = circles.points(arc, bearing, lift[arc])
    x = np.where(at_end < 0, x, arcs.ends[arc, np.maximum(at_end, 0), 0])
    y = np.where(at_end < 0, y, arcs.ends[arc, np.maximum(at_end, 0), 1])
    drawn = _Vertices(arc, bearing, x, y)
    reach = np.degrees(radius / MEAN_RADIUS_M)
    if (np.abs(lat[arcs.site]) + reach > _harmless_latitude(radius, tolerance_m)).any():
        drawn = _refined(drawn, circles, lift, _planar_error(radius, tolerance_m))
        _lower(drawn, circles, lift)
    arc = drawn.arc
    last = np.r_[arc[1:] != arc[:-1], True] if arc.size else np.empty(0, bool)
    return Curve(arc[~last], drawn.x[~last], drawn.y[~last])


def _max_step(radius_m: Floats, tolerance_m: float) -> Floats:
    """The largest angle between two vertices as seen from the site, in radians."""
    sag = SAG_SHARE_OF_TOLERANCE * (1 - PLANAR_SHARE_OF_TOLERANCE) * tolerance_m
    return np.asarray(np.minimum(2 * np.arccos(np.maximum(1 - sag / radius_m, -1)), 2 * np.pi / MIN_STEPS))


def _harmless_latitude(radius_m: Floats, tolerance_m: float) -> Floats:
    """Up to here a straight edge in longitude and latitude is as good as a geodesic one, degrees.

    The two are L^2 tan(latitude) / 8 R apart in the middle of an edge of length L.
    """
    length = radius_m * _max_step(radius_m, tolerance_m)
    return np.degrees(np.arctan(_planar_error(radius_m, tolerance_m) * 8 * MEAN_RADIUS_M / length**2))


def _planar_error(radius_m: Floats, tolerance_m: float) -> Floats:
    """How far an edge straight in longitude and latitude may leave the geodesic one, in metres."""
    return np.minimum(PLANAR_SHARE_OF_TOLERANCE * tolerance_m, PLANAR_SHARE_OF_RADIUS * radius_m)


def _refined(drawn: _Vertices, circles: _Circles, lift: Floats, allowed_m: Floats) -> _Vertices:
    """Halve the edges that, drawn straight in longitude and latitude, leave the true edge by more than is allowed.

    ``lift`` and ``allowed_m`` are those of each arc.
    """
    arc, bearing, x, y = drawn.arc, drawn.bearing, drawn.x, drawn.y
    suspects = np.flatnonzero(arc[1:] == arc[:-1])
    while suspects.size:
        away = _sideways(x[suspects], y[suspects], x[suspects + 1], y[suspects + 1])
        # An arc that ends at a pole has any longitude there: its last edge stays bent, however short.
        allowed = allowed_m[arc[suspects]]
        long_enough = (bearing[suspects + 1] - bearing[suspects]) * circles.radius_m[arc[suspects]] > allowed
        split = suspects[(away > allowed) & long_enough]
        if split.size == 0:
            break
        middle = (bearing[split] + bearing[split + 1]) / 2
        new_x, new_y = circles.points(arc[split], middle, lift[arc[split]])
        arc = np.insert(arc, split + 1, arc[split])
        bearing = np.insert(bearing, split + 1, middle)
        x, y = np.insert(x, split + 1, new_x), np.insert(y, split + 1, new_y)
        first_half = split + np.arange(split.size)
        suspects = np.sort(np.r_[first_half, first_half + 1])
    return _Vertices(arc, bearing, x, y)


def _sideways(x: Floats, y: Floats, end_x: Floats, end_y: Floats) -> Floats:
    """How far the middle of an edge that is straight in longitude and latitude lies beside the true one, metres."""
    turn = end_x - x
    turn -= 360 * np.round(turn / 360)
    planar = to_ecef(x + turn / 2, (y + end_y) / 2)
    straight = (to_ecef(x, y) + to_ecef(end_x, end_y)) / 2
    up = planar / np.linalg.norm(planar, axis=1)[:, None]
    away = planar - straight
    return np.asarray(np.linalg.norm(away - np.sum(away * up, axis=1)[:, None] * up, axis=1))


def _lower(drawn: _Vertices, circles: _Circles, lift: Floats) -> None:
    """Lower the vertices of refined edges to what their shorter steps ask for, so that no area is added."""
    arc, bearing = drawn.arc, drawn.bearing
    inner = np.flatnonzero((arc[1:-1] == arc[:-2]) & (arc[1:-1] == arc[2:])) + 1
    step = (bearing[inner + 1] - bearing[inner - 1]) / 2
    wanted = 2 / 3 * circles.radius_m[arc[inner]] * (1 - np.cos(step / 2))
    refined = wanted < 0.45 * lift[arc[inner]]  # halving a step quarters its sag; unrefined it is at least half
    inner, wanted = inner[refined], wanted[refined]
    drawn.x[inner], drawn.y[inner] = circles.points(arc[inner], bearing[inner], wanted)


def checked_positions(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Positions as arrays of floats.

    Raises
    ------
    ValueError : naming the first position that is not a pair of numbers within +-180 and +-90 degrees.
    """
    lon, lat = np.atleast_1d(np.asarray(lon, float)), np.atleast_1d(np.asarray(lat, float))
    if lon.shape != lat.shape or lon.ndim != 1:
        raise ValueError(f"longitudes {lon.shape} and latitudes {lat.shape} are not two lists of one length")
    bad = ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90))
    if bad.any():
        first = int(np.argmax(bad))
        raise ValueError(f"position {first} is longitude {lon[first]}, latitude {lat[first]}: not on the globe")
    return lon, lat


def check_radius(radius_m: Metres, tolerance_m: float) -> None:
    """Refuse what no disc can be drawn with.

    Raises
    ------
    ValueError : for a radius not within 0 to `MAX_RADIUS_M`, or a tolerance not within 0.01 to the smallest radius.
    """
    radii = np.ravel(np.asarray(radius_m, float))
    if (bad := radii[~((radii > 0) & (radii <= MAX_RADIUS_M))]).size:
        raise ValueError(f"radius_m is {bad[0]}: more than 0 and at most {MAX_RADIUS_M:.0f} was expected")
    if not 0.01 <= tolerance_m < radii.min(initial=np.inf):
        raise ValueError(f"tolerance_m is {tolerance_m}: at least 0.01 and less than the radius was expected")
