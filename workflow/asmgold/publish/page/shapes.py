"""Geometry for a screen: cut to a window, thinned, rounded, and as lists of steps, which are short.

The page is looked at, not measured: its lines may be `Window.thinned` off, where the GeoPackage has them in full.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from asmgold.geodesy.antimeridian import (
    crosses_antimeridian,
    narrowest_span,
    snap_to_antimeridian,
    split_at_antimeridian,
)
from asmgold.geodesy.polygons import make_valid, polygonal

THINNED_DEG = 0.0002
PARTS_OF_WIDTH = 72_000  # lines of a wide area may be coarser: the world's by half a hundredth of a degree
M_PER_DEG = 150_000  # a degree at the equator, where it is longest, with the rounding
DECIMALS = 4
BACKGROUND_DEG = 0.02  # how coarse the neighbours may be, which only say where one is
COARSER = 50  # than the lines of a wide area, which is a pixel at first sight
MIN_MARGIN_DEG = 3.0
MERCATOR_LATITUDE = 85.0
WIDER_THAN_HIGH = 1.25
MIN_GAP_DEG = 10.0  # between the ends of a window that goes round the Earth, so that no place lies on both

Steps = list[int]
Shape = list[list[Steps]]


class Window:
    """A window of the Earth, in degrees; one that reaches across 180 degrees has an eastern edge beyond it.

    Parameters
    ----------
    bounds : (n, 4) array, degrees: west, south, east, north of each part that is to be in it, cut at 180 degrees
    around : how much of its surroundings is in it on each side, as a share of the larger of its sides
    """

    def __init__(self, bounds: NDArray[np.float64], around: float = 1.0) -> None:  # noqa: D107
        west, east = narrowest_span(bounds[:, 0], bounds[:, 2])
        south, north = float(bounds[:, 1].min()), float(bounds[:, 3].max())
        self.inner = (west, south, east, north)
        self.thinned = max(THINNED_DEG, (east - west) / PARTS_OF_WIDTH)
        margin = max(around * max(east - west, north - south), MIN_MARGIN_DEG)
        sideways = min(margin, (360 - MIN_GAP_DEG - (east - west)) / 2)
        self.west, self.east = (west - sideways, east + sideways) if sideways >= 0 else (-180.0, 180.0)
        self.south = max(south - margin, -MERCATOR_LATITUDE)
        self.north = min(north + margin, MERCATOR_LATITUDE)

    @cached_property
    def frame(self) -> BaseGeometry:
        """The window as polygons, cut at 180 degrees."""
        return split_at_antimeridian(shapely.box(self.west, self.south, self.east, self.north))

    def longitudes(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        """Longitudes as they follow one another in the window."""
        shifted: NDArray[np.float64] = degrees + 360 * (degrees < self.west) - 360 * (degrees > self.east)
        return shifted

    def holds(self, longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which places are in it, given their longitudes as they follow one another in it."""
        inside: NDArray[np.bool_] = (longitude >= self.west) & (longitude <= self.east)
        return inside & (latitude >= self.south) & (latitude <= self.north)

    def cut(self, geometry: BaseGeometry) -> BaseGeometry:
        """The part of polygons that is in the window."""
        return polygonal(shapely.intersection(geometry, self.frame))

    def cut_to_first_sight(self, geometry: BaseGeometry) -> BaseGeometry:
        """The part of polygons that is in sight before anyone moves the map, which is a little wider than high."""
        west, south, east, north = self.inner
        stretched = max(east - west, WIDER_THAN_HIGH * (north - south))
        x = (west + east) / 2
        sight = split_at_antimeridian(shapely.box(x - stretched / 2, south, x + stretched / 2, north))
        return polygonal(shapely.intersection(geometry, sight))

    @property
    def thinned_m(self) -> int:
        """How far off lines may be, metres."""
        return round(M_PER_DEG * self.thinned)

    def shape(self, geometry: BaseGeometry, thinned: float | None = None) -> Shape:
        """Polygons as lists of rings, each in `steps`, thinned and rounded; in one piece at 180 degrees."""
        tolerance = self.thinned if thinned is None else thinned
        drawn = shapely.simplify(self._in_one_piece(geometry), tolerance, preserve_topology=True)
        polygons = [part for part in shapely.get_parts(drawn) if not part.is_empty]
        return [
            [steps(shapely.get_coordinates(ring)[:, ::-1], DECIMALS) for ring in (part.exterior, *part.interiors)]
            for part in polygons
        ]

    def lines(self, geometries: NDArray[np.object_]) -> list[Steps]:
        """The parts of lines that are in the window, each in `steps`, thinned as the background is."""
        near = geometries[shapely.intersects(geometries, self.frame)]
        cut = shapely.simplify(shapely.intersection(near, self.frame), BACKGROUND_DEG)
        lines = shapely.get_parts(shapely.line_merge(shapely.get_parts(cut)))
        positions = [shapely.get_coordinates(line) for line in lines if shapely.get_dimensions(line) == 1]
        return [steps(np.column_stack([xy[:, 1], self.longitudes(xy[:, 0])]), DECIMALS) for xy in positions]

    def _in_one_piece(self, geometry: BaseGeometry) -> BaseGeometry:
        def shift(positions: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.column_stack([self.longitudes(positions[:, 0]), positions[:, 1]])

        if not crosses_antimeridian(geometry):
            return shapely.transform(geometry, shift)
        parts = shapely.transform(shapely.get_parts(snap_to_antimeridian(geometry)), shift)
        return polygonal(shapely.union_all([make_valid(part) for part in parts]))


def steps(positions: NDArray[np.float64], decimals: int) -> Steps:
    """Positions as whole numbers: the first one, and how far each of the others lies from the one before it.

    Parameters
    ----------
    positions : latitudes and longitudes, degrees, shape (n, 2)
    decimals : of a degree, that are kept: one step is a unit of the last of them
    """
    whole = np.rint(positions * 10**decimals).astype(np.int64)
    followed: Steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), dtype=np.int64)).ravel().tolist()
    return followed


def background(countries: NDArray[np.object_], window: Window) -> list[BaseGeometry]:
    """Countries as far as they are in the window, thinned so that neighbours still share their border."""
    cut = np.full(countries.shape, shapely.Polygon(), dtype=object)
    near = np.flatnonzero(shapely.intersects(countries, window.frame))
    tolerance = max(BACKGROUND_DEG, COARSER * window.thinned)
    for number, country in zip(near, shapely.coverage_simplify(countries[near], tolerance), strict=True):
        cut[number] = window.cut(country)
    return list(cut)
