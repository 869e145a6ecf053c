"""What a failed or killed job says at the end of the run, and what it leaves alone."""

from __future__ import annotations

import platform
import resource
import signal
import subprocess
import sys
import time

import psutil


def test_a_killed_job_is_named_at_the_end(built):
    before = built.products()
    command = [sys.executable, "-m", "snakemake", "--forcerun", "measure_uncertainty", "--until", "measure_uncertainty"]
    with subprocess.Popen(command, cwd=built.folder, stderr=subprocess.PIPE, text=True) as run:
        word = built.folder / "results/.build/peru/logs/measure_uncertainty.failed"
        while run.poll() is None and not word.exists():
            time.sleep(0.02)
        for child in psutil.Process(run.pid).children(recursive=True):
            if any(".snakemake/scripts/" in part for part in child.cmdline()):
                child.send_signal(signal.SIGKILL)
        messages = run.stderr.read()
    assert run.returncode != 0
    assert "measure_uncertainty: was killed before its end" in messages
    assert "The last complete ones are still in results/peru/" in messages
    assert not word.exists()
    assert built.products() == before


def test_a_full_disk_is_told_once(lean):
    before = lean.products()
    command = [sys.executable, "-m", "snakemake", "--config", "buffer_km=10"]
    done = subprocess.run(
        command, cwd=lean.folder, capture_output=True, text=True, check=False,
        # No file may be longer than that, which what writes meets as it meets a full disk.
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)),
    )  # fmt: skip
    assert done.returncode != 0
    message = f"results/.build/peru: could not be written on {platform.node()}, the disk is full or failing."
    assert done.stderr.split("\nfailed: ")[-1].count(message) == 1
    assert "Traceback" not in done.stderr
    assert lean.products() == before
