import logging
from pathlib import Path

from _job import job
from _tables import load

from asmgold.io.tables import write_table
from asmgold.regions.dissolve import dissolve

with job(snakemake):
    params, output = snakemake.params, snakemake.output
    tables = load(snakemake.input, "records", "area", "towns")
    regions, sites = dissolve(**tables, tolerance_m=params.tolerance_m, language=params.language)
    write_table(regions, Path(output.regions))
    write_table(sites, Path(output.sites))
    logging.info("%d regions of %d sites", len(regions), len(sites))
