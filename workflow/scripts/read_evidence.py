import logging
from pathlib import Path

from _job import check_unchanged, job

from asmgold.config.models import Evidence
from asmgold.io.tables import write_table
from asmgold.sources.evidence import read_evidence

with job(snakemake):
    params = snakemake.params
    for path, output, lock, content, values in zip(
        snakemake.input, snakemake.output, params.locks, params.contents, params.evidence, strict=True
    ):
        check_unchanged(Path(path), lock, content)
        observed = read_evidence(Path(path), Evidence(**values))
        write_table(observed, Path(output))
        logging.info("%s: %d features", path, len(observed))
