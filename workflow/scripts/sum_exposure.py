from pathlib import Path

import pandas as pd
from _job import check_unchanged, job
from _tables import load, load_overlays

from asmgold.config.models import Exposure
from asmgold.io.tables import write_csv
from asmgold.rasters.zonal import expose
from asmgold.regions.overlays import zones_of

with job(snakemake):
    params, paths = snakemake.params, snakemake.input
    area, regions, intersections = load(paths, "area", "regions", "intersections").values()
    zones = zones_of(load_overlays(paths, params.within), params.within)
    tables = []
    for (name, values), path, lock, content in zip(
        params.exposures.items(), paths.rasters, params.locks, params.contents, strict=True
    ):
        check_unchanged(Path(path), lock, content)
        tables.append(expose(name, Path(path), Exposure(**values), area, regions, zones, intersections))
    summaries, by_region = zip(*tables, strict=True)
    write_csv(pd.concat(summaries), Path(snakemake.output.summary))
    write_csv(pd.concat(by_region), Path(snakemake.output.regions))
