"""The radius curve at one radius and at fifty, and what points cost beside exact polygons.

    python tests/benchmarks/benchmark_evidence.py

Everything is generated: an area of the size of Peru, sites clustered in it, and patches of some hundred metres around
some of the sites and elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from asmgold.evidence.capture import capture
from asmgold.evidence.land import land_cells
from asmgold.evidence.observations import collect_observations
from asmgold.evidence.radius_curve import radius_curve
from asmgold.evidence.sampling import weighted_points
from asmgold.geodesy.union import unions_of_discs
from asmgold.schemas.tables import CRS

AREA = shapely.box(-80, -18, -69, -1)
ZONES = {"area": AREA, "part:inside": shapely.box(-73, -14, -69, -11)}
RADII_KM = np.arange(1, 51)


def seconds(function: Callable[[], Any], runs: int = 5) -> float:
    """The median time of a call."""
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return median(times)


def main() -> None:
    """Measure and print."""
    rng = np.random.default_rng(1)
    heads = rng.uniform([-80, -18], [-69, -1], (60, 2))
    lon, lat = np.clip(heads[rng.integers(60, size=512)] + rng.normal(0, 0.4, (512, 2)), [-80, -18], [-69, -1]).T
    at = np.column_stack([lon, lat])[rng.integers(512, size=4000)] + rng.normal(0, 0.15, (4000, 2))
    patches = shapely.box(*(at - 0.002).T, *(at + rng.uniform(0, 0.01, (4000, 2))).T)
    layer = gpd.GeoDataFrame({"period": [None] * 4000}, geometry=patches, crs=CRS)
    observations = collect_observations([("patches", None, layer)], ZONES)
    cells, points = land_cells(ZONES, AREA), weighted_points(observations, ZONES, AREA)
    one = seconds(lambda: radius_curve(cells, points, shapely.points(lon, lat), [20.0]))
    fifty = seconds(lambda: radius_curve(cells, points, shapely.points(lon, lat), RADII_KM))
    sampling = seconds(lambda: (land_cells(ZONES, AREA), weighted_points(observations, ZONES, AREA)), 1)
    print(f"cells and points: {sampling:.2f} s")
    print(f"one radius: {one:.2f} s; fifty: {fifty:.2f} s, {fifty / one:.2f} times as long")

    def exactly(radii_km: Any) -> list[float]:
        shares = []
        for discs in unions_of_discs(lon, lat, 1000.0 * np.asarray(radii_km)):
            regions = gpd.GeoDataFrame(geometry=shapely.intersection(discs, AREA), crs=CRS)
            shares.append(float(capture(observations, ZONES, regions)["capture"].iloc[0]))
        return shares

    begin = time.perf_counter()
    exact = exactly(RADII_KM)
    print(f"fifty radii by polygons: {time.perf_counter() - begin:.2f} s")
    curve, _ = radius_curve(cells, points, shapely.points(lon, lat), RADII_KM)
    near = curve[curve["zone"] == "area"]["capture"]
    print(f"largest difference of capture: {np.abs(near.to_numpy() - np.array(exact)).max():.5f}")


if __name__ == "__main__":
    main()
