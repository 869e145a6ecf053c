"""The values of the rasters: each field gives those of any grid, so that large ones are made part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from asmgold.geodesy.ellipsoid import Floats, NearestSite, distance_of_chord, to_ecef
from asmgold.rasters.grid import MIN_DEGREE_OF_LATITUDE_KM, Field, Grid, Values
from asmgold.schemas.rasters import NODATA
from asmgold.schemas.tables import CRS

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

EXACT_BEYOND_M = 700_000.0
FAR_AT_ONCE = 16_384
BLOCK_CELLS = 4
MAX_DEGREE_M = 111_700.0  # of longitude or latitude, wherever it is longest
STEPS_PER_KM = 1024  # float32 holds them exactly up to 16,384 km, and the file is half as large


def distance_to_nearest(lon: ArrayLike, lat: ArrayLike) -> Field:
    """Distance from the centres of cells to the nearest site, in kilometres, off by less than 10 m.

    Nearest is the site with the shortest straight line through the Earth. Along the ellipsoid another one can be
    nearer, up to 700 km by less than 5 m: the radii of curvature differ by 43 km at most at one place, and the arc
    over a chord by (2 tan(t / 2) - t) times that, where t is the angle of the arc. Beyond 700 km geodesics decide.

    Parameters
    ----------
    lon, lat : positions of the sites in degrees, shape (n,)

    Returns
    -------
    A field; without any site it is NODATA everywhere.
    """
    from scipy.spatial import cKDTree

    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    if lon.size == 0:
        return lambda grid: np.full(grid.shape, NODATA, np.float32)
    sites = to_ecef(lon, lat)
    tree, exact = cKDTree(sites), NearestSite(lon, lat)

    def field(grid: Grid) -> Values:
        centres = _centres(grid)
        chord, nearest = _nearest(tree, centres, grid)
        z = sites[nearest, 2]
        distance = distance_of_chord(chord, z - centres[:, 2], (z + centres[:, 2]) / 2)
        far = np.flatnonzero(distance > EXACT_BEYOND_M)
        for some in np.split(far, np.arange(FAR_AT_ONCE, far.size, FAR_AT_ONCE)) if far.size else ():
            row, column = np.divmod(some, grid.width)
            distance[some] = exact.query(grid.longitudes[column], grid.latitudes[row])[0]
        steps = np.round(distance * (STEPS_PER_KM / 1000))
        return (steps / STEPS_PER_KM).astype(np.float32).reshape(grid.shape)

    return field


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


def _nearest(tree: cKDTree, centres: Floats, grid: Grid) -> tuple[Floats, NDArray[np.intp]]:
    """The straight line from each centre of a cell to the nearest site, metres, and which site that is.

    The tree is asked for one cell of each block first. Where the second site is farther there than the nearest one by
    more than two diagonals of half a block, no cell of the block can have another nearest site.
    """
    row, column = (np.arange(0, cells, BLOCK_CELLS) for cells in grid.shape)
    middle = (
        np.minimum(row + BLOCK_CELLS // 2, grid.height - 1)[:, None],
        np.minimum(column + BLOCK_CELLS // 2, grid.width - 1),
    )
    chords, sites = tree.query(centres.reshape(*grid.shape, 3)[middle], k=[1, 2])
    half_diagonal = np.sqrt(0.5) * BLOCK_CELLS * grid.cell * MAX_DEGREE_M
    of_cell = np.arange(grid.height)[:, None] // BLOCK_CELLS, np.arange(grid.width) // BLOCK_CELLS
    is_settled = (chords[..., 1] - chords[..., 0] > 2 * half_diagonal)[of_cell].ravel()
    nearest = sites[..., 0][of_cell].ravel()
    between = centres - tree.data[nearest]
    chord = np.sqrt(np.einsum("ij,ij->i", between, between))
    rest = np.flatnonzero(~is_settled)
    chord[rest], nearest[rest] = tree.query(centres[rest])
    return chord, nearest


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
