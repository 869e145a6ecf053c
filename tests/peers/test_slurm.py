"""The workflow on a real SLURM: the bytes of a local run, though jobs are killed; with a full disk, one message."""

from __future__ import annotations

import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import yaml

from asmgold.io.checksum import sha256_of
from tests.conftest import LEAN, Copy, copy_project
from tests.peers.slurm import Cluster, environment, missing

pytestmark = pytest.mark.thorough

# The profile's own waits are for a cluster that has other things to do.
IMPATIENT = ("--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1")
# The world without a network: the records near Peru, and all countries.
EMBEDDED = LEAN | {
    "scenario": "embedded-world", "area": {"source": "world", "title": "The world"}, "per_country": True,
    "overlays": {},
}  # fmt: skip


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of one node that lives as long as the tests of this file."""
    if reason := missing():
        pytest.skip(reason)
    pytest.importorskip("snakemake_executor_plugin_slurm")
    cluster = Cluster(tmp_path_factory.mktemp("slurm"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@contextmanager
def running(cluster: Cluster, copy: Copy, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A run as a user of the cluster starts it, from the copy's folder. What it says is in `run.log`."""
    profile = ["--profile", "workflow/profiles/slurm", *IMPATIENT]
    command = cluster.inside(sys.executable, "-m", "snakemake", *profile, *arguments, folder=copy.folder)
    with (copy.folder / "run.log").open("w") as log:
        run = subprocess.Popen(command, env=environment(), stdout=log, stderr=subprocess.STDOUT)
    try:
        yield run
    finally:
        run.terminate()
        run.wait(timeout=120)


def cancel(cluster: Cluster, job: str) -> None:
    """As a person does, or the cluster's owner."""
    cluster.say("scancel", job)


def kill_step(cluster: Cluster, job: str) -> None:
    """As the kernel does when memory is short."""
    for process in cluster.processes(job):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


@pytest.fixture
def scenario(tmp_path: Path) -> tuple[Copy, str]:
    """A copy of the project with the scenario of many countries that is asked for, and what it needs."""
    copy = copy_project(tmp_path / "local")
    if (name := os.environ["ASMGOLD_SLURM_SCENARIO"]) != EMBEDDED["scenario"]:
        fetch = [sys.executable, "-m", "asmgold", "fetch", "--scenario", name]
        subprocess.run(fetch, cwd=copy.folder, env=environment() | {"PYTHONPATH": "workflow"}, check=True)
        return copy, name
    (copy.folder / f"config/scenarios/{name}.yaml").write_text(yaml.safe_dump(EMBEDDED))
    return copy, name


def hashes(folder: Path) -> dict[str, str]:
    """Of all files of a folder, by their names in it."""
    return {str(path.relative_to(folder)): sha256_of(path) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.skipif(
    "ASMGOLD_SLURM_SCENARIO" not in os.environ,
    reason="takes minutes; ASMGOLD_SLURM_SCENARIO=world or embedded-world asks for it",
)
def test_the_countries_of_a_run_with_killed_jobs_are_those_of_a_local_run(cluster, scenario, tmp_path):
    local, name = scenario
    copy = copy_project(tmp_path / "remote", origin=local.folder)
    shutil.copytree(local.folder / "data", copy.folder / "data", dirs_exist_ok=True)  # what was fetched, too
    # The first try asks for less than any job takes: SLURM kills that one. The second one asks for more.
    too_little = ("--set-resources", "audit_records:mem_mb=100 + 2400 * (attempt - 1)")
    question = ("--config", f"scenario={name}", "countries_per_job=60")
    kills = {"draw_countries 0": cancel, "draw_countries 1": kill_step}
    with ThreadPoolExecutor() as pool, running(cluster, copy, *too_little, *question) as run:
        beside = pool.submit(local.run, *question)
        while run.poll() is None:
            for rule, kill in list(kills.items()):
                if job := cluster.running(rule):
                    kill(cluster, job)
                    del kills[rule]
            time.sleep(0.3)
    log = (copy.folder / "run.log").read_text()
    assert run.returncode == 0, log
    states = cluster.states(log)
    for rule in ("draw_countries 0", "draw_countries 1", "audit_records"):
        first, second = states.pop(rule)
        assert first != "COMPLETED"
        assert second == "COMPLETED"
    assert {state for ends in states.values() for state in ends} == {"COMPLETED"}
    assert not list(copy.folder.glob("results/.build/*/logs/*.failed"))
    done = beside.result()
    assert done.returncode == 0, done.stderr
    assert hashes(copy.folder / "results" / name) == hashes(local.folder / "results" / name)


def test_several_scenarios_are_one_plan_on_a_cluster_too(cluster, tmp_path):
    copy = copy_project(tmp_path / "remote")
    tables = [f"results/.build/{name}/regions.parquet" for name in ("survey", "peru")]
    question = ("--config", "scenario=survey peru", "--", *tables)
    with running(cluster, copy, *question) as run:
        assert run.wait(timeout=600) == 0, (copy.folder / "run.log").read_text()
    remote = [sha256_of(copy.folder / table) for table in tables]
    shutil.rmtree(copy.folder / "results")
    done = copy.run("--cores", "2", *question)
    assert done.returncode == 0, done.stderr
    assert [sha256_of(copy.folder / table) for table in tables] == remote


def test_a_full_disk_ends_with_one_message_and_the_last_products(cluster, built):
    before = built.products()
    published, results = built.folder / "published", built.folder / "results"
    (results / "peru").rename(published)
    shutil.rmtree(results)
    results.mkdir()
    room = sum(path.stat().st_size for path in published.iterdir()) + 400_000
    mounted = f"mount -t tmpfs -o size={room} none results && cp -r published results/peru"
    subprocess.run(cluster.inside("sh", "-c", mounted, folder=built.folder), check=True)
    with running(cluster, built, "--retries", "0", "--config", "buffer_km=10") as run:
        assert run.wait(timeout=600) != 0
    log = (built.folder / "run.log").read_text()
    message = f"results/.build/peru: could not be written on {platform.node()}, the disk is full or failing."
    assert log.count(message) == 1, log
    assert "The last complete ones are still in results/peru/" in log
    assert "Traceback" not in log
    assert Copy(cluster.seen(built.folder)).products() == before
