"""How the map is looked at: its projection, and the rectangles that show the area and each overlay."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import LambertAzimuthalEqualAreaConversion
from shapely.geometry.base import BaseGeometry

from asmgold.geodesy.antimeridian import polygons_from_rings
from asmgold.geodesy.ellipsoid import WGS84
from asmgold.geodesy.polygons import densify
from asmgold.publish.qgis.markup import Element, element
from asmgold.schemas.tables import CRS

PAGE_REACHES = 2.6  # times as far from the middle as the area: to the corners of A4, where a square leaves most room
FARTHEST_M = 16_500_000.0  # some 150 degrees
WIDEST_DEG = 80.0  # an area that reaches farther from its middle is shown in degrees
Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True)
class View:
    """A projection: Lambert's azimuthal equal-area one about a point, or degrees if the centre is None.

    On it discs look round, areas compare, and nothing is torn at 180 degrees or at the poles, wherever the area is;
    in degrees a disc in Peru is 3 % too narrow, and one in Svalbard five times too wide.
    """

    centre: tuple[int, int] | None

    @property
    def crs(self) -> pyproj.CRS:
        """The CRS of the view."""
        if self.centre is None:
            return pyproj.CRS(CRS)
        longitude, latitude = self.centre
        conversion = LambertAzimuthalEqualAreaConversion(latitude, longitude)
        return ProjectedCRS(conversion, name=f"Lambert azimuthal equal-area, {self.name}", geodetic_crs=pyproj.CRS(CRS))

    @property
    def name(self) -> str:
        """The centre, in words."""
        if self.centre is None:
            return ""
        longitude, latitude = self.centre
        return f"{abs(latitude)}°{'N' if latitude >= 0 else 'S'} {abs(longitude)}°{'E' if longitude >= 0 else 'W'}"

    def projected(self, shapes: Iterable[BaseGeometry]) -> BaseGeometry:
        """Polygons in EPSG:4326 on the view, as one valid geometry."""
        forward = pyproj.Transformer.from_crs(CRS, self.crs, always_xy=True)

        def onto_view(points: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.column_stack(forward.transform(*points.T))

        short_edged = densify(np.asarray(list(shapes), dtype=object), 0.5)
        union: BaseGeometry = shapely.union_all(shapely.make_valid(shapely.transform(short_edged, onto_view)))
        return union

    def surroundings(self, shapes: Iterable[BaseGeometry]) -> BaseGeometry:
        """Polygons in EPSG:4326 of what a page that shows these shapes can also show: a cap about the centre.

        Short of the antipode, which is no point of the projection: a country there would cover everything else.
        """
        if self.centre is None:
            return shapely.box(-180, -90, 180, 90)
        longitude, latitude = shapely.get_coordinates(np.asarray(list(shapes), dtype=object)).T
        lon_0, lat_0 = self.centre
        farthest = float(
            WGS84.inv(np.full(longitude.size, lon_0), np.full(longitude.size, lat_0), longitude, latitude)[2].max()
        )
        bearings = np.linspace(0, -360, 720, endpoint=False)  # against the clock: the land lies on the left
        reach = np.full(bearings.size, min(PAGE_REACHES * farthest + 100_000, FARTHEST_M))
        ring = WGS84.fwd(np.full(bearings.size, lon_0), np.full(bearings.size, lat_0), bearings, reach)
        cap: BaseGeometry = shapely.union_all(polygons_from_rings(ring[0], ring[1], np.zeros(bearings.size, np.intp)))
        return cap

    def rectangle(self, shapes: Iterable[BaseGeometry], margin: float = 0.04) -> Rectangle:
        """The rectangle that shows shapes in EPSG:4326, with a margin as a share of its longer side."""
        x, y = shapely.get_coordinates(self.projected(shapes)).T
        around = margin * max(np.ptp(x), np.ptp(y))
        return float(x.min() - around), float(y.min() - around), float(x.max() + around), float(y.max() + around)


def view_of(shapes: Iterable[BaseGeometry]) -> View:
    """The projection for an area in EPSG:4326, centred on a whole degree near its middle."""
    longitude, latitude = np.radians(shapely.get_coordinates(densify(np.asarray(list(shapes), dtype=object), 1.0))).T
    on_sphere = np.column_stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
    )
    # The middle of the smallest box around the vertices: their mean would lean to where a coast has many.
    x, y, z = (on_sphere.min(axis=0) + on_sphere.max(axis=0)) / 2
    length = math.hypot(x, y, z)
    if length < 1e-6:
        return View(None)
    farthest = math.degrees(math.acos(np.clip((on_sphere @ [x, y, z]).min() / length, -1, 1)))
    if farthest > WIDEST_DEG:
        return View(None)
    return View((round(math.degrees(math.atan2(y, x))), round(math.degrees(math.atan2(z, math.hypot(x, y))))))


def widened(rectangle: Rectangle, ratio: float) -> Rectangle:
    """The rectangle made wider or higher about its middle until its width is `ratio` times its height."""
    west, south, east, north = rectangle
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


def rectangle_element(tag: str, rectangle: Rectangle) -> Element:
    """A rectangle as QGIS writes it where it wants elements."""
    names = ("xmin", "ymin", "xmax", "ymax")
    return element(tag, *(element(name, f"{value:.6f}") for name, value in zip(names, rectangle, strict=True)))
