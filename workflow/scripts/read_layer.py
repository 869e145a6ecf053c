import logging
from pathlib import Path

from _job import job, pinned_file

from asmgold.config import Layer
from asmgold.geodesy import polygon_area
from asmgold.publish import write_table
from asmgold.sources import read_polygons

with job(snakemake):
    layer = read_polygons(pinned_file(snakemake), Layer(**snakemake.params.layer))
    write_table(layer, Path(snakemake.output[0]))
    km2 = polygon_area(layer.geometry.array).sum() / 1e6
    logging.info("%s: %d polygons of %s km2", snakemake.input[0], len(layer), f"{km2:,.0f}")
