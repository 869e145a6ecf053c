import logging
from pathlib import Path

import pandas as pd
from _job import job
from _tables import load

from asmgold.config.models import Correction
from asmgold.publish.context import Context
from asmgold.publish.country import write_country
from asmgold.regions.by_country import by_country

with job(snakemake):
    params, paths = snakemake.params, snakemake.input
    folder = Path(snakemake.output[0])
    folder.mkdir(exist_ok=True)
    rows = []
    records, countries, towns = load(paths, "records", "countries", "towns").values()
    context = Context(**params.context)
    nations = by_country(
        records,
        countries,
        params.codes,
        tolerance_m=params.tolerance_m,
        commodity=params.commodity,
        towns=towns,
        language=context.language,
    )
    for nation in nations:
        write_country(
            folder / nation.code,
            nation,
            context=context,
            countries=countries,
            corrections=[Correction(**correction) for correction in params.corrections],
            with_page=params.with_page,
        )
        rows.append(nation.summary)
    pd.DataFrame(rows).to_parquet(folder / "summary.parquet", index=False)
    logging.info("%s to %s: %d countries, %d sites", params.codes[0], params.codes[-1], len(rows),
                 sum(row["sites"] for row in rows))  # fmt: skip
