"""The grid: cells in EPSG:4326 whose edges are whole multiples of their size, so that any two grids fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from rasterio.transform import Affine

from asmgold.geodesy.antimeridian import span_of_longitudes
from asmgold.geodesy.ellipsoid import Floats, polygon_area

MIN_DEGREE_OF_LATITUDE_KM = 110.57
DEGREE_OF_EQUATOR_KM = 111.32


@dataclass(frozen=True)
class Grid:
    """Cells of one size, counted from the Greenwich meridian and the equator.

    Across 180 degrees columns go on: longitudes may lie between -360 and 360.

    Parameters
    ----------
    cell_arcsec : the size of a cell, seconds of arc
    west, north : the edges of the grid, in cells to the east and to the north of 0, 0
    width, height : in cells
    """

    cell_arcsec: int
    west: int
    north: int
    width: int
    height: int

    @property
    def cell(self) -> float:
        """The size of a cell in degrees."""
        return self.cell_arcsec / 3600

    @property
    def around(self) -> int:
        """How many cells go round the Earth."""
        return 1_296_000 // self.cell_arcsec

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.height, self.width

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        return (
            self._degrees(self.west),
            self._degrees(self.north - self.height),
            self._degrees(self.west + self.width),
            self._degrees(self.north),
        )

    @property
    def transform(self) -> Affine:
        """From columns and rows to degrees."""
        return Affine(self.cell, 0, self._degrees(self.west), 0, -self.cell, self._degrees(self.north))

    @property
    def longitudes(self) -> Floats:
        """Centres of the columns, degrees."""
        return (self.west + np.arange(self.width) + 0.5) * self.cell_arcsec / 3600

    @property
    def latitudes(self) -> Floats:
        """Centres of the rows from north to south, degrees."""
        return (self.north - np.arange(self.height) - 0.5) * self.cell_arcsec / 3600

    @property
    def row_km2(self) -> Floats:
        """Area on the ellipsoid of a cell of each row, square kilometres."""
        north = (self.north - np.arange(self.height)) * self.cell_arcsec / 3600
        west, east = np.zeros(self.height), np.full(self.height, self.cell)
        return polygon_area(shapely.box(west, north - self.cell, east, north)) / 1e6

    def parts(self, size: int) -> Iterator[list[tuple[int, int, Grid]]]:
        """Square parts of so many cells, strip by strip from the north: their first rows, first columns, and grids."""
        for row in range(0, self.height, size):
            height = min(size, self.height - row)
            yield [
                (row, column, self.part(row, column, height, min(size, self.width - column)))
                for column in range(0, self.width, size)
            ]

    def tile(self, number: int, of: int, size: int) -> Grid:
        """One of several tiles that hold the grid together, each of whole strips.

        Parameters
        ----------
        number : of the tile, counted from 0 in the north
        of : how many tiles there are; if there are fewer strips, some tiles are the same
        size : the height of a strip, rows
        """
        strips = math.ceil(self.height / size)
        first = number * strips // of
        last = max((number + 1) * strips // of, first + 1)
        return self.part(first * size, 0, min(last * size, self.height) - first * size, self.width)

    def part(self, row: int, column: int, height: int, width: int) -> Grid:
        """The grid of a window of this one.

        Parameters
        ----------
        row, column : of its north-western cell, counted from that of this grid
        height, width : in cells
        """
        return Grid(self.cell_arcsec, self.west + column, self.north - row, width, height)

    def _degrees(self, cells: int) -> float:
        return cells * self.cell_arcsec / 3600


Values = NDArray[np.float32]
Field = Callable[[Grid], Values]
"""Gives the values of any grid, in rows and columns, so that large rasters are made part by part."""


def grid_around(area: ArrayLike, cell_arcsec: int, margin_km: float) -> Grid:
    """The smallest grid that holds an area and a margin around it.

    It crosses 180 degrees where this makes it less than half as wide: Fiji is 177 to 182, not -180 to 180, and the
    United States are -188 to -66. Most of it is then between -180 and 180, where other layers are.

    Parameters
    ----------
    area : polygons in EPSG:4326
    cell_arcsec : the size of a cell, seconds of arc, of which 180 degrees hold a whole number
    margin_km : how far the grid reaches beyond the area at least
    """
    parts = shapely.get_parts(np.asarray(area, dtype=object))
    boxes = shapely.bounds(parts)
    margin = margin_km / MIN_DEGREE_OF_LATITUDE_KM
    south, north = max(boxes[:, 1].min() - margin, -90.0), min(boxes[:, 3].max() + margin, 90.0)
    west, east = span_of_longitudes(boxes[:, 0], boxes[:, 2])
    shortest = DEGREE_OF_EQUATOR_KM * math.cos(math.radians(max(abs(south), abs(north))))
    margin = margin_km / shortest if margin_km < 180 * shortest else 180.0
    west, east = west - margin, east + margin
    if east - west >= 360:
        west, east = -180.0, 180.0
    per_degree = 3600 / cell_arcsec
    # A border that is on an edge but for its last binary digit needs no cell more.
    first, last = math.floor(west * per_degree + 1e-6), math.ceil(east * per_degree - 1e-6)
    top, bottom = math.ceil(north * per_degree - 1e-6), math.floor(south * per_degree + 1e-6)
    return Grid(cell_arcsec, first, top, max(last - first, 1), max(top - bottom, 1))
