"""The union of geodesic discs of one radius, drawn along its boundary only.

A point of the boundary lies at the radius from one site and no nearer to any other, so it lies in that site's
Voronoi cell, and what covers a disc's edge is covered by its neighbours in the Delaunay triangulation. The
triangulation of points on a globe is their convex hull (Brown 1979, Voronoi diagrams from convex hulls). So:

1. sites in the thick of a crowd are set aside: their whole circle is certainly covered;
2. the hull gives the neighbours of the others; each neighbour covers an interval of bearings on the circle;
3. where an interval's end is exposed, the crossing of the two circles is found on the ellipsoid by Newton's
   method, to a tenth of a millimetre;
4. what no interval covers are the arcs of the boundary. An arc that ends where disc j begins is followed by
   the arc of j that begins there, which chains the arcs into closed rings;
5. a ring that lies within the discs of sites set aside in step 1 is no boundary, and goes.

Cost follows the boundary: no polygon is ever made of a disc, and nothing is overlaid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import ConvexHull, cKDTree

from asmgold.geodesy.discs import Arcs, check_radius, checked_positions, draw_arcs, full_circles
from asmgold.geodesy.ellipsoid import (
    MEAN_RADIUS_M,
    WGS84,
    Floats,
    NearestSite,
    to_ecef,
)
from asmgold.geodesy.seam import polygons_from_rings

Ints = NDArray[np.intp]

POSITION_DECIMALS = 8  # one millimetre: sites nearer than that are one
CROSSING_ERROR_M = 1e-4
BEARING_SLACK = (
    1e-3  # spherical bearings are right to this; only what is hidden by more than it is left unsolved
)
CROWD = 4000  # fewer sites than this are not worth thinning


def union_of_discs(lon: ArrayLike, lat: ArrayLike, radius_m: float, tolerance_m: float = 5.0) -> NDArray[Any]:
    """All that lies within a geodesic distance of any site, one geometry for each connected region.

    Parameters
    ----------
    lon, lat : degrees on WGS84, shape (n,)
    radius_m : geodesic radius in metres, more than 0, at most `MAX_RADIUS_M`
    tolerance_m : no point of an edge is farther than this from the true boundary

    Returns
    -------
    Polygons in EPSG:4326, or MultiPolygons split at 180 degrees; shells counter-clockwise, in an order that
    does not depend on that of the sites. Discs that only touch are two regions.

    Raises
    ------
    ValueError : for positions that are not numbers or out of range, or a radius or tolerance out of range.
    ArithmeticError : if the arcs do not close, which no input is known to cause.
    """
    lon, lat = checked_positions(lon, lat)
    check_radius(radius_m, tolerance_m)
    lon, lat = _distinct(lon, lat)
    if lon.size == 0:
        return np.empty(0, dtype=object)
    kept = _possibly_exposed(lon, lat, radius_m)
    # Three circles through one point cannot be told apart from their bearings; a radius changed by less than
    # anyone could measure can.
    for nudge_m in (0.0, 1e-3, -2e-3, 3e-3, -5e-3):
        rings = _closed_rings(lon[kept], lat[kept], radius_m + nudge_m)
        if rings is not None:
            break
    else:
        raise ArithmeticError(f"the arcs around {lon.size} sites did not close at radius {radius_m} m")
    arcs, ring = rings
    if kept.size < lon.size:
        arcs, ring = _without_covered_rings(arcs, ring, lon, lat, lon[kept], lat[kept], radius_m)
    if arcs.site.size == 0:
        return np.array([shapely.box(-180, -90, 180, 90)], dtype=object)
    curve = draw_arcs(arcs, lon[kept], lat[kept], radius_m, tolerance_m)
    regions = np.array(polygons_from_rings(curve.lon, curve.lat, ring[curve.arc]), dtype=object)
    return _in_order(_mended(regions))


def _distinct(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """The distinct positions, sorted, each written in one way (never 180, and no longitude at a pole)."""
    lon, lat = np.round(lon, POSITION_DECIMALS) + 0.0, np.round(lat, POSITION_DECIMALS) + 0.0
    lon = np.where(np.abs(lat) == 90, 0.0, np.where(lon == 180, -180.0, lon))
    positions = np.unique(np.column_stack([lon, lat]), axis=0)
    return positions[:, 0].copy(), positions[:, 1].copy()


# --- step 1: the crowd ----------------------------------------------------------------------------------


def _possibly_exposed(lon: Floats, lat: Floats, radius_m: float) -> Ints:
    """Indices of the sites whose circle may touch the boundary.

    Sites are thrown into cubes. The circles around all sites of a cube are certainly covered if the circle
    around one of them is covered everywhere with enough to spare: the cube's diagonal, half the distance of
    the points that are looked at, and a little for the Earth not being a sphere.
    """
    sites = np.arange(lon.size)
    if lon.size < CROWD or radius_m > 0.1 * MEAN_RADIUS_M:
        return sites
    xyz = to_ecef(lon, lat)
    coverers = cKDTree(xyz[_one_per_cube(xyz, radius_m / 16)[0]])
    for cubes_per_radius, directions in ((4, 16), (16, 48)):
        cube_m = radius_m / cubes_per_radius
        chosen, cube = _one_per_cube(xyz[sites], cube_m)
        chosen = sites[chosen]
        spare = np.sqrt(3) * cube_m + radius_m * (np.pi / directions + 0.02)
        open_cubes = np.zeros(chosen.size, bool)
        for bearing in np.arange(directions) * 2 * np.pi / directions:
            left = np.flatnonzero(~open_cubes)
            probes = _points_at(xyz[chosen[left]], lon[chosen[left]], lat[chosen[left]], bearing, radius_m)
            distance, _ = coverers.query(probes, distance_upper_bound=radius_m - spare)
            open_cubes[left[np.isinf(distance)]] = True
        sites = sites[open_cubes[cube]]
    return sites


def _one_per_cube(xyz: Floats, cube_m: float) -> tuple[Ints, Ints]:
    """The first site of each occupied cube, and the number of the cube that each site is in."""
    cells = np.floor(xyz / cube_m).astype(np.int64)
    cells -= cells.min(axis=0)
    width = cells.max(axis=0) + 1
    key = (cells[:, 0] * width[1] + cells[:, 1]) * width[2] + cells[:, 2]
    _, first, cube = np.unique(key, return_index=True, return_inverse=True)
    return first, cube


def _points_at(xyz: Floats, lon: Floats, lat: Floats, bearing: float, distance_m: float) -> Floats:
    east, north, up = _frames(lon, lat)
    angle = distance_m / MEAN_RADIUS_M
    sideways = np.cos(bearing) * north - np.sin(bearing) * east
    points: Floats = xyz + MEAN_RADIUS_M * (np.sin(angle) * sideways - (1 - np.cos(angle)) * up)
    return points


def _frames(lon: Floats, lat: Floats) -> tuple[Floats, Floats, Floats]:
    """Unit vectors to the east, to the north and upward at points on the ellipsoid, each (n, 3)."""
    lam, phi = np.radians(lon), np.radians(lat)
    zero = np.zeros_like(lam)
    east = np.stack([-np.sin(lam), np.cos(lam), zero], axis=1)
    north = np.stack([-np.sin(phi) * np.cos(lam), -np.sin(phi) * np.sin(lam), np.cos(phi)], axis=1)
    up = np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=1)
    return east, north, up


# --- steps 2 to 4: neighbours, crossings, arcs, rings ---------------------------------------------------


@dataclass
class _Pairs:
    """Ordered pairs of overlapping discs: what disc ``other`` covers of the circle around ``site``.

    The second half of the arrays repeats the first with the roles changed, so that pair k and pair
    (k + n/2) mod n are the two sides of one. ``low`` and ``high`` bound the covered bearings,
    counter-clockwise; ``crossing`` holds the points there, (n, 2, 2) degrees, once they are known.
    """

    site: Ints
    other: Ints
    low: Floats
    high: Floats
    crossing: Floats

    def twin(self, pair: Ints) -> Ints:
        n = self.site.size
        return (pair + n // 2) % n


def _closed_rings(lon: Floats, lat: Floats, radius_m: float) -> tuple[Arcs, Ints] | None:
    """The arcs of the boundary in their order along it, and the number of the ring each belongs to.

    None if the arcs do not chain into closed rings.
    """
    pairs = _exact_pairs(_spherical_pairs(lon, lat, radius_m), lon, lat, radius_m)
    after, before = _gaps(
        pairs
    )  # a gap runs from the end of one pair's interval to the beginning of another's
    span = (pairs.low[before] - pairs.high[after]) % (2 * np.pi)
    arcs = Arcs(
        site=pairs.site[after],
        bearing=pairs.high[after],
        span=span,
        ends=np.stack([pairs.crossing[after, 1], pairs.crossing[before, 0]], axis=1),
        closed=np.zeros(after.size, bool),
    )
    starting = np.full(pairs.site.size, -1)
    starting[after] = np.arange(after.size)
    following = starting[pairs.twin(before)]
    if (following < 0).any() or np.unique(following).size < following.size or np.isnan(arcs.ends).any():
        return None
    order, ring = _cycles(following)
    alone = full_circles(np.setdiff1d(np.arange(lon.size), pairs.site), lon, lat)
    rings = int(ring[-1]) + 1 if ring.size else 0
    return _concatenated(_picked(arcs, order), alone), np.r_[ring, rings + np.arange(alone.site.size)]


def _neighbours(lon: Floats, lat: Floats) -> tuple[Ints, Ints]:
    """Pairs of sites that are neighbours in the Delaunay triangulation, or would be if an edge of it flipped.

    The flipped edges make up for the triangulation being that of straight lines through the ellipsoid, not of
    geodesics. Six points inside the Earth give the hull a volume wherever the sites are.
    """
    inner = 1e6 * np.vstack([np.eye(3), -np.eye(3)])
    hull = ConvexHull(np.vstack([to_ecef(lon, lat), inner]))
    corners, across = hull.simplices, hull.neighbors
    edges = np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])
    rows = np.arange(len(corners))
    flipped = []
    for k in range(3):
        neighbour = across[:, k]
        back = np.argmax(across[neighbour] == rows[:, None], axis=1)
        flipped.append(np.column_stack([corners[:, k], corners[neighbour, back]]))
    all_edges = np.vstack([edges, *flipped])
    all_edges = np.sort(all_edges[(all_edges < lon.size).all(axis=1)], axis=1)
    all_edges = all_edges[all_edges[:, 0] != all_edges[:, 1]]
    key = np.unique(all_edges[:, 0].astype(np.int64) * lon.size + all_edges[:, 1])
    return (key // lon.size).astype(np.intp), (key % lon.size).astype(np.intp)


def _spherical_pairs(lon: Floats, lat: Floats, radius_m: float) -> _Pairs:
    """Overlapping discs, and what they cover of one another by spherical trigonometry."""
    if lon.size == 1:
        none = np.empty(0, dtype=np.intp)
        return _Pairs(none, none, np.empty(0), np.empty(0), np.empty((0, 2, 2)))
    first, second = _neighbours(lon, lat)
    _, _, exact = WGS84.inv(lon[first], lat[first], lon[second], lat[second])
    overlap = exact < 2 * radius_m - CROSSING_ERROR_M
    first, second, exact = first[overlap], second[overlap], exact[overlap]
    site, other, distance = np.r_[first, second], np.r_[second, first], np.r_[exact, exact]
    xyz = to_ecef(lon, lat)
    east, north, _ = _frames(lon, lat)
    across = xyz[other] - xyz[site]
    towards = np.arctan2(-np.sum(across * east[site], axis=1), np.sum(across * north[site], axis=1))
    cosine = np.tan(distance / 2 / MEAN_RADIUS_M) / np.tan(radius_m / MEAN_RADIUS_M)
    half = np.arccos(np.clip(cosine, -1, 1))
    return _Pairs(site, other, towards - half, towards + half, np.full((site.size, 2, 2), np.nan))


def _exact_pairs(pairs: _Pairs, lon: Floats, lat: Floats, radius_m: float) -> _Pairs:
    """Solve the crossings that may be exposed on the ellipsoid; drop the pairs with none."""
    if pairs.site.size == 0:
        return pairs
    exposed = _exposed_ends(pairs)
    either: NDArray[np.bool_] = np.any(exposed | exposed[pairs.twin(np.arange(pairs.site.size))], axis=1)
    half = pairs.site.size // 2
    chosen = np.flatnonzero(either[:half])
    site, other = pairs.site[chosen], pairs.other[chosen]
    low, high = pairs.low.copy(), pairs.high.copy()
    crossing = pairs.crossing.copy()
    twin = chosen + half
    for end, bearing, twin_end in ((0, low, high), (1, high, low)):
        x, y, here, there = _crossings(lon, lat, site, other, bearing[chosen], radius_m)
        bearing[chosen] = here
        twin_end[twin] = there
        crossing[chosen, end] = crossing[twin, 1 - end] = np.column_stack([x, y])
    high = low + (high - low) % (2 * np.pi)
    return _Pairs(pairs.site, pairs.other, low, high, crossing)


def _exposed_ends(pairs: _Pairs) -> NDArray[np.bool_]:
    """Which ends of the covered intervals no other interval hides by more than the slack, shape (n, 2)."""
    narrow = np.maximum(pairs.high - pairs.low - 2 * BEARING_SLACK, 0) > 0
    site, begin, end, _, _ = _cut_open(pairs, pairs.low + BEARING_SLACK, pairs.high - BEARING_SLACK, narrow)
    turn = 4 * np.pi
    reach = np.maximum.accumulate(end + site * turn)
    keys = begin + site * turn
    exposed = []
    for bearing in (pairs.low, pairs.high):
        at = bearing % (2 * np.pi) + pairs.site * turn
        last_begun = np.searchsorted(keys, at, side="left") - 1
        exposed.append((last_begun < 0) | (reach[np.maximum(last_begun, 0)] <= at))
    return np.column_stack(exposed)


def _cut_open(
    pairs: _Pairs, low: Floats, high: Floats, which: NDArray[np.bool_]
) -> tuple[Ints, Floats, Floats, Ints, NDArray[np.bool_]]:
    """Intervals within 0 to 2 pi, those across 0 in two pieces, sorted by site and beginning.

    Returns site, begin, end, pair, and whether the piece is the second one of a cut interval.
    """
    pair = np.flatnonzero(which)
    begin = low[pair] % (2 * np.pi)
    end = begin + (high - low)[pair]
    over = end > 2 * np.pi
    second = np.r_[np.zeros(pair.size, bool), np.ones(over.sum(), bool)]
    pair = np.r_[pair, pair[over]]
    begin, end = np.r_[begin, np.zeros(over.sum())], np.r_[np.minimum(end, 2 * np.pi), end[over] - 2 * np.pi]
    site = pairs.site[pair]
    order = np.lexsort((begin, site))
    return site[order], begin[order], end[order], pair[order], second[order]


def _gaps(pairs: _Pairs) -> tuple[Ints, Ints]:
    """What no interval covers of each circle: the pairs that end before and begin after each gap."""
    if pairs.site.size == 0:
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    site, begin, end, pair, second = _cut_open(pairs, pairs.low, pairs.high, np.ones(pairs.site.size, bool))
    turn = 4 * np.pi
    reach = np.maximum.accumulate(end + site * turn)
    position = np.arange(site.size)
    farthest = np.maximum.accumulate(np.where(end + site * turn >= reach, position, 0))
    first = np.r_[True, site[1:] != site[:-1]]
    gap = np.r_[False, begin[1:] + site[1:] * turn > reach[:-1]] & ~first
    after, before = pair[farthest[np.flatnonzero(gap) - 1]], pair[gap]
    # The gap across bearing 0 of each circle, between its last interval and its first one.
    heads = np.flatnonzero(first)
    tails = np.r_[heads[1:], site.size] - 1
    open_at_zero = ~second[heads] & (end[farthest[tails]] < 2 * np.pi)
    return (
        np.r_[after, pair[farthest[tails]][open_at_zero]].astype(np.intp),
        np.r_[before, pair[heads][open_at_zero]].astype(np.intp),
    )


def _crossings(
    lon: Floats, lat: Floats, site: Ints, other: Ints, bearing: Floats, radius_m: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """The point at the radius from two sites nearest to a first guess, by Newton's method along one circle.

    Returns longitude and latitude in degrees and the point's bearings from both sites in radians.
    """
    bearing = bearing.copy()
    radius = np.full(site.size, radius_m)
    x, y, there = np.empty(site.size), np.empty(site.size), np.empty(site.size)
    todo = np.arange(site.size)
    for _ in range(30):
        i, j = site[todo], other[todo]
        px, py, to_site = WGS84.fwd(lon[i], lat[i], -np.degrees(bearing[todo]), radius[todo])
        from_other, to_other, distance = WGS84.inv(lon[j], lat[j], px, py)
        x[todo], y[todo], there[todo] = px, py, -np.radians(from_other)
        miss = distance - radius_m
        slope = radius_m * np.sin(np.radians(to_site - to_other))
        slope = np.where(np.abs(slope) < 1e-4 * radius_m, np.copysign(1e-4 * radius_m, slope), slope)
        far = np.abs(miss) > CROSSING_ERROR_M / 10
        step = np.clip(miss[far] / slope[far], -0.1, 0.1)
        todo = todo[far]
        if todo.size == 0:
            break
        bearing[todo] -= step
    return x, y, bearing, there


def _cycles(following: Ints) -> tuple[Ints, Ints]:
    """Walk a permutation: its elements in the order of its cycles, and the number of the cycle of each."""
    successors = following.tolist()
    order: list[int] = []
    ring: list[int] = []
    visited = bytearray(len(successors))
    number = 0
    for start in range(len(successors)):
        if visited[start]:
            continue
        arc = start
        while not visited[arc]:
            visited[arc] = 1
            order.append(arc)
            ring.append(number)
            arc = successors[arc]
        number += 1
    return np.array(order, dtype=np.intp), np.array(ring, dtype=np.intp)


def _picked(arcs: Arcs, index: Ints | NDArray[np.bool_]) -> Arcs:
    return Arcs(arcs.site[index], arcs.bearing[index], arcs.span[index], arcs.ends[index], arcs.closed[index])


def _concatenated(one: Arcs, two: Arcs) -> Arcs:
    return Arcs(
        np.r_[one.site, two.site],
        np.r_[one.bearing, two.bearing],
        np.r_[one.span, two.span],
        np.concatenate([one.ends, two.ends]),
        np.r_[one.closed, two.closed],
    )


# --- step 5 and the finish ------------------------------------------------------------------------------


def _without_covered_rings(
    arcs: Arcs, ring: Ints, lon: Floats, lat: Floats, kept_lon: Floats, kept_lat: Floats, radius_m: float
) -> tuple[Arcs, Ints]:
    """Drop the rings inside the discs of sites that were set aside: all of a ring is covered, or nothing."""
    middle = -np.degrees(arcs.bearing + arcs.span / 2)
    x, y = WGS84.fwd(
        kept_lon[arcs.site],
        kept_lat[arcs.site],
        middle,
        np.full(arcs.site.size, radius_m),
        return_back_azimuth=False,
    )[:2]
    distance, _ = NearestSite(lon, lat).query(x, y)
    deepest = np.zeros(int(ring[-1]) + 1 if ring.size else 0)
    np.maximum.at(deepest, ring, radius_m - distance)
    stays = deepest < 2 * CROSSING_ERROR_M
    renumbered = np.cumsum(stays) - 1
    return _picked(arcs, stays[ring]), renumbered[ring[stays[ring]]]


def _mended(regions: NDArray[Any]) -> NDArray[Any]:
    """Where a neck or a gap is thinner than the tolerance, edges can cross; GEOS unties them there."""
    for index in np.flatnonzero(~np.asarray(shapely.is_valid(regions))):
        regions[index] = shapely.make_valid(regions[index], method="structure", keep_collapsed=False)
    return regions


def _in_order(regions: NDArray[Any]) -> NDArray[Any]:
    regions = shapely.orient_polygons(shapely.normalize(regions))
    west, south, east, north = shapely.bounds(regions).T
    return np.asarray(regions[np.lexsort((north, east, south, west))])
