"""Refreshing as a scheduled job does it: new results and lock together or neither, whatever happens."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import yaml

from asmgold.io.checksum import sha256_of
from tests.conftest import LEAN, PROJECT, Copy, copy_project
from tests.faulty_server import FaultyServer, Reply, faulty_server

pytestmark = pytest.mark.thorough

ADDRESS = "/mrdata.usgs.gov/mrds/mrds-csv.zip"
TABLE = (PROJECT / "data/raw/embedded/mrds_peru.csv").read_bytes()
KILLS = int(os.environ.get("ASMGOLD_KILLS", "4"))  # more, to look longer


@dataclass
class Station:
    """A project that is refreshed from a server of the test."""

    copy: Copy
    server: FaultyServer

    @property
    def lock(self) -> Path:
        return self.copy.folder / "config/sources.lock.yaml"

    @property
    def results(self) -> Path:
        return self.copy.folder / "results/live"

    def serve(self, table: bytes) -> None:
        self.server.answer(ADDRESS, zipped(table))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "asmgold", *arguments],
            cwd=self.copy.folder,
            env=os.environ | {"ASMGOLD_MIRROR": self.server.root, "PYTHONPATH": str(self.copy.folder / "workflow")},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip

    def do(self, *arguments: str) -> tuple[int, str]:
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=300)
        return process.returncode, output

    def refresh(self, *arguments: str) -> tuple[int, str]:
        return self.do("refresh", "--scenario", "live", *arguments)

    def state(self) -> dict[str, str]:
        """The hashes of the lock and of everything that is published."""
        published = {path.name: sha256_of(path) for path in self.results.iterdir()} if self.results.is_dir() else {}
        return published | {"lock": sha256_of(self.lock)}

    def pinned(self) -> str | None:
        entry = yaml.safe_load(self.lock.read_text()).get("mrds")
        return entry and entry["sha256"]


def zipped(table: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mrds.csv"), table)
    return buffer.getvalue()


def changed_table() -> bytes:
    """One gold record moved by 1 km, one that bears gold no more, one removed, one new in the far north."""
    table = pd.read_csv(io.BytesIO(TABLE), dtype=str, keep_default_na=False)
    south = pd.to_numeric(table["latitude"]).between(-15, -7)
    official = table[south & (table["dep_id"] != "") & table["commod1"].str.contains("Gold")]
    first, second, third = official.index[:3]
    table.loc[first, "latitude"] = f"{float(table.loc[first, 'latitude']) + 0.01:.5f}"
    table.loc[second, "commod1"] = "Copper"
    table = table.drop(index=third)
    new = dict.fromkeys(table.columns, "") | {
        "dep_id": "99999999", "site_name": "Nueva | *Mina*", "latitude": "-3.00000", "longitude": "-74.00000",
        "country": "Peru", "commod1": "Gold",
    }  # fmt: skip
    return pd.concat([table, pd.DataFrame([new])]).to_csv(index=False).encode()


@pytest.fixture(scope="module")
def refreshed_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    with faulty_server() as server:
        station = Station(copy_project(tmp_path_factory.mktemp("live") / "project"), server)
        scenario = LEAN | {"scenario": "live", "records": ["mrds"]}
        (station.copy.folder / "config/scenarios/live.yaml").write_text(yaml.safe_dump(scenario))
        station.serve(TABLE)
        status, output = station.refresh()
        assert status == 0, output
        assert station.pinned() is not None
        yield station.copy


@pytest.fixture
def station(refreshed_once: Copy, tmp_path: Path) -> Iterator[Station]:
    """A project whose first refresh is done, with upstream as it was then."""
    with faulty_server() as server:
        copy = copy_project(tmp_path / "project", origin=refreshed_once.folder)
        fetched = refreshed_once.folder / "data/raw/mrds"
        subprocess.run(["cp", "-a", str(fetched), str(copy.folder / "data/raw/mrds")], check=True)
        station = Station(copy, server)
        station.serve(TABLE)
        yield station


def test_nothing_new_upstream_means_nothing_is_done(station):
    before = station.state()
    status, output = station.refresh()
    assert status == 0
    assert "nothing changed upstream, nothing to do" in output
    assert station.state() == before


def test_what_was_imported_by_hand_is_made_into_results_too(station, tmp_path):
    station.server.answer(ADDRESS, zipped(changed_table()))
    (tmp_path / "brought.zip").write_bytes(zipped(changed_table()))
    status, output = station.do("import", "--scenario", "live", "mrds", str(tmp_path / "brought.zip"))
    assert status == 0, output
    status, output = station.refresh()
    assert status == 0, output
    check_manifest(station)
    assert json.loads((station.results / "refresh_report.json").read_text())["counts"]["sites_lost"] == 2


def test_a_scenario_without_live_sources_says_so(station):
    status, output = station.do("refresh", "--scenario", "peru")
    assert status == 1
    assert "peru: uses only data that the project carries, there is nothing to refresh" in output


def test_after_a_refresh_a_run_has_nothing_to_do(station):
    done = station.copy.run("--config", "scenario=live")
    assert done.returncode == 0
    assert "Nothing to be done" in done.stderr


def test_a_change_is_taken_in_reported_and_can_be_rolled_back(station):
    before, old_pin = station.state(), station.pinned()
    station.serve(changed_table())
    status, output = station.refresh()
    assert status == 0, output
    assert station.pinned() == sha256_of_bytes(zipped(changed_table()))
    report = json.loads((station.results / "refresh_report.json").read_text())
    assert report["counts"]["records"] == {"added": 1, "changed": 1, "moved": 1, "removed": 1}
    assert (report["counts"]["sites_gained"], report["counts"]["sites_lost"]) == (1, 2)
    moved = next(record for record in report["records"] if record["change"] == "moved")
    assert moved["moved_m"] == pytest.approx(1106, abs=2)  # 0.01 degree of latitude near the equator
    assert report["counts"]["regions"]["new"] == 1
    text = (station.results / "refresh_report.md").read_text()
    assert "`Nueva \\| *Mina*`" in text
    assert "mining_corridor | outside" in text
    changes = gpd.read_file(station.results / "refresh_changes.gpkg", layer="changed_regions")
    assert "new" in set(changes["change"])
    manifest = json.loads((station.results / "manifest.json").read_text())
    assert manifest["sources"]["mrds"]["lock"]["sha256"] == station.pinned()
    for name, described in manifest["products"].items():
        assert sha256_of(station.results / name) == described["sha256"]

    status, output = station.do("rollback", "--scenario", "live")
    assert status == 0, output
    assert station.pinned() == old_pin
    assert {name: value for name, value in station.state().items() if name != "lock"} == without(before, "lock")
    run = station.copy.run("--config", "scenario=live")
    assert run.returncode == 0, run.stderr
    assert without(station.state(), "lock") == without(before, "lock")
    status, output = station.do("rollback", "--scenario", "live")
    assert status == 1
    assert "there are no earlier results to return to" in output


def without(state: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in state.items() if key != name}


def sha256_of_bytes(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("reply", "status", "message"),
    [
        (Reply(status=403), 3, "out of reach"),
        (Reply(b"<!doctype html><html><body>Maintenance</body></html>"), 4, "a web page came instead of the file"),
        (Reply(zipped(TABLE.replace(b"latitude", b"lat", 1))), 4, "has no column latitude"),
        (Reply(zipped(b"".join(TABLE.splitlines(keepends=True)[:355]))), 4, "rows"),
    ],
    ids=["out of reach", "maintenance page", "renamed column", "half the rows"],
)
def test_upstream_at_fault_changes_nothing(station, reply, status, message):
    before = station.state()
    station.server.answer(ADDRESS, reply)
    found, output = station.refresh()
    assert found == status, output
    assert message in output
    assert "Traceback" not in output
    assert station.state() == before


def test_a_change_beyond_the_gates_is_refused_with_a_report(station):
    before = station.state()
    station.serve(TABLE.replace(b'"Gold', b'"Lead').replace(b",Gold,", b",Lead,"))
    status, output = station.refresh()
    assert status == 4, output
    assert "sites are lost" in output
    assert "gates.sites_lost allows 10.0%" in output
    assert station.state() == before
    assert "**Refused.**" in (station.copy.folder / "results/.build/live/refresh_report.md").read_text()
    path = station.copy.folder / "config/refresh.yaml"
    path.write_text(yaml.safe_dump({"gates": {"sites_lost": 1.0, "area_changed": 1.0}}))
    assert station.refresh()[0] == 0


def test_a_full_disk_while_replacing_changes_nothing(station):
    before = station.state()
    station.serve(changed_table())
    incoming = station.copy.folder / "results/.incoming"
    shutil.rmtree(incoming)
    incoming.write_text("a file where the staging folder has to be")
    status, output = station.refresh()
    assert status == 1
    assert "cannot be written" in output
    assert station.state() == before


def test_two_refreshes_at_once_do_not_meet(station):
    station.server.answer(ADDRESS, Reply(zipped(changed_table()), sent=1000, then="stall"), zipped(changed_table()))
    first = station.start("refresh", "--scenario", "live")
    try:
        deadline = time.monotonic() + 60
        while not station.server.asked(ADDRESS) and time.monotonic() < deadline:
            time.sleep(0.05)
        status, output = station.refresh()
        assert status == 5
        assert "another refresh is under way" in output
    finally:
        station.server.released.set()
        first.communicate(timeout=120)
    assert first.returncode == 0


def test_a_refresh_killed_at_any_moment_leaves_the_old_or_the_new(station):
    """Killed at random moments, again and again; each time lock and results are those of one version."""
    versions = {sha256_of_bytes(zipped(table)): table for table in (TABLE, changed_table())}
    complete: dict[str, dict[str, str]] = {str(station.pinned()): products(station)}
    randomness = random.Random(20190416)
    station.serve(changed_table())
    status, output = station.refresh()
    assert status == 0, output
    told = len(output.splitlines())
    complete[str(station.pinned())] = products(station)
    killed = 0
    for attempt in range(KILLS):
        other = next(table for pin, table in versions.items() if pin != station.pinned())
        station.serve(other)
        process = station.start("refresh", "--scenario", "live")
        # How far it got is told by what it says: that holds on a busy machine, where seconds say little.
        wait_for_lines(process, randomness.randrange(told), pause=randomness.uniform(0, 0.3))
        if process.poll() is None:
            # Most often with all that it had started, as when the machine goes down; now and then alone.
            (os.kill if attempt % 7 == 3 else os.killpg)(process.pid, signal.SIGKILL)
        process.communicate(timeout=120)
        killed += process.returncode == -signal.SIGKILL
        # Anyone who comes next first finishes what was begun; a dry run of the workflow is enough.
        assert station.copy.run("-n", "--nolock", "--quiet", "all", "--config", "scenario=live").returncode == 0
        assert products(station) == complete[str(station.pinned())]
        check_manifest(station)
    assert killed >= KILLS // 2, killed
    station.serve(TABLE)
    status, output = when_not_busy(station)
    assert status == 0, output
    assert products(station) == complete[sha256_of_bytes(zipped(TABLE))]
    check_manifest(station)


def wait_for_lines(process: subprocess.Popen[str], lines: int, *, pause: float) -> None:
    """Read so many lines of what a process says, or all, and wait a little."""
    assert process.stdout is not None
    for _ in range(lines):
        if not process.stdout.readline():
            return
    time.sleep(pause)


def products(station: Station) -> dict[str, str]:
    """The hashes of the products that follow from the bytes of the sources alone."""
    others = {"lock", "manifest.json", "refresh_report.md", "refresh_report.json", "refresh_changes.gpkg"}
    return {name: value for name, value in station.state().items() if name not in others}


def check_manifest(station: Station) -> None:
    manifest = json.loads((station.results / "manifest.json").read_text())
    assert manifest["sources"]["mrds"]["lock"]["sha256"] == station.pinned()
    assert {name: described["sha256"] for name, described in manifest["products"].items()} == products(station)


def when_not_busy(station: Station) -> tuple[int, str]:
    """A workflow that a killed refresh had started may still run; until it ends, a refresh says it is busy."""
    deadline = time.monotonic() + 120
    while (outcome := station.refresh())[0] == 5 and time.monotonic() < deadline:
        time.sleep(0.5)
    return outcome
