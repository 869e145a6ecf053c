from pathlib import Path

from _job import job

from asmgold.evidence import production, read_production
from asmgold.publish.evidence import Naming, figures, read_tables, save_png

with job(snakemake):
    params = snakemake.params
    folder = Path(snakemake.output[0]).parent
    if snakemake.input.production:
        table = production(read_production(Path(snakemake.input.production)))
        table.round(3).to_csv(folder / "context_production.csv", index=False)
    made = [Path(path) for path in [*snakemake.input, *snakemake.output] if path.endswith(".csv")]
    tables = read_tables(path for path in made if path.parent == folder)
    for name, figure in figures(tables, Naming(**params.naming), params.language, params.buffer_km).items():
        save_png(figure, folder / f"{name}.png")
