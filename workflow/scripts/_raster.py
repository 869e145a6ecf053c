"""What the scripts of the rasters share: a job makes a whole raster, or a tile of it, or a whole one from its tiles."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from asmgold.io.tables import read_table
from asmgold.publish.qgis.raster_style import write_style
from asmgold.rasters.cog import BLOCK, values_of_tiles, write_raster
from asmgold.rasters.grid import Field, Grid, grid_around
from asmgold.schemas.rasters import RasterSpecification


def make_raster(
    snakemake: Any,
    product: RasterSpecification,
    field_of: Callable[[Grid], Field],
    tags: Mapping[str, str] | None = None,
) -> None:
    """Write the raster of a job and its style, if it has one. `field_of` is asked where values have to be found."""
    params, output = snakemake.params, snakemake.output
    product = product.about(params.commodity)
    grid = grid_around(read_table(Path(snakemake.input.area)).geometry.array, **params.grid)
    if params.tile:
        grid = grid.tile(*params.tile, BLOCK)
    tiles = [Path(path) for path in snakemake.input.tiles]
    field = values_of_tiles(tiles) if tiles else field_of(grid)
    write_raster(Path(output.raster), grid, product, field, params.tags | (tags or {}), threads=snakemake.threads)
    if not params.tile:
        write_style(Path(output.style), product)
    logging.info("%s: %d x %d cells", Path(output.raster).name, grid.width, grid.height)
