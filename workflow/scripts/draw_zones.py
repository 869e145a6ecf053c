import logging
from pathlib import Path

from _job import job
from _tables import load

from asmgold.io.tables import write_table
from asmgold.regions.further import regions_by, rings

with job(snakemake):
    params = snakemake.params
    records, sites, area = load(snakemake.input, "records", "sites", "area").values()
    tables = {}
    if params.rings_km:
        tables["rings.parquet"] = rings(records, area, params.rings_km, tolerance_m=params.tolerance_m)
    if params.dissolve_by:
        tables["regions_by.parquet"] = regions_by(sites, area, params.dissolve_by, tolerance_m=params.tolerance_m)
    for path in map(Path, snakemake.output):
        write_table(tables[path.name], path)
    logging.info("%s", ", ".join(f"{len(table)} rows of {name}" for name, table in tables.items()))
