"""Shapes of any CRS in degrees of WGS84, also where they cross 180 degrees or hold a pole."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from asmgold.errors import InputError
from asmgold.geodesy.antimeridian import polygons_from_rings, split_at_antimeridian
from asmgold.geodesy.ellipsoid import WGS84, Floats, polygon_area
from asmgold.geodesy.polygons import POLYGONAL_TYPES, densify
from asmgold.schemas.tables import CRS

MAX_EDGE_M = 10_000.0
MAX_EDGE_DEG = 10.0
MAX_AREA_CHANGE = 0.001
Geometries = NDArray[np.object_]


def to_degrees(shapes: gpd.GeoSeries) -> Geometries:
    """Bring shapes to EPSG:4326: those that cross 180 degrees there are split, and one that holds a pole reaches it.

    A long straight edge of a map projection is a curve on the globe: it gets points to bend at. The area of what was
    split is compared with that of the same rings along geodesics (GeographicLib, Karney 2013).

    Parameters
    ----------
    shapes : in any CRS of the Earth

    Raises
    ------
    InputError : if splitting a polygon would change its area by more than 0.1 %.
    pyproj.exceptions.ProjError : if there is no way from the one CRS to the other.
    """
    crs = shapes.crs
    metres = crs.axis_info[0].unit_conversion_factor or 1.0
    longest = MAX_EDGE_M / metres if crs.is_projected else MAX_EDGE_DEG
    bending = densify(shapes.array, longest)
    # Of a geographic CRS the points that were added are needed for the long way round only.
    kept = bending if crs.is_projected else shapes
    drawn = np.array(gpd.GeoSeries(kept, crs=crs).to_crs(CRS).array, dtype=object)
    for number in np.flatnonzero(_is_wide(drawn)):
        on_its_left = shapely.orient_polygons(bending[number])  # the land, in either CRS
        (turned,) = gpd.GeoSeries([on_its_left], crs=crs).to_crs(CRS).array
        if _jumps(turned):
            drawn[number] = _split(turned, int(number))
    return drawn


def split_beyond_180(shapes: Geometries) -> Geometries:
    """Polygons and points whose longitudes go on beyond 180 degrees, by up to one turn, back in their range."""
    taken = np.array(shapes, dtype=object)
    west, south, east, north = shapely.bounds(taken).T
    beyond = ((west < -180.0001) | (east > 180.0001)) & (west >= -540) & (east <= 540) & (south >= -90) & (north <= 90)
    for number in np.flatnonzero(beyond & shapely.is_valid(taken)):
        if shapely.get_type_id(taken[number]) in POLYGONAL_TYPES:
            taken[number] = split_at_antimeridian(taken[number])
        elif shapely.get_dimensions(taken[number]) == 0:
            taken[number] = shapely.transform(taken[number], lambda xy: np.c_[(xy[:, 0] + 180) % 360 - 180, xy[:, 1]])
    return taken


def _is_wide(shapes: Geometries) -> NDArray[np.bool_]:
    """Which shapes are so wide that one of their edges may go the long way round."""
    west, _, east, _ = shapely.bounds(shapes).T
    return np.asarray(np.isfinite(west) & np.isfinite(east) & (east - west > 180))


def _jumps(shape: BaseGeometry) -> bool:
    """Whether an edge goes from one side of 180 degrees to the other, or a ring round a pole."""
    return any(_jumps_at(line).size for line in _lines_of(shape))


def _jumps_at(line: BaseGeometry) -> NDArray[np.intp]:
    return np.flatnonzero(np.abs(np.diff(shapely.get_coordinates(line)[:, 0])) > 180)


def _lines_of(shape: BaseGeometry) -> list[BaseGeometry]:
    parts = shapely.get_parts(shape)
    return [*shapely.get_rings(parts), *parts[shapely.get_dimensions(parts) == 1]]


def _split(shape: BaseGeometry, number: int) -> BaseGeometry:
    parts = shapely.get_parts(shape)
    if shapely.get_dimensions(parts).max() == 1:
        return shapely.MultiLineString([piece for part in parts for piece in _line_pieces(part)])
    polygons = [piece for part in parts for piece in (_polygon_pieces(part) if _jumps(part) else [part])]
    split: BaseGeometry = shapely.union_all(polygons)
    # Along geodesics the area of a ring does not hang on how its longitudes are written.
    expected = sum(abs(WGS84.geometry_area_perimeter(part)[0]) for part in parts)
    found = float(polygon_area(np.array([split], dtype=object))[0])
    if abs(found - expected) > MAX_AREA_CHANGE * expected:
        raise InputError(
            f"feature {number + 1} crosses 180 degrees or holds a pole, and splitting it there would change its area "
            f"from {expected / 1e6:,.0f} to {found / 1e6:,.0f} km2; split it by hand"
        )
    return split


def _polygon_pieces(polygon: BaseGeometry) -> list[BaseGeometry]:
    rings = shapely.get_rings(polygon)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    last = np.r_[np.diff(ring) > 0, True]  # each ring ends with its first point, which is not repeated here
    lon, lat = points[~last].T
    return polygons_from_rings(lon, lat, ring[~last])


def _line_pieces(line: BaseGeometry) -> list[shapely.LineString]:
    """A line cut where it crosses 180 degrees, with a point on that on either side."""
    points = shapely.get_coordinates(line)
    pieces: list[Floats] = []
    start: list[Floats] = []
    first = 0
    for at in _jumps_at(line):
        (west, south), (east, north) = points[at], points[at + 1]
        side = 180.0 if west > 0 else -180.0
        share = (side - west) / ((east + 2 * side) - west)
        lat = south + share * (north - south)
        pieces.append(np.vstack([*start, points[first : at + 1], [side, lat]]))
        start, first = [np.array([-side, lat])], at + 1
    pieces.append(np.vstack([*start, points[first:]]))
    return [shapely.LineString(piece) for piece in pieces if len(piece) > 1]
