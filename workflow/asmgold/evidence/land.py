"""The land of the area and its zones, in the cells of a regular grid, as in dasymetric mapping.

A cell counts as inside a region if its centre lies within the radius of a site (`asmgold.evidence.sampling`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from numpy.typing import NDArray
from scipy.sparse import csr_array

from asmgold.evidence.observations import Zones, area_km2
from asmgold.evidence.sampling import Ints
from asmgold.geodesy.ellipsoid import Floats, polygon_area, to_ecef
from asmgold.geodesy.polygons import polygonal
from asmgold.schemas.tables import CRS

CELLS_PER_DEGREE = 120
COARSER = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 40, 60, 120)
MAX_CELLS = 4_000_000


@dataclass(frozen=True)
class LandCells:
    """The cells of a grid of longitude and latitude that hold land of the area.

    Parameters
    ----------
    west, north : the corner of the grid, degrees
    step : the width of a cell, degrees
    shape : rows and columns of the grid
    cell : the number of each cell in the grid, by rows from the north-west corner, shape (cells,)
    lon, lat : the centre of each cell, degrees, shape (cells,)
    zones : the names of the zones
    km2 : the land of each zone, within the area, in each cell, shape (zones, cells)
    zone_km2 : all land of each zone, also outside the area, shape (zones,)
    """

    west: float
    north: float
    step: float
    shape: tuple[int, int]
    cell: Ints
    lon: Floats
    lat: Floats
    zones: list[str]
    km2: csr_array
    zone_km2: Floats

    @cached_property
    def ecef(self) -> Floats:
        """The centre of each cell, geocentric metres, shape (cells, 3)."""
        rows, columns = np.divmod(self.cell, self.shape[1])
        # Sines and cosines once for each row and column, not for each cell.
        lat_of_row, lon_of_column = np.zeros(self.shape[0]), np.zeros(self.shape[1])
        lat_of_row[rows], lon_of_column[columns] = self.lat, np.radians(self.lon)
        from_axis, _, z = to_ecef(np.zeros(self.shape[0]), lat_of_row).T
        x, y = from_axis[rows] * np.cos(lon_of_column)[columns], from_axis[rows] * np.sin(lon_of_column)[columns]
        return np.column_stack([x, y, z[rows]])

    @cached_property
    def land_before(self) -> Floats:
        """The land of each zone in the cells of the grid before each one, km2, shape (zones, cells of the grid + 1)."""
        before = np.zeros((len(self.zones), self.shape[0] * self.shape[1] + 1))
        before[:, self.cell + 1] = self.km2.toarray()
        return np.cumsum(before, axis=1, out=before)

    def contains(self, points: Floats) -> NDArray[np.bool_]:
        """Whether points, degrees, shape (n, 2), lie in a cell with land of the area."""
        is_land = np.zeros(self.shape, bool)
        is_land.ravel()[self.cell] = True
        column, row = (np.floor((points - [self.west, self.north]) / [self.step, -self.step]).astype(int)).T
        on_grid = (row >= 0) & (row < self.shape[0]) & (column >= 0) & (column < self.shape[1])
        found = np.zeros(len(points), bool)
        found[on_grid] = is_land[row[on_grid], column[on_grid]]
        return found


def land_cells(
    zones: Zones, area: shapely.Geometry, per_degree: int = CELLS_PER_DEGREE, max_cells: int = MAX_CELLS
) -> LandCells:
    """The area in so many cells a degree, aligned to whole multiples; in larger ones if they are too many.

    The share of each cell that lies in a zone is exact in longitude and latitude (by exactextract). There are no more
    than `max_cells` in the bounds of the area.
    """
    west, south, east, north = shapely.bounds(area)
    step = max(1 / per_degree, _step((east - west) * (north - south), max_cells))
    left, right = np.floor(west / step + 1e-9), np.ceil(east / step - 1e-9)
    bottom, top = np.floor(south / step + 1e-9), np.ceil(north / step - 1e-9)
    width, height = int(right - left), int(top - bottom)
    edges = (top - np.arange(height + 1)) * step
    row_km2 = polygon_area(np.asarray(shapely.box(0, edges[1:], step, edges[:-1]))) / 1e6
    blank = np.broadcast_to(np.zeros(1, np.uint8), (height, width))
    grid = NumPyRasterSource(blank, left * step, bottom * step, right * step, top * step)
    of_area = _coverage(grid, area)
    cell = np.sort(of_area[0])
    columns, weights, zone_km2 = [], [], []
    for shape in zones.values():
        inside = shape if shape is area else polygonal(shapely.intersection(shape, area))
        cells, share = of_area if shape is area else _coverage(grid, inside)
        column = np.minimum(np.searchsorted(cell, cells), cell.size - 1)
        known = cell[column] == cells
        columns.append(column[known])
        weights.append((share * row_km2[cells // width])[known])
        zone_km2.append(area_km2(shape))
    start = np.cumsum([0, *map(len, columns)])
    km2 = csr_array((np.concatenate(weights), np.concatenate(columns), start), shape=(len(zones), cell.size))
    return LandCells(
        west=left * step,
        north=top * step,
        step=step,
        shape=(height, width),
        cell=cell,
        lon=(left + cell % width + 0.5) * step,
        lat=(top - cell // width - 0.5) * step,
        zones=list(zones),
        km2=km2,
        zone_km2=np.array(zone_km2),
    )


def _step(square_degrees: float, max_cells: int) -> float:
    for factor in COARSER:
        if square_degrees * (CELLS_PER_DEGREE / factor) ** 2 <= max_cells:
            break
    return factor / CELLS_PER_DEGREE


def _coverage(grid: NumPyRasterSource, shape: shapely.Geometry) -> tuple[Ints, Floats]:
    """The cells of a grid that polygons cover, and the share of each that they cover."""
    if shapely.is_empty(shape):
        return np.empty(0, np.intp), np.empty(0)
    layer = gpd.GeoDataFrame(geometry=[shape], crs=CRS)
    found = exact_extract(grid, layer, ["cell_id", "coverage"], output="pandas", max_cells_in_memory=100_000_000)
    cells, share = np.asarray(found["cell_id"][0], np.intp), np.asarray(found["coverage"][0], float)
    return cells[share > 0], share[share > 0]
