import logging
from pathlib import Path

from _job import check_unchanged, job

from asmgold.config.models import Layer
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.io.files import write_json
from asmgold.io.tables import write_table
from asmgold.sources.mending import MENDED
from asmgold.sources.vector import read_area, read_lines, read_polygons

READERS = {"area": read_area, "lines": read_lines, "polygons": read_polygons}

with job(snakemake):
    params = snakemake.params
    mended: dict[str, list[str]] = {}
    for path, output, lock, content, values, kind, origin in zip(
        snakemake.input,
        snakemake.output.layers,
        params.locks,
        params.contents,
        params.layers,
        params.kinds,
        params.origins,
        strict=True,
    ):
        check_unchanged(Path(path), lock, content)
        layer = READERS[kind](Path(path), Layer(**values))
        mended |= {origin: told} if (told := layer.attrs.pop(MENDED, None)) else {}
        write_table(layer, Path(output))
        km2 = polygon_area(layer.geometry.array).sum() / 1e6
        logging.info("%s: %d %s", path, len(layer), "lines" if kind == "lines" else f"polygons of {km2:,.0f} km2")
    write_json(mended, Path(snakemake.output.mended))
