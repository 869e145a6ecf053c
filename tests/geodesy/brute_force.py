"""What the unions are held against: fine discs that GEOS overlays, distances measured pair by pair, pyproj.

Nothing here calls the library's own areas, distances or arcs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from pyproj import CRS, Geod, Transformer
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

GEOD = Geod(ellps="WGS84")
VERTICES = 180
# An inscribed ring whose radius is raised by two thirds of its sag has the area of the disc.
SAG = 1 - np.cos(np.pi / VERTICES)


def fine_ring(lon: float, lat: float, radius_m: float, vertices: int = VERTICES) -> np.ndarray:
    """Points on the circle itself, counter-clockwise, (vertices, 2) degrees."""
    azimuth = -360 * np.arange(vertices) / vertices
    n = np.full(vertices, 1.0)
    x, y, _ = GEOD.fwd(n * lon, n * lat, azimuth, n * radius_m)
    return np.column_stack([x, y])


def equal_area_frame(lon: np.ndarray, lat: np.ndarray) -> Transformer:
    """A Lambert azimuthal equal-area frame in which the antimeridian, wherever it is near, is a straight line."""
    lam, phi = np.radians(lon), np.radians(lat)
    centre = np.array([(np.cos(phi) * np.cos(lam)).sum(), (np.cos(phi) * np.sin(lam)).sum(), np.sin(phi).sum()])
    if np.linalg.norm(centre) < 0.3 * lon.size:  # all round the globe
        middle_lon, middle_lat = 0.0, 90.0
    else:
        middle_lon = float(np.degrees(np.arctan2(centre[1], centre[0])))
        middle_lat = float(np.degrees(np.arctan2(centre[2], np.hypot(centre[0], centre[1]))))
    if abs(middle_lon) > 90:
        middle_lon = 180.0
    if abs(middle_lat) > 60:
        middle_lat = float(np.copysign(90, middle_lat))
    crs = CRS.from_proj4(f"+proj=laea +lat_0={middle_lat} +lon_0={middle_lon} +ellps=WGS84 +units=m")
    return Transformer.from_crs(CRS.from_epsg(4326), crs, always_xy=True)


def projected(geometries: Any, frame: Transformer, longest_deg: float) -> Any:
    def project(xy: np.ndarray) -> np.ndarray:
        return np.column_stack(frame.transform(xy[:, 0], xy[:, 1]))

    return shapely.transform(shapely.segmentize(geometries, longest_deg), project)


def brute_union(lon: np.ndarray, lat: np.ndarray, radius_m: float, frame: Transformer) -> Any:
    """The union of fine discs, overlaid by GEOS in the frame."""
    n = lon.size
    azimuth = np.tile(-360 * np.arange(VERTICES) / VERTICES, n)
    distance = np.full(n * VERTICES, radius_m * (1 + 2 / 3 * SAG))
    x, y, _ = GEOD.fwd(np.repeat(lon, VERTICES), np.repeat(lat, VERTICES), azimuth, distance)
    x, y = frame.transform(x, y)
    rings = shapely.linearrings(np.column_stack([x, y]), indices=np.repeat(np.arange(n), VERTICES))
    return shapely.union_all(shapely.polygons(rings))


def distances(lon: np.ndarray, lat: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Geodesic distances from each point to each site, (points, sites) metres."""
    n, m = len(x), len(lon)
    _, _, d = GEOD.inv(np.repeat(x, m), np.repeat(y, m), np.tile(lon, n), np.tile(lat, n))
    return np.asarray(d).reshape(n, m)


def nearest_distance(lon: np.ndarray, lat: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The geodesic distance to the nearest site, metres; for many sites, to the nearest of a few by chord."""
    if lon.size * len(x) <= 400_000:
        return distances(lon, lat, x, y).min(axis=1)
    few = min(9, lon.size)
    _, near = cKDTree(_in_space(lon, lat)).query(_in_space(x, y), k=[*range(1, few + 1)])
    _, _, d = GEOD.inv(np.repeat(x, few), np.repeat(y, few), lon[near.ravel()], lat[near.ravel()])
    return np.asarray(d).reshape(-1, few).min(axis=1)


def number_of_regions(lon: np.ndarray, lat: np.ndarray, reach_m: float) -> int:
    """Connected sets of sites when those at most this far from one another are joined."""
    d = distances(lon, lat, lon, lat)
    site, other = np.nonzero(d <= reach_m)
    graph = coo_array((np.ones(site.size), (site, other)), shape=d.shape)
    return int(connected_components(graph, directed=False)[0])


def edge_points(regions: Any) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and middles of edges, without the edges along the antimeridian and the poles that no circle drew."""
    rings = shapely.get_rings(shapely.get_parts(regions))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    start, end = xy[:-1][ring[1:] == ring[:-1]], xy[1:][ring[1:] == ring[:-1]]
    antimeridian = (np.abs(start[:, 0]) == 180) & (start[:, 0] == end[:, 0])
    pole = (np.abs(start[:, 1]) == 90) & (start[:, 1] == end[:, 1])
    start, end = start[~antimeridian & ~pole], end[~antimeridian & ~pole]
    points = np.vstack([start, end, *[start + share * (end - start) for share in (0.25, 0.5, 0.75)]])
    return points[:, 0], points[:, 1]


def contains(regions: Any, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    inside = np.zeros(len(x), bool)
    point, _ = shapely.STRtree(regions).query(shapely.points(x, y), predicate="intersects")
    inside[point] = True
    return inside


def uncovered_bearings(site: np.ndarray, lon: np.ndarray, lat: np.ndarray, radius_m: float, bearings: int) -> int:
    """At how many of so many bearings the circles around some of the sites are in no other disc."""
    azimuth = np.tile(360 / bearings * np.arange(bearings), site.size)
    at = np.repeat(site, bearings)
    x, y, _ = GEOD.fwd(lon[at], lat[at], azimuth, np.full(at.size, radius_m))
    return int((nearest_distance(lon, lat, np.asarray(x), np.asarray(y)) >= radius_m).sum())


def _in_space(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Geocentric coordinates, whose chords say which sites are nearest."""
    lam, phi = np.radians(lon), np.radians(lat)
    normal = GEOD.a / np.sqrt(1 - GEOD.es * np.sin(phi) ** 2)
    flat = normal * np.cos(phi)
    return np.column_stack([flat * np.cos(lam), flat * np.sin(lam), normal * (1 - GEOD.es) * np.sin(phi)])
