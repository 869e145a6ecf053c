"""Rasters as files: cloud-optimised GeoTIFF."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import rasterio
from rasterio.shutil import copy as copy_raster
from rasterio.windows import Window

from asmgold.rasters.grid import Field, Grid, Values
from asmgold.schemas.rasters import NODATA, RasterSpecification
from asmgold.schemas.tables import CRS

BLOCK = 512
CACHE_MB = 256


def write_raster(
    path: Path, grid: Grid, specification: RasterSpecification, field: Field, tags: Mapping[str, str], threads: int = 1
) -> None:
    """Write a field as a cloud-optimised GeoTIFF, the same bytes for the same values and tags.

    It is made and written strip by strip, and copied into its final order, so that memory does not grow with it.

    Parameters
    ----------
    path : the file
    grid : its cells, of any number
    specification : what it shows
    field : gives the values of any part of the grid; several threads may ask at a time
    tags : metadata of the file besides what the specification says, by name
    threads : how many parts are made at a time
    """
    profile = {
        "driver": "GTiff", "dtype": "float32", "count": 1, "nodata": NODATA, "crs": CRS, "transform": grid.transform,
        "width": grid.width, "height": grid.height, "tiled": True, "blockxsize": BLOCK, "blockysize": BLOCK,
        "compress": "zstd", "zstd_level": 1, "predictor": 3, "bigtiff": "if_safer",
    }  # fmt: skip
    with (
        TemporaryDirectory(dir=path.parent) as folder,
        rasterio.Env(GDAL_CACHEMAX=CACHE_MB),
        ThreadPoolExecutor(threads) as pool,
    ):
        parts_first = Path(folder) / path.name
        with rasterio.open(parts_first, "w", **profile) as raster:
            raster.update_tags(**specification.tags, **tags)
            raster.set_band_description(1, specification.title)
            raster.set_band_unit(1, specification.unit)
            for strip in grid.parts(BLOCK):
                for (row, column, part), values in zip(
                    strip, pool.map(field, [part for _, _, part in strip]), strict=True
                ):
                    raster.write(values, 1, window=Window(column, row, part.width, part.height))
        copy_raster(
            parts_first, path, driver="COG", compress="deflate", predictor="yes", blocksize=BLOCK,
            overview_resampling="average", bigtiff="if_safer", num_threads=threads,
        )  # fmt: skip


def field_of_array(values: Values, grid: Grid) -> Field:
    """The field of values that are there already, in the rows and columns of a grid, for parts of that grid."""

    def field(part: Grid) -> Values:
        row, column = grid.north - part.north, part.west - grid.west
        return values[row : row + part.height, column : column + part.width]

    return field


def values_of_tiles(paths: Iterable[Path]) -> Field:
    """The field that rasters hold together, each a tile of one grid that `Grid.tile` gave, for strips of BLOCK rows."""
    tops = {}
    for path in paths:
        with rasterio.open(path) as raster:
            tops[path] = raster.transform.f, raster.height

    def field(grid: Grid) -> Values:
        west, _, _, north = grid.bounds
        for path, (top, height) in tops.items():
            row = round((top - north) / grid.cell)
            if row >= 0 and row + grid.height <= height:
                with rasterio.open(path) as raster:
                    column = round((west - raster.transform.c) / grid.cell)
                    values: Values = raster.read(1, window=Window(column, row, grid.width, grid.height))
                    return values
        raise ValueError(f"no tile holds the rows below {north} degrees")

    return field
