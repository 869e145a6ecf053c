import logging
from pathlib import Path

from _job import job

from asmgold.publish import read_table
from asmgold.rasters import FRACTION, fraction_covered, grid_around, write_raster, write_style
from asmgold.schemas import REGIONS

with job(snakemake):
    params = snakemake.params
    product = FRACTION.about(params.commodity)
    regions = read_table(Path(snakemake.input.regions), REGIONS)
    grid = grid_around(read_table(Path(snakemake.input.area)).geometry.array, **params.grid)
    field = fraction_covered(regions.geometry.array)
    write_raster(Path(snakemake.output.raster), grid, product, field, params.tags)
    write_style(Path(snakemake.output.style), product)
    logging.info("%d x %d cells, fraction of %d regions", grid.width, grid.height, len(regions))
