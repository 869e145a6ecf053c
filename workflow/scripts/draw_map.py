from pathlib import Path

import pandas as pd
from _job import job

from asmgold.io.tables import read_table
from asmgold.publish.context import Context
from asmgold.publish.map.content import Content
from asmgold.publish.map.sheet import draw_map
from asmgold.schemas.tables import COUNTRIES, OVERLAY_SUMMARY, OVERLAYS, REGIONS, SITES

with job(snakemake):
    params, paths = snakemake.params, snakemake.input
    context = Context(**params.context)
    content = Content(
        area=read_table(Path(paths.area)),
        regions=read_table(Path(paths.regions), REGIONS),
        sites=read_table(Path(paths.sites), SITES),
        intersections=read_table(Path(paths.intersections), OVERLAYS),
        summary=OVERLAY_SUMMARY.validate(pd.read_csv(paths.summary)),
        countries=read_table(Path(paths.countries), COUNTRIES) if paths.countries else None,
        overlays={
            name: read_table(Path(path)) for name, path in zip(context.overlay_titles, paths.overlays, strict=True)
        },
        context=context,
    )
    draw_map(Path(snakemake.output.pdf), Path(snakemake.output.png), content)
