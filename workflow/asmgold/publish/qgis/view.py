"""What the project and its pages show: rectangles of the projection's plane, and both as QGIS writes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from asmgold.geodesy.antimeridian import polygons_from_rings, split_at_antimeridian
from asmgold.geodesy.ellipsoid import WGS84
from asmgold.geodesy.polygons import densify
from asmgold.geodesy.projection import Bounds, Projection
from asmgold.publish.qgis.markup import Element, element

PAGE_REACH = 2.6  # times as far from the middle as the area: to the corners of A4, where a square leaves most room
MAX_REACH_M = 16_500_000.0  # some 150 degrees
GAP_DEG = 1e-6  # between the two edges of the Equal Earth projection


def projection_of(shapes: Sequence[BaseGeometry]) -> Projection:
    """The projection for an area in EPSG:4326, centred on a whole degree."""
    longitude, latitude = shapely.get_coordinates(densify(np.asarray(shapes, dtype=object), 1.0)).T
    return Projection.suited_to(longitude, latitude).about_whole_degrees


def projected(shapes: Sequence[BaseGeometry], projection: Projection) -> BaseGeometry:
    """Polygons in EPSG:4326 on the plane of a projection, as one valid geometry."""
    turned = np.array([projection.recentred(shape) for shape in shapes], dtype=object)
    planar = shapely.transform(densify(turned, 0.5), projection.to_plane)
    union: BaseGeometry = shapely.union_all(shapely.make_valid(planar))
    return union


def surroundings(shapes: Sequence[BaseGeometry], projection: Projection) -> BaseGeometry:
    """Polygons in EPSG:4326 of what a page that shows these shapes can also show.

    A cap about the centre, short of the antipode, which is no point of the azimuthal projection: a country there would
    cover everything else. Of the whole Earth, only the meridian where the map begins and ends is left out: a country
    across it would be drawn from one edge of the map to the other.
    """
    lon_0, lat_0 = projection.lon_0, projection.lat_0
    if projection.name == "eqearth":
        return split_at_antimeridian(shapely.box(lon_0 - 180 + GAP_DEG, -90, lon_0 + 180 - GAP_DEG, 90))
    longitude, latitude = shapely.get_coordinates(np.asarray(shapes, dtype=object)).T
    middle = np.full(longitude.size, lon_0), np.full(longitude.size, lat_0)
    farthest = float(WGS84.inv(*middle, longitude, latitude)[2].max())
    bearings = np.linspace(0, -360, 720, endpoint=False)  # against the clock: the land lies on the left
    reach = np.full(bearings.size, min(PAGE_REACH * farthest + 100_000, MAX_REACH_M))
    ring = WGS84.fwd(np.full(bearings.size, lon_0), np.full(bearings.size, lat_0), bearings, reach)
    cap: BaseGeometry = shapely.union_all(polygons_from_rings(ring[0], ring[1], np.zeros(bearings.size, np.intp)))
    return cap


def rectangle(shapes: Sequence[BaseGeometry], projection: Projection, margin: float = 0.04) -> Bounds:
    """The part of a projection's plane that shows shapes.

    Parameters
    ----------
    shapes : polygons in EPSG:4326
    projection : of the plane
    margin : around them, a share of the longer side

    Returns
    -------
    West, south, east and north, metres.
    """
    x, y = shapely.get_coordinates(projected(shapes, projection)).T
    around = margin * max(np.ptp(x), np.ptp(y))
    return float(x.min() - around), float(y.min() - around), float(x.max() + around), float(y.max() + around)


def widened(bounds: Bounds, ratio: float) -> Bounds:
    """The rectangle made wider or higher about its middle until its width is `ratio` times its height."""
    west, south, east, north = bounds
    width, height = max(east - west, ratio * (north - south)), max(north - south, (east - west) / ratio)
    x, y = (west + east) / 2, (south + north) / 2
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def reference_system(crs: pyproj.CRS) -> Element:
    """A CRS as QGIS writes it: by its number if it has one, by its definition otherwise."""
    authority = crs.to_authority()
    return element(
        "spatialrefsys",
        element("wkt", crs.to_wkt()),
        element("srsid", "0"),
        element("srid", authority[1] if authority else "0"),
        element("authid", ":".join(authority) if authority else ""),
        element("description", crs.name),
        element("ellipsoidacronym", "EPSG:7030"),
        element("geographicflag", "true" if crs.is_geographic else "false"),
        nativeFormat="Wkt",
    )


def rectangle_element(tag: str, bounds: Bounds) -> Element:
    """A rectangle as QGIS writes it where it wants elements."""
    names = ("xmin", "ymin", "xmax", "ymax")
    return element(tag, *(element(name, f"{value:.6f}") for name, value in zip(names, bounds, strict=True)))
