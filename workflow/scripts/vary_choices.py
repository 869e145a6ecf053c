import logging
from pathlib import Path

import pandas as pd
from _evidence import zones_and_seen
from _job import job

from asmgold.config.models import Correction
from asmgold.evidence.sensitivity import Choices, sensitivity
from asmgold.io.tables import read_table, write_csv
from asmgold.schemas.tables import READ_RECORDS, RECORDS

with job(snakemake):
    params, paths = snakemake.params, snakemake.input
    zones, seen = zones_and_seen(snakemake)
    configured = Choices(
        buffer_km=params.buffer_km,
        tolerance_m=params.tolerance_m,
        include_refineries=params.include_refineries,
        corrections=tuple(Correction(**correction) for correction in params.corrections),
    )
    table = sensitivity(
        pd.concat([read_table(Path(path), READ_RECORDS) for path in paths.rows], ignore_index=True),
        read_table(Path(paths.records), RECORDS),
        zones,
        seen,
        configured,
    )
    write_csv(table, Path(snakemake.output[0]))
    logging.info("%d variants", table.groupby(["choice", "variant"]).ngroups)
