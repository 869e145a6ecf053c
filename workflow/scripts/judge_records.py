import logging
from pathlib import Path

import pandas as pd
from _job import job

from asmgold.config import Correction
from asmgold.errors import InputError
from asmgold.publish import read_table, write_table
from asmgold.records import judge
from asmgold.schemas import READ_RECORDS

with job(snakemake):
    rows = pd.concat([read_table(Path(path), READ_RECORDS) for path in snakemake.input.rows], ignore_index=True)
    area = read_table(Path(snakemake.input.area))
    code_field = snakemake.params.code_field
    if code_field is not None and code_field not in area.columns:
        fields = ", ".join(area.columns.drop("geometry"))
        raise InputError(f"configuration: area.code_field is {code_field!r}, one of its fields was expected: {fields}")
    records = judge(
        rows,
        area,
        [Correction(**correction) for correction in snakemake.params.corrections],
        buffer_m=1000 * snakemake.params.buffer_km,
        tolerance_m=snakemake.params.tolerance_m,
        include_refineries=snakemake.params.include_refineries,
        country_codes=None if code_field is None else area[code_field].tolist(),
    )
    write_table(records, Path(snakemake.output[0]))
    logging.info("%d records, %d of them sites", len(records), (records["fate"] == "site").sum())
