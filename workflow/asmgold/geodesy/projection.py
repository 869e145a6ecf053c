"""The projection for a map of any area, by one rule for every map.

An area up to about a hemisphere is drawn in the Lambert azimuthal equal-area projection about its own middle, which is
cut nowhere but at the antipode: the antimeridian and the poles are places like any other. A larger one is drawn in the
Equal Earth projection about its middle meridian. Both keep areas true, which is what the maps are about. Source: Snyder
1987, Map Projections: A Working Manual, chapter 24; Savric, Patterson and Jenny 2018, The Equal Earth map projection.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyproj
from numpy.typing import ArrayLike
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import LambertAzimuthalEqualAreaConversion
from shapely.geometry.base import BaseGeometry

from asmgold.geodesy.antimeridian import narrowest_span, wrap_longitudes
from asmgold.geodesy.ellipsoid import Floats, to_ecef

Bounds = tuple[float, float, float, float]

MAX_CAP_DEG = 75.0  # an area that reaches farther from its middle is drawn in the Equal Earth projection
MIN_GAP_DEG = 20.0  # between longitudes, for the middle to be opposite
MIN_EXTENT_M = 2000.0
NEARLY_180 = 180 - 1e-9


@dataclass(frozen=True)
class Projection:
    """A projection of WGS84 about a point, in metres.

    Attributes
    ----------
    name : `laea`, Lambert azimuthal equal-area, or `eqearth`, Equal Earth
    lon_0, lat_0 : its centre, degrees; the plane's origin
    """

    name: str
    lon_0: float
    lat_0: float

    @classmethod
    def suited_to(cls, lon: ArrayLike, lat: ArrayLike) -> Projection:
        """The projection for a map of these points, given in degrees, shape (n,), n > 0."""
        lon, lat = np.asarray(lon, float), np.asarray(lat, float)
        points = to_ecef(lon, lat)
        points /= np.linalg.norm(points, axis=1, keepdims=True)
        # The middle of the smallest box around the points: their mean would lean to where a coast has many.
        middle = points.min(axis=0) + points.max(axis=0)
        if np.linalg.norm(middle) > 1e-6:
            middle /= np.linalg.norm(middle)
            if np.degrees(np.arccos(np.clip(points @ middle, -1, 1)).max()) <= MAX_CAP_DEG:
                return cls._about(middle, lon, lat)
        return cls("eqearth", _middle_longitude(lon), 0.0)

    @classmethod
    def _about(cls, middle: Floats, lon: Floats, lat: Floats) -> Projection:
        """The azimuthal projection whose origin is the middle of what the points take up on the map."""
        found = cls("laea", *_rounded(np.degrees(np.arctan2(middle[1], middle[0])), np.degrees(np.arcsin(middle[2]))))
        for _ in range(3):
            west, south, east, north = _bounds(*found.forward(lon, lat))
            x, y = found.inverse((west + east) / 2, (south + north) / 2)
            found = cls("laea", *_rounded(float(x), float(y)))
        return found

    @property
    def about_whole_degrees(self) -> Projection:
        """The same about the nearest whole degrees, for maps whose centre people read or type."""
        return Projection(self.name, float(round(self.lon_0)), float(round(self.lat_0)))

    @property
    def centre_name(self) -> str:
        """The centre in words, such as `9°S 75°W`."""
        north_or_south, east_or_west = "N" if self.lat_0 >= 0 else "S", "E" if self.lon_0 >= 0 else "W"
        return f"{abs(self.lat_0):g}°{north_or_south} {abs(self.lon_0):g}°{east_or_west}"

    @property
    def crs(self) -> pyproj.CRS:
        """The projected CRS."""
        title, conversion = "Equal Earth", _equal_earth(self.lon_0)
        if self.name == "laea":
            title = "Lambert azimuthal equal-area"
            conversion = LambertAzimuthalEqualAreaConversion(self.lat_0, self.lon_0)
        return ProjectedCRS(conversion, name=f"{title}, {self.centre_name}", geodetic_crs=pyproj.CRS("EPSG:4326"))

    @cached_property
    def _transformer(self) -> pyproj.Transformer:
        # Longitudes are turned before, not by PROJ, so that what lies opposite the centre stays on its own side.
        plane = f"+proj={self.name} +lat_0={self.lat_0} +lon_0=0 +ellps=WGS84"
        return pyproj.Transformer.from_pipeline(
            f"+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step {plane}"
        )

    def forward(self, lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
        """Metres in the plane, of points in degrees."""
        turned = np.asarray(lon, float) - self.lon_0
        turned = np.where(np.abs(turned) > 180, (turned + 180) % 360 - 180, turned)
        x, y = self._transformer.transform(np.clip(turned, -NEARLY_180, NEARLY_180), np.asarray(lat, float))
        return np.asarray(x, float), np.asarray(y, float)

    def inverse(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """Degrees, of points in the plane; infinite where the plane shows no place on Earth."""
        lon, lat = self._transformer.transform(np.asarray(x, float), np.asarray(y, float), direction="INVERSE")
        return (np.asarray(lon, float) + self.lon_0 + 180) % 360 - 180, np.asarray(lat, float)

    def to_plane(self, positions: Floats) -> Floats:
        """Metres in the plane of positions in degrees, both of shape (n, 2): what `shapely.transform` asks for."""
        return np.column_stack(self.forward(positions[:, 0], positions[:, 1]))

    def recentred(self, polygon: BaseGeometry) -> BaseGeometry:
        """A polygon in EPSG:4326 with longitudes from 180 degrees west to 180 degrees east of the centre."""
        return wrap_longitudes(polygon, self.lon_0 - 180)

    def bounds(self, lon: ArrayLike, lat: ArrayLike) -> Bounds:
        """West, south, east, north of points in degrees, in metres of the plane, at least some kilometres wide."""
        west, south, east, north = _bounds(*self.forward(lon, lat))
        wider, higher = (max(0.0, MIN_EXTENT_M - size) / 2 for size in (east - west, north - south))
        return west - wider, south - higher, east + wider, north + higher


def _equal_earth(lon_0: float) -> Any:
    """The conversion in PROJJSON, as pyproj has no class for it; the numbers are EPSG's."""
    degree, metre = {"unit": "degree"}, {"unit": "metre"}
    return {
        "type": "Conversion",
        "name": "unknown",
        "method": {"name": "Equal Earth", "id": {"authority": "EPSG", "code": 1078}},
        "parameters": [
            {"name": "Longitude of natural origin", "value": lon_0, "id": {"authority": "EPSG", "code": 8802}} | degree,
            {"name": "False easting", "value": 0.0, "id": {"authority": "EPSG", "code": 8806}} | metre,
            {"name": "False northing", "value": 0.0, "id": {"authority": "EPSG", "code": 8807}} | metre,
        ],
    }


def _bounds(x: Floats, y: Floats) -> Bounds:
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def _middle_longitude(lon: Floats) -> float:
    """The meridian opposite the widest gap between longitudes, or that of Greenwich if there is no gap to speak of."""
    west, east = narrowest_span(lon, lon)
    if east - west > 360 - MIN_GAP_DEG:
        return 0.0
    middle = (west + east) / 2
    return round(middle if middle < 180 else middle - 360, 5)


def _rounded(lon: float, lat: float) -> tuple[float, float]:
    # A hundred thousandth of a degree is a metre: the last bits of a platform's sine do not reach the map.
    return round(float(lon), 5), round(float(lat), 5)
