"""What the jobs of a finished run took, by rule, from what Snakemake measured: the table in docs/cluster.md.

python tests/benchmarks/benchmark_jobs.py peru peru-upstream
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd


def measured(scenario: str) -> pd.DataFrame:
    """Jobs, seconds of processor of the longest, and peak memory of the largest, by rule."""
    files = sorted(Path(f"results/.build/{scenario}/benchmarks").glob("*.tsv"))
    jobs = pd.concat([pd.read_csv(path, sep="\t").assign(rule=path.name.split(".")[0]) for path in files])
    return jobs.groupby("rule").agg(jobs=("s", "size"), s=("cpu_time", "max"), MB=("max_rss", "max")).round(1)


def main(scenarios: list[str]) -> None:
    """Print a table in Markdown, three columns for each scenario."""
    table = pd.concat({scenario: measured(scenario) for scenario in scenarios}, axis=1).sort_index()
    print("| rule |", " | ".join(f"{scenario}: {figure}" for scenario, figure in table.columns), "|")
    print("| --- |", " | ".join("---:" for _ in table.columns), "|")
    for rule, values in table.iterrows():
        cells = ("" if pd.isna(value) else f"{value:g}" for value in values)
        print(f"| `{rule}` |", " | ".join(cells), "|")


if __name__ == "__main__":
    main(sys.argv[1:] or ["peru"])
