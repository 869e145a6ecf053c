"""Bad input gets one clear message and a non-zero exit, and what was published stays as it was."""

from __future__ import annotations

import json
import re

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import yaml

from asmgold.config.scenario import load_scenario
from asmgold.errors import InputError
from tests.conftest import PROJECT


def refused(copy, *messages: str, arguments: tuple[str, ...] = ()) -> str:
    """Run, and see that it fails with these words, without a traceback, and touches no product."""
    before = copy.products() if copy.product("manifest.json").exists() else None
    done = copy.run(*arguments)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    for message in messages:
        assert message in done.stderr, done.stderr
    if before is not None:
        assert copy.products() == before
    return done.stderr


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("buffer_km=ten", "buffer_km is 'ten', a number was expected"),
        ("buffer_km=-1", "buffer_km is -1, a value greater than 0 was expected"),
        ("tolerance_m=0", "tolerance_m is 0, a value greater than or equal to 0.01 was expected"),
        ("records=[mrds_pero]", "(did you mean 'mrds_peru'?)"),
        ("records=[mrds_peru,mrds_peru]", "one source for each dataset was expected"),
        ("overlays={own: {file: 'a{b}c.geojson'}}", "file is a{b}c.geojson, a name without { and } was expected"),
        ("records=[world]", "a table of records was expected"),
        ("overlays={parks: {title: Parks}}", "overlays.parks names neither or both of source and file"),
        ("overlays={parks: {source: parks}}", "overlays.parks.source is 'parks', a source of config/sources.yaml"),
        ("overlays={parks: {source: world, within: nowhere}}", "overlays.parks.within names 'nowhere'"),
    ],
)
def test_a_mistake_in_the_configuration_is_named(argument, message):
    key, _, value = argument.partition("=")
    change = {key: yaml.safe_load(value)}
    shipped = yaml.safe_load((PROJECT / "config/config.yaml").read_text())
    with pytest.raises(InputError, match=re.escape(message)):
        load_scenario(shipped | change, change, PROJECT / "config", project=PROJECT)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("bufer_km=10", "bufer_km is not a known key (did you mean 'buffer_km'?)"),
        ("scenario=preu", "scenario is 'preu'"),
    ],
)
def test_it_is_named_before_any_job_starts(project, argument, message):
    output = refused(project, message, arguments=("--config", argument))
    assert "Execute" not in output


def test_an_altered_source_stops_the_run(built):
    path = built.folder / "data/raw/embedded/mrds_peru.csv"
    content = path.read_bytes()
    path.write_bytes(content.replace(b"-8.13136", b"-9.13136"))
    refused(built, "data/raw/embedded/mrds_peru.csv: sha256", "is pinned in config/sources.lock.yaml")
    path.write_bytes(content + b"\n")
    refused(built, "37675 bytes were found, 37674 are pinned")


def test_a_missing_source_stops_the_run(built):
    (built.folder / "data/raw/embedded/mining_corridor.geojson").unlink()
    refused(built, "mining_corridor.path is data/raw/embedded/mining_corridor.geojson, there is no such file")


def table(copy) -> bytes:
    return (copy.folder / "data/raw/embedded/mrds_peru.csv").read_bytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content.replace(b"longitude", b"lon", 1), "mrds_peru.csv: has no column longitude"),
        (lambda content: content.splitlines(keepends=True)[0], "mrds_peru.csv: has a header and no rows"),
        (lambda content: b"\r\n", "mrds_peru.csv: is empty"),
        (lambda content: re.sub(rb",-?\d+\.\d+,", b",north,", content), "none of its 710 rows has a usable position"),
    ],
    ids=["missing column", "no rows", "empty", "no position at all"],
)
def test_a_broken_table_stops_the_run(built, change, message):
    built.put("mrds_peru", change(table(built)))
    refused(built, message)


def test_a_file_that_is_not_a_zip_stops_the_run(built):
    built.put("mrds_peru", b"<html>Maintenance</html>", name="mrds-csv.zip")
    refused(built, "mrds-csv.zip: not a whole zip archive")


@pytest.mark.thorough
def test_one_byte_that_is_not_utf8_costs_no_record_and_is_named(lean_project):
    content = table(lean_project)
    line = content[: content.index(b"Los Milagros")].count(b"\n") + 1
    lean_project.put("mrds_peru", content.replace(b"Los Milagros", b"Los Milagr\xf3s"))
    done = lean_project.run()
    assert done.returncode == 0, done.stderr
    assert f"is not UTF-8 in line {line}, which was read as Windows-1252" in done.stderr
    records = gpd.read_parquet(lean_project.product("records.parquet"))
    assert (records["source"] == "mrds").sum() == 710
    assert "Los Milagrós" in set(records["name"])


@pytest.mark.thorough
def test_one_bad_position_rejects_that_record_alone(lean_project):
    content = table(lean_project)
    content = content.replace(b"Los Milagros,-8.13136", b"Los Milagros,west of here")
    content = content.replace(b"-9.49797,-77.49976", b"-9.49797,-277.49976")
    content = content.replace(b"-9.43130,", b",")
    lean_project.put("mrds_peru", content)
    assert lean_project.run().returncode == 0
    rejected = gpd.read_file(lean_project.product("asm_gold_regions.gpkg"), layer="records_rejected").set_index(
        "record_id"
    )
    assert rejected["fate_reason"].to_dict() == {
        "mrds:10003963": "latitude 'west of here' is not a number",
        "mrds:10003997": "longitude -277.49976 is out of range, -180 to 180 was expected",
        "mrds:10003999": "latitude is missing",
    }
    manifest = json.loads(lean_project.product("manifest.json").read_text())
    assert manifest["records"]["mrds"]["rejected"] == 3
    assert manifest["records"]["mrds"]["rows_read"] == 710


def boundary(copy, *polygons) -> None:
    layer = gpd.GeoDataFrame({"iso_a3": ["PER"] * len(polygons)}, geometry=list(polygons), crs=4326)
    layer.to_file(copy.folder / "boundary.geojson")
    copy.configure(area={"file": "boundary.geojson"})


@pytest.mark.thorough
def test_an_invalid_boundary_is_mended_with_a_note(lean_project):
    # A spike that encloses nothing: mending it loses no area.
    boundary(lean_project, shapely.Polygon([(-80, -18), (-69, -18), (-69, -10), (-69, -2), (-69, -10), (-80, -2)]))
    done = lean_project.run()
    assert done.returncode == 0, done.stderr
    assert "mended 1 of 1 polygons: feature 1 (" in done.stderr
    manifest = json.loads(lean_project.product("manifest.json").read_text())
    told = {name: source["mended"] for name, source in manifest["sources"].items() if "mended" in source}
    assert [text.split(" (")[0] for text in told.pop("boundary.geojson")] == ["mended: feature 1"]
    assert not told


def test_an_invalid_boundary_is_refused_where_it_is_not_certain_what_was_meant(built):
    boundary(built, shapely.Polygon([(-80, -18), (-69, -2), (-69, -18), (-80, -3)]))
    refused(built, "boundary.geojson: feature 1 (Self-intersection", "km2 as its rings run", "mend them by hand")


def test_a_layer_that_cannot_be_read_is_refused(built):
    square = gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.box(-71, -13, -70, -12)])
    with pytest.warns(UserWarning, match="'crs' was not provided"):
        square.to_file(built.folder / "square.shp")
    overlays = "overlays={own: {file: square.shp}}"
    refused(built, "square.shp: states no CRS", arguments=("--config", overlays))


@pytest.mark.thorough
def test_no_site_at_all_gives_a_complete_empty_result_that_says_so(project):
    boundary(project, shapely.box(10, 10, 11, 11))
    done = project.run()
    assert done.returncode == 0, done.stderr
    assert "No site, so no region" in done.stderr
    assert "Warning" not in done.stderr
    assert gpd.read_file(project.product("asm_gold_regions.gpkg"), layer="asm_gold_regions").empty
    assert gpd.read_file(project.product("asm_gold_regions.gpkg"), layer="gold_sites").empty
    summary = pd.read_csv(project.product("overlay_summary.csv"))
    assert summary["regions_km2"].tolist() == [0, 0, 0]
    assert json.loads(project.product("manifest.json").read_text())["records"]["mrds"]["site"] == 0


@pytest.mark.thorough
def test_a_correction_whose_guard_fails_lapses_loudly_and_changes_nothing(lean):
    before = pd.read_parquet(lean.product("sites.parquet"))
    correction = {
        "id": "guarded", "record": "mrds:10003963", "expect": {"latitude": 8.0}, "set": {"latitude": -8.0},
        "reason": "a test", "evidence": "none",
    }  # fmt: skip
    path = lean.folder / "config/corrections.yaml"
    declared = yaml.safe_load(path.read_text()) or []
    path.write_text(yaml.safe_dump([*declared, correction]))
    done = lean.run()
    assert done.returncode == 0
    assert "correction guarded lapsed: record mrds:10003963 says" in done.stderr
    pd.testing.assert_frame_equal(pd.read_parquet(lean.product("sites.parquet")), before)
