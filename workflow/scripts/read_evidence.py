import logging
from pathlib import Path

import shapely
from _job import job
from _layers import read_each

from asmgold.config.models import Evidence
from asmgold.io.tables import read_table
from asmgold.regions.elsewhere import note_elsewhere
from asmgold.sources.evidence import read_evidence

with job(snakemake):
    params, paths = snakemake.params, snakemake.input
    area = read_table(Path(paths.area))
    zones = [area, *(read_table(Path(path)) for path in paths.overlays)]
    bounds = tuple(shapely.total_bounds([shapely.box(*zone.total_bounds) for zone in zones]))

    def read(number, path: Path):
        # What lies beyond all zones counts in none. A file of the user's own is read whole: nobody has checked it yet.
        near = bounds if params.locks[number] else None
        observed = read_evidence(path, Evidence(**params.evidence[number]), near)
        note_elsewhere(f"evidence.{params.names[number]}", observed, area)
        logging.info("%s: %d features", path, len(observed))
        return observed

    read_each(paths.files, params, snakemake.output, read)
