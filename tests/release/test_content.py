"""What a release holds, and what others' tools say of it."""

from __future__ import annotations

import json
import re
import subprocess
import warnings
from pathlib import Path

import geopandas as gpd
import pyarrow.parquet as pq
import pystac
import pytest
import requests
import shapely
import urllib3
import yaml

from asmgold.config.loading import read_yaml
from asmgold.io.checksum import sha256_of
from asmgold.release.sums import read_sums
from tests.conftest import PROJECT, Copy
from tests.release.conftest import CONTEXT, PROFILE, entities, ids, released, with_papers

pytestmark = pytest.mark.thorough

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
        assert item.datetime.isoformat() == "2023-01-01T00:00:00+00:00"  # the newest of the data
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
    assert (raster["proj:code"], raster["proj:shape"]) == ("EPSG:4326", [2307, 1636])
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
    assert {"#job/draw_map", "#job/dissolve_regions", "#job/read_records", "#job/name_countries"} <= led
    assert {id_ for id_ in led if id_.startswith("#source/")} == {
        *(f"#source/{name}" for name in lock), "#source/data/raw/embedded/published_shares.csv",
    }  # fmt: skip
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
    assert re.fullmatch("[0-9a-f]{64}", told.pop("code"))
    assert told == {"tolerance_m": 5.0, "language": "en"}
    value = next(id_ for id_ in ids(graph["#job/dissolve_regions"], "object") if id_.startswith("#value/tolerance_m"))
    assert "#parameter/dissolve_regions/tolerance_m" in ids(graph[value], "exampleOfWork")
    area = built_once.folder / "results/.build/peru/layers/area.parquet"
    assert graph["#between/layers/area.parquet"]["sha256"] == sha256_of(area)
    workflow = graph[graph["./"]["mainEntity"]["@id"]]
    assert "#step/dissolve_regions" in ids(workflow, "step")
    assert "#software/geopandas" in ids(workflow, "softwareRequirements")
    assert "endTime" not in json.dumps(list(graph.values()))
