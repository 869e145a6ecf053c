from pathlib import Path

import pandas as pd
from _job import hashes, job

from asmgold.config.models import Correction
from asmgold.io.tables import read_table
from asmgold.publish.context import Context
from asmgold.publish.page.evidence import Naming, context_section, evidence_section, read_tables
from asmgold.publish.page.results import Results
from asmgold.publish.page.write import write_page
from asmgold.schemas.tables import COUNTRIES, EXPOSURE, OVERLAY_SUMMARY, OVERLAYS, RECORDS, REGIONS, SITES

with job(snakemake):
    params, paths = snakemake.params, snakemake.input
    context = Context(**params.context)
    results = Results(
        regions=read_table(Path(paths.regions), REGIONS),
        sites=read_table(Path(paths.sites), SITES),
        records=read_table(Path(paths.records), RECORDS),
        intersections=read_table(Path(paths.intersections), OVERLAYS),
        summary=OVERLAY_SUMMARY.validate(pd.read_csv(paths.summary)),
        area=read_table(Path(paths.area)),
        overlays={
            name: read_table(Path(path)) for name, path in zip(context.overlay_titles, paths.overlays, strict=True)
        },
        countries=read_table(Path(paths.countries), COUNTRIES) if paths.countries else None,
        exposure=EXPOSURE.validate(pd.read_csv(paths.exposure)) if paths.exposure else None,
        settings=params.settings,
        sources=params.sources | hashes(paths.own_files),
        corrections=[Correction(**correction) for correction in params.corrections],
        products=params.products,
    )
    tables = read_tables([Path(table) for table in paths.evidence])
    naming, language = Naming(**params.naming), context.language
    sections = [
        evidence_section(tables, naming, language, context.buffer_km),
        context_section(tables, language),
    ]
    write_page(Path(snakemake.output[0]), results, context, [section for section in sections if section is not None])
