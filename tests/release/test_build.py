"""Releases are made whole or not at all, and tell what changed since the one before."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import asmgold.cli as commands
from asmgold.errors import InputError
from asmgold.io.checksum import sha256_of
from asmgold.io.files import write_json
from asmgold.io.tables import read_table, write_table
from asmgold.publish.manifest import describe_product
from asmgold.release import build as making
from asmgold.release.changelog import release_before
from asmgold.release.facts import Facts
from asmgold.release.reproduce import MadeAnew
from asmgold.release.stac import fault_of_stac
from asmgold.release.sums import write_sums
from asmgold.release.verify import verify
from tests.conftest import PROJECT, Copy, copy_project
from tests.killing import killed_before
from tests.release.conftest import change, faults, released
from tests.reliability import places_of

pytestmark = pytest.mark.thorough

# Making one


def test_the_command_releases_what_passes_the_gates(station: Copy, capsys: pytest.CaptureFixture[str]) -> None:
    before = station.products()
    assert commands.main(["release", "--date", "2026-02-28"]) == 0
    folder = Path("releases/peru-2026-02-28")
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"{folder}: released. The sha256 of its SHA256SUMS, to be stated where the release is announced:",
        sha256_of(folder / "SHA256SUMS"),
    ]
    assert [finding.line for finding in verify(folder) if finding.kind == "fault"] == []
    assert station.products() == before
    assert sorted(path.name for path in Path("releases").iterdir()) == [".lock", folder.name]

    # Its name is taken from now on, whatever came after.
    state = sha256_of(folder / "SHA256SUMS")
    assert commands.main(["release", "--date", "2026-02-28"]) == 1
    assert capsys.readouterr().err == (
        f"{folder}: is there already, and a release is never overwritten; choose another name\n"
    )
    assert sha256_of(folder / "SHA256SUMS") == state


def spoil_product(copy: Copy) -> str:
    change(copy.product("map.png"))
    return f"results/peru/map.png: sha256 is {sha256_of(copy.product('map.png'))}"


def lose_product(copy: Copy) -> str:
    copy.product("map.png").unlink()
    return "results/peru/map.png: is missing"


def miscount(copy: Copy) -> str:
    rewrite_manifest(copy, lambda manifest: manifest["records"]["mrds"].update(rows_read=711))
    return "results/peru/records.parquet: mrds has 711 rows read by manifest.json, and fates for 710"


def reconfigure(copy: Copy) -> str:
    copy.configure(buffer_km=10)
    return "results/peru: made with another configuration than the one of now (buffer_km); run peru again"


def other_pin(copy: Copy) -> str:
    copy.put("world", (copy.folder / "data/raw/embedded/countries.geojson").read_bytes() + b"\n")
    return "results/peru: made from other bytes of world than those of now; run peru again"


def no_results(copy: Copy) -> str:
    shutil.rmtree(copy.folder / "results/peru")
    return "results/peru/manifest.json: there is none"


def no_manifest(copy: Copy) -> str:
    copy.product("manifest.json").write_text("[]")
    return "results/peru/manifest.json: not the manifest of a run"


def no_authors(copy: Copy) -> str:
    (copy.folder / "CITATION.cff").write_text("title: asmgold\n")
    return "CITATION.cff: authors are missing; a release says whom to cite"


def no_notes(copy: Copy) -> str:
    (copy.folder / "results/.build/peru/logs/draw_map.job.json").unlink()
    return "results/.build/peru/brief.pdf: no job is on record that made it"


def full_disk(copy: Copy) -> str:
    making.write_sums = lambda folder: (folder / "missing/file").write_text("")  # any write may fail
    return "releases/new: cannot be written (No such file or directory); nothing was released"


def own_absolute_file(copy: Copy) -> str:
    table = Path("data/raw/embedded/published_shares.csv").resolve()
    copy.configure(published_shares=str(table))

    def edit(manifest: dict[str, Any]) -> None:
        manifest["configuration"].update(published_shares=str(table))
        manifest["sources"][str(table)] = manifest["sources"].pop("data/raw/embedded/published_shares.csv")

    rewrite_manifest(copy, edit)
    return f"configuration: file is {table}; a release is read on other machines"


def rewrite_manifest(copy: Copy, edit: Callable[[Any], None]) -> None:
    path = copy.product("manifest.json")
    content = json.loads(path.read_text())
    edit(content)
    write_json(content, path)


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_product, lose_product, miscount, reconfigure, other_pin, no_results, no_manifest, no_authors, no_notes,
        full_disk, own_absolute_file,
    ],
)  # fmt: skip
def test_what_does_not_pass_a_gate_is_not_released(
    station: Copy, spoil: Callable[[Copy], str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "write_sums", making.write_sums)  # put back afterwards
    message = spoil(station)
    assert commands.main(["release", "--name", "new", "--date", "2026-01-31"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[-1].startswith(message), said
    assert sorted(path.name for path in Path("releases").iterdir()) == [".lock"]


def test_results_that_cannot_be_made_again_are_not_released(
    station: Copy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    other = copy_project(tmp_path / "other", origin=station.folder)
    change(other.product("map.png"))
    rewrite_manifest(
        other, lambda manifest: manifest["products"].update({"map.png": describe_product(other.product("map.png"))})
    )

    @contextmanager
    def made_otherwise(*_: object) -> Iterator[MadeAnew]:
        yield MadeAnew(other.folder, "peru")

    monkeypatch.setattr(making, "made_anew", made_otherwise)
    assert commands.main(["release", "--name", "new"]) == 1
    said = capsys.readouterr().err
    assert "results/peru: is not what it is made from gives now; run peru again" in said
    assert "differs    map.png: made now with sha256" in said
    assert not Path("releases/new").exists()


KILLED = """
import os, signal
from pathlib import Path
from asmgold.release import build as making
from tests.release.conftest import released
making.write_sums = lambda folder: os.kill(os.getpid(), signal.SIGKILL)
released(Path(), "new")
"""


def test_a_release_that_is_killed_half_way_leaves_no_release(station: Copy) -> None:
    path = os.pathsep.join([str(station.folder / "workflow"), str(PROJECT)])
    done = subprocess.run([sys.executable, "-c", KILLED], env=os.environ | {"PYTHONPATH": path}, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not Path("releases/new").exists()
    assert Path("releases/.incoming/new/ro-crate-metadata.json").is_file()  # it was nearly done
    assert commands.main(["release", "--name", "new", "--date", "2026-01-31"]) == 0
    assert faults(verify(Path("releases/new"))) == {}
    assert not Path("releases/.incoming").exists()


def test_a_release_killed_at_any_call_is_whole_or_not_there(station: Copy) -> None:
    """In steps that grow, since a release is some hundred files; the last one comes to its end."""
    number = kills = outcomes = 0
    while True:
        number += 1 + number // 12
        name = f"killed-{number}"
        killed = killed_before(number, lambda: releasing(name))  # noqa: B023
        if Path("releases", name).exists():
            outcomes += 1
            assert faults(verify(Path("releases", name))) == {}
            shutil.rmtree(Path("releases", name))
        if not killed:
            break
        kills += 1
    assert kills >= places_of("release (in growing steps)")
    assert outcomes
    assert sorted(path.name for path in Path("releases").iterdir()) == [".lock"]


def releasing(name: str) -> None:
    """A release as the command makes it, of what stands in the project."""
    with making._alone(Path("releases")):
        released(Path(), name)


def test_two_releases_at_once_do_not_meet(station: Copy, capsys: pytest.CaptureFixture[str]) -> None:
    with making._alone(Path("releases")):
        assert commands.main(["release", "--name", "new"]) == 5
    assert "releases: another release is being made; nothing was done" in capsys.readouterr().err


# The release before


@pytest.fixture
def earlier(station: Copy) -> Path:
    """A release of other results: a site, a region and a zone fewer, another radius, other bytes of a source."""
    folder = station.folder / "results/peru"
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    records, regions = read_table(folder / "records.parquet"), read_table(folder / "regions.parquet")
    alone = regions[regions["n_sites"] == 1].iloc[0]["region_id"]
    sites = read_table(folder / "sites.parquet")
    record = sites.loc[sites["region_id"] == alone, "record_id"].item()
    write_table(records[records["record_id"] != record], folder / "records.parquet")
    write_table(regions[regions["region_id"] != alone], folder / "regions.parquet")
    summary = folder / "overlay_summary.csv"
    summary.write_text("".join(line for line in summary.read_text().splitlines(True) if ",outside," not in line))

    def edit(manifest: dict[str, Any]) -> None:
        manifest["products"] |= {
            name: describe_product(folder / name) for name in ("records.parquet", "regions.parquet", summary.name)
        }
        manifest["configuration"]["buffer_km"] = 19.0
        manifest["sources"]["mrds_peru"]["lock"]["sha256"] = "0" * 64
        manifest["corrections"]["declared"] = manifest["corrections"]["declared"][1:]
        manifest["software"]["packages"]["numpy"] = "1.0"

    rewrite_manifest(station, edit)
    made = released(station.folder, "zero", "2025-12-31")
    for name, content in kept.items():
        (folder / name).write_bytes(content)
    return made


def test_the_changelog_tells_what_is_not_as_in_the_release_before(station: Copy, earlier: Path) -> None:
    assert "The first release of this scenario" in (earlier / "CHANGELOG.md").read_text()
    (station.folder / "workflow/scripts/draw_map.py").write_text("# changed\n")
    text = (released(station.folder, "one") / "CHANGELOG.md").read_text()
    fingerprint = sha256_of(earlier / "SHA256SUMS")
    for line in (
        f"the release before, zero of 2025-12-31, the SHA256SUMS of which has the sha256 `{fingerprint}`.",
        "- `mrds_peru`: 0000000000000000 before, 8164b5e41fe2f920 after",
        "The other 11 are as they were.",
        "- `buffer_km`: `19.0` before, `20.0` now",
        "- `peru_flip_la_granja`: added",
        f'- `numpy`: `"1.0"` before, `"{version("numpy")}"` now',
        "- `code/workflow/scripts/draw_map.py`",
        "| records | 736 | 737 |",
        "| sites | 510 | 511 |",
        "| regions | 46 | 47 |",
        "1 sites were gained, 0 lost;",
        "| madre_de_dios | inside | 11,370.9 | 11,370.9 | 13.44% | 13.44% |",
        "| mining_corridor | outside | – | 7,352.8 | – | 9.23% |",
        "1 new, 46 same.",
        "1 added.",
    ):
        assert line in text, line
    told = json.loads((station.folder / "releases/one/release.json").read_text())
    assert told["before"] == {"name": "zero", "date": "2025-12-31", "sha256_of_sums": fingerprint}


def test_the_release_before_is_the_last_one_of_the_scenario_unless_one_is_named(station: Copy, earlier: Path) -> None:
    released(station.folder, "later", "2026-03-01")
    facts = Facts("new", "2026-02-01", json.loads(station.product("manifest.json").read_text()), {})
    assert release_before(Path("releases"), facts).name == "zero"
    assert release_before(Path("releases"), facts, "later").name == "later"
    with pytest.raises(InputError, match="releases/none: is no release, so nothing can be compared with it"):
        release_before(Path("releases"), facts, "none")
    change(earlier / "products/map.png")
    with pytest.raises(InputError, match=r"the release to compare with is damaged: products/map\.png has sha256"):
        release_before(Path("releases"), facts)


def test_tables_of_another_version_are_compared_by_their_counts(station: Copy, earlier: Path) -> None:
    path = earlier / "products/records.parquet"
    write_table(read_table(path).assign(added_since=1), path)
    write_sums(earlier)
    text = (released(station.folder, "one") / "CHANGELOG.md").read_text()
    assert "the tables of the release before have other columns than those of this version of asmgold" in text
    assert "| mrds: site | 503 | 503 |" in text


def test_stac_of_another_kind_is_refused() -> None:
    assert fault_of_stac({"type": "Thing"}) == "type is 'Thing', one of Catalog, Collection, Feature was expected"
    assert fault_of_stac({"type": "Catalog", "stac_version": "0.9"}) == "stac_version is '0.9', 1.1.0 was expected"


def test_files_of_ones_own_keep_their_names(station: Copy) -> None:
    table = station.folder / "own tables/shares (50 % + #1).csv"
    table.parent.mkdir()
    shutil.copyfile(PROJECT / "data/raw/embedded/published_shares.csv", table)
    path = table.relative_to(station.folder).as_posix()
    station.configure(published_shares=path)

    def edit(manifest: dict[str, Any]) -> None:
        manifest["configuration"]["published_shares"] = path
        manifest["sources"][path] = manifest["sources"].pop("data/raw/embedded/published_shares.csv")

    rewrite_manifest(station, edit)
    for note in (station.folder / "results/.build/peru/logs").glob("*.job.json"):
        note.write_text(note.read_text().replace("data/raw/embedded/published_shares.csv", path))
    found = verify(released(station.folder, "own"))
    assert faults(found) == {}
    assert found[-1].sentence == "every source is at hand: --rerun makes all again and compares it"
