"""Runs of which a process is killed: the next one needs no help, and what is published is whole after it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from asmgold.io.checksum import sha256_of
from tests.conftest import Copy
from tests.killing import environment

pytestmark = pytest.mark.thorough

RUN = [sys.executable, "-m", "snakemake", "--config", "buffer_km=10"]


@pytest.fixture
def injected(tmp_path: Path) -> Path:
    folder = tmp_path / "injected"
    folder.mkdir()
    return folder


def radius(copy: Copy) -> float:
    """That of the published set, which is whole."""
    manifest = json.loads(copy.product("manifest.json").read_text())
    described = {name: product["sha256"] for name, product in manifest["products"].items()}
    assert described == {name: value for name, value in copy.products().items() if name != "manifest.json"}
    return float(manifest["configuration"]["buffer_km"])


def build(copy: Copy) -> None:
    """Make all but the publication of another answer than the one that is published."""
    done = subprocess.run(
        [*RUN, "--", "results/.build/peru/manifest.json"], cwd=copy.folder, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert radius(copy) == 20


# The job has some 160 such calls, the process that started it some 280; docs/reliability.md says how many were tried.
@pytest.mark.parametrize(("part", "number"), [("publish.py", 130), ("-m snakemake", 150)])
def test_a_run_after_one_that_was_killed_while_it_published(lean: Copy, injected: Path, part: str, number: int) -> None:
    build(lean)
    killed = subprocess.run(
        RUN, cwd=lean.folder, env=environment(injected, part, number), capture_output=True, text=True, check=False
    )
    assert killed.returncode == (1 if part == "publish.py" else -signal.SIGKILL)
    if part == "publish.py":
        assert "publish: was killed before its end" in killed.stderr
        assert "The last complete ones are still in results/peru/" in killed.stderr
        assert radius(lean) in (10, 20)
    done = subprocess.run(RUN, cwd=lean.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert radius(lean) == 10
    again = subprocess.run(RUN, cwd=lean.folder, capture_output=True, text=True, check=False)
    assert "Nothing to be done" in again.stderr


def start(copy: Copy, *command: str) -> subprocess.Popen[str]:
    """A command of the library, as `make` calls it."""
    path = os.pathsep.join([str(copy.folder / "workflow"), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-m", "asmgold", *command], cwd=copy.folder, env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def wait_for(process: subprocess.Popen[str], happens: Path, pattern: str) -> None:
    while process.poll() is None and not any(happens.glob(pattern)):
        time.sleep(0.02)
    assert process.poll() is None


def test_a_second_run_is_refused_in_one_line_and_the_one_after_a_killed_run_takes_over(lean: Copy) -> None:
    lean.configure(buffer_km=10)
    first = start(lean, "run")
    wait_for(first, lean.folder / ".snakemake/locks", "*.lock")
    (snakemake,) = psutil.Process(first.pid).children()
    second = start(lean, "run")
    said, _ = second.communicate(timeout=60)
    assert second.returncode == 5
    told = [line for line in said.splitlines() if line and not line.startswith("Using")]
    assert len(told) == 1
    assert told[0].startswith(f"peru: process {snakemake.pid} on ")
    assert told[0].endswith(" is at work on it; nothing was done")

    # Jobs outlive what had started them, and are held up for a while; one that has just begun is not yet known.
    wait_for(first, lean.folder / "results/.build/peru/logs", "*.failed")
    jobs = [child for child in snakemake.children(recursive=True) if ".snakemake/scripts/" in str(child.cmdline())]
    for job in jobs:
        job.suspend()
    for process in (first, snakemake):
        process.kill()
    first.wait()
    assert first.stdout is not None
    first.stdout.close()  # the job has its other end
    third = start(lean, "run")
    assert third.stdout is not None
    said = ""
    while "waits for what a killed run has left running" not in said:
        said += (line := third.stdout.readline())
        assert line, said
    for job in jobs:
        job.resume()
    said += third.communicate(timeout=300)[0]
    assert third.returncode == 0, said
    assert f"peru: takes over from a run that was killed (process {snakemake.pid} on " in said
    assert radius(lean) == 10


def test_a_product_that_was_changed_is_published_again(lean: Copy) -> None:
    before = lean.products()
    package = lean.product("asm_gold_regions.gpkg")
    package.write_bytes(package.read_bytes() + b"changed")
    done = lean.run()
    assert done.returncode == 0, done.stderr
    assert "results/peru: not as its manifest says: asm_gold_regions.gpkg; published again" in done.stderr
    assert lean.products() == before
    assert (lean.folder / "results/.build/peru/changed" / package.name).read_bytes().endswith(b"changed")


def test_a_publication_that_failed_is_made_up_for(lean: Copy) -> None:
    """Snakemake puts back the old products when it fails; they look new to it then."""
    build(lean)
    staging = lean.folder / "results/.incoming/peru"
    staging.write_text("a file where the staging folder has to be")
    failed = subprocess.run(RUN, cwd=lean.folder, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert radius(lean) == 20
    staging.unlink()
    done = subprocess.run(RUN, cwd=lean.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert radius(lean) == 10
    assert sha256_of(lean.product("manifest.json")) == sha256_of(lean.folder / "results/.build/peru/manifest.json")
