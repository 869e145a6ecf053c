import logging
from pathlib import Path

from _job import job, pinned_file

from asmgold.config.models import Evidence
from asmgold.io.tables import write_table
from asmgold.sources.evidence import read_evidence

with job(snakemake):
    observed = read_evidence(pinned_file(snakemake), Evidence(**snakemake.params.evidence))
    write_table(observed, Path(snakemake.output[0]))
    logging.info("%s: %d features", snakemake.input[0], len(observed))
