from pathlib import Path

from _job import job
from _raster import make_raster

from asmgold.io.tables import read_table
from asmgold.rasters.fields import fraction_covered
from asmgold.schemas.rasters import FRACTION

with job(snakemake):
    regions = read_table(Path(snakemake.input.regions))
    make_raster(snakemake, FRACTION, lambda grid: fraction_covered(regions.geometry.array))
