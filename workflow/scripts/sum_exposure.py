from pathlib import Path

import pandas as pd
from _job import check_pinned, job

from asmgold.config.models import Exposure
from asmgold.io.tables import read_table, write_csv
from asmgold.rasters.zonal import expose
from asmgold.regions.overlays import zones_of
from asmgold.schemas.tables import OVERLAYS, REGIONS

with job(snakemake):
    params, paths = snakemake.params, snakemake.input
    within = params.within
    overlays = {name: read_table(Path(path)) for name, path in zip(within, paths.overlays, strict=True)}
    tables = []
    for (name, values), path, lock in zip(params.exposures.items(), paths.rasters, params.locks, strict=True):
        check_pinned(Path(path), lock)
        tables.append(
            expose(
                name,
                Path(path),
                Exposure(**values),
                read_table(Path(paths.area)),
                read_table(Path(paths.regions), REGIONS),
                zones_of(overlays, within),
                read_table(Path(paths.intersections), OVERLAYS),
            )
        )
    summaries, by_region = zip(*tables, strict=True)
    write_csv(pd.concat(summaries), Path(snakemake.output.summary))
    write_csv(pd.concat(by_region), Path(snakemake.output.regions))
