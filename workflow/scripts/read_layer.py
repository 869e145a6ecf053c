import logging
from pathlib import Path

from _job import job, pinned_file

from asmgold.config.models import Layer
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.io.tables import write_table
from asmgold.sources.vector import read_lines, read_polygons

with job(snakemake):
    read = read_lines if snakemake.params.lines else read_polygons
    layer = read(pinned_file(snakemake), Layer(**snakemake.params.layer))
    write_table(layer, Path(snakemake.output[0]))
    km2 = polygon_area(layer.geometry.array).sum() / 1e6
    kind = "lines" if snakemake.params.lines else f"polygons of {km2:,.0f} km2"
    logging.info("%s: %d %s", snakemake.input[0], len(layer), kind)
