import logging
from pathlib import Path

from _job import job
from _layers import read_each

from asmgold.config.models import Layer, Towns
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.sources.vector import READERS

UNITS = {"lines": "lines", "towns": "settlements"}

with job(snakemake):
    params = snakemake.params

    def read(number, path: Path):
        kind = params.kinds[number]
        layer = READERS[kind](path, (Towns if kind == "towns" else Layer)(**params.layers[number]))
        km2 = polygon_area(layer.geometry.array).sum() / 1e6
        logging.info("%s: %d %s", path, len(layer), UNITS.get(kind, f"polygons of {km2:,.0f} km2"))
        return layer

    read_each(snakemake.input, params, snakemake.output, read)
