import logging
from pathlib import Path

from _job import job, pinned_file

from asmgold.config.models import Evidence
from asmgold.evidence.observations import read_evidence
from asmgold.io.tables import write_table

with job(snakemake):
    seen = read_evidence(pinned_file(snakemake), Evidence(**snakemake.params.evidence))
    write_table(seen, Path(snakemake.output[0]))
    logging.info("%s: %d features", snakemake.input[0], len(seen))
