"""Releases of the default scenario: made whole or not at all, valid for others' tools, and verified by a stranger."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow.parquet as pq
import pystac
import pytest
import requests
import shapely
import urllib3
import yaml

import asmgold.cli as commands
from asmgold.config.loading import read_yaml
from asmgold.config.scenario import Scenario, load_scenario
from asmgold.errors import InputError
from asmgold.io.checksum import sha256_of
from asmgold.io.files import write_json
from asmgold.io.tables import read_table, write_table
from asmgold.publish.manifest import describe_product
from asmgold.release import build as making
from asmgold.release.build import AROUND, assemble, run_of
from asmgold.release.changelog import release_before
from asmgold.release.facts import Facts
from asmgold.release.reproduce import MadeAnew
from asmgold.release.stac import fault_of_stac
from asmgold.release.sums import read_sums, write_sums
from asmgold.release.verify import Finding, verify
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


# What is in it


def test_the_products_are_those_that_were_published_and_sha256sum_agrees(released_once: Path) -> None:
    results = released_once.parents[1] / "results/peru"
    assert {path.name: sha256_of(path) for path in (released_once / "products").iterdir()} == {
        path.name: sha256_of(path) for path in results.iterdir()
    }
    done = subprocess.run(
        ["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"],
        cwd=released_once,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    everything = {str(path.relative_to(released_once)) for path in released_once.rglob("*") if path.is_file()}
    assert everything == read_sums(released_once).keys() | {"SHA256SUMS"}
    assert {
        "README.md",
        "CITATION.cff",
        "CHANGELOG.md",
        "code/workflow/Snakefile",
        "code/requirements.lock",
    } < everything


def test_nothing_in_it_knows_where_it_was_made(released_once: Path) -> None:
    place = str(released_once.parents[1]).encode()
    for path in released_once.rglob("*"):
        assert path.is_dir() or place not in path.read_bytes(), path


def test_the_same_result_gives_the_same_bytes(released_once: Path, built: Copy) -> None:
    again = released(with_papers(built).folder, "first")
    assert (again / "SHA256SUMS").read_text() == (released_once / "SHA256SUMS").read_text()


def test_the_citation_file_names_release_software_and_sources(released_once: Path) -> None:
    citation = yaml.safe_load((released_once / "CITATION.cff").read_text())
    assert (citation["cff-version"], citation["type"], citation["version"]) == ("1.2.0", "dataset", "first")
    assert citation["date-released"] == "2026-01-31"  # text, as the format wants it
    assert citation["authors"] == read_yaml(PROJECT / "CITATION.cff")["authors"]
    software, *sources = citation["references"]
    assert (software["type"], software["version"], software["license"]) == ("software", "0.1.0", "MIT")
    assert {source["type"] for source in sources} == {"data"}
    assert "Open-File Report 2005-1294" in " ".join(source["notes"] for source in sources)
    assert "&id" not in (released_once / "CITATION.cff").read_text()


# For others' tools


def test_the_catalogue_is_read_and_found_valid_by_pystac(released_once: Path) -> None:
    catalogue = pystac.Catalog.from_file(released_once / "stac/catalog.json")
    collection = next(catalogue.get_children())
    assert isinstance(collection, pystac.Collection)
    items = {item.id: item for item in catalogue.get_items(recursive=True)}
    for part in (catalogue, collection, *items.values()):
        content = json.loads(Path(part.get_self_href() or "").read_text())
        content["stac_extensions"] = []  # their schemas are only to be had from the network
        assert pystac.validation.validate_dict(content)
        assert not [link["href"] for link in content["links"] if link["href"].startswith("/")]
    assert set(items) == {
        "regions", "distance_to_gold_km", "gold_sites_per_100km2", "asm_gold_region_fraction", "region_probability",
    }  # fmt: skip
    found = {}
    for item in items.values():
        assert item.datetime is not None
        assert item.datetime.isoformat() == "2018-01-01T00:00:00+00:00"  # the newest of the data
        for name, asset in item.assets.items():
            path = Path(asset.get_absolute_href() or "")
            assert asset.extra_fields["file:checksum"] == "1220" + sha256_of(path)
            assert asset.extra_fields["file:size"] == path.stat().st_size
            assert asset.roles
            assert asset.media_type
            found[name] = path
    assert set(found) == {path.name for path in (released_once / "products").iterdir()}
    regions = gpd.read_parquet(released_once / "products/regions.parquet")
    assert shapely.geometry.shape(items["regions"].geometry).buffer(1e-5).covers(regions.union_all())
    raster = items["distance_to_gold_km"].properties
    assert (raster["proj:code"], raster["proj:shape"]) == ("EPSG:4326", [2306, 1633])
    columns = items["regions"].assets["sites.parquet"].extra_fields["table:columns"]
    names = pq.read_schema(released_once / "products/sites.parquet").names
    assert {column["name"] for column in columns} == set(names) - {"bbox"}


@pytest.fixture(scope="module")
def context_1_1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of the validator that holds the JSON-LD context of RO-Crate 1.1, which it would ask the network for.

    It is made from that of 1.3, which the package rocrate carries: the terms that differ stand as in 1.1, those of a
    crate of ours that 1.1 has not are gone.
    """
    from requests_cache import CachedSession
    from rocrate import vocabs

    context = dict(vocabs.RO_CRATE["@context"])
    bioschemas = "https://bioschemas.org"
    context |= {name: f"{bioschemas}/{name}" for name in ("ComputationalWorkflow", "FormalParameter")}
    context |= {name: f"{bioschemas}/ComputationalWorkflow#{name}" for name in ("input", "output")}
    for later in ("sha256", "creditText"):
        del context[later]
    answer = requests.Response()
    answer.status_code, answer.url = 200, CONTEXT
    answer._content = json.dumps({"@context": context}).encode()
    answer.headers["Content-Type"] = "application/ld+json"
    answer.request = requests.Request("GET", CONTEXT).prepare()
    answer.raw = urllib3.HTTPResponse(answer.content, answer.headers, status=200, request_url=CONTEXT)
    cache = tmp_path_factory.mktemp("contexts") / "cache"
    with CachedSession(cache_name=str(cache), backend="sqlite", expire_after=-1) as session:
        session.cache.save_response(answer)
        session.cache.close()
    return cache


def issues(folder: Path, cache: Path, severity: str) -> dict[str, int]:
    """What the validator of RO-Crates finds wrong, by check, without a network."""
    from rocrate_validator import services

    settings = {
        "rocrate_uri": str(folder), "profile_identifier": PROFILE, "requirement_severity": severity,
        "offline": True, "cache_path": str(cache), "skip_availability_check": True,
    }  # fmt: skip
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # of its own
        result = services.validate(settings)
    assert result.skipped_check_details == []
    assert [profile.identifier for profile in result.context.profiles] == [
        "ro-crate-1.1", "process-run-crate-0.5", "workflow-ro-crate-1.0", "workflow-run-crate-0.5",
        "provenance-run-crate-0.5",
    ]  # fmt: skip
    found = [issue.message or "" for issue in result.get_issues()]
    return {message: found.count(message) for message in found}


def test_the_crate_conforms_to_the_provenance_run_crate(released_once: Path, context_1_1: Path) -> None:
    found = issues(released_once, context_1_1, "RECOMMENDED")
    # All that is required is there. What is recommended and not known, or not ours to say, is not.
    assert set(found) == {
        "The Action SHOULD have an endTime in ISO 8601 format",
        "The Action SHOULD have an agent that is a Person or Organization",
        "The Application SHOULD have a url",
        "The SoftwareApplication id SHOULD be an absolute URI",
        "The organization SHOULD have a URL.",
        "The `publisher` property of a `Root Data Entity` SHOULD be an `Organization`",
    }


def test_the_validator_sees_what_is_wrong_with_a_crate(sent: Path, context_1_1: Path) -> None:
    path = sent / "ro-crate-metadata.json"
    content = json.loads(path.read_text())
    step = next(entity for entity in content["@graph"] if entity["@id"] == "#step/draw_map")
    del step["workExample"]
    path.write_text(json.dumps(content))
    assert issues(sent, context_1_1, "REQUIRED") == {
        "A HowToStep must refer to its corresponding tool via workExample": 1
    }


def test_every_product_leads_back_to_the_bytes_of_the_sources(released_once: Path) -> None:
    graph = entities(released_once)
    maker = {made: id_ for id_, entity in graph.items() if id_.startswith("#job/") for made in ids(entity, "result")}

    def origins(id_: str) -> set[str]:
        if id_ not in maker:
            return {id_}
        return set().union(*map(origins, ids(graph[maker[id_]], "object"))) | {maker[id_]}

    lock = yaml.safe_load((PROJECT / "config/sources.lock.yaml").read_text())
    for path in (released_once / "products").iterdir():
        led = origins(f"products/{path.name}")
        assert not [id_ for id_ in led if id_.startswith("#between/")], path
        assert {"#source/mrds_peru", "#job/classify_records"} <= led or path.stem.startswith("context_"), path
    led = origins("products/map.pdf")
    assert {"#job/draw_map", "#job/dissolve_regions", "#job/read_records-mrds_peru", "#job/name_countries"} <= led
    assert {id_ for id_ in led if id_.startswith("#source/")} == {f"#source/{name}" for name in lock}
    for name, pin in lock.items():
        source = graph[f"#source/{name}"]
        assert (source["sha256"], source["contentSize"]) == (pin["sha256"], str(pin["bytes"]))
        assert source["creditText"]
        assert graph[source["license"]["@id"]]["name"]


def test_the_steps_tell_their_parameters_and_what_they_handed_on(released_once: Path, built_once: Copy) -> None:
    graph = entities(released_once)
    told = {
        graph[id_]["name"]: graph[id_]["value"]
        for id_ in ids(graph["#job/dissolve_regions"], "object")
        if "value" in graph[id_]
    }
    assert re.fullmatch("[0-9a-f]{64}", told.pop("library"))
    assert told == {"buffer_km": 20.0, "tolerance_m": 5.0}
    value = next(id_ for id_ in ids(graph["#job/dissolve_regions"], "object") if id_.startswith("#value/buffer_km"))
    assert "#parameter/dissolve_regions/buffer_km" in ids(graph[value], "exampleOfWork")
    area = built_once.folder / "results/.build/peru/layers/area.parquet"
    assert graph["#between/layers/area.parquet"]["sha256"] == sha256_of(area)
    workflow = graph[graph["./"]["mainEntity"]["@id"]]
    assert "#step/dissolve_regions" in ids(workflow, "step")
    assert "#software/geopandas" in ids(workflow, "softwareRequirements")
    assert "endTime" not in json.dumps(list(graph.values()))


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


def change(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


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
            lambda m: m["products"]["sites.parquet"].update(rows=511),
            "products/sites.parquet", "rows is 512, 511 stands in manifest.json",
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
    code = sent / "code/workflow/asmgold/schemas.py"
    code.write_text(code.read_text() + "# later\n")
    rewrite_hashes(code)
    found = verify(sent, PROJECT)
    assert faults(found) == {}
    lines = [one.line for one in found]
    assert "unchecked  schemas: this version of asmgold has others (schemas.py)" in lines
    assert "unchecked  code: this checkout has another version of code/workflow/asmgold/schemas.py" in lines


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
        "unchecked  rerun: not at hand: mrds_peru (there is no data/raw/embedded/mrds_peru.csv); published_shares.csv "
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
    copy.put("peru", (copy.folder / "data/raw/embedded/peru.geojson").read_bytes() + b"\n")
    return "results/peru: made from other bytes of peru than are pinned now; run peru again"


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
    return "results/.build/peru/map.png: no job is on record that made it"


def full_disk(copy: Copy) -> str:
    making.write_sums = lambda folder: (folder / "missing/file").write_text("")  # any write may fail
    return "releases/new: cannot be written (No such file or directory); nothing was released"


def own_absolute_file(copy: Copy) -> str:
    table = Path("data/raw/embedded/published_shares.csv").resolve()
    copy.configure(published_shares=str(table))
    rewrite_manifest(copy, lambda manifest: manifest["configuration"].update(published_shares=str(table)))
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
from asmgold.release import making
from tests.workflow.test_release import released
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
        "The other 7 are as they were.",
        "- `buffer_km`: `19.0` before, `20.0` now",
        "- `peru_flip_la_granja`: added",
        f'- `numpy`: `"1.0"` before, `"{version("numpy")}"` now',
        "- `code/workflow/scripts/draw_map.py`",
        "| records | 736 | 737 |",
        "| sites | 511 | 512 |",
        "| regions | 47 | 48 |",
        "1 sites were gained, 0 lost;",
        "| madre_de_dios | inside | 11,334.6 | 11,334.6 | 13.40% | 13.40% |",
        "| mining_corridor | outside | – | 7,315.2 | – | 9.19% |",
        "1 new, 47 same.",
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
    assert "| mrds: site | 504 | 504 |" in text


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
        manifest["sources"][table.name] = manifest["sources"].pop("published_shares.csv")

    rewrite_manifest(station, edit)
    note = station.folder / "results/.build/peru/logs/write_manifest.job.json"
    note.write_text(note.read_text().replace("data/raw/embedded/published_shares.csv", path))
    page = note.with_name("write_page.job.json")
    page.write_text(page.read_text().replace("data/raw/embedded/published_shares.csv", path))
    found = verify(released(station.folder, "own"))
    assert faults(found) == {}
    assert found[-1].sentence == "every source is at hand: --rerun makes all again and compares it"
