"""`python -m asmgold fetch` and `import`, as a user types them: what they say, their exit status, and the lock."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

import asmgold.cli as commands
from asmgold.config.loading import load_lock, read_yaml
from asmgold.config.scenario import load_scenario
from asmgold.errors import InputError, RefusedError, UnreachableError
from tests.conftest import PROJECT
from tests.faulty_server import FaultyServer, Reply, faulty_server
from tests.upstream.conftest import NEW, NEW_LAYER, OLD, OLD_LAYER, PAGE, QUICK, as_json, mrds_csv, zipped

LAYER_WHERE = {"shapeName": "Madre de Dios"}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the configuration alone, and clients that do not wait."""
    shutil.copytree(PROJECT / "config", tmp_path / "config")
    scenario = {
        "scenario": "small",
        "records": ["mrds"],
        "area": {"source": "peru_departments", "where": LAYER_WHERE},
        "countries": None,
        "overlays": {},
        "evidence": {},
        "strata": None,
        "published_shares": None,
        "production": None,
        "towns": None,
        "rivers": None,
        "lakes": None,
    }
    (tmp_path / "config/scenarios/small.yaml").write_text(yaml.safe_dump(scenario))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ASMGOLD_MIRROR", raising=False)
    monkeypatch.setattr(commands, "Client", lambda mirror: replace(QUICK, mirror=mirror))
    return tmp_path


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with faulty_server() as running:
        running.answer("/mrdata.usgs.gov/mrds/mrds-csv.zip", OLD)
        running.answer(
            "/www.geoboundaries.org/api/current/gbOpen/PER/ADM1/",
            as_json({"gjDownloadURL": "https://example.org/PER.geojson"}),
        )
        running.answer("/example.org/PER.geojson", OLD_LAYER)
        yield running


def test_fetching_pins_what_is_missing_and_nothing_twice(
    project: Path, server: FaultyServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASMGOLD_MIRROR", server.root)
    before = set(load_lock(Path("config/sources.lock.yaml")))
    assert commands.main(["fetch", "--scenario", "small"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split(": sha256")[0] for line in said] == [
        "mrds: fetched 40 rows and pinned them",
        "peru_departments: fetched 2 rows and pinned them",
    ]
    lock = load_lock(Path("config/sources.lock.yaml"))
    assert set(lock) == before | {"mrds", "peru_departments"}
    scenario = load_scenario(read_yaml(Path("config/config.yaml")) | {"scenario": "small"}, {})
    assert Path(scenario.source_file("mrds")).read_bytes() == OLD

    asked, content = len(server.requests), Path("config/sources.lock.yaml").read_bytes()
    assert commands.main(["fetch", "--scenario", "small"]) == 0
    assert capsys.readouterr().out == "small: nothing to fetch, all that it needs is here and matches its pins\n"
    assert len(server.requests) == asked

    shutil.rmtree("data/raw/mrds")
    assert commands.main(["fetch", "--scenario", "small"]) == 0
    assert "mrds: fetched what is pinned" in capsys.readouterr().out
    shutil.rmtree("data/raw/mrds")
    server.answer("/mrdata.usgs.gov/mrds/mrds-csv.zip", NEW)
    assert commands.main(["fetch", "--scenario", "small"]) == RefusedError.exit_status
    assert "mrds: upstream has changed" in capsys.readouterr().err
    assert Path("config/sources.lock.yaml").read_bytes() == content


@pytest.mark.parametrize(
    ("mrds", "departments", "status"),
    [
        (Reply(status=404), OLD_LAYER, UnreachableError.exit_status),
        (PAGE, OLD_LAYER, RefusedError.exit_status),
        (Reply(status=503), PAGE, RefusedError.exit_status),
    ],
)
def test_one_source_that_fails_does_not_keep_the_others_away(
    server: FaultyServer,
    capsys: pytest.CaptureFixture[str],
    mrds: Reply | bytes,
    departments: bytes,
    status: int,
) -> None:
    server.answer("/mrdata.usgs.gov/mrds/mrds-csv.zip", mrds)
    server.answer("/example.org/PER.geojson", departments)
    assert commands.main(["fetch", "--scenario", "small", "--mirror", server.root]) == status
    assert "mrds: " in capsys.readouterr().err
    lock = load_lock(Path("config/sources.lock.yaml"))
    assert "mrds" not in lock
    assert ("peru_departments" in lock) == (departments == OLD_LAYER)


def test_without_a_network_one_line_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        mirror = f"http://127.0.0.1:{taken.getsockname()[1]}"
    assert commands.main(["fetch", "--scenario", "small", "--mirror", mirror]) == UnreachableError.exit_status
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert all(way in said[0] for way in (mirror, "MIRROR=", "asmgold import", "make run"))


def test_the_detections_of_2026_are_fetched_and_checked_as_they_are_read(
    server: FaultyServer, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path("config/scenarios/small.yaml")
    evidence = {"detections": {"source": "amazon_mining_detections", "period_field": "onset_year"}}
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"evidence": evidence}))
    address = "/data.source.coop/earthgenome/amazon-mining-watch/amazon_basin_detections.geojson"
    patches = json.loads(OLD_LAYER)
    server.answer(address, as_json(patches))
    assert commands.main(["fetch", "--scenario", "small", "--mirror", server.root]) == RefusedError.exit_status
    assert "amazon_mining_detections: has no field 'onset_year' for the period" in capsys.readouterr().err
    for year, feature in enumerate(patches["features"], 2018):
        feature["properties"]["onset_year"] = year
    server.answer(address, as_json(patches))
    assert commands.main(["fetch", "--scenario", "small", "--mirror", server.root]) == 0
    assert load_lock(Path("config/sources.lock.yaml"))["amazon_mining_detections"].rows == 2


def test_a_layer_is_checked_as_the_scenario_reads_it(server: FaultyServer, capsys: pytest.CaptureFixture[str]) -> None:
    server.answer("/example.org/PER.geojson", NEW_LAYER.replace(b"shapeName", b"name"))
    assert commands.main(["fetch", "--scenario", "small", "--mirror", server.root]) == RefusedError.exit_status
    assert "peru_departments: has no field 'shapeName'" in capsys.readouterr().err


def test_a_field_that_names_units_is_looked_for_when_the_file_comes(
    server: FaultyServer, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path("config/scenarios/small.yaml")
    overlays = {"units": {"source": "peru_departments", "group_by": "NOMRET"}}
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"overlays": overlays}))
    assert commands.main(["fetch", "--scenario", "small", "--mirror", server.root]) == RefusedError.exit_status
    assert "peru_departments: has no field 'NOMRET', its fields are shapeName" in capsys.readouterr().err


def test_the_embedded_scenario_needs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["fetch"]) == 0
    assert capsys.readouterr().out.startswith("peru: nothing to fetch")


def test_importing_pins_a_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("brought").write_bytes(OLD)
    assert commands.main(["import", "mrds", "brought"]) == 0
    assert "mrds: pinned 40 rows" in capsys.readouterr().out
    assert commands.main(["import", "mrds", "brought"]) == 0
    assert "mrds: these bytes are pinned already" in capsys.readouterr().out
    Path("brought").write_bytes(zipped(mrds__csv=mrds_csv(20)))
    assert commands.main(["import", "mrds", "brought"]) == RefusedError.exit_status
    assert "mrds: the file has 20 rows, 40 were there before" in capsys.readouterr().err
    assert commands.main(["import", "mrds", "brought", "--allow-fewer-rows"]) == 0
    assert load_lock(Path("config/sources.lock.yaml"))["mrds"].rows == 20


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["import", "mrds", "missing.zip"], "missing.zip: there is no such file"),
        (["import", "mrds_peru", "config/config.yaml"], "mrds_peru: the project carries this source itself"),
        (["import", "mdrs", "config/config.yaml"], "mdrs: not a source of config/sources.yaml that is fetched (mrds, "),
        (["fetch", "--scenario", "preu"], "scenario is 'preu'"),
        (["fetch", "--mirror", "localhost"], "mirror is 'localhost', an address such as http://127.0.0.1:8765"),
    ],
)
def test_mistakes_are_named_in_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], text: str) -> None:
    before = Path("config/sources.lock.yaml").read_bytes()
    assert commands.main(arguments) == 1
    said = capsys.readouterr()
    assert text in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""
    assert Path("config/sources.lock.yaml").read_bytes() == before


def test_an_unpinned_source_stops_a_run_and_names_the_remedy() -> None:
    with pytest.raises(InputError, match=r"has no entry 'mrds'; `make fetch SCENARIO=small` fetches"):
        load_scenario(read_yaml(Path("config/config.yaml")) | {"scenario": "small"}, {})


def test_the_scenario_of_the_producers_own_files_is_well_formed() -> None:
    values = read_yaml(Path("config/config.yaml")) | {"scenario": "peru-upstream"}
    scenario = load_scenario(values, {}, pinned=False)
    assert set(scenario.used_sources) - set(scenario.fetched) == {"towns", "rivers_50m", "lakes_50m"}
    assert set(scenario.fetched) == {
        "mrds", "major_deposits", "mining_corridor_upstream", "peru_departments", "countries", "amazon_mining_searched",
        *(f"amazon_mining_{year}" for year in range(2018, 2024)),
    }  # fmt: skip


def test_the_scenario_with_people_adds_a_raster_to_the_default_one() -> None:
    values = read_yaml(Path("config/config.yaml")) | {"scenario": "peru-population"}
    scenario = load_scenario(values, {}, pinned=False)
    assert scenario.fetched == ["worldpop_peru"]
    assert scenario.settings.exposure["population"].unit == "people"
    assert scenario.settings.area.source == "peru_departments_2007"


def test_the_module_can_be_run() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "asmgold", "fetch", "--scenario", "preu"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("configuration: scenario is 'preu'")
