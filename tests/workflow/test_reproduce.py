"""`make reproduce` and `make report`, as a user runs them."""

from __future__ import annotations

import os
import subprocess
import sys

import geopandas as gpd
import pytest
import shapely
import yaml

from asmgold.publish.promote import published_names
from tests.conftest import LEAN

pytestmark = pytest.mark.thorough


def command(copy, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "asmgold", *arguments],
        cwd=copy.folder, env=os.environ | {"PYTHONPATH": str(copy.folder / "workflow")},
        capture_output=True, text=True, check=False, timeout=900,
    )  # fmt: skip


def test_products_made_anew_in_another_folder_are_identical(lean):
    before = lean.products()
    done = command(lean, "reproduce")
    assert done.returncode == 0, done.stdout + done.stderr
    *lines, closing = done.stdout.splitlines()
    assert sorted(lines) == sorted(f"identical  {name}" for name in before)
    assert closing == (
        f"peru: all {len(before)} products, made anew in another folder, are identical with the published ones, "
        "byte for byte"
    )
    assert lean.products() == before


def test_products_that_differ_are_named(lean):
    page, manifest = lean.product("audit.html"), lean.product("manifest.json")
    content = bytearray(page.read_bytes())
    content[-20] ^= 1
    page.write_bytes(content)
    described = manifest.read_text()
    manifest.write_text(described.replace('"packages": {', '"packages": {\n        "other": "1",', 1))
    done = command(lean, "reproduce")
    assert done.returncode == 1
    differing = [line for line in done.stdout.splitlines() if line.startswith("differs")]
    assert differing == [
        "differs    audit.html: made again as the manifest says, but results/peru/audit.html was changed since",
        "differs    manifest.json: what it says of software is not the same",
    ]
    closing = done.stdout.splitlines()[-1]
    number = len(lean.products())
    assert closing == f"peru: 2 of {number} products differ from the published ones: audit.html, manifest.json"


def test_there_is_nothing_to_compare_with_or_report_on_before_a_run(project):
    for arguments, end in (("reproduce", "nothing to compare with"), ("report", "nothing to report on")):
        done = command(project, arguments)
        assert done.returncode == 1
        assert done.stderr == f"results/peru/manifest.json: there is none, so there is {end}; run peru first\n"
        assert done.stdout == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"buffer_km": 10}, "made with another configuration than the one of now (buffer_km); run peru again"),
        ({"language": "es"}, "made with another configuration than the one of now (language); run peru again"),
    ],
)
def test_results_of_another_configuration_are_not_compared(built, change, message):
    built.configure(**change)
    done = command(built, "reproduce")
    assert done.returncode == 1
    assert done.stderr == f"results/peru: {message}\n"


def test_results_of_other_data_are_not_compared(built):
    table = built.folder / "data/raw/embedded/major_deposits_peru.csv"
    built.put("major_deposits_peru", table.read_bytes().rstrip().rsplit(b"\n", 1)[0] + b"\n")
    done = command(built, "reproduce")
    assert done.returncode == 1
    assert "made from other bytes of major_deposits_peru than those of now; run peru again" in done.stderr


def test_a_scenario_with_files_of_ones_own_can_be_reproduced(project):
    folder = project.folder / "own layers"
    folder.mkdir()
    gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.box(-78, -9, -77, -8)], crs=4326).to_file(folder / "an area.shp")
    scenario = LEAN | {"scenario": "own", "area": {"file": "own layers/an area.shp"}, "overlays": {}, "countries": None}
    (project.folder / "config/scenarios/own.yaml").write_text(yaml.safe_dump(scenario))
    assert project.run("--config", "scenario=own").returncode == 0
    done = command(project, "reproduce", "--scenario", "own")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("own: all ")


def test_the_report_is_one_file_beside_the_products(built):
    before = built.products()
    done = command(built, "report")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("results/peru-report.html: ")
    report = (built.folder / "results/peru-report.html").read_text()
    for word in (
        "printed map on a page of A4",
        "overlay_summary.csv",
        "The figures when a choice changes",
        "dissolve_regions",
        "buffer_km",
    ):
        assert word in report, word
    for product in (
        "index.html",
        "asm_gold_regions.qgz",
        "distance_to_gold_km.tif",
        "sensitivity.png",
        "manifest.json",
    ):
        assert f'"results/peru/{product}"' in report, product
    # Everything that a browser needs is in it.
    assert "<script src=" not in report
    assert '<link rel="stylesheet"' not in report
    # It holds the times of the run, so it is no product, and a run after it has nothing to do.
    assert built.products() == before
    assert not [name for name in published_names(built.folder / "results/peru") if "report" in name]
    assert "Nothing to be done" in built.run().stderr
