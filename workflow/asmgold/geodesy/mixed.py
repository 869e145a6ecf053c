"""Unions of geodesic discs of different sizes, and all that lies within a distance of lines and polygons.

Each disc, and each union of discs of one size, is drawn as in `discs.py` and `union.py`; GEOS unites these polygons in
longitude and latitude. Such a polygon lies between its disc narrowed and its disc widened by the tolerance. So does,
for every place, the difference between the distance from a site and that site's radius, of which the smallest counts:
the edge of the union is as near to the true one as each polygon's edge is to its own.

Lines and the edges of polygons, straight in longitude and latitude as GIS draws them, become rows of points. Discs of
radius r around points s apart leave scallops of s^2 / 8 r, which take a share of the tolerance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from asmgold.geodesy.discs import check_radius, checked_positions, discs
from asmgold.geodesy.ellipsoid import Floats
from asmgold.geodesy.polygons import POLYGONAL_TYPES
from asmgold.geodesy.union import in_order, union_of_discs

SHARED_BY = 30  # sites of one radius, from which on the union of these alone is drawn first
SCALLOP_SHARE_OF_TOLERANCE = 0.2
METRES_PER_DEGREE = 111_695.0  # of latitude, where it is longest
MAX_SAMPLES = 5_000_000
Geometries = NDArray[np.object_]


def union_of_mixed_discs(lon: ArrayLike, lat: ArrayLike, radius_m: ArrayLike, tolerance_m: float = 5.0) -> Geometries:
    """All that lies within each site's own geodesic distance of it, one geometry for each connected region.

    Parameters
    ----------
    lon, lat : degrees on WGS84, shape (n,)
    radius_m : geodesic radii in metres: one, or one for each site
    tolerance_m : no point of an edge is farther than this from where the distance from some site, less that site's
        radius, is 0 and for all others is more

    Returns
    -------
    As `asmgold.geodesy.union.union_of_discs`, which draws it where all radii are equal.

    Raises
    ------
    ValueError, ArithmeticError : as `asmgold.geodesy.union.union_of_discs`
    """
    lon, lat = checked_positions(lon, lat)
    radius = np.broadcast_to(np.asarray(radius_m, float), lon.shape)
    check_radius(radius, tolerance_m)
    radii, counts = np.unique(radius, return_counts=True)
    if radii.size < 2:
        return union_of_discs(lon, lat, float(radii[0]), tolerance_m) if lon.size else np.empty(0, dtype=object)
    shared = radii[counts >= SHARED_BY]
    few = ~np.isin(radius, shared)
    shapes = [discs(lon[few], lat[few], radius[few], tolerance_m)]
    for one in shared:
        shapes.append(union_of_discs(lon[radius == one], lat[radius == one], float(one), tolerance_m))
    return _united(np.concatenate(shapes))


def union_around(geometries: ArrayLike, radius_m: ArrayLike, tolerance_m: float = 5.0) -> Geometries:
    """All that lies within a geodesic distance of points, lines or polygons, one geometry for each connected region.

    Parameters
    ----------
    geometries : points, lines, polygons and collections of one of these, in EPSG:4326, shape (n,). Edges are straight
        in longitude and latitude; what crosses 180 degrees is split there
    radius_m : geodesic radii in metres: one, or one for each geometry
    tolerance_m : no point of an edge is farther than this from the true boundary

    Returns
    -------
    As `asmgold.geodesy.union.union_of_discs`.

    Raises
    ------
    ValueError : as `asmgold.geodesy.union.union_of_discs`; or for lines so long, or a radius so small, that more than
        `MAX_SAMPLES` points would be needed.
    """
    shapes = np.atleast_1d(np.asarray(geometries, dtype=object))
    radius = np.broadcast_to(np.asarray(radius_m, float), shapes.shape)
    check_radius(radius, tolerance_m)
    if not (shapely.get_dimensions(shapes) > 0).any():
        lonlat, owner = shapely.get_coordinates(shapes, return_index=True)
        return union_of_mixed_discs(lonlat[:, 0], lonlat[:, 1], radius[owner], tolerance_m)
    lonlat, owner = _samples(shapes, radius, tolerance_m)
    rest_m = (1 - SCALLOP_SHARE_OF_TOLERANCE) * tolerance_m
    around = union_of_mixed_discs(lonlat[:, 0], lonlat[:, 1], radius[owner], rest_m)
    parts = shapely.get_parts(shapes)
    polygons = parts[np.isin(shapely.get_type_id(parts), POLYGONAL_TYPES)]
    return _united(np.concatenate([around, polygons])) if polygons.size else around


def rings_around(geometries: ArrayLike, radii_m: Sequence[float] | Floats, tolerance_m: float = 5.0) -> Geometries:
    """Nested zones: what lies up to the first distance, from there to the second, and so on.

    Parameters
    ----------
    geometries, tolerance_m : as for `union_around`
    radii_m : rising geodesic distances in metres, shape (k,)

    Returns
    -------
    Polygons in EPSG:4326 that share edges and do not overlap, shape (k,); an empty one where a zone has no land left.

    Raises
    ------
    ValueError : as `union_around`; or if the distances do not rise.
    """
    radii = np.asarray(radii_m, float)
    if radii.size == 0 or (np.diff(radii) <= 0).any():
        raise ValueError(f"radii_m are {radii.tolist()}, rising distances were expected")
    wholes = np.array([shapely.union_all(union_around(geometries, one, tolerance_m)) for one in radii], dtype=object)
    inner = np.concatenate([[shapely.MultiPolygon()], wholes[:-1]])
    return np.asarray(shapely.difference(wholes, inner), dtype=object)


def _samples(shapes: Geometries, radius: Floats, tolerance_m: float) -> tuple[Floats, NDArray[np.intp]]:
    """Points so dense along the geometries that the scallops between their discs are small; and whose each is."""
    step_deg = np.sqrt(8 * radius * SCALLOP_SHARE_OF_TOLERANCE * tolerance_m) / METRES_PER_DEGREE
    length = float(np.nansum(shapely.length(shapes) / step_deg))
    if length > MAX_SAMPLES:
        raise ValueError(
            f"the lines are as long as {length:.3g} steps of the accuracy that was asked for; at most {MAX_SAMPLES} "
            "were expected: a larger radius or tolerance needs fewer"
        )
    return shapely.get_coordinates(shapely.segmentize(shapes, step_deg), return_index=True)


def _united(shapes: Geometries) -> Geometries:
    """The connected parts of the union of regions; those that a region across 180 degrees connects are one."""
    parts = shapely.get_parts(shapely.disjoint_subset_union_all(shapes))  # ten times as fast where regions are many
    pieces, owner = shapely.get_parts(shapes[shapely.get_num_geometries(shapes) > 1], return_index=True)
    piece, part = shapely.STRtree(parts).query(shapely.point_on_surface(pieces), predicate="intersects")
    # Each part is a vertex of a graph, and so is each region of several pieces, which links the parts that hold them.
    size = parts.size + shapes.size
    links = coo_array((np.ones(part.size), (part, parts.size + owner[piece])), shape=(size, size))
    _, number = connected_components(links, directed=False)
    number = number[: parts.size]
    by_number = np.argsort(number, kind="stable")
    together = np.split(parts[by_number], np.flatnonzero(np.diff(number[by_number])) + 1)
    regions = [group[0] if group.size == 1 else shapely.multipolygons(group) for group in together]
    return in_order(np.array(regions, dtype=object))
