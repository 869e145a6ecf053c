import logging
from pathlib import Path

from _job import job
from _tables import load

from asmgold.publish.context import Context
from asmgold.publish.formats import write_formats

with job(snakemake):
    paths = [Path(path) for path in snakemake.output]
    tables = load(snakemake.input, "regions", "sites", "countries")
    context = Context(**snakemake.params.context)
    names, attribution = [path.name for path in paths], "; ".join(context.producers)
    write_formats(paths[0].parent, names, **tables, date=context.date, attribution=attribution)
    logging.info("%s", ", ".join(path.name for path in paths))
