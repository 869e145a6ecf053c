import logging
from pathlib import Path

from _job import job

from asmgold.publish import publish

with job(snakemake):
    publish([Path(path) for path in snakemake.input], Path(snakemake.output[0]).parent)
    logging.info("%d products are in place", len(snakemake.output))
