import logging
from pathlib import Path

from _job import check_unchanged, job

from asmgold.config.models import Evidence
from asmgold.io.tables import read_table, write_table
from asmgold.regions.elsewhere import note_elsewhere
from asmgold.sources.evidence import read_evidence

with job(snakemake):
    params, paths = snakemake.params, snakemake.input
    area = read_table(Path(paths.area))
    for name, path, output, lock, content, values in zip(
        params.names, paths.files, snakemake.output, params.locks, params.contents, params.evidence, strict=True
    ):
        check_unchanged(Path(path), lock, content)
        observed = read_evidence(Path(path), Evidence(**values))
        note_elsewhere(f"evidence.{name}", observed, area)
        write_table(observed, Path(output))
        logging.info("%s: %d features", path, len(observed))
