import logging
from pathlib import Path

import pandas as pd
from _job import job
from _tables import load

from asmgold.config.models import Correction, DepositSettings
from asmgold.io.tables import read_table, write_table
from asmgold.records.classify import classify

with job(snakemake):
    rows = pd.concat([read_table(Path(path)) for path in snakemake.input.rows], ignore_index=True)
    records = classify(
        rows,
        **load(snakemake.input, "area", "countries"),
        corrections=[Correction(**correction) for correction in snakemake.params.corrections],
        buffer_m=1000 * snakemake.params.buffer_km,
        tolerance_m=snakemake.params.tolerance_m,
        include_refineries=snakemake.params.include_refineries,
        commodity=snakemake.params.commodity,
        deposits=DepositSettings(**snakemake.params.deposits),
    )
    write_table(records, Path(snakemake.output[0]))
    logging.info("%d records, %d of them sites", len(records), (records["fate"] == "site").sum())
