"""Density of sites, and the fraction of cells that is region; each field gives the values of any grid."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from asmgold.geodesy.ellipsoid import Floats, distance_of_chord, to_ecef
from asmgold.rasters.grid import MIN_DEGREE_OF_LATITUDE_KM, Field, Grid, Values
from asmgold.schemas.tables import CRS


def density_of_sites(lon: ArrayLike, lat: ArrayLike, bandwidth_km: float, cell_arcsec: int) -> Field:
    """Kernel density of sites at the centres of cells, per 100 square kilometres.

    The kernel is the quartic one (Silverman 1986, Density Estimation for Statistics and Data Analysis, eq. 4.5) of
    geodesic distance. Each site's is scaled so that its sum over the cells times their areas is exactly 1, however
    large the cells are; a site that reaches no centre counts in its own cell.

    Parameters
    ----------
    lon, lat : positions of the sites in degrees, shape (n,)
    bandwidth_km : the distance at which the kernel becomes 0
    cell_arcsec : the size of the cells of the grids that will be asked for
    """
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    globe = Grid(cell_arcsec, -648_000 // cell_arcsec, 324_000 // cell_arcsec, 1_296_000 // cell_arcsec,
                 648_000 // cell_arcsec)  # fmt: skip
    sites, windows = to_ecef(lon, lat), _windows(lon, lat, bandwidth_km, globe)

    def kernel(site: int, part: Grid) -> Floats:
        centres = _centres(part)
        chord = np.linalg.norm(centres - sites[site], axis=1)
        distance = distance_of_chord(chord, sites[site, 2] - centres[:, 2], (sites[site, 2] + centres[:, 2]) / 2)
        values: Floats = np.square(np.maximum(1 - np.square(distance / (1000 * bandwidth_km)), 0))
        return values.reshape(part.shape)

    def weight(site: int) -> float:
        part = globe.part(*windows[site].tolist())
        return float(kernel(site, part).sum(axis=1) @ part.row_km2)

    weights = np.array([weight(site) for site in range(lon.size)])
    reaches_none = weights == 0
    windows[reaches_none] = _own_cells(lon, lat, globe)[reaches_none]

    def field(grid: Grid) -> Values:
        density = np.zeros(grid.shape)
        top, left = globe.north - grid.north, grid.west - globe.west
        row, column, height, width = windows.T
        near = (row < top + grid.height) & (row + height > top)
        near &= ((column - left) % globe.around < grid.width) | ((left - column) % globe.around < width)
        for site in np.flatnonzero(near).tolist():
            first, last = max(row[site] - top, 0), min(row[site] + height[site] - top, grid.height)
            columns = (column[site] - left + np.arange(width[site])) % globe.around
            columns = np.sort(columns[columns < grid.width])
            for run in np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1):
                part = grid.part(first, int(run[0]), last - first, run.size)
                one = 1 / part.row_km2[:, None] if reaches_none[site] else kernel(site, part) / weights[site]
                density[first:last, run[0] : run[0] + run.size] += one
        return (100 * density).astype(np.float32)

    return field


def fraction_covered(polygons: ArrayLike) -> Field:
    """The share of each cell that polygons cover, from 0 to 1.

    Parameters
    ----------
    polygons : in EPSG:4326, that do not overlap, edges straight in longitude and latitude
    """
    import geopandas as gpd
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    shapes: NDArray[np.object_] = np.asarray(polygons, dtype=object)
    tree = shapely.STRtree(shapes)

    def field(grid: Grid) -> Values:
        fraction = np.zeros(grid.width * grid.height)
        west, south, east, north = grid.bounds
        for turn in (-360, 0, 360):
            found = np.sort(tree.query(shapely.box(west - turn, south, east - turn, north)))
            if found.size == 0:
                continue
            cells = NumPyRasterSource(
                np.broadcast_to(np.uint8(1), grid.shape), west - turn, south, east - turn, north
            )  # fmt: skip
            covered = exact_extract(
                cells, gpd.GeoDataFrame(geometry=shapes[found], crs=CRS), ["cell_id", "coverage"], output="pandas"
            )
            for cell, share in zip(covered["cell_id"], covered["coverage"], strict=True):
                fraction[cell] += share
        return np.minimum(fraction, 1).astype(np.float32).reshape(grid.shape)

    return field


def _centres(grid: Grid) -> Floats:
    """Geocentric coordinates of the centres of the cells, row by row, metres, shape (cells, 3)."""
    at_greenwich = to_ecef(np.zeros(grid.height), grid.latitudes)
    longitude = np.radians(grid.longitudes)
    x, y = (
        np.multiply.outer(at_greenwich[:, 0], np.cos(longitude)),
        np.multiply.outer(at_greenwich[:, 0], np.sin(longitude)),
    )
    return np.stack([x, y, np.broadcast_to(at_greenwich[:, 2:], grid.shape)], axis=-1).reshape(-1, 3)


def _windows(lon: Floats, lat: Floats, bandwidth_km: float, globe: Grid) -> NDArray[np.int64]:
    """The window of the globe that a site's kernel lies in: row, column, height, width; columns go on past 180."""
    reach = 1.01 * bandwidth_km / MIN_DEGREE_OF_LATITUDE_KM
    top = np.floor((90 - np.minimum(lat + reach, 90)) / globe.cell)
    bottom = np.ceil((90 - np.maximum(lat - reach, -90)) / globe.cell)
    # A small circle's widest place (Snyder 1987, eq. 5-4): sin(longitude) = sin(radius) / cos(latitude).
    sine = np.sin(np.radians(np.minimum(reach, 90))) / np.maximum(np.cos(np.radians(lat)), 1e-12)
    beside = np.where((np.abs(lat) + reach < 90) & (sine < 1), np.degrees(np.arcsin(np.minimum(sine, 1))), 180.0)
    left = np.floor((lon - beside + 180) / globe.cell)
    right = np.ceil((lon + beside + 180) / globe.cell)
    width = np.minimum(right - left, globe.around)
    return np.column_stack([top, left, np.maximum(bottom - top, 1), width]).astype(np.int64)


def _own_cells(lon: Floats, lat: Floats, globe: Grid) -> NDArray[np.int64]:
    """The cells that positions lie in, as windows of one cell."""
    row = np.minimum((90 - lat) / globe.cell, globe.height - 1)
    column = (lon + 180) / globe.cell % globe.around
    return np.column_stack([row, column, np.ones(lon.size), np.ones(lon.size)]).astype(np.int64)
