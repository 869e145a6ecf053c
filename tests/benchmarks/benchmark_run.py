"""What a run costs, as multiples of `import geopandas` measured beside it: these hold on a machine that is busy.

python -m tests.benchmarks.benchmark_run [ROUNDS]

In a copy of the project: a first run, one with nothing to do, and one with another radius. Processor time is that of
all jobs and of Snakemake together.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import copy_project

SNAKEMAKE = (sys.executable, "-m", "snakemake")
RUNS = {
    "a first run": SNAKEMAKE,
    "nothing to do": SNAKEMAKE,
    "another radius": (*SNAKEMAKE, "--config", "buffer_km=15"),
}


def cost(command: tuple[str, ...], folder: Path) -> tuple[float, float]:
    """Seconds of processor of a command and all that it starts, and seconds that pass."""
    before, started = os.times(), time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    passed, after = time.perf_counter() - started, os.times()
    if done.returncode:
        sys.exit(done.stderr)
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return processor, passed


def main(rounds: int) -> None:
    """Print one line for each kind of run and round."""
    print(f"{'':16}{'processor s':>12}{'passed s':>10}{'imports of geopandas':>22}")
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            folder = copy_project(Path(name) / "project").folder
            for what, command in RUNS.items():
                alone = min(cost((sys.executable, "-c", "import geopandas"), folder)[0] for _ in range(3))
                processor, passed = cost(command, folder)
                print(f"{what:16}{processor:12.1f}{passed:10.1f}{processor / alone:22.0f}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
