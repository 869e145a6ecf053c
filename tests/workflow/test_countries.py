"""Any country by its code, and several countries in one run, as a user asks for them."""

from __future__ import annotations

import json
import shutil

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import yaml
from geopandas.testing import assert_geodataframe_equal

from asmgold.io.checksum import sha256_of
from tests.conftest import LEAN, PROJECT, Copy, copy_project
from tests.faulty_server import Reply, faulty_server
from tests.workflow.test_refresh import Station

pytestmark = pytest.mark.thorough

CODES = {"BOL": "068", "ECU": "218", "ISL": "352", "PER": "604"}


def few_countries(copy: Copy) -> dict[str, str]:
    world = gpd.read_file(PROJECT / "data/raw/embedded/countries.geojson")
    world[world["iso_n3"].isin(CODES.values())].to_file(copy.folder / "few.geojson")
    return {"file": "few.geojson", "code_field": "iso_n3", "name_field": "name"}


def scenario(copy: Copy, name: str, **values: object) -> None:
    path = copy.folder / f"config/scenarios/{name}.yaml"
    settings = {"scenario": name, "countries": few_countries(copy), "overlays": {}}
    path.write_text(yaml.safe_dump(LEAN | settings | values))


def test_several_countries_in_one_run_are_each_what_they_are_alone(project):
    scenario(project, "all", area={"file": "few.geojson"}, per_country=True, countries_per_job=3)
    scenario(project, "bolivia", area={"country": "BOL"})
    for name in ("all", "bolivia"):
        done = project.run("--config", f"scenario={name}")
        assert done.returncode == 0, done.stderr
    results = project.folder / "results"
    for product in ("regions.parquet", "sites.parquet"):
        assert sha256_of(results / "all/countries/BOL" / product) == sha256_of(results / "bolivia" / product)
    among_all, alone = (results / folder / "asm_gold_regions.gpkg" for folder in ("all/countries/BOL", "bolivia"))
    for layer in ("asm_gold_regions", "gold_sites"):
        assert_geodataframe_equal(gpd.read_file(among_all, layer=layer), gpd.read_file(alone, layer=layer))
    corrected = [set(gpd.read_file(path, layer="corrections")["record_id"]) for path in (among_all, alone)]
    assert corrected[0] < corrected[1]  # those of the country, and all of what was read
    table = pd.read_csv(results / "all/countries.csv").set_index("code")
    assert list(table.index) == list(CODES)
    assert table.loc["PER", "sites"] == 511
    assert table.loc["ISL", ["sites", "regions", "regions_km2"]].tolist() == [0, 0, 0]
    layers = gpd.list_layers(results / "all/countries/ISL/asm_gold_regions.gpkg")["name"].tolist()
    assert {"asm_gold_regions", "gold_sites", "area", "layer_styles"} <= set(layers)
    described = json.loads((results / "all/manifest.json").read_text())["products"]
    for name, entry in described.items():
        assert sha256_of(results / "all" / name) == entry["sha256"]
    assert len([name for name in described if name.startswith("countries/")]) == 3 * len(CODES)
    assert "Nothing to be done" in project.run("--config", "scenario=all").stderr


def test_a_changed_correction_makes_the_country_that_it_is_in_again_and_no_other(project):
    scenario(project, "all", area={"file": "few.geojson"}, per_country=True, countries_per_job=4)
    assert project.run("--config", "scenario=all").returncode == 0
    folder = project.folder / "results/all/countries"
    before = {path: sha256_of(path) for path in sorted(folder.glob("*/*"))}
    corrections = project.folder / "config/corrections.yaml"
    sites = gpd.read_parquet(folder / "PER/sites.parquet")
    inland = sites[sites["correction"].isna() & sites["latitude"].between(-11, -9)].iloc[0]
    longitude = float(inland["longitude"])
    mended = {"id": "a_little_east", "record": inland["record_id"], "expect": {"longitude": longitude},
              "set": {"longitude": longitude + 0.01}, "reason": "x", "evidence": "y"}  # fmt: skip
    corrections.write_text(yaml.safe_dump([*yaml.safe_load(corrections.read_text()), mended]))
    done = project.run("--config", "scenario=all")
    assert done.returncode == 0, done.stderr
    assert "3 countries as before" in done.stderr
    after = {path: sha256_of(path) for path in sorted(folder.glob("*/*"))}
    assert {path.parent.name for path in after if before.get(path) != after[path]} == {"PER"}


def test_a_country_that_fails_is_named_and_nothing_is_published(project):
    scenario(project, "all", area={"file": "few.geojson"}, per_country=True, countries_per_job=2)
    assert project.run("--config", "scenario=all").returncode == 0
    manifest = project.folder / "results/all/manifest.json"
    before = manifest.read_bytes()
    script = project.folder / "workflow/scripts/draw_countries.py"
    text = script.read_text()
    assert "            try:\n" in text
    for fault, message in (
        ('InputError("its border is odd")', "Iceland (ISL): its border is odd"),
        ('ValueError("oops")', "draw_countries: stopped at Iceland (ISL) by a fault of the program, see "),
    ):
        raising = f'            try:\n                if nation.code == "ISL":\n                    raise {fault}\n'
        text_of_fault = text.replace("            try:\n", raising)
        script.write_text(
            text_of_fault.replace("from asmgold.io", "from asmgold.errors import InputError\nfrom asmgold.io", 1)
        )
        shutil.rmtree(project.folder / "results/.build/all/countries_kept", ignore_errors=True)
        done = project.run("--config", "scenario=all")
        assert done.returncode == 1
        assert message in done.stderr
        assert manifest.read_bytes() == before
    script.write_text(text)
    assert project.run("--config", "scenario=all").returncode == 0


def test_what_is_wrong_with_a_country_is_told(project):
    scenario(project, "guiana", area={"country": "GUF"})
    for values, message in (
        (["area=PEX"], "area is 'PEX', a code of ISO 3166-1 such as PER was expected; the nearest are"),
        (["area=COD"], "config/sources.lock.yaml: has no entry 'mrds'; `make fetch SCENARIO=cod` fetches"),
        (["scenario=world"], "`make fetch SCENARIO=world` fetches"),
        (["scenario=guiana"], "area.country is GUF, which the layer of countries does not show apart"),
    ):
        done = project.run("--config", *values)
        assert done.returncode == 1
        assert message in done.stderr
        assert "Traceback" not in done.stderr


def test_a_boundary_service_out_of_reach_stops_the_fetch_and_nothing_else_takes_its_place(tmp_path):
    with faulty_server() as server:
        station = Station(copy_project(tmp_path / "project"), server)
        server.answer("/www.geoboundaries.org/api/current/gbOpen/COD/ADM1/", Reply(status=404))
        before = station.lock.read_bytes()
        status, output = station.do("fetch", "--scenario", "cod")
        assert status == 3, output
        assert "divisions_cod: https://www.geoboundaries.org/api/current/gbOpen/COD/ADM1/" in output
        assert "Traceback" not in output
        assert station.lock.read_bytes() == before


def test_a_country_as_geoboundaries_draws_it(tmp_path):
    square = gpd.GeoDataFrame({"shapeISO": ["PER"]}, geometry=[shapely.box(-76, -10, -75, -9)], crs=4326)
    host, path = "/www.geoboundaries.org/api/current/gbOpen/PER/ADM0/", "/github.com/PER/ADM0.geojson"
    with faulty_server() as server:
        station = Station(copy_project(tmp_path / "project"), server)
        scenario(station.copy, "square", area={"country": "PER", "source": "boundary"})
        server.answer(host, json.dumps({"gjDownloadURL": f"https:/{path}"}).encode())
        server.answer(path, square.to_json().encode())
        status, output = station.do("fetch", "--scenario", "square")
        assert status == 0, output
    done = station.copy.run("--config", "scenario=square")
    assert done.returncode == 0, done.stderr
    manifest = json.loads((station.copy.folder / "results/square/manifest.json").read_text())
    assert manifest["sources"]["boundary_per"]["lock"]["rows"] == 1
    regions = gpd.read_parquet(station.copy.folder / "results/square/regions.parquet")
    assert regions.within(square.geometry.iloc[0].buffer(1e-9)).all()
    assert "regions of Peru" in done.stderr
