import logging
from pathlib import Path

import pandas as pd
from _job import job
from _tables import load

from asmgold.config.models import Correction, DepositSettings, Radii
from asmgold.io.tables import read_table, write_table
from asmgold.records.classify import classify
from asmgold.records.radii import radii_km

with job(snakemake):
    rows = pd.concat([read_table(Path(path)) for path in snakemake.input.rows], ignore_index=True)
    # Countries and the units of an area, such as departments, whose middles are known then.
    divisions = {
        name: read_table(Path(path))[[field, "geometry"]].rename(columns={field: "name"})
        for (name, field), path in zip(snakemake.params.units_only.items(), snakemake.input.divisions, strict=True)
    }
    for missing in [*([] if snakemake.input.countries else ["countries"]), *([] if divisions else ["divisions"])]:
        logging.warning("there is no layer of %s, so no position is known as the centroid of one", missing)
    records = classify(
        rows,
        **load(snakemake.input, "area", "countries"),
        corrections=[Correction(**correction) for correction in snakemake.params.corrections],
        buffer_m=1000 * radii_km(rows, Radii(**snakemake.params.buffer_km)),
        tolerance_m=snakemake.params.tolerance_m,
        include_plants=snakemake.params.include_plants,
        exclude_administrative=snakemake.params.administrative_positions == "exclude",
        divisions=divisions,
        commodity=snakemake.params.commodity,
        language=snakemake.params.language,
        deposits=DepositSettings(**snakemake.params.deposits),
    )
    write_table(records, Path(snakemake.output[0]))
    logging.info("%d records, %d of them sites", len(records), (records["fate"] == "site").sum())
