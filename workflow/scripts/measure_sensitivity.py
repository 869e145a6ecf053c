import logging
from pathlib import Path

from _evidence import zones_and_observations
from _job import job
from _tables import load

from asmgold.evidence.sensitivity import Configuration, sensitivity
from asmgold.io.tables import write_csv

with job(snakemake):
    paths, params = snakemake.input, snakemake.params
    zones, observations = zones_and_observations(paths, params)
    records = load(paths, "records")["records"]
    table = sensitivity(records, zones, observations, Configuration(**params.configuration))
    write_csv(table, Path(snakemake.output[0]))
    logging.info("%d variants", table.groupby(["choice", "variant"]).ngroups)
