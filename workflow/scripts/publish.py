import logging
from pathlib import Path

from _job import job

from asmgold.publish.promote import publish

with job(snakemake):
    publish(Path(snakemake.input.manifest).parent, Path(snakemake.output.manifest).parent)
    logging.info("%d products are in place", len(snakemake.output))
