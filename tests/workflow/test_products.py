"""The products of the default scenario keep to their contract."""

from __future__ import annotations

import json
import re
import struct

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pyproj
import pytest
import rasterio
import shapely

from asmgold.io.checksum import sha256_of

LAYERS = {
    "asm_gold_regions": {
        "region_id", "area_km2", "area_unclipped_km2", "n_sites", "n_mrds", "n_major_deposits", "countries",
    },
    "gold_sites": {"record_id", "source", "name", "commodity_role", "fate", "region_id"},
    "overlay_intersections": {"overlay", "zone", "region_id", "area_km2"},
    "overlay_madre_de_dios": {"name"},
    "overlay_mining_corridor": {"code", "official_area_ha"},
    "corrections": {"correction", "record_id", "before", "after", "reason", "evidence"},
    "records_rejected": {"record_id", "fate_reason"},
}  # fmt: skip
RECORD_COLUMNS = {
    "record_id", "source", "name", "country_reported", "country_located", "longitude", "latitude", "longitude_read",
    "latitude_read", "commodities", "commodity_role", "status", "deposit_type", "url", "correction", "flags", "fate",
    "fate_reason",
}  # fmt: skip


@pytest.fixture(scope="module")
def manifest(built_once):
    return json.loads(built_once.product("manifest.json").read_text())


def read(copy, layer):
    return gpd.read_file(copy.product("asm_gold_regions.gpkg"), layer=layer)


def test_the_geopackage_has_the_layers_and_columns_of_the_contract(built_once):
    path = built_once.product("asm_gold_regions.gpkg")
    assert set(LAYERS) <= set(pyogrio.list_layers(path)[:, 0])
    for layer, columns in LAYERS.items():
        info = pyogrio.read_info(path, layer=layer)
        assert columns <= set(info["fields"]), layer
        if info["geometry_type"] is not None:
            assert info["crs"] == "EPSG:4326", layer


def test_every_record_has_one_fate_and_none_is_lost(built_once, manifest):
    records = pd.read_parquet(built_once.product("records.parquet"))
    assert set(records.columns) >= RECORD_COLUMNS
    assert records["source"].value_counts().to_dict() == {"mrds": 710, "major_deposits": 27}
    assert records["record_id"].is_unique
    for source, counts in manifest["records"].items():
        read_rows = counts.pop("rows_read")
        assert sum(counts.values()) == read_rows == (records["source"] == source).sum()


def test_the_gold_bearing_records_are_those_that_the_data_are_known_to_hold(built_once):
    records = pd.read_parquet(built_once.product("records.parquet"))
    bearing = records[records["commodity_role"].notna()].groupby("source").size()
    assert bearing.to_dict() == {"mrds": 518, "major_deposits": 9}


def test_each_correction_is_an_arrow_from_the_old_place_to_the_new_one(built_once):
    arrows = read(built_once, "corrections").set_index("record_id")
    assert len(arrows) == 37
    conga = arrows.loc["mrds:10400160"]
    np.testing.assert_allclose(shapely.get_coordinates(conga.geometry), [[78.35896, 6.9265], [-78.35896, -6.9265]])
    assert conga["before"] == "longitude 78.35896, latitude 6.9265"
    assert conga["after"] == "longitude -78.35896, latitude -6.9265"
    assert "0.2 km from major_deposits:1271" in conga["evidence"]


def test_flags_of_the_embedded_records(built_once):
    records = pd.read_parquet(built_once.product("records.parquet"))
    mrds = records.loc[records["source"] == "mrds", "flags"].explode().value_counts()
    # 457 records without id and name are known to 0.01 degree only; 12 more are called "Unknown Name".
    assert mrds["position_coarse"] == 457
    assert mrds["name_missing"] == 469
    assert mrds["corrected"] == 37


def test_regions_have_the_area_that_geodesics_give_and_hold_their_sites(built_once):
    regions, sites = read(built_once, "asm_gold_regions"), read(built_once, "gold_sites")
    geod = pyproj.Geod(ellps="WGS84")
    # Edges of the border are up to 200 km long: straight in degrees, so they are made short before measuring.
    measured = [abs(geod.geometry_area_perimeter(shapely.segmentize(g, 0.01))[0]) / 1e6 for g in regions.geometry]
    np.testing.assert_allclose(regions["area_km2"], measured, rtol=1e-5)
    assert regions["n_sites"].sum() == len(sites)
    assert (regions["n_sites"] == regions["n_mrds"] + regions["n_major_deposits"]).all()
    assert (regions["area_km2"] <= regions["area_unclipped_km2"] + 1e-6).all()
    assert regions.geometry.is_valid.all()
    counted = sites.groupby("region_id").size().reindex(regions["region_id"])
    assert counted.tolist() == regions["n_sites"].tolist()


def test_unclipped_edges_stand_at_the_buffer_distance_from_the_nearest_site(built_once):
    table = gpd.read_parquet(built_once.product("regions.parquet"))
    sites = gpd.read_parquet(built_once.product("sites.parquet"))
    geod = pyproj.Geod(ellps="WGS84")
    x, y = sites["longitude"].to_numpy(), sites["latitude"].to_numpy()
    for outline in table["geometry_unclipped"].head(12):
        vertices = shapely.get_coordinates(outline)[::7]
        near = [geod.inv(np.full(x.size, lon), np.full(x.size, lat), x, y)[2].min() for lon, lat in vertices[:200]]
        assert np.abs(np.array(near) - 20_000).max() < 5


def test_the_overlay_summary_adds_up(built_once):
    summary = pd.read_csv(built_once.product("overlay_summary.csv")).set_index(["overlay", "zone"])
    assert list(summary.index) == [
        ("madre_de_dios", "inside"), ("mining_corridor", "inside"), ("mining_corridor", "outside"),
    ]  # fmt: skip
    whole, inside, outside = (summary.loc[key] for key in summary.index)
    # The layer measures 498,544 ha along geodesics; with edges straight in degrees, as drawn, 5 millionths more.
    assert inside["zone_km2"] == pytest.approx(4985.44, rel=1e-5)
    # The corridor as published leaves the simplified department by a few square kilometres.
    assert 0 <= inside["zone_km2"] + outside["zone_km2"] - whole["zone_km2"] < 5
    assert 0 <= inside["regions_km2"] + outside["regions_km2"] - whole["regions_km2"] < 5
    np.testing.assert_allclose(summary["share_of_zone"], summary["regions_km2"] / summary["zone_km2"], atol=1e-6)
    pieces = read(built_once, "overlay_intersections")
    sums = pieces.groupby(["overlay", "zone"])["area_km2"].sum()
    np.testing.assert_allclose(sums.reindex(summary.index), summary["regions_km2"], atol=1e-5)


def test_the_manifest_describes_every_product(built_once, manifest):
    folder = built_once.product("manifest.json").parent
    assert {path.name for path in folder.iterdir()} - {"manifest.json"} == set(manifest["products"])
    for name, described in manifest["products"].items():
        assert described["sha256"] == sha256_of(folder / name)
        assert described["bytes"] == (folder / name).stat().st_size
    assert manifest["products"]["asm_gold_regions.gpkg"]["rows"]["gold_sites"] == len(read(built_once, "gold_sites"))
    sources = {
        "mrds_peru",
        "major_deposits_peru",
        "peru_departments_2007",
        "mining_seen_peru",
        "mining_searched_peru",
        "world",
        "mining_corridor",
        "towns",
        "rivers_50m",
        "lakes_50m",
    }
    tables = {f"data/raw/embedded/{name}" for name in ("published_shares.csv", "asm_gold_production.csv")}
    assert set(manifest["sources"]) == sources | tables
    assert manifest["sources"]["mrds_peru"]["lock"]["sha256"].startswith("8164b5e4")
    assert manifest["configuration"]["buffer_km"] == 20
    gdals = {"pyogrio": pyogrio.__gdal_version_string__, "rasterio": rasterio.__gdal_version__}
    assert manifest["software"]["gdal"] == gdals


def test_no_product_knows_the_folder_it_was_made_in(built_once):
    for path in built_once.product("manifest.json").parent.iterdir():
        assert str(built_once.folder).encode() not in path.read_bytes(), path.name


def test_tables_are_geoparquet_1_1_with_a_covering(built_once):
    for name in ("records", "sites", "regions", "overlays"):
        geo = json.loads(pq.read_schema(built_once.product(f"{name}.parquet")).metadata[b"geo"])
        assert geo["version"] == "1.1.0"
        assert "bbox" in geo["columns"]["geometry"]["covering"]


def test_the_map_is_a_page_of_a4_as_pdf_and_png(built_once):
    picture = built_once.product("map.png").read_bytes()
    assert picture.startswith(b"\x89PNG\r\n")
    width, height = struct.unpack(">II", picture[16:24])
    assert (width, height) == pytest.approx((210 / 25.4 * 300, 297 / 25.4 * 300), abs=1)
    assert built_once.product("map.pdf").read_bytes().startswith(b"%PDF-1.")
    for name in ("map.pdf", "map.png"):
        assert 50_000 < built_once.product(name).stat().st_size < 2_000_000


@pytest.mark.thorough
def test_the_terminal_shows_the_figures_and_where_the_files_are(lean_project):
    done = lean_project.run()
    assert done.returncode == 0, done.stderr
    for line in (
        "737 rows were read, and each has one fate",
        "The sites are 504 distinct deposits",
        r"mrds +\d+ +192 +0 +1 +\d+ +0 +710",
        r"\d+ regions with \d+ sites cover",
        r"mining_corridor outside",
        "results/peru/: asm_gold_regions.qgz in QGIS",
    ):
        assert re.search(line, done.stderr), line
