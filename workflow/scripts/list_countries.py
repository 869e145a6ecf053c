import logging
from pathlib import Path

import pandas as pd
from _job import job

from asmgold.national import country_summary

with job(snakemake):
    rows = pd.concat([pd.read_parquet(path) for path in snakemake.input], ignore_index=True)
    table = country_summary(rows)
    table.round(6).to_csv(Path(snakemake.output[0]), index=False)
    logging.info("%d countries, %d of them with sites", len(table), (table["sites"] > 0).sum())
