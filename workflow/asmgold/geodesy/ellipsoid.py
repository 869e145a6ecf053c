"""The WGS84 ellipsoid: geocentric coordinates, areas of polygons, distances to the nearest site."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Union

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import Geod

Floats = NDArray[np.float64]
# One for all, or one for each. (Written so that the plugin for QGIS runs in Python 3.9.)
Metres = Union[float, Sequence[float], NDArray[Union[np.floating, np.integer]]]  # noqa: UP007

WGS84 = Geod(ellps="WGS84")
SEMI_MAJOR_M = float(WGS84.a)
ECCENTRICITY_SQUARED = float(WGS84.es)
# The largest radius of curvature on the ellipsoid is the one at the poles.
MAX_CURVATURE_RADIUS_M = float(WGS84.a**2 / WGS84.b)
# The smallest one is that of the meridian at the equator.
MIN_CURVATURE_RADIUS_M = float(WGS84.b**2 / WGS84.a)
METRES_PER_DEGREE = 111_320.0  # of longitude at the equator
MEAN_RADIUS_M = float((2 * WGS84.a + WGS84.b) / 3)

_GAUSS_NODES, _GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(5)


def to_ecef(lon: ArrayLike, lat: ArrayLike) -> Floats:
    """Geocentric coordinates of points on the ellipsoid.

    Parameters
    ----------
    lon, lat : degrees, shape (n,)

    Returns
    -------
    Metres, shape (n, 3).
    """
    lam, phi = np.radians(np.asarray(lon, float)), np.radians(np.asarray(lat, float))
    normal = SEMI_MAJOR_M / np.sqrt(1 - ECCENTRICITY_SQUARED * np.sin(phi) ** 2)
    equatorial = normal * np.cos(phi)
    return np.stack(
        [
            equatorial * np.cos(lam),
            equatorial * np.sin(lam),
            normal * (1 - ECCENTRICITY_SQUARED) * np.sin(phi),
        ],
        axis=-1,
    )


def polygon_area(polygons: ArrayLike | shapely.Geometry) -> Floats:
    """Area on the ellipsoid of polygons whose edges are straight in longitude and latitude.

    That is how GEOS and every GIS reads an EPSG:4326 layer, so the areas of the parts of a polygon add up to
    the area of the whole exactly. Each edge contributes the integral of the authalic function q (Snyder 1987,
    Map Projections: A Working Manual, eq. 3-12) over its longitudes, by five-point Gauss-Legendre quadrature.

    Parameters
    ----------
    polygons : Polygon or MultiPolygon geometries in degrees, shape (n,); other types and None count as 0

    Returns
    -------
    Square metres, shape (n,).
    """
    geometries = np.atleast_1d(np.asarray(polygons, dtype=object))
    parts, geometry_of_part = shapely.get_parts(geometries, return_index=True)
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    parts, geometry_of_part = parts[areal], geometry_of_part[areal]
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    area = np.zeros(len(geometries))
    if len(rings) == 0:
        return area
    ring_area = np.abs(_signed_ring_areas(rings))
    is_shell = np.r_[True, part_of_ring[1:] != part_of_ring[:-1]]  # get_rings gives the shell first
    np.add.at(area, geometry_of_part[part_of_ring], np.where(is_shell, ring_area, -ring_area))
    return area


def _signed_ring_areas(rings: NDArray[np.object_]) -> Floats:
    xy, ring_of_point = shapely.get_coordinates(rings, return_index=True)
    same_ring = ring_of_point[1:] == ring_of_point[:-1]
    start, end = xy[:-1][same_ring], xy[1:][same_ring]
    phi = np.radians(start[:, 1])[:, None] + (_GAUSS_NODES + 1) / 2 * np.radians(end[:, 1] - start[:, 1])[:, None]
    mean_q = _authalic_q(np.sin(phi)) @ _GAUSS_WEIGHTS / 2
    strips = SEMI_MAJOR_M**2 / 2 * mean_q * np.radians(end[:, 0] - start[:, 0])
    rings_of_edges: Any = ring_of_point[:-1][same_ring]
    sums: Floats = np.bincount(rings_of_edges, weights=strips, minlength=len(rings)).astype(float)
    return sums


def _authalic_q(sin_lat: Floats) -> Floats:
    e = np.sqrt(ECCENTRICITY_SQUARED)
    x = e * sin_lat
    q: Floats = (1 - ECCENTRICITY_SQUARED) * (sin_lat / (1 - x * x) + np.arctanh(x) / e)
    return q


class NearestSite:
    """Geodesic distance from any points to the nearest of a set of sites, exact on WGS84.

    Straight-line neighbours through the Earth are found in a k-d tree and measured along the ellipsoid; as
    many of them as it takes to prove that no other site can be nearer.

    Parameters
    ----------
    lon, lat : positions of the sites in degrees, shape (n,), n > 0
    few_points : whether it will be asked for fewer points than there are sites; the tree is then built in half the time
        and takes half as long again to answer

    Raises
    ------
    ValueError : if there is no site.
    """

    def __init__(self, lon: ArrayLike, lat: ArrayLike, *, few_points: bool = False) -> None:  # noqa: D107 - the class says it
        from scipy.spatial import cKDTree  # as heavy as all else in this module, and areas need no tree

        self.lon = np.atleast_1d(np.asarray(lon, float))
        self.lat = np.atleast_1d(np.asarray(lat, float))
        if self.lon.size == 0:
            raise ValueError("the nearest of no sites was asked for")
        self._tree = cKDTree(to_ecef(self.lon, self.lat), balanced_tree=not few_points, compact_nodes=not few_points)

    def query(self, lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, NDArray[np.intp]]:
        """Distances in metres and indices of the nearest sites, each of shape (m,), for points in degrees."""
        lon = np.atleast_1d(np.asarray(lon, float))
        lat = np.atleast_1d(np.asarray(lat, float))
        distance = np.full(lon.size, np.inf)
        nearest = np.zeros(lon.size, dtype=np.intp)
        open_points = np.arange(lon.size)
        points = to_ecef(lon, lat)
        k = 1
        while open_points.size:
            k = min(2 * k, self.lon.size)
            chords, candidates = self._tree.query(points[open_points], k=[*range(1, k + 1)])
            rows = np.repeat(open_points, k)
            sites = candidates.ravel()
            _, _, exact = WGS84.inv(lon[rows], lat[rows], self.lon[sites], self.lat[sites])
            exact = exact.reshape(-1, k)
            best = np.argmin(exact, axis=1)
            row = np.arange(open_points.size)
            distance[open_points] = exact[row, best]
            nearest[open_points] = candidates[row, best]
            if k == self.lon.size:
                break
            open_points = open_points[chords[:, -1] <= _max_chord(distance[open_points])]
        return distance, nearest


def distance_of_chord(chord: Floats, dz: ArrayLike, z: ArrayLike) -> Floats:
    """Geodesic distance between points on the ellipsoid from the straight line between them, without iterating.

    The line is taken as the chord of a circle with the radius of curvature of the ellipsoid at its middle and in its
    direction (Euler's formula). Too long or too short by less than 1 mm up to 300 km, 1 cm up to 700 km, 1 m up to
    2,000 km; beyond, `WGS84.inv` is the way.

    Parameters
    ----------
    chord : length of the line, metres
    dz, z : difference and mean of the geocentric z of its ends (`to_ecef`), metres, of shapes that fit

    Returns
    -------
    Metres, of the shape of `chord`.
    """
    normal = SEMI_MAJOR_M / np.sqrt(1 - ECCENTRICITY_SQUARED * (np.asarray(z) / float(WGS84.b)) ** 2)
    # dz / chord is the cosine of the azimuth times that of the latitude.
    northward = np.divide(dz, chord, out=np.zeros_like(chord), where=chord > 0)
    radius = normal / (1 + ECCENTRICITY_SQUARED / (1 - ECCENTRICITY_SQUARED) * northward**2)
    distance: Floats = 2 * radius * np.arcsin(np.minimum(chord / (2 * radius), 1.0))
    return distance


def _max_chord(distance_m: Floats) -> Floats:
    """No two points at this geodesic distance are farther apart than this in a straight line, metres."""
    half_angle = np.minimum(distance_m / (2 * MAX_CURVATURE_RADIUS_M), np.pi / 2)
    return 2 * MAX_CURVATURE_RADIUS_M * np.sin(half_angle) + 1e-3
