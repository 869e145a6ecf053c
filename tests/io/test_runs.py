"""Who is at work in a folder: the living are respected, what the dead left is cleared."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from asmgold.io.failures import begin, still_running, take_failures
from asmgold.io.runs import LOCKS, RUNS

# Enters, says what it found, and stays until it is killed, or until its input ends.
PROCESS = """
import json, sys
from pathlib import Path
from asmgold.io.runs import enter
scenario = sys.argv[1]
print(json.dumps(enter(scenario, (Path("results/.build", scenario), Path("results", scenario)))), flush=True)
sys.stdin.read()
"""
Start = Callable[[str], tuple[subprocess.Popen[str], list[str], str]]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts processes in a folder; gives each with the others that it met and those that had left locks."""
    monkeypatch.chdir(tmp_path)
    LOCKS.mkdir(parents=True)
    started = []

    def started_one(scenario: str) -> tuple[subprocess.Popen[str], list[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-c", PROCESS, scenario], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )  # fmt: skip
        started.append(process)
        assert process.stdout is not None
        others, left = json.loads(process.stdout.readline())
        return process, others, left

    yield started_one
    for process in started:
        process.kill()
        process.communicate()


def lock(scenario: str, number: int = 0) -> Path:
    """A lock as Snakemake leaves it."""
    path = LOCKS / f"{number}.output.lock"
    path.write_text(f"data/raw/x.csv\nresults/.build/{scenario}/regions.parquet\nresults/{scenario}/map.png\n")
    return path


def test_a_living_run_is_respected_and_named(start: Start) -> None:
    first, others, left = start("peru")
    assert (others, left) == ([], "")
    locked = lock("peru")
    _, others, left = start("peru")
    assert [line.split(" on ")[0] for line in others] == [f"process {first.pid}"]
    assert left == ""
    assert locked.exists()


def test_what_a_killed_run_left_is_cleared_and_told(start: Start) -> None:
    first, *_ = start("peru")
    locked, elsewhere = lock("peru"), lock("ghana", 1)
    first.send_signal(signal.SIGKILL)
    first.wait()
    _, others, left = start("peru")
    assert others == []
    assert left.startswith(f"process {first.pid} on ")
    assert not locked.exists()
    assert elsewhere.exists()  # it may be that of somebody else
    assert len(list(RUNS.glob("*.run"))) == 1


def test_a_run_that_was_killed_is_told_of_though_another_scenario_comes_first(start: Start) -> None:
    first, *_ = start("peru")
    lock("peru")
    first.kill()
    first.wait()
    start("ghana")
    _, _, left = start("peru")
    assert left.startswith(f"process {first.pid} on ")


def test_who_ends_in_order_leaves_nothing(start: Start) -> None:
    process, *_ = start("peru")
    process.communicate("")
    assert process.returncode == 0
    assert not list(RUNS.glob("*.run"))


def test_a_run_of_another_scenario_is_in_nobodys_way(start: Start) -> None:
    start("ghana")
    lock("ghana", 1)
    stale = lock("peru")
    _, others, left = start("peru")
    assert (others, left) == ([], "of which nothing is known")
    assert not stale.exists()


@pytest.mark.parametrize(
    ("machine", "is_respected"),
    [({"host": "elsewhere", "boot": "other"}, True), ({"host": "elsewhere", "boot": ""}, True), ({}, False)],
    ids=["another machine", "another machine that is no Linux", "this machine, before it was started anew"],
)
def test_locks_of_another_machine_may_not_show_here(start: Start, machine: dict[str, str], is_respected: bool) -> None:
    first, *_ = start("peru")
    (entry,) = RUNS.glob("*.run")
    told = json.loads(entry.read_text()) | {"boot": "before"} | machine
    first.kill()
    first.wait()
    entry.write_text(json.dumps(told))
    locked = lock("peru")
    _, others, _ = start("peru")
    assert bool(others) == is_respected
    assert locked.exists() == is_respected


def test_an_entry_that_was_written_in_part_is_that_of_a_dead_one(start: Start) -> None:
    RUNS.mkdir(parents=True)
    (RUNS / "half.run").write_text('{"scenario": "per')
    locked = lock("peru")
    _, others, _ = start("peru")
    assert others == []
    assert not locked.exists()
    assert not (RUNS / "half.run").exists()


def test_a_job_that_outlives_its_run_is_seen_until_it_ends(tmp_path: Path) -> None:
    job = "import sys; from pathlib import Path; from asmgold.io.failures import begin\n"
    job += "file = begin(Path('draw_map.log'), 'draw_map: was killed'); print('begun', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", job], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert still_running(tmp_path) == ["draw_map"]
        process.kill()
    assert still_running(tmp_path) == []
    assert take_failures(tmp_path) == ["draw_map: was killed\n"]
    begin(tmp_path / "draw_map.log", "again").close()
    assert still_running(tmp_path) == []
