import logging
from pathlib import Path

from _job import job
from _tables import load, load_each, load_overlays

from asmgold.publish.context import Context
from asmgold.publish.map.brief import draw_brief
from asmgold.publish.map.content import Content
from asmgold.publish.map.sheet import draw_map

with job(snakemake):
    paths, context = snakemake.input, Context(**snakemake.params.context)
    content = Content(
        **load(paths, "area", "regions", "sites", "intersections", "summary", "countries", "seen", "rings"),
        overlays=load_overlays(paths, context.overlay_titles),
        context=context,
        backdrop=load_each(paths.backdrop),
        tables=load_each(paths.tables),
    )
    pdf, png, brief = map(Path, snakemake.output)
    draw_map(pdf, png, content)
    draw_brief(brief, content)
    logging.info("%s, %s, %s", pdf.name, png.name, brief.name)
