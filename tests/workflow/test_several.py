"""Several scenarios in one plan, and several runs in one folder at the same time, as a user asks for them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from asmgold.io.checksum import sha256_of
from tests.conftest import LEAN, Copy
from tests.workflow.test_kills import start

pytestmark = pytest.mark.thorough

SMALL = LEAN | {"overlays": {}, "evidence": {}, "strata": None}


@pytest.fixture
def several(project: Copy) -> Copy:
    """A project with small scenarios of two countries, and a group of them."""
    for name in ("PER", "BOL"):
        settings = SMALL | {"scenario": name.lower(), "area": {"country": name}}
        (project.folder / f"config/scenarios/{name.lower()}.yaml").write_text(yaml.safe_dump(settings))
    (project.folder / "config/scenarios/neighbours.yaml").write_text("scenarios: [per, bol]\n")
    return project


def run(copy: Copy, *arguments: str) -> tuple[int, str]:
    """Its exit status, and what it said."""
    process = start(copy, *arguments)
    said, _ = process.communicate(timeout=600)
    return process.returncode, said


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: sha256_of(path) for path in sorted(folder.iterdir())}


def test_scenarios_in_one_plan_have_the_bytes_of_each_alone(several: Copy) -> None:
    status, said = run(several, "run", "--scenario", "neighbours")
    assert status == 0, said
    assert "ASM gold regions of Peru" in said
    assert "ASM gold regions of Bolivia" in said
    # The one reads, the other takes what was read.
    assert re.search(r"_read_records: the tables are those of (per|bol) ", said), said
    together = {name: hashes(several.folder / "results" / name) for name in ("per", "bol")}

    for question in ("bol", "bol,", "bol per", "per,neighbours"):
        status, said = run(several, "run", "--scenario", question)
        assert status == 0, said
        assert "Nothing to be done" in said

    (several.folder / "results").rename(several.folder / "first")
    for name in ("per", "bol"):
        assert run(several, "run", "--scenario", name)[0] == 0
        assert hashes(several.folder / "results" / name) == together[name]


def test_one_that_fails_does_not_stop_the_other_and_is_told_last(several: Copy) -> None:
    (several.folder / "broken.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    settings = SMALL | {"scenario": "broken", "area": {"file": "broken.geojson"}}
    (several.folder / "config/scenarios/broken.yaml").write_text(yaml.safe_dump(settings))
    status, said = run(several, "run", "--scenario", "broken bol")
    assert status == 1
    assert "ASM gold regions of Bolivia" in said
    assert said.strip().endswith("Stopped: the products of broken were not made.")
    assert said.count("Stopped:") == 1
    assert "Traceback" not in said
    assert (several.folder / "results/bol/manifest.json").is_file()
    assert not (several.folder / "results/broken").exists()


def test_a_source_of_several_scenarios_is_fetched_once(several: Copy) -> None:
    pin = {"sha256": "0" * 64, "bytes": 1}
    lock = several.folder / "config/sources.lock.yaml"
    lock.write_text(yaml.safe_dump(yaml.safe_load(lock.read_text()) | {"mrds": pin, "major_deposits": pin}))
    for name in ("per", "bol"):
        path = several.folder / f"config/scenarios/{name}.yaml"
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"records": ["mrds", "major_deposits"]}))
    done = several.run("-n", "--config", "scenario=per bol")
    assert done.returncode == 0, done.stderr
    assert (done.stdout + done.stderr).count("would run per_fetch_source") == 2
    assert "would run bol_fetch_source" not in done.stdout + done.stderr


def test_runs_of_different_scenarios_work_side_by_side_and_of_the_same_one_do_not(several: Copy) -> None:
    first, second = start(several, "run", "--scenario", "per"), start(several, "run", "--scenario", "bol")
    while not list((several.folder / "results/.build/per/logs").glob("*")):
        assert first.poll() is None
    status, said = run(several, "run", "--scenario", "bol per")
    assert status == 5
    told = [line for line in said.splitlines() if " is at work on it; nothing was done" in line]
    assert len(told) == 1
    for process, name in ((first, "per"), (second, "bol")):
        said, _ = process.communicate(timeout=600)
        assert process.returncode == 0, said
        assert "is at work on it" not in said
        assert (several.folder / "results" / name / "manifest.json").is_file()


def test_a_mistake_in_a_group_is_one_line(several: Copy) -> None:
    group = several.folder / "config/scenarios/neighbours.yaml"
    for content, message in (
        ("scenarios: per\n", "config/scenarios/neighbours.yaml: scenarios is 'per'; a list of names was expected"),
        ("scenarios: [per, pex]\n", "the nearest are PER (Peru)"),
        ("scenarios: [per, neighbours]\n", "scenarios is per, neighbours; one scenario was expected"),
    ):
        group.write_text(content)
        done = several.run("-n", "--config", "scenario=neighbours")
        assert done.returncode == 1
        assert message in done.stderr
        assert "Traceback" not in done.stderr
    status, said = run(several, "release", "--scenario", "neighbours")
    assert status == 1
    assert said.strip().endswith("one scenario was expected")
