"""Reader of rasters of counts or amounts: any raster format that GDAL knows, never resampled."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import rasterio
from exactextract.raster import RasterSource
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError
from rasterio.errors import NotGeoreferencedWarning, RasterioError, RasterioIOError
from rasterio.windows import Window

from asmgold.config.models import Exposure
from asmgold.errors import InputError, excerpt
from asmgold.io.checksum import refuse_pointer

CACHE_MB = 256


class Band(RasterSource):  # type: ignore[misc]  # exactextract has no types
    """One band of an open raster, as exactextract reads it: amounts with their scale, NaN where there is no data.

    Reading raises InputError where the file is damaged, or holds an amount below 0 or without end.
    """

    def __init__(self, path: Path, dataset: rasterio.DatasetReader, exposure: Exposure, crs: CRS) -> None:  # noqa: D107
        super().__init__()
        self.path, self.dataset, self.number, self.crs = path, dataset, exposure.band, crs
        stated = dataset.nodatavals[exposure.band - 1]
        self.nodata = exposure.nodata if stated is None else None
        self.scale, self.offset = dataset.scales[exposure.band - 1], dataset.offsets[exposure.band - 1]

    def res(self) -> tuple[float, float]:
        """The size of a cell."""
        return self.dataset.transform.a, -self.dataset.transform.e

    def extent(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        bounds = self.dataset.bounds
        return bounds.left, bounds.bottom, bounds.right, bounds.top

    def srs_wkt(self) -> None:
        """Nothing: polygons are brought to the raster's CRS before."""

    def nodata_value(self) -> None:
        """Nothing: cells without data are NaN."""

    def read_window(self, x0: int, y0: int, nx: int, ny: int) -> NDArray[np.float64]:
        """The amounts in a window of cells, NaN where there is no data.

        Parameters
        ----------
        x0, y0 : the column and the row of its first cell
        nx, ny : how many columns and rows it has; the amounts have the shape (ny, nx)
        """
        try:
            read = self.dataset.read(self.number, window=Window(x0, y0, nx, ny), masked=True)
        except RasterioError as error:
            raise InputError(f"{self.path}: is damaged or cut short ({_said(error)})") from None
        values = np.ma.masked_invalid(read.astype(float)) if read.dtype.kind == "f" else read.astype(float)
        infinite = np.isinf(values.data) & ~np.ma.getmaskarray(read)
        if self.nodata is not None:
            # Of single precision the file holds the number nearest to what was said, such as 1.00000002e20 for 1e20.
            with np.errstate(over="ignore"):
                said = np.float32(self.nodata) if read.dtype == np.float32 else self.nodata
            values = np.ma.masked_equal(values, float(said))
        values = values * self.scale + self.offset
        wrong = (values < 0).filled(False) | infinite
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            transform = self.dataset.transform
            x, y = transform.c + (x0 + column + 0.5) * transform.a, transform.f + (y0 + row + 0.5) * transform.e
            found = float(read.data[row, column])
            raise InputError(
                f"{self.path}: band {self.number} holds {found:g} at {x:.6g} {y:.6g}, amounts of 0 or more were "
                f"expected; if it stands for no data, say so: `nodata: {found:g}` beside the raster's source or file"
            )
        amounts: NDArray[np.float64] = values.filled(np.nan)
        return amounts


@contextmanager
def open_raster(path: Path, exposure: Exposure, driver: str | None = None) -> Iterator[Band]:
    """Open a raster of amounts.

    Parameters
    ----------
    path : the file
    exposure : which band of it, and the CRS and the value for no data of a raster that states none
    driver : GDAL's name of the one format that is accepted; by default any

    Raises
    ------
    InputError : if it cannot be read, has no such band or no CRS, or is rotated or upside down.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    refuse_pointer(path)
    # Beside a file of the user's own lies what its format has no room for, such as the value for no data. Beside a
    # pinned one nothing counts, since nothing pins it.
    beside = "FALSE" if exposure.file else "EMPTY_DIR"
    with rasterio.Env(GDAL_CACHEMAX=CACHE_MB, GDAL_DISABLE_READDIR_ON_OPEN=beside):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)  # an error is raised for it below
                dataset = rasterio.open(path, driver=driver)
        except RasterioIOError as error:
            kind = {"GTiff": "a GeoTIFF"}.get(driver or "", "a raster")
            raise InputError(f"{path}: not {kind} that GDAL can read ({_said(error)})") from None
        with dataset:
            _check_band(path, dataset, exposure.band)
            _check_frame(path, dataset)
            yield Band(path, dataset, exposure, _crs(path, dataset, exposure))


def check_raster(path: Path, exposure: Exposure, driver: str | None = None) -> None:
    """Open a raster of amounts and read it from end to end.

    Parameters
    ----------
    path, exposure, driver : as for `open_raster`, which raises the errors
    """
    with open_raster(path, exposure, driver) as band:
        for _, window in band.dataset.block_windows(exposure.band):
            band.read_window(window.col_off, window.row_off, window.width, window.height)


def _check_band(path: Path, dataset: rasterio.DatasetReader, band: int) -> None:
    if band > dataset.count:
        raise InputError(f"{path}: has {dataset.count} bands, band {band} was asked for")
    if np.dtype(dataset.dtypes[band - 1]).kind not in "iuf":
        raise InputError(f"{path}: band {band} is of type {dataset.dtypes[band - 1]}, numbers were expected")


def _check_frame(path: Path, dataset: rasterio.DatasetReader) -> None:
    transform = dataset.transform
    if transform.is_identity:
        raise InputError(f"{path}: does not say where its cells are, a georeferenced raster was expected")
    if transform.b or transform.d:
        raise InputError(f"{path}: is rotated; columns from west to east and rows from north to south were expected")
    if transform.a < 0 or transform.e > 0:
        raise InputError(
            f"{path}: is upside down or mirrored; rows from north to south, columns from west were expected"
        )


def _crs(path: Path, dataset: rasterio.DatasetReader, exposure: Exposure) -> CRS:
    if dataset.crs is None and exposure.crs is None:
        raise InputError(f"{path}: states no CRS; give it as `crs: EPSG:...` beside the raster's source or file")
    found = dataset.crs.to_wkt() if dataset.crs else exposure.crs
    with suppress(CRSError):
        crs = CRS.from_user_input(found)
        if crs.is_geographic or crs.is_projected:  # and neither local nor of the middle of the Earth
            return crs
    raise InputError(f"{path}: crs is {excerpt(found, 200)!r}, a CRS such as EPSG:4326 was expected")


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
