import logging
from pathlib import Path

from _job import job
from _tables import load

from asmgold.publish.context import Context
from asmgold.publish.formats import write_formats

with job(snakemake):
    paths = [Path(path) for path in snakemake.output]
    date = Context(**snakemake.params.context).date
    write_formats(
        paths[0].parent, [path.name for path in paths], **load(snakemake.input, "regions", "sites"), date=date
    )
    logging.info("%s", ", ".join(path.name for path in paths))
