"""Time and memory of the rasters of the whole world, each in a process of its own.

    python tests/benchmarks/benchmark_rasters.py
    python tests/benchmarks/benchmark_rasters.py --mrds mrds-csv.zip --major-deposits ofr20051294-csv.zip --rows 2560

The sites are the gold records of the two USGS zips or, by default, a generated set that is clustered like them.
`--rows` measures so many rows of the grid from 70 degrees north; without it the grid is the globe.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

PROJECT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(PROJECT / "workflow"), str(PROJECT)]


def make(name: str, sites: Path, cell_arcsec: int, rows: int | None, threads: int) -> None:
    """Write one raster and say what it took; called in a process of its own."""
    from asmgold.geodesy.union import union_of_discs
    from asmgold.rasters.cog import write_raster
    from asmgold.rasters.distance import distance_to_nearest
    from asmgold.rasters.fields import density_of_sites, fraction_covered
    from asmgold.rasters.grid import Grid
    from asmgold.schemas.rasters import RASTERS
    from tests.benchmarks.benchmark_union import _peak_mb

    with np.load(sites) as stored:
        lon, lat = stored["lon"], stored["lat"]
    top = 70 * 3600 // cell_arcsec if rows else 90 * 3600 // cell_arcsec
    grid = Grid(cell_arcsec, -648_000 // cell_arcsec, top, 1_296_000 // cell_arcsec, rows or 648_000 // cell_arcsec)
    product = next(product for product in RASTERS if product.name == name)
    start, started = time.perf_counter(), time.process_time()
    field = {
        "distance_to_gold_km": lambda: distance_to_nearest(lon, lat),
        "gold_sites_per_100km2": lambda: density_of_sites(lon, lat, 20, cell_arcsec),
        "asm_gold_region_fraction": lambda: fraction_covered(union_of_discs(lon, lat, 20_000)),
    }[name]()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.tif"
        write_raster(path, grid, product, field, {}, threads=threads)
        size = path.stat().st_size / 1e6
    seconds, processor = time.perf_counter() - start, time.process_time() - started
    cells = grid.width * grid.height / 1e6
    print(
        f"| {name} | {cells:,.0f} | {seconds:,.0f} | {processor:,.0f} | {_peak_mb():,.0f} | {size:,.0f} |", flush=True
    )


def main() -> None:
    from asmgold.schemas.rasters import RASTERS
    from tests.benchmarks.benchmark_union import generated_sites, sites_of_usgs, store

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mrds", type=Path, help="the zip of MRDS, together with --major-deposits")
    parser.add_argument("--major-deposits", type=Path, help="the zip of Major mineral deposits of the world")
    parser.add_argument("--cell-arcsec", type=int, default=30)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", choices=[product.name for product in RASTERS])
    parser.add_argument("--stored", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.stored:
        make(options.only, options.stored, options.cell_arcsec, options.rows, options.threads)
        return
    sites = sites_of_usgs(options.mrds, options.major_deposits) if options.mrds else generated_sites(25_000)
    print(f"{sites[0].size} sites, cells of {options.cell_arcsec} arc-seconds, {options.threads} threads\n")
    print("| raster | million cells | time, s | processor time, s | peak memory, MB | file, MB |", flush=True)
    print("| --- | ---: | ---: | ---: | ---: | ---: |", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        stored = store(sites, Path(folder), "sites")
        for name in [options.only] if options.only else [product.name for product in RASTERS]:
            command = [sys.executable, __file__, "--only", name, "--stored", str(stored)]
            command += ["--cell-arcsec", str(options.cell_arcsec), "--threads", str(options.threads)]
            subprocess.run([*command, *(["--rows", str(options.rows)] if options.rows else [])], check=True)


if __name__ == "__main__":
    main()
