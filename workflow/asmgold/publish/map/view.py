"""What a piece of paper shows: a rectangle of a projection's plane."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from asmgold.geodesy.antimeridian import (
    RAGGED_DEG,
    crosses_antimeridian,
    polygons_from_rings,
    snap_to_antimeridian,
    split_at_antimeridian,
)
from asmgold.geodesy.ellipsoid import WGS84, Floats
from asmgold.geodesy.polygons import make_valid, polygonal
from asmgold.geodesy.projection import Bounds, Projection


@dataclass(frozen=True)
class MapView:
    """A rectangle of a projection's plane, as a piece of paper shows it.

    Attributes
    ----------
    projection : of the plane
    frame : west, south, east, north, metres in the plane
    """

    projection: Projection
    frame: Bounds

    @classmethod
    def around(cls, projection: Projection, bounds: Bounds, aspect: float, margin: float = 0.04) -> MapView:
        """The view that shows bounds with a margin.

        Parameters
        ----------
        projection : of the plane
        bounds : west, south, east, north, metres in the plane
        aspect : width over height of the paper
        margin : on each side, a share of the larger side of the bounds
        """
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
        return self.projection.recentred(shapely.union_all(window))

    @property
    def shows_a_pole(self) -> bool:
        """Whether a pole is in sight, so that meridians leave the frame on all sides."""
        return self.window is not None and max(abs(self.window.bounds[1]), abs(self.window.bounds[3])) == 90

    @property
    def tolerance(self) -> float:
        """What can be left out without being seen, metres in the plane: a ten thousandth of the width."""
        return self.width / 10_000

    def polygons(self, geometries: ArrayLike) -> NDArray[np.object_]:
        """Polygons of EPSG:4326 as the paper shows them, cut near the frame, in metres of the plane; empty ones too."""
        shapes: NDArray[np.object_] = np.asarray(geometries, dtype=object)
        drawn = np.full(shapes.shape, shapely.Polygon(), dtype=object)
        for number in np.flatnonzero(self._in_sight(shapes)):
            drawn[number] = self._polygon(shapes[number])
        return drawn

    def _in_sight(self, shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
        """Which shapes of EPSG:4326 lie near the frame."""
        if self.window is None:
            return np.full(shapes.shape, True)
        return np.asarray(shapely.intersects(shapes, split_at_antimeridian(self.window)))

    def _polygon(self, geometry: BaseGeometry) -> BaseGeometry:
        grid = self.width / 1e7
        step = float(np.clip(self.width / 111_000 / 100, 1e-4, 1.0))
        ragged = min(5 * self.tolerance / 111_000, RAGGED_DEG)
        joined = snap_to_antimeridian(geometry, ragged) if crosses_antimeridian(geometry) else geometry
        turned = self.projection.recentred(joined)
        cut = turned if self.window is None else polygonal(shapely.intersection(turned, self.window))
        plane = shapely.transform(shapely.segmentize(cut, step), self.projection.to_plane)
        # Both sides of the cut become one, where a pole is in sight.
        parts = [make_valid(part) for part in shapely.get_parts(plane)]
        whole = shapely.set_precision(shapely.union_all(parts, grid_size=grid), grid)
        return make_valid(polygonal(shapely.simplify(whole, self.tolerance)))

    def lines(self, geometries: ArrayLike) -> list[Floats]:
        """The pieces of lines of EPSG:4326 that lie near the frame, metres in the plane, each of shape (m, 2)."""
        shapes: NDArray[np.object_] = np.asarray(geometries, dtype=object)
        pieces = []
        for line in shapes[self._in_sight(shapes)]:
            turned = self.projection.recentred(line)
            cut = turned if self.window is None else shapely.intersection(turned, self.window)
            lines = shapely.get_parts(cut)
            lines = shapely.segmentize(lines[shapely.length(lines) > 0], 0.5)  # Natural Earth has empty parts of rivers
            pieces += [shapely.get_coordinates(shapely.transform(one, self.projection.to_plane)) for one in lines]
        return pieces

    def points(self, geometries: ArrayLike) -> Floats:
        """Points of EPSG:4326 that lie in the frame, metres in the plane, shape (m, 2)."""
        lon, lat = shapely.get_coordinates(np.asarray(geometries, dtype=object)).T
        x, y = self.projection.forward(lon, lat)
        west, south, east, north = self.frame
        inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
        return np.column_stack([x, y])[inside]

    def outline(self) -> NDArray[np.object_]:
        """The edge of the Earth as polygons of the plane; it surrounds the frame if the Earth fills it."""
        if self.window is not None:
            return np.array([shapely.box(*self.frame)], dtype=object)
        lon_0 = self.projection.lon_0
        earth = shapely.segmentize(shapely.box(lon_0 - 180, -90, lon_0 + 180, 90), 1.0)
        return np.array([shapely.transform(earth, self.projection.to_plane)], dtype=object)

    def frame_in(self, other: MapView) -> BaseGeometry:
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
