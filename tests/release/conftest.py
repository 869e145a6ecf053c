"""Releases of the default scenario, made once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from asmgold.config.loading import read_yaml
from asmgold.config.scenario import Scenario, load_scenario
from asmgold.release import build as making
from asmgold.release.build import AROUND, assemble, run_of
from asmgold.release.changelog import release_before
from asmgold.release.facts import Facts
from asmgold.release.reproduce import MadeAnew
from asmgold.release.verify import Finding
from tests.conftest import PROJECT, Copy, copy_project

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
PROFILE = "provenance-run-crate"


def with_papers(copy: Copy) -> Copy:
    """A copy of the project with the files beside the workflow that a release takes along."""
    for name in AROUND:
        shutil.copyfile(PROJECT / name, copy.folder / name)
    return copy


def scenario_in(folder: Path) -> Scenario:
    return load_scenario(read_yaml(folder / "config/config.yaml"), {}, folder / "config", pinned=False)


def released(folder: Path, name: str, date: str = "2026-01-31", before: str | None = None) -> Path:
    """Release what stands in a project, with the steps of the run that made it."""
    scenario = scenario_in(folder)
    manifest = json.loads((folder / "results/peru/manifest.json").read_text())
    facts = Facts(name, date, manifest, read_yaml(folder / "CITATION.cff"))
    run = run_of(scenario, manifest, MadeAnew(folder, "peru"))
    return assemble(scenario, facts, run, release_before(folder / "releases", facts, before), folder)


@pytest.fixture(scope="module")
def released_once(built_once: Copy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of the default scenario. Do not change it."""
    copy = with_papers(copy_project(tmp_path_factory.mktemp("released") / "project", origin=built_once.folder))
    return released(copy.folder, "first")


@pytest.fixture
def sent(released_once: Path, tmp_path: Path) -> Path:
    """The release as somebody else has it, to change at will."""
    return Path(shutil.copytree(released_once, tmp_path / "sent"))


@pytest.fixture
def station(built: Copy, monkeypatch: pytest.MonkeyPatch) -> Copy:
    """A built project to release from. What is made anew is what was made there, so that it takes no time."""

    @contextmanager
    def made_at_once(*_: object) -> Iterator[MadeAnew]:
        yield MadeAnew(Path(), "peru")

    monkeypatch.chdir(with_papers(built).folder)
    monkeypatch.setattr(making, "made_anew", made_at_once)
    return built


def entities(folder: Path) -> dict[str, dict[str, Any]]:
    graph = json.loads((folder / "ro-crate-metadata.json").read_text())["@graph"]
    return {entity["@id"]: entity for entity in graph}


def ids(entity: Mapping[str, Any], key: str) -> set[str]:
    value = entity.get(key, [])
    return {reference["@id"] for reference in (value if isinstance(value, list) else [value])}


def faults(findings: list[Finding]) -> dict[str, str]:
    return {finding.what: finding.sentence for finding in findings if finding.kind == "fault"}


def change(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
