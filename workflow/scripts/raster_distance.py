from pathlib import Path

from _job import job
from _raster import make_raster

from asmgold.publish import read_table
from asmgold.rasters import DISTANCE, distance_to_nearest
from asmgold.schemas import SITES

with job(snakemake):
    sites = read_table(Path(snakemake.input.sites), SITES)
    make_raster(snakemake, DISTANCE, lambda grid: distance_to_nearest(sites["longitude"], sites["latitude"]))
