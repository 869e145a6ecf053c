"""The workflow as a user runs it: plan, nothing to do, partial rerun, another question."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import yaml

from tests.conftest import PROJECT

READING = {"read_records", "read_layers"}


def planned(output: str) -> set[str]:
    """The rules that a dry run plans."""
    return set(re.findall(r"^would run (\w+)", output, re.MULTILINE))


def test_plain_dry_run_plans_all_jobs(project):
    done = project.run("-n")
    assert done.returncode == 0
    assert planned(done.stdout + done.stderr) == READING | {
        "name_countries", "classify_records", "dissolve_regions", "intersect_overlays", "measure_sensitivity",
        "measure_uncertainty", "read_evidence", "measure_capture", "compare_baselines", "draw_evidence",
        "raster_distance", "raster_density", "raster_fraction",
        "write_geopackage", "write_qgis_project", "draw_map", "audit_records", "write_page", "write_manifest",
        "publish", "products",
    }  # fmt: skip


def test_a_second_run_does_nothing_and_says_so(built):
    before = built.products()
    done = built.run()
    assert done.returncode == 0
    assert "Nothing to be done" in done.stderr
    assert built.products() == before


def test_another_radius_reruns_what_depends_on_it_and_nothing_else(lean):
    dry = lean.run("-n", "--config", "buffer_km=10")
    rules = planned(dry.stdout + dry.stderr)
    assert "dissolve_regions" in rules
    assert not rules & READING
    wide = pd.read_csv(lean.product("overlay_summary.csv"))
    done = lean.run("--config", "buffer_km=10")
    assert done.returncode == 0, done.stderr
    narrow = pd.read_csv(lean.product("overlay_summary.csv"))
    assert (narrow["regions_km2"] < wide["regions_km2"]).all()
    assert json.loads(lean.product("manifest.json").read_text())["configuration"]["buffer_km"] == 10


def test_a_changed_module_reruns_the_stages_that_import_it_and_what_follows(lean):
    with (lean.folder / "workflow/asmgold/regions/dissolve.py").open("a") as module:
        module.write("# a change\n")
    dry = lean.run("-n")
    rules = planned(dry.stdout + dry.stderr)
    assert {"dissolve_regions", "write_manifest"} <= rules
    assert not rules & {*READING, "classify_records"}


def test_a_changed_colour_makes_the_pictures_again_and_no_region(lean):
    with (lean.folder / "workflow/asmgold/publish/palette.py").open("a") as module:
        module.write("# a change\n")
    dry = lean.run("-n")
    rules = planned(dry.stdout + dry.stderr)
    assert "write_qgis_project" in rules
    assert not rules & {*READING, "classify_records", "dissolve_regions", "intersect_overlays"}


def test_a_missing_product_is_put_back(built):
    before = built.products()
    built.product("asm_gold_regions.gpkg").unlink()
    assert built.run().returncode == 0
    assert built.products() == before


@pytest.mark.thorough
def test_files_of_the_user_beside_the_products_stay(lean):
    own = lean.product("my_project.qgz")
    own.write_bytes(b"mine")
    assert lean.run("--config", "buffer_km=12").returncode == 0
    assert own.read_bytes() == b"mine"


@pytest.mark.thorough
def test_an_overlay_of_ones_own_takes_three_lines(lean):
    square = gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.box(-71, -13.5, -70, -12.5)], crs=4326)
    square.to_crs(32719).to_file(lean.folder / "square.gpkg")
    path = lean.folder / "config/config.yaml"
    path.write_text(path.read_text().rstrip() + "\n  square:\n    file: square.gpkg\n")
    done = lean.run()
    assert done.returncode == 0, done.stderr
    summary = pd.read_csv(lean.product("overlay_summary.csv")).set_index("overlay")
    assert summary.loc["square", "zone_km2"] == pytest.approx(12_015, rel=0.002)  # 108.4 km by 110.7 km
    assert "square.gpkg" in json.loads(lean.product("manifest.json").read_text())["sources"]
    assert lean.run().stderr.count("Nothing to be done") == 1


@pytest.mark.thorough
def test_a_scenario_is_answered_beside_the_others(lean):
    before = lean.products()
    (lean.folder / "config/scenarios").mkdir(exist_ok=True)
    scenario = {"scenario": "peru-5km", "buffer_km": 5}
    (lean.folder / "config/scenarios/peru-5km.yaml").write_text(yaml.safe_dump(scenario))
    done = lean.run("--config", "scenario=peru-5km")
    assert done.returncode == 0, done.stderr
    manifest = json.loads((lean.folder / "results/peru-5km/manifest.json").read_text())
    assert manifest["configuration"]["buffer_km"] == 5
    assert lean.products() == before


@pytest.mark.parametrize("command", [["snakemake", "--lint"], ["snakefmt", "--check", "."]], ids=["lint", "format"])
def test_the_workflow_is_clean(command):
    done = subprocess.run([sys.executable, "-m", *command], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
