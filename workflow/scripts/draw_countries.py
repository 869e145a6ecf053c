import logging
import shutil
from pathlib import Path

import pandas as pd
from _job import job
from _tables import load

from asmgold.config.models import Correction
from asmgold.io.checksum import sha256_of
from asmgold.publish.context import Context
from asmgold.publish.country import keep, kept_folder, write_country
from asmgold.regions.by_country import by_country

with job(snakemake):
    params, paths = snakemake.params, snakemake.input
    folder = Path(snakemake.output[0])
    folder.mkdir(exist_ok=True)
    kept = folder.parents[1] / "countries_kept"  # where Snakemake, which clears a job's outputs, does not look
    rows, taken = [], 0
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
    told = {key: params[key] for key in ("code", "commodity", "tolerance_m", "context", "with_page")}
    borders = sha256_of(Path(paths.countries))
    for nation in nations:
        known = set(nation.records["record_id"])
        stated = [correction for correction in params.corrections if correction["record"] in known]
        target = folder / nation.code
        before = kept_folder(kept, nation, [told, borders, stated])
        if before.is_dir():
            shutil.copytree(before, target)
            taken += 1
        else:
            try:
                write_country(
                    target,
                    nation,
                    context=context,
                    countries=countries,
                    corrections=[Correction(**correction) for correction in stated],
                    with_page=params.with_page,
                )
            except Exception as error:
                error.add_note(f"{nation.name} ({nation.code})")
                raise
            keep(target, before)
        rows.append(nation.summary)
    pd.DataFrame(rows).to_parquet(folder / "summary.parquet", index=False)
    logging.info("%s to %s: %d countries, %d sites%s", params.codes[0], params.codes[-1], len(rows),
                 sum(row["sites"] for row in rows), f"; {taken} countries as before" if taken else "")  # fmt: skip
