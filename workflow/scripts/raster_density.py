import logging
from pathlib import Path

from _job import job

from asmgold.publish import read_table
from asmgold.rasters import DENSITY, density_of_sites, grid_around, write_raster, write_style
from asmgold.schemas import SITES

with job(snakemake):
    params = snakemake.params
    product = DENSITY.about(params.commodity)
    sites = read_table(Path(snakemake.input.sites), SITES)
    grid = grid_around(read_table(Path(snakemake.input.area)).geometry.array, **params.grid)
    field = density_of_sites(sites["longitude"], sites["latitude"], params.bandwidth_km, grid.cell_arcsec)
    tags = params.tags | {"BANDWIDTH_KM": f"{params.bandwidth_km:g}"}
    write_raster(Path(snakemake.output.raster), grid, product, field, tags)
    write_style(Path(snakemake.output.style), product)
    logging.info("%d x %d cells, density of %d sites", grid.width, grid.height, len(sites))
