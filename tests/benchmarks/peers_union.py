"""The union of discs as an analyst makes it in SedonaDB or DuckDB spatial.

    python peers_union.py sedonadb sites.csv 20000 regions.wkb

This is run by a Python that has them (`sedonadb`, or `duckdb` with the package `duckdb-extension-spatial`, which brings
the extension without a download) and numpy, pyarrow, pyproj, shapely. It prints the seconds of wall and processor time,
without reading and writing, and the peak of memory, as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely
from pyproj import Geod

SEGMENTS = 32  # to a quarter of a circle
EQUAL_AREA = "EPSG:6933"


def sedonadb(sites: pa.Table, radius_m: float) -> Callable[[], bytes]:
    """A geography buffer for each site, united by shapely: ST_Union_Agg takes the square of their number."""
    import sedona.db

    connection = sedona.db.connect()
    connection.create_data_frame(sites).to_view("sites")
    discs = f"ST_Buffer(ST_GeogPoint(longitude, latitude), {radius_m}, {SEGMENTS})"
    query = f"SELECT ST_AsBinary({discs}) AS disc FROM sites"
    return lambda: bytes(shapely.to_wkb(shapely.union_all(shapely.from_wkb(connection.sql(query).to_pandas()["disc"]))))


def duckdb_equal_area(sites: pa.Table, radius_m: float) -> Callable[[], bytes]:
    """Buffers in an equal-area plane; there is no buffer of geographies."""
    to_plane = f"ST_Transform(ST_Point(longitude, latitude), 'EPSG:4326', '{EQUAL_AREA}', always_xy := true)"
    discs = f"ST_Union_Agg(ST_Buffer({to_plane}, {radius_m}, {SEGMENTS}))"
    return _duckdb(
        f"SELECT ST_AsWKB(ST_Transform({discs}, '{EQUAL_AREA}', 'EPSG:4326', always_xy := true)) FROM sites", sites
    )


def duckdb_rings(sites: pa.Table, radius_m: float) -> Callable[[], bytes]:
    """Geodesic rings by pyproj, united by DuckDB."""
    lon, lat = (sites[name].to_numpy() for name in ("longitude", "latitude"))

    def union() -> bytes:
        corners = 4 * SEGMENTS
        start_lon = np.repeat(lon, corners)
        azimuth = np.tile(-360 * np.arange(corners) / corners, lon.size)
        x, y, _ = Geod(ellps="WGS84").fwd(start_lon, np.repeat(lat, corners), azimuth, np.full(azimuth.size, radius_m))
        x = np.asarray(x) + 360 * np.round((start_lon - x) / 360)
        rings = shapely.to_wkb(shapely.polygons(np.column_stack([x, y]).reshape(lon.size, corners, 2)))
        query = "SELECT ST_AsWKB(ST_Union_Agg(ST_GeomFromWKB(ring))) FROM sites"
        return _duckdb(query, pa.table({"ring": pa.array(rings.tolist(), pa.binary())}))()

    return union


def _duckdb(query: str, sites: pa.Table) -> Callable[[], bytes]:
    import duckdb
    import duckdb_extension_spatial

    connection = duckdb.connect()
    (extension,) = Path(duckdb_extension_spatial.__file__).parent.rglob("spatial.duckdb_extension")
    connection.load_extension(str(extension))
    connection.register("sites", sites)
    return lambda: bytes(connection.sql(query).fetchone()[0])


WAYS = {"sedonadb": sedonadb, "duckdb_equal_area": duckdb_equal_area, "duckdb_rings": duckdb_rings}


def peak_mb() -> float:
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 1024


def main() -> None:
    way, sites_csv, radius_m, regions_wkb = sys.argv[1:]
    positions = np.genfromtxt(sites_csv, delimiter=",", names=True)
    sites = pa.table({name: positions[name] for name in ("longitude", "latitude")})
    WAYS[way](sites.slice(0, 50), float(radius_m))()  # first calls are not counted
    union = WAYS[way](sites, float(radius_m))
    start, started = time.perf_counter(), time.process_time()
    regions = union()
    measured = {
        "seconds": time.perf_counter() - start,
        "processor": time.process_time() - started,
        "peak_mb": peak_mb(),
    }
    Path(regions_wkb).write_bytes(regions)
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
