from pathlib import Path

from _job import job, pinned_file

from asmgold.config import Layer
from asmgold.publish import write_table
from asmgold.sources import read_polygons

with job(snakemake):
    layer = read_polygons(pinned_file(snakemake), Layer(**snakemake.params.layer))
    write_table(layer, Path(snakemake.output[0]))
