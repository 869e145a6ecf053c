import logging
from pathlib import Path

from _job import job

from asmgold.evidence.observations import read_zones_and_observations
from asmgold.evidence.sensitivity import Configuration, sensitivity
from asmgold.io.tables import read_table, write_csv
from asmgold.schemas.tables import RECORDS

with job(snakemake):
    paths, params = snakemake.input, snakemake.params
    zones, observations = read_zones_and_observations(
        paths.area, paths.overlays, params.within, paths.observations, params.parts
    )
    table = sensitivity(
        read_table(Path(paths.records), RECORDS), zones, observations, Configuration(**params.configuration)
    )
    write_csv(table, Path(snakemake.output[0]))
    logging.info("%d variants", table.groupby(["choice", "variant"]).ngroups)
