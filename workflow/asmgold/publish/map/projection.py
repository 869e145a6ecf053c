"""Where things lie on the paper: a projection suited to the area, and a rectangle of its plane.

Every area up to about a hemisphere is drawn in the Lambert azimuthal equal-area projection about its own centre, which
has no seam but at the antipode: 180 degrees and the poles are places like any other. A larger one is drawn in the Equal
Earth projection about its middle meridian. Both keep areas true, which is what the map is about. Source: Snyder 1987,
Map Projections: A Working Manual, chapter 24; Savric, Patterson and Jenny 2018, The Equal Earth map projection.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from asmgold.geodesy.antimeridian import polygons_from_rings
from asmgold.geodesy.ellipsoid import WGS84, to_ecef
from asmgold.geodesy.polygons import RAGGED_DEG, crosses_180, drawn_to_180, make_valid, polygonal

Floats = NDArray[np.float64]
Bounds = tuple[float, float, float, float]

WIDEST_CAP_DEG = 75.0
SMALLEST_EXTENT_M = 2000.0
NEARLY_180 = 180 - 1e-9


@dataclass(frozen=True)
class Projection:
    """A projection about a point, in metres.

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
        middle = points.min(axis=0) + points.max(axis=0)
        if np.linalg.norm(middle) > 1e-6:
            middle /= np.linalg.norm(middle)
            if np.degrees(np.arccos(np.clip(points @ middle, -1, 1)).max()) <= WIDEST_CAP_DEG:
                return cls._about(middle, lon, lat)
        return cls("eqearth", _middle_longitude(lon), 0.0)

    @classmethod
    def _about(cls, middle: Floats, lon: Floats, lat: Floats) -> Projection:
        """The azimuthal projection whose origin is the middle of what the points take up on the paper."""
        found = cls("laea", *_rounded(np.degrees(np.arctan2(middle[1], middle[0])), np.degrees(np.arcsin(middle[2]))))
        for _ in range(3):
            west, south, east, north = _bounds(*found.forward(lon, lat))
            x, y = found.inverse((west + east) / 2, (south + north) / 2)
            found = cls("laea", *_rounded(float(x), float(y)))
        return found

    @cached_property
    def _transformer(self) -> Transformer:
        # Longitudes are turned before, not by PROJ, so that both sides of the seam stay where they are.
        plane = f"+proj={self.name} +lat_0={self.lat_0} +lon_0=0 +ellps=WGS84"
        return Transformer.from_pipeline(f"+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step {plane}")

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

    def bounds(self, lon: ArrayLike, lat: ArrayLike) -> Bounds:
        """West, south, east, north of points in degrees, in metres of the plane, at least some kilometres wide."""
        west, south, east, north = _bounds(*self.forward(lon, lat))
        wider, higher = (max(0.0, SMALLEST_EXTENT_M - size) / 2 for size in (east - west, north - south))
        return west - wider, south - higher, east + wider, north + higher


@dataclass(frozen=True)
class View:
    """A rectangle of a projection's plane, as a piece of paper shows it.

    Attributes
    ----------
    projection : of the plane
    frame : west, south, east, north, metres in the plane
    """

    projection: Projection
    frame: Bounds

    @classmethod
    def around(cls, projection: Projection, bounds: Bounds, aspect: float, margin: float = 0.04) -> View:
        """The view of a given width over height that shows bounds with a margin, a share of their larger side."""
        west, south, east, north = bounds
        space = 2 * margin * max(east - west, north - south)
        width, height = east - west + space, north - south + space
        width, height = max(width, height * aspect), max(height, width / aspect)
        x, y = (west + east) / 2, (south + north) / 2
        return cls(projection, (x - width / 2, y - height / 2, x + width / 2, y + height / 2))

    @property
    def width(self) -> float:
        """Metres in the plane."""
        return self.frame[2] - self.frame[0]

    @property
    def middle(self) -> tuple[float, float]:
        """Longitude and latitude of the middle of the paper."""
        west, south, east, north = self.frame
        lon, lat = self.projection.inverse((west + east) / 2, (south + north) / 2)
        return float(lon), float(lat)

    @cached_property
    def window(self) -> BaseGeometry | None:
        """A little more than what the frame shows, in degrees; None where that is the whole Earth."""
        if self.projection.name != "laea":
            return None
        space = 0.02 * self.width
        west, south, east, north = self.frame
        frame = shapely.box(west - space, south - space, east + space, north + space, ccw=True)
        x, y = shapely.get_coordinates(shapely.segmentize(frame, self.width / 200)).T
        lon, lat = self.projection.inverse(x[:-1], y[:-1])
        if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
            return None
        window = polygons_from_rings(lon, lat, np.zeros(lon.size, dtype=np.intp))
        return self._turned(shapely.union_all(window))

    @property
    def shows_a_pole(self) -> bool:
        """Whether a pole is in sight, so that meridians leave the frame on all sides."""
        return self.window is not None and max(abs(self.window.bounds[1]), abs(self.window.bounds[3])) == 90

    @property
    def tolerance(self) -> float:
        """What can be left out without being seen, metres in the plane: a ten thousandth of the width."""
        return self.width / 10_000

    def polygons(self, geometries: Iterable[BaseGeometry]) -> NDArray[Any]:
        """Polygons of EPSG:4326 as the paper shows them, cut near the frame, in metres of the plane; empty ones too."""
        drawn = []
        window, grid = self.window, self.width / 1e7
        step = float(np.clip(self.width / 111_000 / 100, 1e-4, 1.0))
        ragged = min(5 * self.tolerance / 111_000, RAGGED_DEG)
        for geometry in geometries:
            turned = self._turned(drawn_to_180(geometry, ragged) if crosses_180(geometry) else geometry)
            cut = turned if window is None else polygonal(shapely.intersection(turned, window))
            plane = shapely.transform(shapely.segmentize(cut, step), self._to_plane)
            # Both sides of the seam become one, where a pole is in sight.
            parts = [make_valid(part) for part in shapely.get_parts(plane)]
            whole = shapely.set_precision(shapely.union_all(parts, grid_size=grid), grid)
            drawn.append(make_valid(polygonal(shapely.simplify(whole, self.tolerance))))
        return np.array(drawn, dtype=object)

    def points(self, geometries: ArrayLike) -> Floats:
        """Points of EPSG:4326 that lie in the frame, metres in the plane, shape (m, 2)."""
        lon, lat = shapely.get_coordinates(np.asarray(geometries, dtype=object)).T
        x, y = self.projection.forward(lon, lat)
        west, south, east, north = self.frame
        inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
        return np.column_stack([x, y])[inside]

    def outline(self) -> NDArray[Any]:
        """The edge of the Earth as polygons of the plane; it surrounds the frame if the Earth fills it."""
        if self.window is not None:
            return np.array([shapely.box(*self.frame)], dtype=object)
        lon_0 = self.projection.lon_0
        earth = shapely.segmentize(shapely.box(lon_0 - 180, -90, lon_0 + 180, 90), 1.0)
        return np.array([shapely.transform(earth, self._to_plane)], dtype=object)

    def frame_in(self, other: View) -> BaseGeometry:
        """The frame as a line of another view's plane."""
        line = shapely.segmentize(shapely.box(*self.frame).exterior, self.width / 50)
        lon, lat = self.projection.inverse(*shapely.get_coordinates(line).T)
        return shapely.LineString(np.column_stack(other.projection.forward(lon, lat)))

    def metres_on_paper(self, metres: float) -> float:
        """How long a geodesic of this length is, east to west at the middle of the paper, in metres of the plane."""
        lon, lat = self.middle
        ends = WGS84.fwd([lon, lon], [lat, lat], [90, 270], [metres / 2, metres / 2])
        x, y = self.projection.forward(ends[0], ends[1])
        return float(np.hypot(x[1] - x[0], y[1] - y[0]))

    def north_at(self, x: float, y: float) -> float:
        """The direction of north at a point of the plane, degrees clockwise from up."""
        lon, lat = self.projection.inverse(x, y)
        if not np.isfinite(lat):
            return 0.0
        ahead = WGS84.fwd(lon, lat, 0, max(self.width / 1000, 1.0))
        dx, dy = np.subtract(self.projection.forward(ahead[0], ahead[1]), self.projection.forward(lon, lat))
        return float(np.degrees(np.arctan2(dx, dy)))

    def _to_plane(self, xy: Floats) -> Floats:
        return np.column_stack(self.projection.forward(xy[:, 0], xy[:, 1]))

    def _turned(self, geometry: BaseGeometry) -> BaseGeometry:
        """The same places with longitudes from 180 degrees west to 180 degrees east of the centre."""
        west, east = self.projection.lon_0 - 180, self.projection.lon_0 + 180
        bounds = geometry.bounds
        if not bounds or (bounds[0] >= west and bounds[2] <= east):
            return geometry
        sight = shapely.box(west, -90, east, 90)
        turned = [polygonal(shapely.intersection(_moved(geometry, degrees), sight)) for degrees in (-360, 0, 360)]
        whole: BaseGeometry = shapely.union_all(turned)
        return whole


def _moved(geometry: BaseGeometry, degrees: float) -> BaseGeometry:
    def move(xy: Floats) -> Floats:
        moved: Floats = xy + np.array([degrees, 0.0])
        return moved

    found: BaseGeometry = shapely.transform(geometry, move)
    return found


def _bounds(x: Floats, y: Floats) -> Bounds:
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def _middle_longitude(lon: Floats) -> float:
    """The meridian opposite the widest gap between longitudes, or that of Greenwich if there is no gap to speak of."""
    ordered = np.unique(np.round(lon % 360, 6))
    gaps = np.diff(ordered, append=ordered[0] + 360)
    widest = int(gaps.argmax())
    if gaps[widest] < 20:
        return 0.0
    return float((ordered[widest] + gaps[widest] / 2) % 360 - 180)


def _rounded(lon: float, lat: float) -> tuple[float, float]:
    # A hundred thousandth of a degree is a metre: the last bits of a platform's sine do not reach the paper.
    return round(float(lon), 5), round(float(lat), 5)
