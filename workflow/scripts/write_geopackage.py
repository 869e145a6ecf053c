from pathlib import Path

from _job import job

from asmgold.config.models import Correction
from asmgold.io.tables import read_table
from asmgold.publish.context import Context
from asmgold.publish.geopackage import write_geopackage
from asmgold.schemas.evidence import MISSED
from asmgold.schemas.tables import COUNTRIES, OVERLAYS, RECORDS, REGIONS, SITES

with job(snakemake):
    paths, params = snakemake.input, snakemake.params
    write_geopackage(
        Path(snakemake.output[0]),
        context=Context(**params.context),
        regions=read_table(Path(paths.regions), REGIONS),
        sites=read_table(Path(paths.sites), SITES),
        intersections=read_table(Path(paths.intersections), OVERLAYS),
        overlays={name: read_table(Path(path)) for name, path in zip(params.overlays, paths.overlays, strict=True)},
        area=read_table(Path(paths.area)),
        countries=read_table(Path(paths.countries), COUNTRIES) if paths.countries else None,
        corrections=[Correction(**correction) for correction in params.corrections],
        records=read_table(Path(paths.records), RECORDS),
        missed=read_table(Path(paths.missed), MISSED) if paths.missed else None,
    )
