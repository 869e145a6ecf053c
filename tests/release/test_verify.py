"""A stranger verifies a release."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import asmgold.cli as commands
from asmgold.io.checksum import sha256_of
from asmgold.io.files import write_json
from asmgold.publish.manifest import describe_product
from asmgold.release.sums import write_sums
from asmgold.release.verify import verify
from tests.conftest import PROJECT, Copy
from tests.release.conftest import change, faults

pytestmark = pytest.mark.thorough

# A stranger verifies it


def test_a_fresh_checkout_verifies_it_with_nothing_but_the_folder(
    released_once: Path, project: Copy, tmp_path: Path
) -> None:
    sent = tmp_path / "somewhere else" / "renamed"
    shutil.copytree(released_once, sent)
    done = subprocess.run(
        [sys.executable, "-m", "asmgold", "verify", str(sent)],
        cwd=project.folder, env=os.environ | {"PYTHONPATH": str(project.folder / "workflow")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    *lines, rerun, verdict, _, fingerprint = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        f"ok         {check}"
        for check in ("checksums", "counts", "fates", "schemas", "catalogue", "provenance", "citation", "code")
    ]
    assert rerun == "unchecked  rerun: every source is at hand: --rerun makes all again and compares it"
    assert verdict == f"{sent}: as it was released, by all that was checked; not checked: rerun"
    assert fingerprint == sha256_of(released_once / "SHA256SUMS")


def test_one_byte_changed_a_file_missing_a_file_too_many_are_named(
    sent: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(sent / "products/map.png")
    (sent / "products/sites.parquet").unlink()
    (sent / "products/more.csv").write_text("a\n1\n")
    assert commands.main(["verify", str(sent)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line[:50] for line in lines if line.startswith("fault")] == [
        "fault      products/map.png: has sha256 " + sha256_of(sent / "products/map.png")[:10],
        "fault      products/more.csv: is not in SHA256SUMS",
        "fault      products/sites.parquet: is missing",
    ]
    assert lines[-1] == (f"{sent}: NOT as it was released: products/map.png, products/more.csv, products/sites.parquet")


def test_a_byte_of_any_document_is_missed_too(sent: Path) -> None:
    names = ["products/manifest.json", "ro-crate-metadata.json", "stac/catalog.json", "CHANGELOG.md", "code/Snakefile"]
    for name in names:
        change(sent / name)
    found = verify(sent, PROJECT)
    assert list(faults(found)) == sorted(names)
    assert found[-1].kind == "unchecked"
    assert found[-1].sentence == "products/manifest.json, ro-crate-metadata.json, stac/catalog.json cannot be relied on"


def rewrite(path: Path, edit: Callable[[Any], None]) -> None:
    """Change a JSON document, and all hashes of it, as one who wants to deceive would."""
    content = json.loads(path.read_text())
    edit(content)
    write_json(content, path)
    rewrite_hashes(path)


def rewrite_hashes(path: Path) -> None:
    """Put the hash of a changed file into the crate, the catalogue and the sums."""
    folder = next(parent for parent in path.parents if (parent / "SHA256SUMS").exists())
    name = path.relative_to(folder).as_posix()
    crate = folder / "ro-crate-metadata.json"
    if path != crate:
        graph = json.loads(crate.read_text())
        entity = next(entity for entity in graph["@graph"] if entity["@id"] == name)
        entity |= {"sha256": sha256_of(path), "contentSize": str(path.stat().st_size)}
        write_json(graph, crate)
    for document in (folder / "stac").rglob("*.json"):
        item = json.loads(document.read_text())
        for asset in item.get("assets", {}).values():
            if asset["href"].endswith(f"/{name}"):
                asset |= {"file:checksum": "1220" + sha256_of(path), "file:size": path.stat().st_size}
                rewrite(document, lambda content, item=item: content.update(item))
    write_sums(folder)


def item_of(content: dict[str, Any], id_: str) -> dict[str, Any]:
    return next(entity for entity in content["@graph"] if entity["@id"] == id_)


@pytest.mark.parametrize(
    ("document", "edit", "file", "sentence"),
    [
        (
            "products/manifest.json",
            lambda m: m["records"]["mrds"].update(rows_read=711),
            "products/records.parquet", "mrds has 711 rows read by manifest.json, and fates for 710",
        ),
        (
            "products/manifest.json",
            lambda m: m["records"]["mrds"].update(site=503, not_gold=193),
            "products/records.parquet", "mrds has the fates",
        ),
        (
            "products/manifest.json",
            lambda m: m["products"]["sites.parquet"].update(rows=512),
            "products/sites.parquet", "rows is 511, 512 stands in manifest.json",
        ),
        (
            "products/manifest.json",
            lambda m: m["products"].pop("map.pdf"),
            "products/map.pdf", "is not in manifest.json",
        ),
        (
            "products/manifest.json",
            lambda m: m["sources"]["mrds_peru"]["lock"].update(sha256="0" * 64),
            "ro-crate-metadata.json", "has source mrds_peru with sha256 8164b5e41fe2f",
        ),
        (
            "products/manifest.json",
            lambda m: m.pop("records"),
            "products/manifest.json", "not the manifest of a run",
        ),
        (
            "stac/asm-gold-regions-peru/regions/regions.json",
            lambda s: s["assets"]["map.png"].update({"file:checksum": "1220" + "0" * 64}),
            "stac/asm-gold-regions-peru/regions/regions.json",
            "gives products/map.png another checksum than SHA256SUMS",
        ),
        (
            "stac/asm-gold-regions-peru/regions/regions.json",
            lambda s: s["assets"].pop("map.png"),
            "products/map.png", "is not in the STAC catalogue",
        ),
        (
            "stac/asm-gold-regions-peru/regions/regions.json",
            lambda s: s.pop("geometry"),
            "stac/asm-gold-regions-peru/regions/regions.json", "not valid STAC: $: 'geometry' is a required property",
        ),
        (
            "stac/catalog.json",
            lambda s: s["links"].append({"rel": "child", "href": "../../../etc/passwd"}),
            "stac/catalog.json", "links to ../../../etc/passwd, and there is no such file",
        ),
        (
            "ro-crate-metadata.json",
            lambda c: item_of(c, "products/map.png").update(sha256="0" * 64),
            "products/map.png", "has sha256 " + "0" * 64 + " in ro-crate-metadata.json",
        ),
        (
            "ro-crate-metadata.json",
            lambda c: item_of(c, "#job/draw_map").pop("result"),
            "products/map.png", "is the result of no job in ro-crate-metadata.json",
        ),
        (
            "ro-crate-metadata.json",
            lambda c: c.update({"@graph": 7}),
            "ro-crate-metadata.json", "cannot be read (TypeError",
        ),
        (
            "release.json",
            lambda r: r.update(date="2020-01-01"),
            "CITATION.cff", "is of first, 2026-01-31; release.json of first, 2020-01-01",
        ),
    ],
)  # fmt: skip
def test_documents_that_contradict_one_another_are_at_fault(
    sent: Path, document: str, edit: Callable[[Any], None], file: str, sentence: str
) -> None:
    rewrite(sent / document, edit)
    found = faults(verify(sent, PROJECT))
    assert file in found, found
    assert found[file].startswith(sentence) or sentence in found[file]


def test_a_table_that_does_not_fit_its_schema_is_at_fault(sent: Path) -> None:
    path, manifest = sent / "products/overlay_summary.csv", sent / "products/manifest.json"
    path.write_text(path.read_text().replace(",inside,", ",within,"))
    described = describe_product(path)
    rewrite_hashes(path)
    rewrite(manifest, lambda content: content["products"].update({path.name: described}))
    found = faults(verify(sent, PROJECT))
    assert "does not fit its schema" in found["products/overlay_summary.csv"]
    assert "within" in found["products/overlay_summary.csv"]


def test_a_catalogue_of_another_version_of_stac_is_no_fault(sent: Path) -> None:
    rewrite(sent / "stac/catalog.json", lambda content: content.update(stac_version="1.2.0"))
    found = verify(sent, PROJECT)
    assert faults(found) == {}
    assert "unchecked  schemas of the catalogue: those here are of 1.1.0, it is of 1.2.0" in [one.line for one in found]


def test_a_release_by_another_version_of_the_code_says_what_is_not_checked(sent: Path) -> None:
    code = sent / "code/workflow/asmgold/schemas/tables.py"
    code.write_text(code.read_text() + "# later\n")
    rewrite_hashes(code)
    found = verify(sent, PROJECT)
    assert faults(found) == {}
    lines = [one.line for one in found]
    assert "unchecked  schemas: this version of asmgold has others (schemas/tables.py)" in lines
    assert "unchecked  code: this checkout has another version of code/workflow/asmgold/schemas/tables.py" in lines


def test_text_of_a_folder_cannot_steer_a_terminal(sent: Path) -> None:
    (sent / "\x1b[2Jnew").write_text("")
    finding = next(finding for finding in verify(sent, PROJECT) if finding.kind == "fault")
    assert finding.line == "fault      \\x1b[2Jnew: is not in SHA256SUMS"


def test_sums_of_some_other_folder_make_no_release(tmp_path: Path) -> None:
    (tmp_path / "any.txt").write_text("any")
    write_sums(tmp_path)
    found = verify(tmp_path, PROJECT)
    missing = ("products/manifest.json", "release.json", "ro-crate-metadata.json", "CITATION.cff", "stac/catalog.json")
    assert faults(found) == dict.fromkeys(missing, "is not in SHA256SUMS, and every release has it")


def test_what_is_no_release_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["verify", str(tmp_path / "none")]) == 1
    assert capsys.readouterr().err == f"{tmp_path / 'none'}: there is no such folder\n"
    assert commands.main(["verify", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"{tmp_path / 'SHA256SUMS'}: there is none, so this is no release\n"


def test_a_checkout_without_the_sources_says_which(sent: Path, project: Copy, monkeypatch: pytest.MonkeyPatch,
                                                   capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.chdir(project.folder)
    (project.folder / "data/raw/embedded/mrds_peru.csv").unlink()
    change(project.folder / "data/raw/embedded/published_shares.csv")
    assert commands.main(["verify", "--rerun", str(sent)]) == 3
    rerun = next(line for line in capsys.readouterr().out.splitlines() if " rerun:" in line)
    assert rerun == (
        "unchecked  rerun: not at hand: mrds_peru (there is no data/raw/embedded/mrds_peru.csv); "
        "data/raw/embedded/published_shares.csv "
        "(data/raw/embedded/published_shares.csv has other bytes)"
    )


def test_a_stranger_makes_it_again_to_the_same_bytes(sent: Path, project: Copy) -> None:
    # What the stranger's own project is set to does not matter: the configuration is that of the release.
    project.configure(buffer_km=5, overlays={}, rasters=None)
    done = subprocess.run(
        [sys.executable, "-m", "asmgold", "verify", "--rerun", str(sent)],
        cwd=project.folder, env=os.environ | {"PYTHONPATH": str(project.folder / "workflow")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    number = len(list((sent / "products").iterdir()))
    line = f"ok         rerun: all {number} products, made again from the sources, are identical, byte for byte"
    assert line in done.stdout.splitlines()
    assert done.stdout.splitlines()[-3] == f"{sent}: as it was released, by all that was checked"
    assert not (project.folder / "results").exists()
