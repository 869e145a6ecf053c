"""The union of geodesic discs, that of one radius drawn along its boundary only.

A point of the boundary lies at the radius from one site and no nearer to any other, so it lies in that site's
Voronoi cell, and what covers a disc's edge is covered by its neighbours in the Delaunay triangulation. The
triangulation of points on a globe is their convex hull (Brown 1979, Voronoi diagrams from convex hulls). So:

1. interior sites are left out where they are many: their whole circle is certainly covered (`thinning.py`);
2. the hull gives the neighbours of the others, and shows which of those are hidden all the same; each neighbour
   covers an interval of bearings on the circle;
3. where an interval's end is exposed, the crossing of the two circles is found on the ellipsoid by Newton's
   method, to a tenth of a millimetre;
4. what no interval covers are the arcs of the boundary. An arc that ends where disc j begins is followed by
   the arc of j that begins there, which chains the arcs into closed rings;
5. a ring that lies within the discs of sites left out in step 1 is no boundary, and goes.

Cost follows the boundary: no polygon is ever made of a disc, and nothing is overlaid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, eye_array
from scipy.spatial import ConvexHull, cKDTree

from asmgold.geodesy.antimeridian import polygons_from_rings
from asmgold.geodesy.discs import (
    Arcs,
    check_radius,
    checked_positions,
    discs,
    draw_arcs,
    edge_error_bound,
    full_circles,
)
from asmgold.geodesy.ellipsoid import MEAN_RADIUS_M, WGS84, Floats, Metres, NearestSite, to_ecef
from asmgold.geodesy.joining import in_order, joined, within_larger
from asmgold.geodesy.thinning import Bools, Ints, boundary_candidates

# Sites nearer than a hundredth of a millimetre are one; where the arcs do not close, those nearer than one
# millimetre.
POSITION_DECIMALS = (10, 8)
CROSSING_ERROR_M = 1e-4
BEARING_SLACK = 1e-3  # spherical bearings are right to this; only what is hidden by more than it is left unsolved
FEW_PAIRS = 12  # with fewer overlapping discs than this a site, all of them are compared
CIRCLE_SLACK = 0.02  # circles through three sites are as large as in space to a fraction of this
COINCIDENT_M = 5.0  # nearer sites than this may be lost by the hull
SHARED_BY = 30  # sites of one radius, from which on the union of these is drawn by itself
NOTICEABLY_LARGER_M = 1.0  # radii of a sweep that are nearer start anew: arcs are told apart by less than this


def union_of_discs(lon: ArrayLike, lat: ArrayLike, radius_m: Metres, tolerance_m: float = 5.0) -> NDArray[np.object_]:
    """All that lies within a geodesic distance of any site, one geometry for each connected region.

    Where radii differ, each that many sites share is drawn by itself, and GEOS unites what was drawn. A polygon lies
    between its disc narrowed and its disc widened by the tolerance. So along the edge of the union, with distances
    d_i from the sites and their radii r_i, the smallest of all d_i - r_i is within the tolerance of 0.

    Parameters
    ----------
    lon, lat : degrees on WGS84, shape (n,)
    radius_m : geodesic radius in metres, more than 0, at most `MAX_RADIUS_M`: one, or one for each site
    tolerance_m : no point of an edge is farther than this from the true boundary

    Returns
    -------
    Polygons in EPSG:4326, or MultiPolygons split at 180 degrees; shells counter-clockwise, in an order that
    does not depend on that of the sites. Discs that only touch are two regions; discs of different sizes that are
    less than twice the tolerance apart may be one.

    Raises
    ------
    ValueError : for positions that are not numbers or out of range, or a radius or tolerance out of range.
    ArithmeticError : if the arcs do not close, which no input is known to cause.
    """
    lon, lat = checked_positions(lon, lat)
    check_radius(radius_m, tolerance_m)
    radius = np.broadcast_to(np.asarray(radius_m, float), lon.shape)
    if (radius == radius[:1]).all():
        return unions_of_discs(lon, lat, radius[:1], tolerance_m)[0] if lon.size else np.empty(0, dtype=object)
    kept = ~within_larger(lon, lat, radius)
    lon, lat, radius = lon[kept], lat[kept], radius[kept]
    radii, counts = np.unique(radius, return_counts=True)
    few = np.isin(radius, radii[counts < SHARED_BY])
    shapes = [discs(lon[few], lat[few], radius[few], tolerance_m)]
    for one in radii[counts >= SHARED_BY]:
        shapes += unions_of_discs(lon[radius == one], lat[radius == one], one, tolerance_m)
    return joined(np.concatenate(shapes))


def unions_of_discs(
    lon: ArrayLike, lat: ArrayLike, radii_m: Metres, tolerance_m: float = 5.0
) -> list[NDArray[np.object_]]:
    """The unions at several radii, each as `union_of_discs` gives it, in less time than one after another.

    A site that has no part in the boundary at one radius has none at any larger one: where it had, a smaller disc
    without sites would touch it from inside the larger one. So each radius starts from what the last one left.

    Parameters
    ----------
    lon, lat, tolerance_m : as for `union_of_discs`
    radii_m : geodesic radii in metres, in any order, shape (k,)

    Returns
    -------
    The regions at each radius, in the order of the radii.

    Raises
    ------
    ValueError, ArithmeticError : as `union_of_discs`
    """
    lon, lat = checked_positions(lon, lat)
    radii = np.atleast_1d(np.asarray(radii_m, float))
    check_radius(radii, tolerance_m)
    unions: list[NDArray[np.object_]] = [np.empty(0, dtype=object)] * radii.size
    if lon.size == 0:
        return unions
    contributing: tuple[Floats, Floats] | None = None
    last_radius_m = 0.0
    for index in np.argsort(radii, kind="stable"):
        radius_m = float(radii[index])
        if radius_m < last_radius_m + NOTICEABLY_LARGER_M:
            contributing = None
        unions[index], contributing = _union(lon, lat, radius_m, tolerance_m, contributing)
        last_radius_m = radius_m
    return unions


def _union(
    lon: Floats, lat: Floats, radius_m: float, tolerance_m: float, among: tuple[Floats, Floats] | None
) -> tuple[NDArray[np.object_], tuple[Floats, Floats]]:
    """The regions at one radius, and the positions of the sites that have a part in their boundary.

    ``among`` are positions of sites that all of these are known to be among.
    """
    for decimals in POSITION_DECIMALS:
        x, y = _distinct(lon, lat, decimals)
        if among is None:
            kept = boundary_candidates(x, y, radius_m)
            kept_x, kept_y = x[kept], y[kept]
        else:
            kept_x, kept_y = _distinct(*among, decimals)
        boundary = _boundary(kept_x, kept_y, radius_m, tolerance_m)
        if boundary is not None:
            break
    else:
        raise ArithmeticError(f"the arcs around {lon.size} sites did not close at radius {radius_m} m")
    arcs, ring, touches = boundary
    if kept_x.size < x.size:
        arcs, ring = _without_covered_rings(arcs, ring, x, y, kept_x, kept_y, radius_m)
    if arcs.site.size == 0:
        return np.array([shapely.box(-180, -90, 180, 90)], dtype=object), (kept_x, kept_y)
    part = _sorted_distinct(arcs.site)
    arcs, ring = _split_at_touches(arcs, ring, touches, kept_x, kept_y, radius_m)
    curve = draw_arcs(arcs, kept_x, kept_y, radius_m, tolerance_m)
    regions = np.array(polygons_from_rings(curve.lon, curve.lat, ring[curve.arc]), dtype=object)
    return in_order(regions), (kept_x[part], kept_y[part])


def _distinct(lon: Floats, lat: Floats, decimals: int) -> tuple[Floats, Floats]:
    """The distinct positions, sorted, each written in one way (never 180, and no longitude at a pole)."""
    lon, lat = np.round(lon, decimals) + 0.0, np.round(lat, decimals) + 0.0
    lon = np.where(np.abs(lat) == 90, 0.0, np.where(lon == 180, -180.0, lon))
    positions = _sorted_distinct(lon + 1j * lat)  # pairs are sorted faster as complex numbers
    return positions.real.copy(), positions.imag.copy()


def _sorted_distinct(values: NDArray[Any]) -> NDArray[Any]:
    """As `numpy.unique`, which hashes its values first; to sort so many of them at once is several times as fast."""
    ordered = np.sort(values)
    is_new = np.ones(ordered.size, bool)
    is_new[1:] = ordered[1:] != ordered[:-1]
    return np.asarray(ordered[is_new])


# --- steps 2 to 4: neighbours, crossings, arcs, rings ---------------------------------------------------


@dataclass
class _Candidates:
    """Pairs of sites whose discs may overlap or touch: distance, and bearing of each from the other.

    ``hidden`` are sites, a mask, that are known to have no part in the boundary. Some of their pairs are missing.
    """

    first: Ints
    second: Ints
    distance: Floats
    from_first: Floats
    from_second: Floats
    hidden: Bools


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


def _boundary(
    lon: Floats, lat: Floats, radius_m: float, tolerance_m: float
) -> tuple[Arcs, Ints, tuple[Ints, Floats]] | None:
    """The arcs of the boundary in their order along it, the ring of each, and where other discs nearly touch.

    The pairs of neighbours are tried first. A pair that is missing among them can only leave an arc inside a
    disc, or a chain open: both are noticed, and then all pairs of discs that overlap are taken. None if the
    arcs do not chain into closed rings even so.
    """
    # Three circles through one point cannot be told apart from their bearings; a radius changed by less than
    # anyone could measure can.
    for every_pair in (False, True):
        candidates = _candidates(lon, lat, radius_m, tolerance_m, every_pair=every_pair)
        for nudge_m in (0.0, 1e-3, -2e-3, 3e-3, -5e-3):
            rings = _closed_rings(lon, lat, radius_m + nudge_m, candidates)
            if rings is None:
                continue
            if not every_pair and _deepest(rings[0], lon, lat, radius_m) > 0.02 * tolerance_m:
                break
            shortest = 12 * max(abs(nudge_m), CROSSING_ERROR_M) / radius_m
            return *_without_pinholes(*rings, shortest), _touches(candidates, radius_m, tolerance_m)
    return None


def _without_pinholes(arcs: Arcs, ring: Ints, shortest: float) -> tuple[Arcs, Ints]:
    """Drop lakes that only the change of the radius may have opened; drawn without it they could turn into land.

    The length of a lake, in radii, is the sum of its spans; that of a piece of land is a full turn or more.
    """
    stays = np.bincount(ring, weights=arcs.span) >= min(shortest, np.pi) if ring.size else np.empty(0, bool)
    return _some_rings(arcs, ring, stays)


def _deepest(arcs: Arcs, lon: Floats, lat: Floats, radius_m: float) -> float:
    """How far the arcs enter the disc of a site that is near, at most, metres."""
    if arcs.site.size == 0:
        return 0.0
    site = np.tile(arcs.site, 3)  # an arc ends where the next one begins
    bearing = np.concatenate([arcs.bearing + share * arcs.span for share in (0, 1 / 3, 2 / 3)])
    x, y = WGS84.fwd(
        lon[site], lat[site], -np.degrees(bearing), np.full(site.size, radius_m), return_back_azimuth=False
    )[:2]
    _, nearest = cKDTree(to_ecef(lon, lat)).query(to_ecef(x, y))
    _, _, distance = WGS84.inv(lon[nearest], lat[nearest], x, y)
    return float(radius_m - distance.min())


def _closed_rings(lon: Floats, lat: Floats, radius_m: float, candidates: _Candidates) -> tuple[Arcs, Ints] | None:
    """The arcs of the boundary in their order along it, and the number of the ring each belongs to.

    None if the arcs do not chain into closed rings.
    """
    hidden = candidates.hidden
    pairs = _exact_pairs(_spherical_pairs(candidates, radius_m), hidden, lon, lat, radius_m)
    after, before = _gaps(pairs, hidden)  # a gap runs from the end of one pair's interval to the beginning of another's
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
    alone = full_circles(np.setdiff1d(np.flatnonzero(~hidden), pairs.site), lon, lat)
    rings = int(ring[-1]) + 1 if ring.size else 0
    return _concatenated(_picked(arcs, order), alone), np.r_[ring, rings + np.arange(alone.site.size)]


def _candidates(lon: Floats, lat: Floats, radius_m: float, tolerance_m: float, *, every_pair: bool) -> _Candidates:
    """Pairs of sites whose discs overlap or nearly touch: all of them where they are few, or neighbours."""
    reach = 2 * radius_m + _touching_m(radius_m, tolerance_m)
    tree = cKDTree(to_ecef(lon, lat))
    if every_pair or tree.count_neighbors(tree, reach) <= FEW_PAIRS * lon.size:
        first, second = tree.query_pairs(reach, output_type="ndarray").astype(np.intp).reshape(-1, 2).T
        hidden = np.zeros(lon.size, bool)
    else:
        first, second, hidden = _neighbours(lon, lat, radius_m, tree)
    azimuth, back_azimuth, distance = WGS84.inv(lon[first], lat[first], lon[second], lat[second])
    near = distance < reach
    return _Candidates(
        first[near], second[near], distance[near], -np.radians(azimuth[near]), -np.radians(back_azimuth[near]), hidden
    )


def _neighbours(lon: Floats, lat: Floats, radius_m: float, tree: cKDTree) -> tuple[Ints, Ints, Bools]:
    """Pairs of sites that are neighbours, and which sites are hidden; pairs of two hidden sites are left out.

    Sites that all but coincide share their neighbours: the hull is computed in floating point, and a site
    within a metre of another may go missing in it.
    """
    head = _heads(lon.size, tree)
    heads, group, members = np.unique(head, return_inverse=True, return_counts=True)
    first, second, hidden = _hull_neighbours(lon[heads], lat[heads], radius_m)
    hidden &= members == 1
    needed = ~(hidden[first] & hidden[second])
    first, second = first[needed], second[needed]
    if heads.size == lon.size:
        return first, second, hidden
    joined = coo_array((np.ones(first.size, bool), (first, second)), shape=(heads.size, heads.size)).tocsr()
    member = coo_array((np.ones(lon.size, bool), (np.arange(lon.size), group))).tocsr()
    pairs = (member @ (joined + joined.T + eye_array(heads.size, dtype=bool)) @ member.T).tocoo()
    once = pairs.row < pairs.col
    return pairs.row[once].astype(np.intp), pairs.col[once].astype(np.intp), hidden[group]


def _heads(n: int, tree: cKDTree) -> Ints:
    """For each site the one that stands for it: itself, or an earlier one that all but coincides with it."""
    head = np.arange(n)
    close = tree.query_pairs(COINCIDENT_M, output_type="ndarray").reshape(-1, 2)
    for earlier, later in np.sort(close, axis=1)[np.lexsort(np.sort(close, axis=1).T)].tolist():
        if head[earlier] == earlier:
            head[later] = min(head[later], earlier)
    return head


def _hull_neighbours(lon: Floats, lat: Floats, radius_m: float) -> tuple[Ints, Ints, Bools]:
    """Pairs of sites that are neighbours in the Delaunay triangulation, and the sites that it shows to be hidden.

    The corners of a site's Voronoi cell are the centres of the circles through the triangles around it. The
    site is hidden if all are nearer to it than the radius. Pairs that would be neighbours if an edge flipped
    are taken too, since the triangulation is that of straight lines through the ellipsoid, not of geodesics.
    Six points inside the Earth give the hull a volume wherever the sites are.
    """
    inner = 1e6 * np.vstack([np.eye(3), -np.eye(3)])
    points = np.vstack([to_ecef(lon, lat), inner])
    hull = ConvexHull(points)
    corners, across = hull.simplices, hull.neighbors
    is_smaller = _are_in_smaller_circles(points, corners, radius_m)
    hidden = np.zeros(len(points), bool)
    hidden[corners[is_smaller]] = True
    hidden[corners[~is_smaller]] = False
    pairs = []
    for k in range(3):
        one = np.flatnonzero(np.arange(len(corners)) < across[:, k])  # each edge lies between two triangles
        pairs.append(corners[one][:, [k - 1, k - 2]])
        other = across[one, k]
        back = np.argmax(across[other] == one[:, None], axis=1)
        pairs.append(np.column_stack([corners[one, k], corners[other, back]]))
    both = np.sort(np.vstack(pairs), axis=1).astype(np.int64)
    both = both[(both[:, 1] < lon.size) & (both[:, 0] != both[:, 1])]
    key = _sorted_distinct(both[:, 0] * lon.size + both[:, 1])
    return (key // lon.size).astype(np.intp), (key % lon.size).astype(np.intp), hidden[: lon.size]


def _are_in_smaller_circles(points: Floats, corners: NDArray[np.int32], radius_m: float) -> Bools:
    """Which triangles lie in circles that are certainly smaller than the radius."""
    a, b, c = (points[corners[:, k]] for k in range(3))
    sides = np.linalg.norm(b - a, axis=1) * np.linalg.norm(c - b, axis=1) * np.linalg.norm(a - c, axis=1)
    twice_area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    # The radius of the circle is the product of the sides over four times the area.
    return np.asarray(sides < 2 * twice_area * (1 - CIRCLE_SLACK) * radius_m)


def _spherical_pairs(candidates: _Candidates, radius_m: float) -> _Pairs:
    """Overlapping discs, and what they cover of one another by spherical trigonometry."""
    overlap = candidates.distance < 2 * radius_m - CROSSING_ERROR_M
    first, second, distance = (
        candidates.first[overlap],
        candidates.second[overlap],
        candidates.distance[overlap],
    )
    towards = np.r_[candidates.from_first[overlap], candidates.from_second[overlap]]
    cosine = np.tan(np.r_[distance, distance] / 2 / MEAN_RADIUS_M) / np.tan(radius_m / MEAN_RADIUS_M)
    half = np.arccos(np.clip(cosine, -1, 1))
    site, other = np.r_[first, second], np.r_[second, first]
    return _Pairs(site, other, towards - half, towards + half, np.full((site.size, 2, 2), np.nan))


def _touching_m(radius_m: float, tolerance_m: float) -> float:
    """Discs no farther apart than this could overlap once they are drawn, metres."""
    return 2 * edge_error_bound(radius_m, tolerance_m)


def _touches(candidates: _Candidates, radius_m: float, tolerance_m: float) -> tuple[Ints, Floats]:
    """Sites, and bearings at which another disc touches theirs, or all but touches it."""
    gap = candidates.distance - 2 * radius_m
    which = (gap >= -CROSSING_ERROR_M) & (gap < _touching_m(radius_m, tolerance_m))
    return (
        np.r_[candidates.first[which], candidates.second[which]],
        np.r_[candidates.from_first[which], candidates.from_second[which]],
    )


def _split_at_touches(
    arcs: Arcs, ring: Ints, touches: tuple[Ints, Floats], lon: Floats, lat: Floats, radius_m: float
) -> tuple[Arcs, Ints]:
    """Put a vertex on each arc where another disc all but touches it, a hair inside the circle.

    Elsewhere vertices lie outside the circle by up to two thirds of the sag, so the polygons could overlap.
    """
    arc, along = _touched(arcs, touches, np.sqrt(CROSSING_ERROR_M / radius_m))
    if arc.size == 0:
        return arcs, ring
    x, y = WGS84.fwd(
        lon[arcs.site[arc]],
        lat[arcs.site[arc]],
        -np.degrees(arcs.bearing[arc] + along),
        np.full(arc.size, radius_m - CROSSING_ERROR_M),
        return_back_azimuth=False,
    )[:2]
    pieces, piece = _cut_at(arcs, arc, along, np.column_stack([x, y]))
    return pieces, ring[piece]


def _touched(arcs: Arcs, touches: tuple[Ints, Floats], margin: float) -> tuple[Ints, Floats]:
    """The arcs that another disc all but touches, and how far along them, radians; farther apart than the margin."""
    by_site = np.argsort(touches[0], kind="stable")
    site, bearing = touches[0][by_site], touches[1][by_site]
    begin, end = np.searchsorted(site, arcs.site), np.searchsorted(site, arcs.site, side="right")
    arc = np.repeat(np.arange(arcs.site.size), end - begin)
    touch = np.arange(arc.size) - np.repeat(np.cumsum(end - begin) - end, end - begin)
    along = (bearing[touch] - arcs.bearing[arc]) % (2 * np.pi)
    inside = (along < arcs.span[arc]) & (arcs.closed[arc] | ((along > margin) & (along < arcs.span[arc] - margin)))
    arc, along = arc[inside], along[inside]
    order = np.lexsort((along, arc))
    arc, along = arc[order], along[order]
    apart = (np.diff(arc, prepend=-1) != 0) | (np.diff(along, prepend=0) > margin)
    return arc[apart], along[apart]


def _cut_at(arcs: Arcs, arc: Ints, along: Floats, point: Floats) -> tuple[Arcs, Ints]:
    """Arcs cut in pieces at points so far along them, in order, and of which arc each piece is one."""
    # A piece begins at each old arc, but for whole circles, and at each point.
    piece = np.r_[np.flatnonzero(~arcs.closed | ~np.isin(np.arange(arcs.site.size), arc)), arc]
    olds = piece.size - arc.size
    start = np.r_[np.zeros(olds), along]
    first_point = np.concatenate([arcs.ends[piece[:olds], 0], point])
    order = np.lexsort((start, piece))
    piece, start, first_point = piece[order], start[order], first_point[order]
    last = np.r_[piece[1:] != piece[:-1], True]
    head = np.r_[0, np.flatnonzero(last)[:-1] + 1][np.cumsum(np.r_[0, last[:-1]])]
    following = np.where(last, head, np.arange(piece.size) + 1)
    whole = arcs.closed[piece] & np.isin(piece, arc)
    stop = np.where(last, np.where(whole, start[head] + 2 * np.pi, arcs.span[piece]), start[following])
    last_point = np.where((last & ~whole)[:, None], arcs.ends[piece, 1], first_point[following])
    pieces = Arcs(
        arcs.site[piece],
        arcs.bearing[piece] + start,
        stop - start,
        np.stack([first_point, last_point], axis=1),
        arcs.closed[piece] & ~whole,
    )
    return pieces, piece


def _exact_pairs(pairs: _Pairs, hidden: Bools, lon: Floats, lat: Floats, radius_m: float) -> _Pairs:
    """Solve the crossings that may be exposed on the ellipsoid; drop the pairs with none."""
    if pairs.site.size == 0:
        return pairs
    exposed = _exposed_ends(pairs, hidden)
    either: Bools = np.any(exposed | exposed[pairs.twin(np.arange(pairs.site.size))], axis=1)
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
    # A disc covers less than half of an equal circle; more means that the ends of a hair changed places.
    covered = (high - low) % (2 * np.pi)
    high = low + np.where(covered > 1.5 * np.pi, 0, covered)
    return _Pairs(pairs.site, pairs.other, low, high, crossing)


def _exposed_ends(pairs: _Pairs, hidden: Bools) -> Bools:
    """Which ends of the covered intervals no other interval hides by more than the slack, shape (n, 2)."""
    may_be = ~hidden[pairs.site]
    wide = may_be & (pairs.high - pairs.low > 2 * BEARING_SLACK)
    site, begin, end, _, _ = _cut_open(pairs, pairs.low + BEARING_SLACK, pairs.high - BEARING_SLACK, wide)
    if site.size == 0:  # every interval is narrower than the slack
        return np.column_stack([may_be, may_be])
    turn = 4 * np.pi
    reach = np.maximum.accumulate(end + site * turn)
    keys = begin + site * turn
    exposed = []
    for bearing in (pairs.low, pairs.high):
        at = bearing % (2 * np.pi) + pairs.site * turn
        last_begun = np.searchsorted(keys, at, side="left") - 1
        exposed.append(may_be & ((last_begun < 0) | (reach[np.maximum(last_begun, 0)] <= at)))
    return np.column_stack(exposed)


def _cut_open(pairs: _Pairs, low: Floats, high: Floats, which: Bools) -> tuple[Ints, Floats, Floats, Ints, Bools]:
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


def _gaps(pairs: _Pairs, hidden: Bools) -> tuple[Ints, Ints]:
    """What no interval covers of each circle: the pairs that end before and begin after each gap."""
    site, begin, end, pair, second = _cut_open(pairs, pairs.low, pairs.high, ~hidden[pairs.site])
    if site.size == 0:
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
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


def _picked(arcs: Arcs, index: Ints | Bools) -> Arcs:
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
    """Drop the rings inside the discs of sites that were left out: all of a ring is covered, or nothing."""
    middle = -np.degrees(arcs.bearing + arcs.span / 2)
    x, y = WGS84.fwd(
        kept_lon[arcs.site],
        kept_lat[arcs.site],
        middle,
        np.full(arcs.site.size, radius_m),
        return_back_azimuth=False,
    )[:2]
    distance, _ = NearestSite(lon, lat, few_points=True).query(x, y)
    deepest = np.zeros(int(ring[-1]) + 1 if ring.size else 0)
    np.maximum.at(deepest, ring, radius_m - distance)
    return _some_rings(arcs, ring, deepest < 2 * CROSSING_ERROR_M)


def _some_rings(arcs: Arcs, ring: Ints, stays: Bools) -> tuple[Arcs, Ints]:
    renumbered = np.cumsum(stays) - 1
    return _picked(arcs, stays[ring]), renumbered[ring[stays[ring]]]
