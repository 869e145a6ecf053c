"""This project's union of discs beside what an analyst could use instead, on the same sites in one run.

    python tests/benchmarks/benchmark_union.py
    python tests/benchmarks/benchmark_union.py --sites sites.csv
    python tests/benchmarks/benchmark_union.py --mrds mrds-csv.zip --major-deposits ofr20051294-csv.zip

The sites are a CSV with the columns longitude and latitude, or the gold records of the two USGS zips. By default these
are the ones that `make fetch` last brought into data/raw; where there are none, a set is generated that is clustered
like them. Every contender runs in processes of its own, in
turn, so that their memory can be told apart and a slow spell of the machine meets all of them. PostGIS is
measured where `psql` finds a database with the extension (PGHOST, PGPORT, PGUSER, PGDATABASE), QGIS where the
system's Python can import it, SedonaDB and DuckDB where the interpreter named by --peers can (see `peers_union.py`);
otherwise they are left out with a note.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import shapely
from pyproj import Geod

PROJECT = Path(__file__).resolve().parent.parent.parent
RADIUS_M = 20_000.0
TOLERANCE_M = 5.0
VERTICES = 128
GEOD = Geod(ellps="WGS84")

Sites = tuple[np.ndarray, np.ndarray]


# --- the sites


def generated_sites(n: int, seed: int = 1) -> Sites:
    """Three quarters in dense fields within one large cluster, the others in small ones and alone."""
    rng = np.random.default_rng(seed)
    fields = rng.normal([-114, 40], [5, 4], (max(1, n // 160), 2))
    dense = fields[rng.integers(len(fields), size=3 * n // 4)] + rng.normal(0, 0.15, (3 * n // 4, 2))
    lone = n - len(dense)
    heads = np.column_stack([rng.uniform(-180, 180, n // 20 + 1), rng.uniform(-55, 70, n // 20 + 1)])
    others = heads[rng.integers(len(heads), size=lone)] + rng.normal(0, 0.3, (lone, 2))
    lon, lat = np.vstack([dense, others]).T
    return (lon + 540) % 360 - 180, np.clip(lat, -89, 89)


def sites_of_usgs(mrds: Path, major_deposits: Path) -> Sites:
    """The gold records of both sources that are not only refineries and have a position on the globe."""
    import pandas as pd

    from asmgold.sources.records import read_records

    rows = pd.concat([read_records(mrds, "mrds"), read_records(major_deposits, "major_deposits")])
    rows = rows[rows["commodity_role"].notna() & (rows["commodity_role"] != "refinery") & rows["fault"].isna()]
    lon = pd.to_numeric(rows["longitude_text"], errors="coerce").to_numpy(float)
    lat = pd.to_numeric(rows["latitude_text"], errors="coerce").to_numpy(float)
    good = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    return lon[good], lat[good]


def fetched() -> tuple[Path, Path] | None:
    """The newest zips of both sources in the project's store, if it has them."""
    found = [
        max((PROJECT / "data/raw").glob(pattern), key=lambda path: path.stat().st_mtime, default=None)
        for pattern in ("mrds/*/*.zip", "major_deposits/*/*.zip")
    ]
    return None if found[0] is None or found[1] is None else (found[0], found[1])


def sites_of_csv(path: Path) -> Sites:
    table = np.genfromtxt(path, delimiter=",", names=True)
    return table["longitude"], table["latitude"]


def denser(sites: Sites, times: int, within_m: float = 5_000) -> Sites:
    """So many sites in place of each one, within a distance of it."""
    rng = np.random.default_rng(2)
    lon, lat = np.repeat(sites[0], times - 1), np.repeat(sites[1], times - 1)
    away = within_m * np.sqrt(rng.uniform(0, 1, lon.size))
    x, y, _ = GEOD.fwd(lon, lat, rng.uniform(0, 360, lon.size), away)
    return np.r_[sites[0], x], np.r_[sites[1], y]


def denser_inside(sites: Sites, times: int) -> Sites:
    """As `denser`, with further sites only where their discs change nothing, so that the boundary stays the same.

    Where no site can be added so, there are fewer than asked for.
    """
    from asmgold.geodesy.ellipsoid import NearestSite

    edge = NearestSite(*shapely.get_coordinates(ours(*sites)).T)
    lon, lat = denser(sites, 8 * times)
    depth_m = edge.query(lon[sites[0].size :], lat[sites[0].size :])[0] - RADIUS_M
    hidden = np.flatnonzero(depth_m > 2 * TOLERANCE_M) + sites[0].size
    chosen = np.random.default_rng(3).permutation(hidden)[: sites[0].size * (times - 1)]
    return np.r_[sites[0], lon[chosen]], np.r_[sites[1], lat[chosen]]


# --- the contenders: each takes positions and gives polygons in degrees


def ours(lon: np.ndarray, lat: np.ndarray) -> Any:
    from asmgold.geodesy.union import union_of_discs

    return union_of_discs(lon, lat, RADIUS_M, TOLERANCE_M)


def _geodesic_rings(lon: np.ndarray, lat: np.ndarray) -> Any:
    azimuth = np.tile(-360 * np.arange(VERTICES) / VERTICES, lon.size)
    distance = np.full(azimuth.size, RADIUS_M)
    start_lon = np.repeat(lon, VERTICES)
    x, y, _ = GEOD.fwd(start_lon, np.repeat(lat, VERTICES), azimuth, distance)
    x = np.asarray(x)
    x += 360 * np.round((start_lon - x) / 360)  # no ring is torn at 180 degrees
    return shapely.polygons(np.column_stack([x, y]).reshape(lon.size, VERTICES, 2))


def union_all(lon: np.ndarray, lat: np.ndarray) -> Any:
    return shapely.get_parts(shapely.union_all(_geodesic_rings(lon, lat)))


def disjoint_subset_union_all(lon: np.ndarray, lat: np.ndarray) -> Any:
    return shapely.get_parts(shapely.disjoint_subset_union_all(_geodesic_rings(lon, lat)))


def geopandas_3857(lon: np.ndarray, lat: np.ndarray) -> Any:
    import geopandas as gpd

    points = gpd.GeoSeries.from_xy(lon, lat, crs=4326).to_crs(3857)
    return points.buffer(RADIUS_M, quad_segs=32).to_frame("geometry").dissolve().to_crs(4326).explode().geometry.array


def postgis(lon: np.ndarray, lat: np.ndarray) -> Any:
    """Loading the sites is not counted; see `run_one`."""
    return shapely.get_parts(shapely.from_wkb(bytes.fromhex(_psql(POSTGIS_UNION).strip())))


POSTGIS_UNION = (
    "SELECT encode(ST_AsBinary(ST_Union("
    f"ST_Buffer(g, {RADIUS_M:.0f}, 'quad_segs={VERTICES // 4}')::geometry)), 'hex') "
    "FROM benchmark_sites"
)


def _psql(command: str, stdin: str | None = None) -> str:
    done = subprocess.run(
        ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", command],
        input=stdin,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def load_into_postgis(sites: Sites) -> None:
    _psql("DROP TABLE IF EXISTS benchmark_sites; CREATE TABLE benchmark_sites (x float8, y float8, g geography)")
    lines = "\n".join(f"{x!r}\t{y!r}" for x, y in zip(*(a.tolist() for a in sites), strict=True))
    _psql("COPY benchmark_sites (x, y) FROM STDIN", lines + "\n")
    _psql("UPDATE benchmark_sites SET g = ST_MakePoint(x, y)::geography")


def qgis(lon: np.ndarray, lat: np.ndarray) -> tuple[Any, dict[str, float]]:
    """The regions, and what `qgis_union.py` measured of itself."""
    with tempfile.TemporaryDirectory() as folder:
        sites, regions = Path(folder) / "sites.csv", Path(folder) / "regions.wkb"
        np.savetxt(sites, np.column_stack([lon, lat]), "%.17g", delimiter=",", header="longitude,latitude", comments="")
        script = str(Path(__file__).with_name("qgis_union.py"))
        done = _system_python(script, str(sites), f"{RADIUS_M:.0f}", str(regions))
        measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return shapely.get_parts(shapely.from_wkb(regions.read_bytes())), measured


def peers(way: str, python: str, lon: np.ndarray, lat: np.ndarray) -> tuple[Any, dict[str, float]]:
    """The regions as another Python makes them, and what `peers_union.py` measured of itself."""
    with tempfile.TemporaryDirectory() as folder:
        sites, regions = Path(folder) / "sites.csv", Path(folder) / "regions.wkb"
        np.savetxt(sites, np.column_stack([lon, lat]), "%.17g", delimiter=",", header="longitude,latitude", comments="")
        command = [
            python,
            str(Path(__file__).with_name("peers_union.py")),
            way,
            str(sites),
            f"{RADIUS_M}",
            str(regions),
        ]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return shapely.get_parts(shapely.from_wkb(regions.read_bytes())), measured


def _system_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """QGIS is installed for the system's Python, without a virtual environment."""
    python = shutil.which("python3", path=os.defpath)
    if python is None:
        raise OSError("no python3 of the system")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment["QT_QPA_PLATFORM"] = "offscreen"
    return subprocess.run([python, *arguments], env=environment, capture_output=True, text=True, check=True)


POSTGIS = "PostGIS `ST_Union(ST_Buffer(geography))`"
QGIS = "QGIS, EPSG:6933 buffer and dissolve"
PEERS = {  # and the module that each needs
    "SedonaDB `ST_Buffer(geography)`, shapely `union_all`": ("sedonadb", "sedona.db"),
    "pyproj rings, DuckDB `ST_Union_Agg`": ("duckdb_rings", "duckdb_extension_spatial"),
    "DuckDB, EPSG:6933 buffer and `ST_Union_Agg`": ("duckdb_equal_area", "duckdb_extension_spatial"),
}
CONTENDERS: dict[str, Callable[[np.ndarray, np.ndarray], Any]] = {
    "this project": ours,
    "pyproj rings, shapely `union_all`": union_all,
    "pyproj rings, shapely `disjoint_subset_union_all`": disjoint_subset_union_all,
    "geopandas, EPSG:3857 buffer and dissolve": geopandas_3857,
    POSTGIS: postgis,
}


# --- measuring


def run_one(name: str, sites_file: Path, judge: bool, python: str = "") -> dict[str, float]:
    """Seconds, memory and, if asked, quality of one contender; called in a process of its own."""
    with np.load(sites_file) as stored:
        lon, lat = stored["lon"], stored["lat"]
    if name == QGIS:
        regions, result = qgis(lon, lat)
    elif name in PEERS:
        regions, result = peers(PEERS[name][0], python, lon, lat)
    else:
        contender = CONTENDERS[name]
        few = slice(0, 50)
        contender(lon[few], lat[few])  # imports and first calls are not counted
        start, started = time.perf_counter(), time.process_time()
        regions = np.asarray(contender(lon, lat), dtype=object)
        seconds, processor = time.perf_counter() - start, time.process_time() - started
        result = {"seconds": seconds, "processor": processor, "peak_mb": _peak_mb()}
    return result | (quality(regions, lon, lat) if judge else {})


def _peak_mb() -> float:
    """The peak of this process alone; `getrusage` also remembers that of the process it was forked from."""
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def quality(regions: np.ndarray, lon: np.ndarray, lat: np.ndarray) -> dict[str, float]:
    """The worst distance of vertices and middles of edges from the circle, and the area."""
    from asmgold.geodesy.ellipsoid import NearestSite, polygon_area

    rings = shapely.get_rings(shapely.get_parts(regions))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    start, end = xy[:-1][same], xy[1:][same]
    drawn = ~((np.abs(start[:, 0]) == 180) & (start[:, 0] == end[:, 0]))
    drawn &= ~((np.abs(start[:, 1]) == 90) & (start[:, 1] == end[:, 1]))
    points = np.vstack([start[drawn], (start[drawn] + end[drawn]) / 2])
    x, y = (points[:, 0] + 540) % 360 - 180, points[:, 1]
    distance, _ = NearestSite(*np.unique(np.column_stack([lon, lat]), axis=0).T).query(x, y)
    return {
        "edge_error_m": float(np.abs(distance - RADIUS_M).max()),
        "area_km2": float(polygon_area(regions).sum()) / 1e6,
    }


def in_a_process(name: str, sites_file: Path, *, judge: bool = False, python: str = "") -> dict[str, float]:
    environment = os.environ | {"PYTHONPATH": str(PROJECT / "workflow")}
    command = [sys.executable, __file__, "--run-one", name, "--stored", str(sites_file), "--peers", python]
    done = subprocess.run(command + ["--judge"] * judge, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr.strip().splitlines()[-1]}")
    result: dict[str, float] = json.loads(done.stdout)
    return result


def store(sites: Sites, folder: Path, name: str) -> Path:
    path = folder / f"{name}.npz"
    np.savez(path, lon=sites[0], lat=sites[1])
    return path


def available(python: str) -> list[str]:
    names = list(CONTENDERS)
    for name, (_, module) in PEERS.items():
        if (
            python
            and not subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode
        ):
            names.append(name)
        else:
            print(f"{name}: no Python that can import {module} was named; left out\n", file=sys.stderr)
    try:
        if shutil.which("psql") is None:
            raise OSError
        _psql("SELECT postgis_version()")
    except (OSError, subprocess.CalledProcessError):
        print("PostGIS: no database with the extension was found; left out\n", file=sys.stderr)
        names.remove(POSTGIS)
    try:
        _system_python("-c", "import qgis.analysis")
        names.append(QGIS)
    except (OSError, subprocess.CalledProcessError):
        print("QGIS: the system's Python cannot import it; left out\n", file=sys.stderr)
    return names


def side_by_side(sites: Sites, names: list[str], repeats: int, folder: Path, python: str) -> None:
    stored = store(sites, folder, "sites")
    if POSTGIS in names:
        load_into_postgis(sites)
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for repeat in range(repeats):
        for name in names:
            runs[name].append(in_a_process(name, stored, judge=repeat == 0, python=python))
    reference = median(run["seconds"] for run in runs["this project"])
    reference_processor = median(run["processor"] for run in runs["this project"])
    print(f"{sites[0].size} sites, radius {RADIUS_M / 1000:g} km, tolerance {TOLERANCE_M:g} m, {repeats} runs\n")
    print(
        "| way | time, s | times ours | processor time, s | times ours "
        "| peak memory, MB | worst edge error, m | area, km2 |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, results in runs.items():
        seconds = median(run["seconds"] for run in results)
        memory = max(run["peak_mb"] for run in results)
        shown = "server" if name == POSTGIS else f"{memory:.0f}"
        first = results[0]
        worst, area = first["edge_error_m"], first["area_km2"]
        processor = median(run["processor"] for run in results)
        used = "server | " if name == POSTGIS else f"{processor:.2f} | {processor / reference_processor:.1f}"
        print(f"| {name} | {seconds:.2f} | {seconds / reference:.1f} | {used} | {shown} | {worst:,.1f} | {area:,.0f} |")


def growth(sites: Sites, repeats: int, folder: Path, picture: Path) -> None:
    """Time and memory against the number of generated sites, and against density, as tables and a picture."""
    names = ["this project", "pyproj rings, shapely `union_all`"]
    by_size = []
    print("\n| generated sites | this project, s | peak memory, MB | shapely `union_all`, s |")
    print("| ---: | ---: | ---: | ---: |")
    for n in (1_000, 3_000, 10_000, 30_000, 100_000, 300_000):
        stored = store(generated_sites(n), folder, f"size-{n}")
        mine = [in_a_process(names[0], stored) for _ in range(repeats)]
        seconds, memory = median(run["seconds"] for run in mine), max(run["peak_mb"] for run in mine)
        other = in_a_process(names[1], stored)["seconds"] if n <= 30_000 else None
        by_size.append((n, seconds, other))
        print(f"| {n:,} | {seconds:.2f} | {memory:.0f} | {'' if other is None else f'{other:.2f}'} |")
    draw(by_size, growth_with_density(sites, repeats, folder), picture)


def growth_with_density(sites: Sites, repeats: int, folder: Path) -> dict[str, list[tuple[float, float]]]:
    """Processor time against the number of sites, both in times the first, for three ways to add further ones."""
    sets = {("none", 1): sites}
    for kind, add in (
        ("within 5 km of each", denser),
        ("of those, only hidden ones", denser_inside),
        ("within 2 km of each", partial(denser, within_m=2_000)),
    ):
        for times in (3, 10):
            sets[kind, times] = add(sites, times)
    runs: dict[tuple[str, int], list[dict[str, float]]] = {key: [] for key in sets}
    stored = {key: store(made, folder, f"density-{number}") for number, (key, made) in enumerate(sets.items())}
    for _ in range(repeats):
        for key, path in stored.items():
            runs[key].append(in_a_process("this project", path))
    reference = median(run["processor"] for run in runs["none", 1])
    print("\n| further sites | number in all | processor time, s | times the first | peak memory, MB |")
    print("| --- | ---: | ---: | ---: | ---: |")
    series: dict[str, list[tuple[float, float]]] = {}
    for key, made in sets.items():
        kind, results = key[0], runs[key]
        seconds, memory = median(run["processor"] for run in results), max(run["peak_mb"] for run in results)
        print(f"| {kind} | {made[0].size:,} | {seconds:.2f} | {seconds / reference:.2f} | {memory:.0f} |")
        series.setdefault(kind, [(1.0, 1.0)]).append((made[0].size / sites[0].size, seconds / reference))
    del series["none"]
    return series


def draw(
    by_size: list[tuple[int, float, float | None]], by_density: dict[str, list[tuple[float, float]]], picture: Path
) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    left.loglog([n for n, _, _ in by_size], [s for _, s, _ in by_size], "o-", color="#b8860b", label="this project")
    others = [(n, s) for n, _, s in by_size if s is not None]
    left.loglog(*zip(*others, strict=True), "s--", color="#555555", label="pyproj, shapely union_all")
    left.set(xlabel="generated sites", ylabel="seconds", title="Growth with size")
    left.legend(frameon=False)
    for (kind, points), style in zip(by_density.items(), ("o-", "s--", "^:"), strict=True):
        right.plot(*zip(*points, strict=True), style, color="#b8860b", label=kind)
    right.set(xlabel="times as many sites", ylabel="times as long", title="Growth with density", ylim=(0, None))
    right.legend(frameon=False, title="further sites")
    figure.savefig(picture, dpi=130, metadata={"Software": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=Path, help="a CSV with the columns longitude and latitude")
    parser.add_argument("--mrds", type=Path, help="the zip of MRDS, together with --major-deposits")
    parser.add_argument("--major-deposits", type=Path, help="the zip of Major mineral deposits of the world")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--no-growth", action="store_true", help="only the comparison")
    parser.add_argument("--picture", type=Path, default=PROJECT / "docs" / "benchmark.png")
    parser.add_argument("--run-one", help=argparse.SUPPRESS)
    parser.add_argument("--stored", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--judge", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--peers", default="", help="a Python that has SedonaDB, DuckDB or both")
    options = parser.parse_args()
    if options.run_one:
        print(json.dumps(run_one(options.run_one, options.stored, options.judge, options.peers)))
        return
    if (options.mrds is None) != (options.major_deposits is None):
        parser.error("--mrds and --major-deposits go together")
    sys.path.insert(0, str(PROJECT / "workflow"))
    zips = (options.mrds, options.major_deposits) if options.mrds else fetched()
    if options.sites:
        sites = sites_of_csv(options.sites)
    else:
        sites = generated_sites(25_000) if zips is None else sites_of_usgs(*zips)
    with tempfile.TemporaryDirectory() as folder:
        side_by_side(sites, available(options.peers), options.repeats, Path(folder), options.peers)
        if not options.no_growth:
            growth(sites, min(3, options.repeats), Path(folder), options.picture)


if __name__ == "__main__":
    main()
