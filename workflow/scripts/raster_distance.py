from pathlib import Path

from _job import job
from _raster import make_raster

from asmgold.io.tables import read_table
from asmgold.rasters.distance import distance_to_nearest
from asmgold.schemas.rasters import DISTANCE

with job(snakemake):
    sites = read_table(Path(snakemake.input.sites))
    make_raster(snakemake, DISTANCE, lambda grid: distance_to_nearest(sites["longitude"], sites["latitude"]))
