import logging
from pathlib import Path

from _job import job

from asmgold.evidence.production import production
from asmgold.io.tables import write_csv
from asmgold.publish.context import Context
from asmgold.publish.figures import save_png
from asmgold.publish.page.evidence import figures, read_tables
from asmgold.sources.small_tables import read_production

with job(snakemake):
    params = snakemake.params
    folder = Path(snakemake.output[0]).parent
    if snakemake.input.production:
        table = production(read_production(Path(snakemake.input.production)))
        write_csv(table, folder / "context_production.csv", decimals=3)
    made = [Path(path) for path in [*snakemake.input, *snakemake.output] if path.endswith(".csv")]
    tables = read_tables(path for path in made if path.parent == folder)
    pictures = figures(tables, Context(**params.context))
    for name, drawn in pictures.items():
        save_png(drawn, folder / f"{name}.png")
    logging.info("%d pictures of the evidence", len(pictures))
