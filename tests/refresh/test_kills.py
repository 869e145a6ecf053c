"""Refreshes and rollbacks that are killed at any call that changes the disk: lock and results are of one version."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from asmgold.errors import InputError
from asmgold.io.transaction import recover
from asmgold.publish.promote import faults_of
from asmgold.refresh.replace import ROLLBACK, ScenarioPaths, replace, rollback, snapshots
from tests.killing import killed_before
from tests.publish.test_promote import found, make
from tests.reliability import places_of

LOCK = "# What is pinned.\n\nmrds:\n  sha256: '{digit}'\n  bytes: 1\n"
VERSIONS = {
    number: {"regions.parquet": f"regions {number}".encode(), f"only_{number}.csv": str(number).encode()}
    for number in (1, 2, 3, 4)
}


def pin(number: int) -> str:
    return LOCK.format(digit=str(number) * 64)


def place_in(folder: Path) -> ScenarioPaths:
    return ScenarioPaths(folder / "results", "live", folder / "config/sources.lock.yaml")


def version(place: ScenarioPaths) -> int:
    """Which version stands there, whole: its products, its manifest and its lock, and nothing else."""
    assert not faults_of(place.published)
    (number,) = (number for number, products in VERSIONS.items() if products == found(place.published))
    assert place.lock.read_text() == pin(number)
    return number


def update(place: ScenarioPaths, number: int) -> None:
    """Take a version in, as a refresh does when it has been built."""
    shutil.rmtree(place.build, ignore_errors=True)
    make(place.build, VERSIONS[number])
    candidate = place.build / "candidate.lock.yaml"
    candidate.write_text(pin(number))
    replace(place, {name: place.build / name for name in [*VERSIONS[number], "manifest.json"]}, candidate, keep=2)


@pytest.fixture
def origin(tmp_path: Path) -> ScenarioPaths:
    """Version 3, after 1 and 2, both of which are kept."""
    place = place_in(tmp_path / "project")
    place.lock.parent.mkdir(parents=True)
    place.lock.write_text(pin(1))
    for number in (1, 2, 3):
        update(place, number)
    assert version(place) == 3
    assert [path.name for path in snapshots(place)] == ["000001", "000002"]
    return place


def kills(origin: ScenarioPaths, action: Callable[[ScenarioPaths], object]) -> Iterator[tuple[bool, ScenarioPaths]]:
    """The place after each kill of an action, and in the end after the action."""
    project = origin.results.parent
    for number in count(1):
        place = place_in(project.with_name(f"killed-{number}"))
        shutil.copytree(project, place.results.parent)
        killed = killed_before(number, lambda place=place: action(place))
        yield killed, place
        shutil.rmtree(place.results.parent)
        if not killed:
            return


def roll_back(place: ScenarioPaths) -> None:
    """As the command does."""
    if recover(place.results).get(place.scenario) != ROLLBACK:
        rollback(place)


def test_a_replacement_killed_at_any_call_is_the_old_or_the_new_and_can_be_rolled_back(origin: ScenarioPaths) -> None:
    outcomes = []
    for _, place in kills(origin, lambda place: update(place, 4)):
        recover(place.results)
        outcomes.append(version(place))
        assert len(snapshots(place)) == 2
        update(place, 4)
        roll_back(place)
        assert version(place) == (3 if outcomes[-1] == 3 else 4)
    assert outcomes == sorted(outcomes)
    assert {3, 4} == set(outcomes)
    assert len(outcomes) - 1 >= places_of("refresh, from the finished products on")


def test_a_rollback_killed_at_any_call_goes_back_one_version_when_it_is_said_again(origin: ScenarioPaths) -> None:
    after = []
    for killed, place in kills(origin, roll_back):
        counted = (place.results / ".incoming/live/journal.json").is_file()
        if killed and (counted or version(place) == 3):  # otherwise all was done already
            roll_back(place)
        assert version(place) == 2
        after.append([path.name for path in snapshots(place)])
        roll_back(place)
        assert version(place) == 1
        with pytest.raises(InputError, match="there are no earlier results to return to"):
            roll_back(place)
    assert all(names == ["000001"] for names in after)
    assert len(after) - 1 >= places_of("rollback")


@pytest.mark.parametrize("missing", ["regions.parquet", "manifest.json", "sources.lock.yaml"])
def test_a_snapshot_that_is_not_whole_is_passed_over_with_a_word(
    origin: ScenarioPaths, missing: str, caplog: pytest.LogCaptureFixture
) -> None:
    (snapshots(origin)[-1] / missing).unlink()
    with caplog.at_level(logging.WARNING):
        rollback(origin)
    assert version(origin) == 1
    assert f"000002: is not whole ({missing}), and passed over" in caplog.text


def test_without_a_whole_snapshot_nothing_is_replaced(origin: ScenarioPaths) -> None:
    for folder in snapshots(origin):
        (folder / "regions.parquet").write_bytes(b"regions of somebody else")
    with pytest.raises(InputError, match="there are no earlier results to return to"):
        rollback(origin)
    assert version(origin) == 3
