from pathlib import Path

from _job import job

from asmgold.config import Correction
from asmgold.publish import read_table, write_geopackage
from asmgold.schemas import OVERLAYS, RECORDS, REGIONS, SITES

with job(snakemake):
    paths = snakemake.input
    write_geopackage(
        Path(snakemake.output[0]),
        regions=read_table(Path(paths.regions), REGIONS),
        sites=read_table(Path(paths.sites), SITES),
        intersections=read_table(Path(paths.intersections), OVERLAYS),
        overlays={
            name: read_table(Path(path)) for name, path in zip(snakemake.params.overlays, paths.overlays, strict=True)
        },
        area=read_table(Path(paths.area)),
        corrections=[Correction(**correction) for correction in snakemake.params.corrections],
        records=read_table(Path(paths.records), RECORDS),
        date=snakemake.params.date,
    )
