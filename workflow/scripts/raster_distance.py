import logging
from pathlib import Path

from _job import job

from asmgold.publish import read_table
from asmgold.rasters import DISTANCE, distance_to_nearest, grid_around, write_raster, write_style
from asmgold.schemas import SITES

with job(snakemake):
    params = snakemake.params
    product = DISTANCE.about(params.commodity)
    sites = read_table(Path(snakemake.input.sites), SITES)
    grid = grid_around(read_table(Path(snakemake.input.area)).geometry.array, **params.grid)
    field = distance_to_nearest(sites["longitude"], sites["latitude"])
    write_raster(Path(snakemake.output.raster), grid, product, field, params.tags, threads=snakemake.threads)
    write_style(Path(snakemake.output.style), product)
    logging.info("%d x %d cells, distance to %d sites", grid.width, grid.height, len(sites))
