"""The lock and the store: full disks, other bytes, imports, and what is pruned."""

from __future__ import annotations

import hashlib
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from asmgold.config.loading import load_lock
from asmgold.config.models import Lock
from asmgold.config.paths import stored_file
from asmgold.errors import InputError, RefusedError, UnreachableError
from asmgold.upstream.fetch import fetch, import_file, pin_missing
from asmgold.upstream.store import incoming, is_stored, prune, update_lock, write_lock
from tests.conftest import PROJECT
from tests.faulty_server import FaultyServer, Reply
from tests.killing import killed_before
from tests.reliability import places_of
from tests.upstream.conftest import (
    HEADER,
    NEW,
    OLD,
    QUICK,
    Place,
    a_source,
    nothing_changes,
    with_more_urls,
)

# --- the disk


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_while_fetching(table: Place) -> None:
    table.server.answer(table.path, NEW)
    with nothing_changes(table, InputError, "mrds-csv.zip: could not be written: the disk is full"), small_disk(500):
        table.check()


def test_a_full_disk_while_importing(table: Place) -> None:
    with nothing_changes(table, InputError, "the disk is full"):
        file = table.folder.parent / "brought.zip"
        file.write_bytes(NEW)
        with small_disk(500):
            import_file(table.name, table.source, file, table.lock, root=table.root, lock_file=table.lock_file)


def test_a_full_disk_while_writing_the_lock(table: Place) -> None:
    with (
        nothing_changes(table, InputError, "sources.lock.yaml: could not be written: the disk is full"),
        small_disk(50),
    ):
        update_lock({"new": Lock(sha256="b" * 64, bytes=1)}, table.lock_file, table.root)


# --- the lock and the store


def test_the_pinned_bytes_are_fetched_when_they_are_not_there(table: Place) -> None:
    before = table.state()
    path = table.ensure().path
    assert not table.server.requests
    for damage in (path.unlink, lambda: path.write_bytes(b"altered")):
        damage()
        assert table.ensure().path.read_bytes() == OLD
    assert table.state() == before


def test_other_bytes_than_those_pinned_stop_a_run(table: Place) -> None:
    stored_file(table.name, table.source, table.lock, table.root).unlink()
    table.server.answer(table.path, NEW)
    with nothing_changes(table, RefusedError, "mrds: upstream has changed", table.lock.sha256, "`make refresh` takes"):
        table.ensure()


def test_the_second_url_gives_the_pinned_bytes_or_none(table: Place) -> None:
    stored_file(table.name, table.source, table.lock, table.root).unlink()
    table.server.answer(table.path, Reply(status=503))
    with_more_urls(table, NEW)
    with nothing_changes(table, UnreachableError, "second.zip gives other bytes than those pinned"):
        table.ensure()
    with_more_urls(table, OLD)
    assert table.ensure().path.read_bytes() == OLD


def test_pinning_a_source_leaves_the_other_entries_alone(table: Place) -> None:
    before = table.lock_file.read_text()
    assert before.startswith(HEADER + "\nmrds:\n  requested_url: ")
    assert before.endswith("\n\nother:\n  sha256: " + "a" * 64 + "\n  bytes: 1\n")
    address = table.server.answer("/again.zip", NEW)
    pin_missing(
        "again", a_source(address, "again.zip", "mrds"), client=QUICK, root=table.root, lock_file=table.lock_file
    )
    after = table.lock_file.read_text()
    assert after.startswith(HEADER + "\nagain:\n")
    assert after.endswith(before.removeprefix(HEADER))
    update_lock({"again": None}, table.lock_file, table.root)
    assert table.lock_file.read_text() == before


def test_the_lock_that_the_project_carries_is_written_as_it_is(tmp_path: Path) -> None:
    carried = PROJECT / "config/sources.lock.yaml"
    copy = tmp_path / "lock.yaml"
    copy.write_bytes(carried.read_bytes())
    write_lock(load_lock(copy), copy)
    assert copy.read_bytes() == carried.read_bytes()


def test_importing(table: Place) -> None:
    found = table.bring(NEW)
    assert found.changed
    assert found.path.read_bytes() == NEW
    assert table.lock == found.lock
    assert (found.lock.rows, found.lock.requested_url, found.lock.etag) == (44, None, None)
    state = table.state()
    assert not table.bring(NEW).changed
    assert table.state() == state
    assert not table.server.requests


def test_importing_what_is_not_there(table: Place) -> None:
    with nothing_changes(table, InputError, "missing.zip: there is no such file"):
        import_file("mrds", table.source, Path("missing.zip"), table.lock, root=table.root, lock_file=table.lock_file)


def test_old_versions_stay_until_they_are_pruned(table: Place) -> None:
    table.server.answer(table.path, NEW)
    new, old = table.check(), table.lock
    assert stored_file(table.name, table.source, old, table.root).is_file()
    assert prune(table.name, [old.sha256, new.lock.sha256], table.root) == []
    assert prune(table.name, [new.lock.sha256], table.root) == [
        stored_file(table.name, table.source, old, table.root).parent
    ]
    assert new.path.is_file()


def test_what_a_killed_program_left_is_removed(table: Place) -> None:
    left = table.root / "mrds/.incoming-left"
    left.mkdir()
    (left / "owner").touch()
    (left / "mrds-csv.zip.part").write_bytes(b"half")
    with incoming("mrds", table.root) as busy:
        assert not left.exists()
        with incoming("mrds", table.root):
            assert busy.exists()
    assert not list((table.root / "mrds").glob(".incoming-*"))


def test_nothing_is_left_where_nothing_came(tmp_path: Path, server: FaultyServer) -> None:
    source = a_source(server.answer("/x.zip", Reply(status=404)), "x.zip", "mrds")
    with pytest.raises(UnreachableError):
        fetch("x", source, root=tmp_path / "raw", client=QUICK)
    assert [path.name for path in tmp_path.rglob("*")] == ["raw", ".lock"]


def test_an_import_killed_at_any_call_leaves_the_old_or_the_new_pin(table: Place) -> None:
    pins, origin = [], table.folder
    old, new = hashlib.sha256(OLD).hexdigest(), hashlib.sha256(NEW).hexdigest()
    for number in count(1):
        table.folder = shutil.copytree(origin, origin.with_name(f"killed-{number}"))
        killed = killed_before(number, lambda: table.bring(NEW))
        pins.append(table.lock.sha256)
        assert pins[-1] in (old, new)
        assert table.lock_file.read_text().startswith(HEADER)
        # Whichever is pinned is there, whole; and the import can be said again.
        assert is_stored(table.name, table.source, table.lock, table.root)
        again = table.bring(NEW)
        assert (again.lock.sha256, again.changed) == (new, pins[-1] != new)
        assert is_stored(table.name, table.source, table.lock, table.root)
        assert not list(table.root.glob("*/.incoming-*"))
        if not killed:
            break
    assert set(pins) == {old, new}
    assert number - 1 >= places_of("import")
