import logging
from pathlib import Path

from _job import job
from _tables import load, load_each, load_overlays, with_mended

from asmgold.config.models import Correction
from asmgold.publish.context import Context
from asmgold.publish.page.evidence import context_section, evidence_section, read_tables
from asmgold.publish.page.results import Results
from asmgold.publish.page.write import write_page

with job(snakemake):
    params, paths = snakemake.params, snakemake.input
    context = Context(**params.context)
    tables = read_tables([Path(table) for table in [*paths.evidence, *paths.units]])
    if paths.of_countries:
        tables |= load_each([paths.of_countries])
    results = Results(
        **load(paths, "regions", "sites", "records", "intersections", "summary", "area", "countries"),
        **load(paths, "exposure", "seen", "rings"),
        overlays=load_overlays(paths, context.overlay_titles),
        backdrop=load_each(paths.backdrop),
        settings=params.settings,
        sources=with_mended(params.sources, paths.mended),
        corrections=[Correction(**correction) for correction in params.corrections],
        products=params.products,
        tables=tables,
    )
    sections = [evidence_section(tables, context), context_section(tables, context)]
    write_page(Path(snakemake.output[0]), results, context, [section for section in sections if section is not None])
    logging.info("index.html")
