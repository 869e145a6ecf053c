from pathlib import Path

from _job import job
from _raster import make_raster

from asmgold.publish import read_table
from asmgold.rasters import FRACTION, fraction_covered
from asmgold.schemas import REGIONS

with job(snakemake):
    regions = read_table(Path(snakemake.input.regions), REGIONS)
    make_raster(snakemake, FRACTION, lambda grid: fraction_covered(regions.geometry.array))
