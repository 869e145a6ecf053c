"""Unions of discs of different sizes beside `shapely.union_all` of the same rings.

`python tests/benchmarks/benchmark_mixed.py` draws the rings of both by this project's `discs`, around the sites that
`benchmark_union.generated_sites` makes.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import shapely

PROJECT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(PROJECT / "workflow"), str(PROJECT)]
from asmgold.geodesy.discs import discs  # noqa: E402
from asmgold.geodesy.union import union_of_discs  # noqa: E402
from tests.benchmarks.benchmark_union import _peak_mb, generated_sites  # noqa: E402

SIZES = {
    "5, 10, 20 or 50 km": lambda random, n: random.choice([5e3, 1e4, 2e4, 5e4], n),
    "any from 5 to 50 km": lambda random, n: random.uniform(5e3, 5e4, n),
    "any from 15 to 20 km": lambda random, n: random.uniform(1.5e4, 2e4, n),
}


def rings_united(lon: np.ndarray, lat: np.ndarray, radius_m: np.ndarray) -> Any:
    return shapely.get_parts(shapely.union_all(discs(lon, lat, radius_m)))


def seconds(function: Any, *arguments: Any) -> float:
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=25_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help="only this project's, for many sites")
    options = parser.parse_args()
    lon, lat = generated_sites(options.sites)
    print("| radii | this project, s | union_all, times as long |\n| --- | ---: | ---: |")
    for name, draw in SIZES.items():
        arguments = lon, lat, draw(np.random.default_rng(5), lon.size)
        ours, theirs = [], []
        for _ in range(options.repeats):  # in turn, so that a slow spell meets both
            ours.append(seconds(union_of_discs, *arguments))
            theirs += [] if options.alone else [seconds(rings_united, *arguments)]
        print(
            f"| {name} | {median(ours):.1f} | {f'{median(theirs) / median(ours):.1f}' if theirs else ''} |", flush=True
        )
    print(f"\n{lon.size} sites, median of {options.repeats} runs; the process peaked at {_peak_mb():.0f} MB")


if __name__ == "__main__":
    main()
