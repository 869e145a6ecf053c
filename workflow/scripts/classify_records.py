import logging
from pathlib import Path

import pandas as pd
from _job import job

from asmgold.config.models import Correction, DepositSettings
from asmgold.io.tables import read_table, write_table
from asmgold.records.classify import classify
from asmgold.schemas.tables import COUNTRIES, READ_RECORDS

with job(snakemake):
    rows = pd.concat([read_table(Path(path), READ_RECORDS) for path in snakemake.input.rows], ignore_index=True)
    area = read_table(Path(snakemake.input.area))
    countries = read_table(Path(snakemake.input.countries), COUNTRIES) if snakemake.input.countries else None
    records = classify(
        rows,
        area,
        countries,
        [Correction(**correction) for correction in snakemake.params.corrections],
        buffer_m=1000 * snakemake.params.buffer_km,
        tolerance_m=snakemake.params.tolerance_m,
        include_refineries=snakemake.params.include_refineries,
        commodity=snakemake.params.commodity,
        deposits=DepositSettings(**snakemake.params.deposits),
    )
    write_table(records, Path(snakemake.output[0]))
    logging.info("%d records, %d of them sites", len(records), (records["fate"] == "site").sum())
