from pathlib import Path

from _job import job

from asmgold.publish.context import Context
from asmgold.publish.qgis.project import raster_of, write_project

with job(snakemake):
    write_project(
        Path(snakemake.output[0]),
        Path(snakemake.input.package),
        Context(**snakemake.params.context),
        [raster_of(Path(path)) for path in snakemake.input.rasters if path.endswith(".tif")],
    )
