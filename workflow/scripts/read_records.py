import logging
from pathlib import Path

from _job import job, pinned_file

from asmgold.io.tables import write_table
from asmgold.sources.usgs import read_records
from asmgold.vocabulary.commodities import COMMODITIES

with job(snakemake):
    rows = read_records(pinned_file(snakemake), snakemake.params.reader, COMMODITIES[snakemake.params.commodity])
    write_table(rows, Path(snakemake.output[0]))
    logging.info("%s: %d rows", snakemake.input[0], len(rows))
