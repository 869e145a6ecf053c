from pathlib import Path

from _job import job

from asmgold.publish import draw_map, read_table
from asmgold.schemas import REGIONS, SITES

with job(snakemake):
    params, paths = snakemake.params, snakemake.input
    draw_map(
        Path(snakemake.output[0]),
        title=f"ASM gold regions of {params.area_title}",
        subtitle=f"{params.buffer_km:g} km around mines and deposits of gold on record",
        credit="Data: " + "; ".join(params.producers) + ".",
        area=read_table(Path(paths.area)),
        regions=read_table(Path(paths.regions), REGIONS),
        sites=read_table(Path(paths.sites), SITES),
        overlays={
            name: read_table(Path(path)) for name, path in zip(params.overlay_titles, paths.overlays, strict=True)
        },
        overlay_titles=params.overlay_titles,
    )
