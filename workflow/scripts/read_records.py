import logging
from pathlib import Path

from _job import check_unchanged, job

from asmgold.config.models import Points
from asmgold.io.tables import write_table
from asmgold.sources.records import read_records
from asmgold.vocabulary.commodities import COMMODITIES

with job(snakemake):
    params = snakemake.params
    commodity = COMMODITIES[params.commodity]
    for name, path, output, lock, content, reader in zip(
        params.names, snakemake.input, snakemake.output, params.locks, params.contents, params.readers, strict=True
    ):
        check_unchanged(Path(path), lock, content)
        if reader is None:
            from asmgold.sources.points import read_points  # which loads what other scenarios do without

            rows = read_points(Path(path), Points(**params.points[name]), name, commodity)
        else:
            rows = read_records(Path(path), reader, commodity)
        write_table(rows, Path(output))
        logging.info("%s: %d rows", path, len(rows))
