from pathlib import Path

from _job import job
from _tables import load, load_overlays

from asmgold.io.tables import write_csv, write_table
from asmgold.regions.elsewhere import note_elsewhere
from asmgold.regions.overlays import intersect, measure_units

with job(snakemake):
    params, paths, output = snakemake.params, snakemake.input, snakemake.output
    area, regions, sites = load(paths, "area", "regions", "sites").values()
    overlays = load_overlays(paths, params.overlays)
    for name, layer in overlays.items():
        note_elsewhere(f"overlays.{name}", layer, area)
    intersections, summary = intersect(regions, sites, overlays, params.within)
    write_table(intersections, Path(output.intersections))
    write_csv(summary, Path(output.summary))
    if params.group_by:
        write_csv(measure_units(regions, sites, overlays, params.group_by), Path(output.units[0]))
