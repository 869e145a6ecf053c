from pathlib import Path

from _job import job

from asmgold.overlays import intersect, measure_units
from asmgold.publish import read_table, write_table
from asmgold.schemas import REGIONS, SITES

with job(snakemake):
    params, paths, output = snakemake.params, snakemake.input, snakemake.output
    regions, sites = read_table(Path(paths.regions), REGIONS), read_table(Path(paths.sites), SITES)
    overlays = {name: read_table(Path(path)) for name, path in zip(params.within, paths.overlays, strict=True)}
    intersections, summary = intersect(regions, sites, overlays, params.within)
    write_table(intersections, Path(output.intersections))
    summary.round(6).to_csv(output.summary, index=False)
    if params.by:
        measure_units(regions, sites, overlays, params.by).round(6).to_csv(output.units[0], index=False)
