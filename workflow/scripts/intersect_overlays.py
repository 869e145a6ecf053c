from pathlib import Path

from _job import job

from asmgold.io.tables import read_table, write_csv, write_table
from asmgold.regions.overlays import intersect, measure_units
from asmgold.schemas.tables import REGIONS, SITES

with job(snakemake):
    params, paths, output = snakemake.params, snakemake.input, snakemake.output
    regions, sites = read_table(Path(paths.regions), REGIONS), read_table(Path(paths.sites), SITES)
    overlays = {name: read_table(Path(path)) for name, path in zip(params.within, paths.overlays, strict=True)}
    intersections, summary = intersect(regions, sites, overlays, params.within)
    write_table(intersections, Path(output.intersections))
    write_csv(summary, Path(output.summary))
    if params.group_by:
        write_csv(measure_units(regions, sites, overlays, params.group_by), Path(output.units[0]))
