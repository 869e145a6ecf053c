from pathlib import Path

from _job import job
from _tables import load, load_each, load_overlays

from asmgold.config.models import Correction
from asmgold.publish.context import Context
from asmgold.publish.geopackage import write_geopackage

with job(snakemake):
    paths, params = snakemake.input, snakemake.params
    write_geopackage(
        Path(snakemake.output[0]),
        context=Context(**params.context),
        **load(paths, "regions", "sites", "intersections", "area", "countries", "records", "missed", "seen"),
        overlays=load_overlays(paths, params.overlays),
        zones=load_each(paths.zones),
        backdrop=load_each(paths.backdrop),
        tables=load_each(paths.tables),
        corrections=[Correction(**correction) for correction in params.corrections],
    )
