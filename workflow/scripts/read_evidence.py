import logging
from pathlib import Path

import shapely
from _job import check_unchanged, job

from asmgold.config.models import Evidence
from asmgold.io.files import write_json
from asmgold.io.tables import read_table, write_table
from asmgold.regions.elsewhere import note_elsewhere
from asmgold.sources.evidence import read_evidence
from asmgold.sources.mending import MENDED

with job(snakemake):
    params, paths = snakemake.params, snakemake.input
    area = read_table(Path(paths.area))
    zones = [area, *(read_table(Path(path)) for path in paths.overlays)]
    west, south, east, north = shapely.total_bounds([shapely.box(*zone.total_bounds) for zone in zones])
    mended: dict[str, list[str]] = {}
    for name, path, output, lock, content, values, origin in zip(
        params.names,
        paths.files,
        snakemake.output.layers,
        params.locks,
        params.contents,
        params.evidence,
        params.origins,
        strict=True,
    ):
        check_unchanged(Path(path), lock, content)
        # What lies beyond all zones counts in none. A file of the user's own is read whole: nobody has checked it yet.
        near = (west, south, east, north) if lock else None
        observed = read_evidence(Path(path), Evidence(**values), near)
        note_elsewhere(f"evidence.{name}", observed, area)
        mended |= {origin: told} if (told := observed.attrs.pop(MENDED, None)) else {}
        write_table(observed, Path(output))
        logging.info("%s: %d features", path, len(observed))
    write_json(mended, Path(snakemake.output.mended))
