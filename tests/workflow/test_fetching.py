"""A scenario with a source that is fetched: pinned by a command, brought by a rule, and never fetched twice."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import geopandas as gpd
import pytest
import yaml

from asmgold.config.loading import load_lock
from asmgold.io.checksum import sha256_of
from tests.conftest import Copy
from tests.faulty_server import FaultyServer, Reply, faulty_server
from tests.upstream.conftest import NEW, OLD

PATH = "/mrdata.usgs.gov/mrds/mrds-csv.zip"
ROWS = "results/.build/small/read/mrds.parquet"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyServer]:
    with faulty_server() as running:
        running.answer(PATH, OLD)
        monkeypatch.setenv("ASMGOLD_MIRROR", running.root)
        yield running


@pytest.fixture
def small(project: Copy) -> Copy:
    """A project with a scenario of which one source is fetched."""
    settings = yaml.safe_load((project.folder / "config/config.yaml").read_text())
    scenario = settings | {"scenario": "small", "records": ["mrds"]}
    path = project.folder / "config/scenarios/small.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(scenario))
    return project


def fetch(copy: Copy) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "asmgold", "fetch", "--scenario", "small"]
    return subprocess.run(command, cwd=copy.folder, capture_output=True, text=True, check=False, timeout=60)


def read(copy: Copy) -> subprocess.CompletedProcess[str]:
    return copy.run("--config", "scenario=small", "--", ROWS)


@pytest.mark.thorough
def test_pinned_bytes_are_brought_once(small: Copy, server: FaultyServer) -> None:
    stopped = read(small)
    assert stopped.returncode == 1
    assert "has no entry 'mrds'; `make fetch SCENARIO=small`" in stopped.stderr
    assert "Traceback" not in stopped.stderr

    assert fetch(small).returncode == 0
    assert read(small).returncode == 0
    assert len(server.requests) == 1
    rows = sha256_of(small.folder / ROWS)

    # The bytes get lost, together with what was made of them: a run brings them back.
    lock = load_lock(small.folder / "config/sources.lock.yaml")["mrds"]
    stored = small.folder / "data/raw/mrds" / lock.sha256[:16] / "mrds-csv.zip"
    stored.unlink()
    (small.folder / ROWS).unlink()
    server.answer(PATH, Reply(status=503), OLD)
    done = read(small)
    assert done.returncode == 0, done.stderr
    assert "503 Service Unavailable; try 2 of 5" in done.stderr
    assert sha256_of(small.folder / ROWS) == rows

    # Newer files of the same bytes and another script are no reason to fetch or read again; nor is the network needed.
    asked = len(server.requests)
    server.answer(PATH, Reply(status=404))
    stored.touch()
    with (small.folder / "workflow/scripts/fetch_source.py").open("a") as script:
        script.write("# changed\n")
    done = read(small)
    assert done.returncode == 0, done.stderr
    assert "read_records" not in done.stderr
    assert stored.read_bytes() == OLD
    assert len(server.requests) == asked

    # Upstream has other bytes: they do not get in.
    stored.unlink()
    (small.folder / ROWS).unlink()
    server.answer(PATH, NEW)
    before = (small.folder / "config/sources.lock.yaml").read_bytes()
    done = read(small)
    assert done.returncode == 1
    assert "mrds: upstream has changed" in done.stderr
    assert "`make refresh`" in done.stderr
    assert "Traceback" not in done.stderr
    assert (small.folder / "config/sources.lock.yaml").read_bytes() == before
    assert not stored.exists()


@pytest.mark.thorough
def test_a_killed_fetch_leaves_nothing_that_matters(small: Copy, server: FaultyServer) -> None:
    server.answer(PATH, Reply(OLD, sent=len(OLD) // 2, then="stall"))
    before = (small.folder / "config/sources.lock.yaml").read_bytes()
    command = [sys.executable, "-m", "asmgold", "fetch", "--scenario", "small"]
    with subprocess.Popen(command, cwd=small.folder, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 30
        while not list(small.folder.glob("data/raw/mrds/.incoming-*/*.part")) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    assert (small.folder / "config/sources.lock.yaml").read_bytes() == before
    assert list(small.folder.glob("data/raw/mrds/.incoming-*/*.part"))
    server.answer(PATH, OLD)
    assert fetch(small).returncode == 0
    assert [path.name for path in small.folder.glob("data/raw/mrds/**/*") if path.is_file()] == ["mrds-csv.zip"]


MINING = (
    "/raw.githubusercontent.com/earthrise-media/mining-detector/main/data/outputs/website/"
    "mining_201800_simplified.geojson"
)
VISITS = (
    b'{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": '
    b'{"type": "Point", "coordinates": [-70.1, -12.9]}}]}'
)


@pytest.mark.thorough
def test_evidence_of_a_period_is_fetched_and_pinned_like_any_source(small: Copy, server: FaultyServer) -> None:
    path = small.folder / "config/scenarios/small.yaml"
    scenario = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump(scenario | {"evidence": {"seen": {"periods": {2018: "amazon_mining_2018"}}}}))
    server.answer(MINING, b"<!doctype html><title>Down for maintenance</title>")
    refused = fetch(small)
    assert refused.returncode in (3, 4)
    assert "Traceback" not in refused.stderr
    assert "amazon_mining_2018" not in load_lock(small.folder / "config/sources.lock.yaml")
    server.answer(MINING, VISITS)
    done = fetch(small)
    assert done.returncode == 0, done.stderr
    assert load_lock(small.folder / "config/sources.lock.yaml")["amazon_mining_2018"].rows == 1
    table = "results/.build/small/evidence/evidence_seen-2018.parquet"
    done = small.run("--config", "scenario=small", "--", table)
    assert done.returncode == 0, done.stderr
    assert gpd.read_parquet(small.folder / table)["period"].tolist() == ["2018"]
