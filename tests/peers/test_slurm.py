"""The workflow on a real SLURM, with jobs killed on the way and with a full disk: the same bytes, or a word."""

from __future__ import annotations

import os
import platform
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.conftest import Copy, copy_project
from tests.peers.slurm import Cluster, environment, missing, wait_for

# The profile's own waits are for a cluster that has other things to do.
IMPATIENT = ("--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1")


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


def start(cluster: Cluster, copy: Copy, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a run as a user of the cluster does."""
    profile = ["--profile", "workflow/profiles/slurm", *IMPATIENT]
    command = cluster.inside(sys.executable, "-m", "snakemake", *profile, *arguments, folder=copy.folder)
    with (copy.folder / "run.log").open("w") as log:
        return subprocess.Popen(command, env=environment(), stdout=log, stderr=subprocess.STDOUT)


def test_a_run_with_killed_jobs_gives_the_bytes_of_a_local_run(cluster, built_once, tmp_path):
    copy = copy_project(tmp_path / "project")
    # Its first try asks for less than any job takes, so that SLURM kills it.
    too_little = ("--set-resources", "draw_map:mem_mb=100 + 1500 * (attempt - 1)")
    run = start(cluster, copy, *too_little)
    try:
        cancelled = wait_for("vary_choices", lambda: cluster.running("vary_choices"))
        cluster.say("scancel", cancelled)
        stepped = wait_for("vary_distance", lambda: cluster.running("vary_distance"))
        for process in cluster.processes(stepped):
            os.kill(process, signal.SIGKILL)
        assert run.wait(timeout=600) == 0, (copy.folder / "run.log").read_text()
    finally:
        run.kill()
    states = cluster.states()
    killed = {rule: states.pop(rule) for rule in ("vary_choices", "vary_distance", "draw_map")}
    for rule, ends in killed.items():
        assert [end == "COMPLETED" for end in ends] == [False, True], (rule, ends)
    assert {state for ends in states.values() for state in ends} == {"COMPLETED"}
    assert copy.products() == built_once.products()
    assert not list(copy.folder.glob("results/.build/peru/logs/*.failed"))


def test_a_full_disk_ends_with_one_message_and_the_last_products(cluster, built):
    before = built.products()
    results = built.folder / "results"
    (results / "peru").rename(built.folder / "published")
    shutil.rmtree(results)
    room = sum(path.stat().st_size for path in (built.folder / "published").iterdir()) + 400_000
    results.mkdir()
    mounting = f"mount -t tmpfs -o size={room} none results && cp -r published results/peru"
    subprocess.run(cluster.inside("sh", "-c", mounting, folder=built.folder), check=True)
    run = start(cluster, built, "--retries", "0", "--config", "buffer_km=10")
    assert run.wait(timeout=600) != 0
    log = (built.folder / "run.log").read_text()
    message = f"results/.build/peru: could not be written on {platform.node()}, the disk is full or failing."
    assert log.count(message) == 1, log
    assert "The last complete ones are still in results/peru/" in log
    assert "Traceback" not in log
    seen = Copy(cluster.seen(built.folder))
    assert seen.products() == before
