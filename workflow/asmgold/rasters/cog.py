"""Rasters as files: cloud-optimised GeoTIFF, and the style that QGIS shows them in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as xml

import rasterio
from rasterio.shutil import copy as copy_raster
from rasterio.windows import Window

from asmgold.rasters.fields import Field, Values
from asmgold.rasters.grid import Grid
from asmgold.schemas.rasters import NODATA, RasterProduct
from asmgold.schemas.tables import CRS

BLOCK = 512
CACHE_MB = 256


def write_raster(
    path: Path, grid: Grid, product: RasterProduct, field: Field, tags: Mapping[str, str], threads: int = 1
) -> None:
    """Write a field as a cloud-optimised GeoTIFF, the same bytes for the same values and tags.

    It is made and written strip by strip, and copied into its final order, so that memory does not grow with it.

    Parameters
    ----------
    path : the file
    grid : its cells, of any number
    product : what it shows
    field : gives the values of any part of the grid; several threads may ask at a time
    tags : metadata of the file besides what the product says of itself, by name
    threads : how many parts are made at a time
    """
    profile = {
        "driver": "GTiff", "dtype": "float32", "count": 1, "nodata": NODATA, "crs": CRS, "transform": grid.transform,
        "width": grid.width, "height": grid.height, "tiled": True, "blockxsize": BLOCK, "blockysize": BLOCK,
        "compress": "deflate", "zlevel": 1, "bigtiff": "if_safer",
    }  # fmt: skip
    with (
        TemporaryDirectory(dir=path.parent) as folder,
        rasterio.Env(GDAL_CACHEMAX=CACHE_MB),
        ThreadPoolExecutor(threads) as pool,
    ):
        parts_first = Path(folder) / path.name
        with rasterio.open(parts_first, "w", **profile) as raster:
            raster.update_tags(**product.tags, **tags)
            raster.set_band_description(1, product.title)
            raster.set_band_unit(1, product.unit)
            for strip in grid.parts(BLOCK):
                for (row, column, part), values in zip(
                    strip, pool.map(field, [part for _, _, part in strip]), strict=True
                ):
                    raster.write(values, 1, window=Window(column, row, part.width, part.height))
        copy_raster(
            parts_first, path, driver="COG", compress="deflate", predictor="yes", blocksize=BLOCK,
            overview_resampling="average", bigtiff="if_safer",
        )  # fmt: skip


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


def write_style(path: Path, product: RasterProduct) -> None:
    """Write a style that QGIS finds by itself beside the raster of the same name."""
    first, last = product.ramp[0][0], product.ramp[-1][0]
    root = xml.Element("qgis", version="3.22.0", styleCategories="Symbology")
    renderer = xml.SubElement(
        xml.SubElement(root, "pipe"), "rasterrenderer", type="singlebandpseudocolor", band="1", opacity="1",
        alphaBand="-1", nodataColor="", classificationMin=f"{first:g}", classificationMax=f"{last:g}",
    )  # fmt: skip
    shader = xml.SubElement(
        xml.SubElement(renderer, "rastershader"), "colorrampshader", colorRampType="INTERPOLATED",
        classificationMode="1", clip="0", minimumValue=f"{first:g}", maximumValue=f"{last:g}",
    )  # fmt: skip
    for value, colour in product.ramp:
        opaque, alpha = colour[:7], int(colour[7:] or "ff", 16)
        label = f"{value:g} km" if product.unit == "km" else f"{value:g}"
        xml.SubElement(shader, "item", value=f"{value:g}", color=opaque, alpha=str(alpha), label=label)
    xml.indent(root)
    text = xml.tostring(root, encoding="unicode", short_empty_elements=True)
    path.write_text(f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{text}\n", encoding="utf-8")
