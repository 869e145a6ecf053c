import logging
from pathlib import Path

import pandas as pd
from _job import job

from asmgold.io.tables import write_csv
from asmgold.regions.by_country import country_summary

with job(snakemake):
    rows = pd.concat([pd.read_parquet(path) for path in snakemake.input], ignore_index=True)
    table = country_summary(rows)
    write_csv(table, Path(snakemake.output[0]))
    logging.info("%d countries, %d of them with sites", len(table), (table["sites"] > 0).sum())
