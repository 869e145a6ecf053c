import logging
from pathlib import Path
from typing import Any

from _job import check_unchanged, job, take_from_another_scenario


def read_each(params: Any, inputs: list[str], outputs: list[str]) -> None:
    # Only a job that reads pays for what that loads.
    from asmgold.config.models import Points
    from asmgold.io.tables import write_table
    from asmgold.sources.records import read_records
    from asmgold.vocabulary.commodities import COMMODITIES

    commodity = COMMODITIES[params.commodity]
    for name, path, output, lock, content, reader in zip(
        params.names, inputs, outputs, params.locks, params.contents, params.readers, strict=True
    ):
        check_unchanged(Path(path), lock, content)
        if reader is None:
            from asmgold.sources.points import read_points  # which loads what other scenarios do without

            rows = read_points(Path(path), Points(**params.points[name]), name, commodity)
        else:
            rows = read_records(Path(path), reader, commodity)
        write_table(rows, Path(output))
        logging.info("%s: %d rows", path, len(rows))


with job(snakemake):
    if not take_from_another_scenario(snakemake):
        read_each(snakemake.params, snakemake.input, snakemake.output)
