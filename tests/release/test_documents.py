"""The parts of a release: checksums, footprints, steps, names and dates."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

import asmgold.cli as commands
from asmgold.config.loading import read_yaml
from asmgold.config.scenario import Scenario, load_scenario
from asmgold.errors import InputError
from asmgold.release.build import Order, check_date
from asmgold.release.footprint import footprint_of, footprint_of_box
from asmgold.release.rerun import not_at_hand, scenario_of
from asmgold.release.steps import read_run
from asmgold.release.sums import faults_of_sums, files_in, read_sums, write_sums
from tests.conftest import PROJECT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of three files, with their sums."""
    for name, content in (("a.txt", b"one"), ("deep/er/b c.txt", b"two"), ("é.txt", b"")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    write_sums(tmp_path)
    return tmp_path


def test_sums_are_those_that_sha256sum_reads(folder: Path) -> None:
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().splitlines() == ["a.txt: OK", "deep/er/b c.txt: OK", "é.txt: OK"]
    assert read_sums(folder)["a.txt"] == hashlib.sha256(b"one").hexdigest()
    assert faults_of_sums(folder, read_sums(folder)) == {}


def test_each_file_that_is_changed_missing_or_too_many_is_named(folder: Path) -> None:
    (folder / "a.txt").write_bytes(b"onf")
    (folder / "deep/er/b c.txt").unlink()
    (folder / "deep/new").write_bytes(b"")
    (folder / "é.txt").unlink()
    (folder / "é.txt").symlink_to("/dev/null")
    faults = faults_of_sums(folder, read_sums(folder))
    assert list(faults) == ["a.txt", "deep/er/b c.txt", "deep/new", "é.txt"]
    assert faults["a.txt"].startswith(f"has sha256 {hashlib.sha256(b'onf').hexdigest()}, {hashlib.sha256(b'one')}"[:76])
    assert faults["deep/er/b c.txt"] == "is missing"
    assert faults["deep/new"] == "is not in SHA256SUMS"
    assert faults["é.txt"] == "is no ordinary file"


def test_links_are_counted_and_never_followed(folder: Path) -> None:
    (folder / "link").symlink_to("/usr")
    assert [name for name in files_in(folder) if "link" in name] == ["link"]


@pytest.mark.parametrize(
    "line",
    [
        "0" * 63 + "  a.txt", "0" * 64 + " a.txt", "G" * 64 + "  a.txt", "0" * 64 + "  ../a.txt",
        "0" * 64 + "  /etc/passwd", "0" * 64 + "  a//b", "0" * 64 + "  ./a.txt", "", "0" * 64 + "  a.txt",
    ],
)  # fmt: skip
def test_sums_that_are_none_are_refused(folder: Path, line: str) -> None:
    with (folder / "SHA256SUMS").open("a") as sums:
        sums.write(f"{line}\n")
    with pytest.raises(InputError, match=r"line 4 is .* a hash and the path of another file in the folder"):
        read_sums(folder)


def test_a_folder_without_sums_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is none, so this is no release"):
        read_sums(tmp_path)


def test_a_footprint_holds_what_it_is_drawn_around() -> None:
    shapes = [shapely.Point(-75, -10).buffer(1), shapely.box(-72, -14, -71, -13)]
    found = footprint_of(shapes)
    outline = shapely.geometry.shape(found.geometry)
    assert outline.buffer(1e-5).contains(shapely.MultiPolygon(shapes))
    assert outline.exterior.is_ccw
    np.testing.assert_allclose(found.bbox, [-76, -14, -71, -9])


def test_a_footprint_goes_on_across_180_degrees() -> None:
    fiji = shapely.MultiPolygon([shapely.box(177, -19, 180, -16), shapely.box(-180, -19, -178, -16)])
    found = footprint_of([fiji])
    # By RFC 7946 the west of a box that crosses is greater than its east, and its outline is in two parts.
    assert found.bbox == [177, -19, -178, -16]
    outline = shapely.geometry.shape(found.geometry)
    assert outline.geom_type == "MultiPolygon"
    assert outline.bounds == (-180, -19, 180, -16)
    assert outline.area == pytest.approx(5 * 3)


def test_a_footprint_goes_on_to_the_west_too() -> None:
    shapes = [shapely.box(-170, 50, -66, 60), shapely.box(172, 51, 180, 53), shapely.box(-180, 51, -179, 53)]
    found = footprint_of(shapes)
    assert found.bbox == [172, 50, -66, 60]
    outline = shapely.geometry.shape(found.geometry)
    assert all(outline.buffer(1e-5).covers(shape) for shape in shapes)
    assert not outline.intersects(shapely.box(-60, -90, 170, 90))


def test_the_footprint_of_a_raster_may_go_on_beyond_180() -> None:
    assert footprint_of_box(175, -20, 185, -10).bbox == [175, -20, -175, -10]
    assert footprint_of_box(-185, -20, -175, -10).bbox == [175, -20, -175, -10]
    assert footprint_of_box(-180, -90, 180, 90).bbox == [-180, -90, 180, 90]


def note(folder: Path, rule: str, inputs: list[str], outputs: list[str], **wildcards: str) -> None:
    """What a job leaves, with its files."""
    name = ".".join([rule, *wildcards.values()])
    told = {
        "rule": rule,
        "script": f"{rule}.py",
        "wildcards": wildcards,
        "inputs": inputs,
        "outputs": outputs,
        "params": {},
    }
    (folder / "build/logs").mkdir(parents=True, exist_ok=True)
    (folder / "build/logs" / f"{name}.job.json").write_text(json.dumps(told))
    for output in outputs:
        (folder / output).write_text(output)


def test_steps_come_in_an_order_in_which_they_can_be_done(tmp_path: Path) -> None:
    note(tmp_path, "a_last", ["build/2", "build/3"], ["build/4"])
    note(tmp_path, "z_first", ["raw/x"], ["build/1"])
    note(tmp_path, "each", ["build/1"], ["build/2"], of="2")
    note(tmp_path, "each", ["build/1"], ["build/3"], of="3")
    note(tmp_path, "unasked", ["raw/x"], ["build/5"])
    run = read_run(tmp_path, tmp_path / "build", ["raw/x"], ["build/4"])
    assert [step.name for step in run.steps] == ["z_first", "each-2", "each-3", "a_last"]
    assert run.made["build/3"].sha256 == hashlib.sha256(b"build/3").hexdigest()
    assert run.made["build/3"].bytes == 7


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda build: (build / "logs/first.job.json").unlink(), "build/1: no job is on record that made it"),
        (lambda build: (build / "1").unlink(), "build/1: a job is on record that made it, and it is gone"),
        (lambda build: (build / "logs/first.job.json").write_text("{}"), "first.job.json: not the note of a job"),
        (lambda build: note(build.parent, "first", ["build/2"], ["build/1"]), "go round in a circle"),
    ],
    ids=["no note", "no file", "no note of a job", "a circle"],
)
def test_steps_with_a_gap_are_refused(tmp_path: Path, spoil, message: str) -> None:
    note(tmp_path, "first", ["raw/x"], ["build/1"])
    note(tmp_path, "second", ["build/1"], ["build/2"])
    assert len(read_run(tmp_path, tmp_path / "build", ["raw/x"], ["build/2"]).steps) == 2
    spoil(tmp_path / "build")
    with pytest.raises(InputError, match=message):
        read_run(tmp_path, tmp_path / "build", ["raw/x"], ["build/2"])


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "A", "-a", ".a", "a b", "a\n"])
def test_names_that_are_no_folders_names_are_refused(name: str) -> None:
    order = Order("2026-01-31", name or " ")
    with pytest.raises(InputError, match="small letters, digits, dots, _ and - were expected"):
        order.name_for("peru")


def test_a_release_is_called_by_scenario_and_date() -> None:
    assert Order("2026-01-31").name_for("peru") == "peru-2026-01-31"
    assert Order("2026-01-31", "peru-1.0").name_for("peru") == "peru-1.0"


@pytest.mark.parametrize("date", ["2026-02-30", "2026-1-1", "20260131", "today", "2026-01-31T00:00", ""])
def test_days_that_are_none_are_refused(date: str) -> None:
    with pytest.raises(InputError, match="a day such as 2026-01-31 was expected"):
        check_date(date)


def test_the_day_follows_source_date_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1769817600")
    assert commands._today() == "2026-01-31"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    with pytest.raises(InputError, match="SOURCE_DATE_EPOCH is 'soon', seconds since 1970 were expected"):
        commands._today()
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert check_date(commands._today())


def scenario(**changes: object) -> Scenario:
    """The default scenario, or that with other keys."""
    return load_scenario(read_yaml(PROJECT / "config/config.yaml") | changes, {}, PROJECT / "config", pinned=False)


def manifest_of(one: Scenario) -> dict[str, object]:
    """What of a manifest tells how the scenario is configured, after it was a file."""
    own = {path: {"lock": {"sha256": "0" * 64, "bytes": 1}} for path in one.own_files}
    return json.loads(
        json.dumps(
            {
                "configuration": one.settings.model_dump(mode="json", exclude_none=True),
                "corrections": {"declared": [c.model_dump(mode="json", exclude_none=True) for c in one.corrections]},
                "sources": one.provenance() | own,
            }
        )
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"rasters": None, "countries": None, "production": None},
        {"corrections": False},
        {"overlays": {}, "language": "es"},
    ],
    ids=["default", "without rasters", "uncorrected", "in Spanish"],
)
def test_a_manifest_tells_the_whole_scenario(changes: dict[str, object]) -> None:
    made = scenario(**changes)
    told = scenario_of(manifest_of(made))
    assert told.settings == made.settings
    assert told.corrections == made.corrections
    assert told.provenance() == made.provenance()


def test_what_is_not_at_hand_for_a_rerun_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = scenario()
    manifest = manifest_of(made)
    missing = not_at_hand(scenario_of(manifest), manifest, PROJECT)
    # The two tables of facts stand in this manifest with a hash that is not theirs; all else is in the repository.
    assert [line.split(" (")[0] for line in missing] == [
        "data/raw/embedded/published_shares.csv",
        "data/raw/embedded/asm_gold_production.csv",
    ]
    assert all("has other bytes" in line for line in missing)
    missing = not_at_hand(scenario_of(manifest), manifest, tmp_path)
    assert "mrds_peru (there is no data/raw/embedded/mrds_peru.csv)" in missing
    assert "Snakefile (this is no checkout of the project)" in missing


def test_an_empty_result_has_the_footprint_of_its_area(tmp_path: Path) -> None:
    from asmgold.release.footprint import footprint_of_products

    regions = gpd.GeoDataFrame({"region_id": []}, geometry=[], crs=4326)
    regions.to_parquet(tmp_path / "regions.parquet")
    area = gpd.GeoDataFrame(geometry=[shapely.box(1, 2, 3, 4)], crs=4326)
    area.to_file(tmp_path / "asm_gold_regions.gpkg", layer="area")
    assert footprint_of_products(tmp_path).bbox == [1, 2, 3, 4]
