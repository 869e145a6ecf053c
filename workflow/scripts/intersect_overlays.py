from pathlib import Path

from _job import job

from asmgold.overlays import intersect
from asmgold.publish import read_table, write_csv, write_table
from asmgold.schemas import REGIONS, SITES

with job(snakemake):
    within = snakemake.params.within
    intersections, summary = intersect(
        read_table(Path(snakemake.input.regions), REGIONS),
        read_table(Path(snakemake.input.sites), SITES),
        {name: read_table(Path(path)) for name, path in zip(within, snakemake.input.overlays, strict=True)},
        within,
    )
    write_table(intersections, Path(snakemake.output.intersections))
    write_csv(summary, Path(snakemake.output.summary))
