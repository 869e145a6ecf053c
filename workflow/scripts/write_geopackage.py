from pathlib import Path

from _job import job
from _tables import load, load_csvs, load_overlays

from asmgold.config.models import Correction
from asmgold.io.tables import read_table
from asmgold.publish.context import Context
from asmgold.publish.geopackage import write_geopackage

with job(snakemake):
    paths, params = snakemake.input, snakemake.params
    write_geopackage(
        Path(snakemake.output[0]),
        context=Context(**params.context),
        **load(paths, "regions", "sites", "intersections", "area", "countries", "records", "missed", "seen"),
        overlays=load_overlays(paths, params.overlays),
        zones={Path(path).stem: read_table(Path(path)) for path in paths.zones},
        backdrop={Path(path).stem: read_table(Path(path)) for path in paths.backdrop},
        tables=load_csvs(paths.tables),
        corrections=[Correction(**correction) for correction in params.corrections],
    )
