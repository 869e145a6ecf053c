"""Products put in place together, though the process is killed at any call that changes the disk."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from asmgold.errors import InputError
from asmgold.io.checksum import sha256_of
from asmgold.io.transaction import recover
from asmgold.publish.promote import faults_of, mend, publish
from tests.killing import killed_before
from tests.reliability import places_of

OLD = {"regions.parquet": b"old regions", "map.png": b"old map", "gone.csv": b"made no more"}
NEW = {"regions.parquet": b"new regions", "map.png": b"new map", "countries/gha.csv": b"new country"}


def make(folder: Path, products: dict[str, bytes]) -> None:
    """A folder of products with their manifest, written by the test's own hand."""
    for name, content in products.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    described = {
        name: {"sha256": sha256_of(folder / name), "bytes": len(content)} for name, content in products.items()
    }
    (folder / "manifest.json").write_text(json.dumps({"products": described}))


def found(folder: Path) -> dict[str, bytes]:
    """What stands in a folder besides the manifest."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Old products that are published, with a file of the user beside them, and new ones that were made."""
    make(tmp_path / "results/peru", OLD)
    (tmp_path / "results/peru/mine.txt").write_bytes(b"mine")
    make(tmp_path / "results/.build/peru", NEW)
    return tmp_path


def kills(place: Path) -> Iterator[tuple[int, Path, Path]]:
    """The place as it was, again and again, until a publication comes to its end before it is killed."""
    for number in count(1):
        here = place.parent / f"{place.name}-{number}"
        shutil.copytree(place, here)
        build, folder = here / "results/.build/peru", here / "results/peru"
        killed = killed_before(number, lambda build=build, folder=folder: publish(build, folder))
        yield number, build, folder
        shutil.rmtree(here)
        if not killed:
            return


def put_back(folder: Path, before: dict[str, bytes], outputs: dict[str, bytes]) -> None:
    """What Snakemake does when a job fails: outputs that were there before are copied back, others go."""
    for name in outputs:
        if name in before:
            (folder / name).write_bytes(before[name])
        else:
            (folder / name).unlink(missing_ok=True)


@pytest.mark.parametrize("by_snakemake", [False, True], ids=["whole run killed", "job killed"])
def test_a_publication_killed_at_any_call_leaves_the_old_or_the_new(place: Path, by_snakemake: bool) -> None:
    manifests = {name: (place / "results" / name / "manifest.json").read_bytes() for name in (".build/peru", "peru")}
    outcomes = set()
    for number, build, folder in kills(place):
        if by_snakemake:
            outputs = {**NEW, "manifest.json": manifests[".build/peru"]}
            put_back(folder, {**OLD, "manifest.json": manifests["peru"]}, outputs)
        recover(folder.parent)
        if faults := mend(build, folder):
            # Snakemake had put back all but the file that is made no more, which had gone: it finds that all is old.
            assert by_snakemake
            assert faults == ["gone.csv"]
            assert (folder / "manifest.json").stat().st_mtime < (build / "manifest.json").stat().st_mtime
            publish(build, folder)
        products = found(folder)
        assert products.pop("mine.txt") == b"mine"
        assert products in (OLD, NEW), number
        assert not faults_of(folder)
        # What is not the last that was made is older than that, whatever was put back when.
        if products == OLD:
            assert (folder / "manifest.json").stat().st_mtime < (build / "manifest.json").stat().st_mtime
        outcomes.add(tuple(products))
        # And the next publication is as any other.
        publish(build, folder)
        assert found(folder) == {**NEW, "mine.txt": b"mine"}
        assert sorted(path.name for path in (folder.parent / ".incoming").iterdir()) == ["peru.lock"]
    assert len(outcomes) == 2
    kinds = ("with the whole run", "alone: Snakemake then puts old files back")
    assert number - 1 >= places_of(f"publication, {kinds[by_snakemake]}")


def test_a_recovery_that_is_killed_too_is_finished_by_the_next(place: Path) -> None:
    build, folder = place / "results/.build/peru", place / "results/peru"
    first = next(number for number in count(1) if journal_after(place, number))
    assert first
    for number in count(1):
        here = place.parent / f"again-{number}"
        shutil.copytree(place, here)
        results = here / "results"
        killed_before(first, lambda: publish(results / ".build/peru", results / "peru"))  # noqa: B023
        killed = killed_before(number, lambda: recover(results))  # noqa: B023
        recover(results)
        assert found(results / "peru") == {**NEW, "mine.txt": b"mine"}
        if not killed:
            break
    assert number - 1 >= places_of("finishing what a killed publication had begun")
    assert found(folder) == {**OLD, "mine.txt": b"mine"}
    assert build.is_dir()


def journal_after(place: Path, number: int) -> bool:
    """Whether a publication that is killed there counts already."""
    here = place.parent / f"first-{number}"
    shutil.copytree(place, here)
    killed_before(number, lambda: publish(here / "results/.build/peru", here / "results/peru"))
    return (here / "results/.incoming/peru/journal.json").is_file()


@pytest.mark.parametrize("name", ["map.png", "manifest.json"])
def test_a_product_that_changes_while_it_is_put_in_place_is_not_published(
    place: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    build, folder = place / "results/.build/peru", place / "results/peru"
    monkeypatch.setattr("asmgold.publish.promote.check_described", lambda _: (build / name).write_bytes(b"{}"))
    described = {name: sha256_of(build / name) for name in [*NEW, "manifest.json"]}
    monkeypatch.setattr("asmgold.publish.promote.hashes_of", lambda _: described)
    with pytest.raises(InputError, match="was changed after it was made"):
        publish(build, folder)
    assert found(folder) == {**OLD, "mine.txt": b"mine"}


SPOIL = {
    "changed": lambda folder: (folder / "map.png").write_bytes(b"NEW map"),  # of the same size
    "missing": lambda folder: (folder / "map.png").unlink(),
    "manifest changed": lambda folder: (folder / "manifest.json").write_bytes(b"{"),
    "another manifest": lambda folder: (folder / "manifest.json").write_text("[]"),
}


@pytest.mark.parametrize("spoil", SPOIL.values(), ids=SPOIL)
def test_what_is_not_as_its_manifest_says_is_published_again_and_kept_aside(place: Path, spoil) -> None:
    build, folder = place / "results/.build/peru", place / "results/peru"
    publish(build, folder)
    assert mend(build, folder) == []
    spoil(folder)
    before = found(folder)
    (fault,) = mend(build, folder)
    if fault == "manifest.json":  # which set it was is not known, so it is Snakemake that has to find it missing
        assert not (folder / fault).exists()
    else:
        assert not faults_of(folder)
        assert found(folder) == {**NEW, "mine.txt": b"mine"}
    aside = build / "changed"
    assert found(aside) == ({fault: before[fault]} if fault in before else {})


def test_what_is_mixed_and_not_there_as_it_was_made_is_missing_after(place: Path) -> None:
    build, folder = place / "results/.build/peru", place / "results/peru"
    (folder / "map.png").write_bytes(b"new map")
    assert mend(build, folder) == ["map.png"]
    assert not (folder / "map.png").exists()
    publish(build, folder)
    assert found(folder) == {**NEW, "mine.txt": b"mine"}
