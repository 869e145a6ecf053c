import logging
from pathlib import Path

from _job import job

from asmgold.io.tables import read_table, write_table
from asmgold.regions.dissolve import dissolve
from asmgold.schemas.tables import RECORDS

with job(snakemake):
    regions, sites = dissolve(
        read_table(Path(snakemake.input.records), RECORDS),
        read_table(Path(snakemake.input.area)),
        buffer_m=1000 * snakemake.params.buffer_km,
        tolerance_m=snakemake.params.tolerance_m,
    )
    write_table(regions, Path(snakemake.output.regions))
    write_table(sites, Path(snakemake.output.sites))
    logging.info("%d regions of %d sites", len(regions), len(sites))
