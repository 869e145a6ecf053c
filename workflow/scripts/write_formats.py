import logging
from pathlib import Path

from _job import job
from _tables import load

from asmgold.publish.formats import write_formats

with job(snakemake):
    paths = [Path(path) for path in snakemake.output]
    tables = load(snakemake.input, "regions", "sites")
    write_formats(paths[0].parent, [path.name for path in paths], **tables, date=snakemake.params.date)
    logging.info("%s", ", ".join(path.name for path in paths))
