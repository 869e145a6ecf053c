"""The raster of distance on one country, beside other programs, in one run: time and error.

    python tests/benchmarks/benchmark_distance.py --mrds mrds-csv.zip --major-deposits ofr20051294-csv.zip
    python tests/benchmarks/benchmark_distance.py --peers PYTHON

The grid is that of Peru; the sites are the gold records of the two USGS zips that lie on it or, by default, as many
generated ones. GDAL is measured where `gdal_proximity.py` is on the PATH. PYTHON names an interpreter of a virtual
environment of your own with numpy, rasterio, xarray-spatial and whitebox-workflows; what it cannot import is left out,
with a note. Others are given a raster with 1 in each cell that holds a site, so they measure from the centre of that
cell; what they give in degrees is taken as 111.195 km each.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import rasterio

PROJECT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(PROJECT / "workflow"), str(PROJECT)]

from asmgold.geodesy.ellipsoid import NearestSite  # noqa: E402
from asmgold.rasters.grid import Grid  # noqa: E402
from tests.benchmarks.benchmark_union import sites_of_usgs  # noqa: E402

PERU = Grid(30, -9817, 50, 1636, 2307)
KM_OF_DEGREE = 111.195

OURS = """
import sys, numpy, rasterio
sys.path.insert(0, sys.argv[3])
from asmgold.rasters.cog import write_raster
from asmgold.rasters.distance import distance_to_nearest
from asmgold.rasters.grid import Grid
from asmgold.schemas.rasters import DISTANCE
from pathlib import Path
lon, lat = numpy.load(sys.argv[4])
write_raster(Path(sys.argv[2]), Grid(*map(int, sys.argv[5:])), DISTANCE, distance_to_nearest(lon, lat), {})
"""
XARRAY_SPATIAL = """
import sys, numpy, rasterio, xarray
from xrspatial import proximity
with rasterio.open(sys.argv[1]) as raster:
    burnt, at, profile = raster.read(1), raster.transform, raster.profile
rows, columns = burnt.shape
raster = xarray.DataArray(burnt.astype("float64"), dims=("y", "x"), coords={
    "y": at.f + at.e * (numpy.arange(rows) + 0.5), "x": at.c + at.a * (numpy.arange(columns) + 0.5)})
distance = proximity(raster, distance_metric="GREAT_CIRCLE").data / 1000
with rasterio.open(sys.argv[2], "w", **profile | {"dtype": "float32", "nodata": None}) as written:
    written.write(distance.astype("float32"), 1)
"""
WHITEBOX = """
import sys, whitebox_workflows
tools = whitebox_workflows.WbEnvironment()
tools.write_raster(tools.raster.euclidean_distance(input=tools.read_raster(sys.argv[1])), sys.argv[2])
"""


def commands(peers: str | None, positions: Path) -> dict[str, tuple[list[str], float]]:
    """The command of each way, to which the rasters read and written are added, and the kilometres of its unit."""
    numbers = [str(n) for n in (PERU.cell_arcsec, PERU.west, PERU.north, PERU.width, PERU.height)]
    ways = {
        "this project": (
            [sys.executable, "-c", OURS, "{}", "{}", str(PROJECT / "workflow"), str(positions), *numbers],
            1.0,
        )
    }
    if gdal := shutil.which("gdal_proximity.py", path=os.defpath):
        options = ["{}", "{}", "-distunits", "GEO", "-values", "1", "-ot", "Float32"]
        ways["GDAL `gdal_proximity.py`"] = ([gdal, *options], KM_OF_DEGREE)
    for name, module, program, unit in (
        ("xarray-spatial `proximity`, great circle", "xrspatial", XARRAY_SPATIAL, 1.0),
        ("whitebox-workflows `euclidean_distance`", "whitebox_workflows", WHITEBOX, KM_OF_DEGREE),
    ):
        if peers and not subprocess.run([peers, "-c", f"import {module}"], capture_output=True, check=False).returncode:
            ways[name] = ([peers, "-c", program, "{}", "{}"], unit)
        else:
            print(f"{name}: cannot be imported; left out", file=sys.stderr)
    return ways


def measure(command: list[str], read: Path, written: Path) -> tuple[float, float]:
    """Seconds of wall and of processor time of a process and those that it starts."""
    places = iter((read, written))
    filled = [str(next(places)) if word == "{}" else word for word in command]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    subprocess.run(filled, check=True, capture_output=True, env=environment)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def burn(lon: np.ndarray, lat: np.ndarray, path: Path) -> None:
    """A raster with 1 in each cell that holds a site and 0 elsewhere."""
    west, _, _, north = PERU.bounds
    cells = np.zeros(PERU.shape, np.uint8)
    cells[((north - lat) / PERU.cell).astype(int), ((lon - west) / PERU.cell).astype(int)] = 1
    with rasterio.open(
        path, "w", driver="GTiff", dtype="uint8", count=1, crs="EPSG:4326", transform=PERU.transform,
        width=PERU.width, height=PERU.height,
    ) as raster:  # fmt: skip
        raster.write(cells, 1)


def judge() -> Callable[[Path, float, NearestSite], tuple[float, float]]:
    """A function that gives the median and the worst error of a raster at 20,000 cells, metres."""
    cells = np.random.default_rng(5).choice(PERU.width * PERU.height, 20_000, replace=False)
    row, column = np.divmod(cells, PERU.width)

    def error(path: Path, unit: float, sites: NearestSite) -> tuple[float, float]:
        with rasterio.open(path) as raster:
            found = raster.read(1).astype(float)[row, column] * unit * 1000
        off = np.abs(found - sites.query(PERU.longitudes[column], PERU.latitudes[row])[0])
        return float(np.median(off)), float(off.max())

    return error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mrds", type=Path, help="the zip of MRDS, together with --major-deposits")
    parser.add_argument("--major-deposits", type=Path, help="the zip of Major mineral deposits of the world")
    parser.add_argument("--peers", help="a Python that has other programs")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    west, south, east, north = PERU.bounds
    if options.mrds:
        lon, lat = sites_of_usgs(options.mrds, options.major_deposits)
        inside = (lon > west) & (lon < east) & (lat > south) & (lat < north)
        lon, lat = lon[inside], lat[inside]
    else:
        rng = np.random.default_rng(1)
        lon, lat = rng.uniform(west, east, 800), rng.uniform(south, north, 800)
    print(f"{lon.size} sites, {PERU.width * PERU.height / 1e6:.1f} million cells, median of {options.repeats} runs\n")
    print("| way | time, s | processor time, s | median error, m | worst error, m |")
    print("| --- | ---: | ---: | ---: | ---: |", flush=True)
    sites, error = NearestSite(lon, lat), judge()
    with tempfile.TemporaryDirectory() as folder:
        burnt, positions, written = (Path(folder) / name for name in ("burnt.tif", "positions.npy", "distance.tif"))
        burn(lon, lat, burnt)
        np.save(positions, np.vstack([lon, lat]))
        for name, (command, unit) in commands(options.peers, positions).items():
            runs = [measure(command, burnt, written) for _ in range(options.repeats)]
            seconds, processor = (median(run[part] for run in runs) for part in (0, 1))
            middle, worst = error(written, unit, sites)
            print(f"| {name} | {seconds:.1f} | {processor:.1f} | {middle:,.1f} | {worst:,.1f} |", flush=True)


if __name__ == "__main__":
    main()
