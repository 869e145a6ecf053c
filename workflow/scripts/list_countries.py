import logging
import os
from pathlib import Path

import pandas as pd
from _job import job

from asmgold.io.tables import write_csv
from asmgold.regions.by_country import country_summary

with job(snakemake):
    batches, folder = [Path(batch) for batch in snakemake.input], Path(snakemake.output.folder)
    table = country_summary(pd.concat([pd.read_parquet(batch / "summary.parquet") for batch in batches]))
    write_csv(table, Path(snakemake.output.table))
    for path in (path for batch in batches for path in batch.glob("*/*")):
        (folder / path.parent.name).mkdir(parents=True, exist_ok=True)
        os.link(path, folder / path.parent.name / path.name)  # the same file under a second name, without a copy
    logging.info("%d countries, %d of them with sites", len(table), (table["sites"] > 0).sum())
