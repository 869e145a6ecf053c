import logging
from pathlib import Path

from _job import check_unchanged, job

from asmgold.io.tables import write_table
from asmgold.sources.records import read_records
from asmgold.vocabulary.commodities import COMMODITIES

with job(snakemake):
    params = snakemake.params
    commodity = COMMODITIES[params.commodity]
    for path, output, lock, reader in zip(snakemake.input, snakemake.output, params.locks, params.readers, strict=True):
        check_unchanged(Path(path), lock, {})
        rows = read_records(Path(path), reader, commodity)
        write_table(rows, Path(output))
        logging.info("%s: %d rows", path, len(rows))
