"""What the jobs of a finished run took, by rule, from the last lines of their logs: the table in docs/cluster.md.

python tests/benchmarks/benchmark_jobs.py peru peru-upstream
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pandas as pd

COST = re.compile(r"^cost: ([\d.]+) s of processor, (\d+) MB$", re.MULTILINE)


def costs(scenario: str) -> pd.DataFrame:
    """Jobs, seconds of processor of the longest, and peak memory of the largest, by rule."""
    rows = []
    for path in sorted(Path(f"results/.build/{scenario}/logs").glob("*.log")):
        if found := COST.findall(path.read_text("utf-8")):
            seconds, megabytes = found[-1]
            rows.append((path.name.split(".")[0], float(seconds), int(megabytes)))
    table = pd.DataFrame(rows, columns=["rule", "s", "MB"])
    return table.groupby("rule").agg(jobs=("s", "size"), s=("s", "max"), MB=("MB", "max"))


def main(scenarios: list[str]) -> None:
    """Print a table in Markdown, three columns for each scenario."""
    table = pd.concat({scenario: costs(scenario) for scenario in scenarios}, axis=1).sort_index()
    print("| rule |", " | ".join(f"{scenario}: {figure}" for scenario, figure in table.columns), "|")
    print("| --- |", " | ".join("---:" for _ in table.columns), "|")
    for rule, values in table.iterrows():
        cells = ("" if pd.isna(value) else f"{value:g}" for value in values)
        print(f"| `{rule}` |", " | ".join(cells), "|")


if __name__ == "__main__":
    main(sys.argv[1:] or ["peru"])
