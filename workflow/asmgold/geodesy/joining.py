"""Regions from polygons that overlap: what GEOS unites in longitude and latitude, put together across 180 degrees."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from asmgold.geodesy.ellipsoid import WGS84, Floats, to_ecef

NEAR = 16  # sites near by that are asked whether their disc holds a smaller one
# Half the time of `union_all` and less; the plugin for QGIS may find a shapely of before 2.1, which has only that.
_unite = getattr(shapely, "disjoint_subset_union_all", shapely.union_all)
Geometries = NDArray[np.object_]


def joined(shapes: Geometries) -> Geometries:
    """The connected parts of the union of regions; those that a region across 180 degrees connects are one.

    Parameters
    ----------
    shapes : Polygons in EPSG:4326, or MultiPolygons whose parts belong together, shape (n,)

    Returns
    -------
    Polygons, or MultiPolygons where a region was split, in an order that follows from their shapes.
    """
    parts = shapely.get_parts(_unite(shapes))
    pieces, owner = shapely.get_parts(shapes[shapely.get_num_geometries(shapes) > 1], return_index=True)
    piece, part = shapely.STRtree(parts).query(shapely.point_on_surface(pieces), predicate="intersects")
    # Each part is a vertex of a graph, and so is each region of several pieces, which links the parts that hold them.
    size = parts.size + shapes.size
    links = coo_array((np.ones(part.size), (part, parts.size + owner[piece])), shape=(size, size))
    number = connected_components(links, directed=False)[1][: parts.size]
    by_number = np.argsort(number, kind="stable")
    together = np.split(parts[by_number], np.flatnonzero(np.diff(number[by_number])) + 1)
    return in_order(
        np.array([group[0] if group.size == 1 else shapely.multipolygons(group) for group in together], dtype=object)
    )


def within_larger(lon: Floats, lat: Floats, radius_m: Floats) -> NDArray[np.bool_]:
    """Which discs lie wholly within a larger one near by: most of them in a dense field, and perhaps not all.

    Parameters
    ----------
    lon, lat, radius_m : degrees and metres of all discs, shape (n,)
    """
    points = to_ecef(lon, lat)
    _, near = cKDTree(points).query(points, k=[*range(1, min(NEAR, lon.size) + 1)])
    site, other = np.repeat(np.arange(lon.size), near.shape[1]), near.ravel()
    larger = radius_m[other] > radius_m[site]
    site, other = site[larger], other[larger]
    distance = WGS84.inv(lon[site], lat[site], lon[other], lat[other])[2]
    within = np.zeros(lon.size, bool)
    within[site[distance <= radius_m[other] - radius_m[site]]] = True
    return within


def in_order(regions: Geometries) -> Geometries:
    """Regions in an order that follows from their shapes alone, each written in one way, shells counter-clockwise."""
    regions = shapely.reverse(shapely.normalize(regions))  # GEOS's normal form has clockwise shells
    west, south, east, north = shapely.bounds(regions).T
    return np.asarray(regions[np.lexsort((north, east, south, west))])
