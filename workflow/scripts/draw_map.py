from pathlib import Path

import pandas as pd
from _job import job

from asmgold.io.tables import read_table
from asmgold.publish.map.content import Content
from asmgold.publish.map.sheet import draw_map
from asmgold.publish.messages import load_words
from asmgold.schemas.tables import COUNTRIES, OVERLAY_SUMMARY, OVERLAYS, REGIONS, SITES

with job(snakemake):
    params, paths = snakemake.params, snakemake.input
    content = Content(
        area=read_table(Path(paths.area)),
        regions=read_table(Path(paths.regions), REGIONS),
        sites=read_table(Path(paths.sites), SITES),
        intersections=read_table(Path(paths.intersections), OVERLAYS),
        summary=OVERLAY_SUMMARY.validate(pd.read_csv(paths.summary)),
        countries=read_table(Path(paths.countries), COUNTRIES) if paths.countries else None,
        overlays={name: read_table(Path(path)) for name, path in zip(params.within, paths.overlays, strict=True)},
        titles=params.titles,
        within=params.within,
        buffer_km=params.buffer_km,
        credits=params.credits,
        language=params.language,
        words=load_words(params.language, "map", params.commodity),
    )
    draw_map(Path(snakemake.output.pdf), Path(snakemake.output.png), content)
