"""Evidence of the user's own, and the choices of the default scenario, run as a user does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely

from asmgold.config.loading import read_yaml
from asmgold.config.scenario import load_scenario
from asmgold.publish.context import Context
from asmgold.publish.messages import load_words
from asmgold.publish.page.blocks import Figure, Folded, Table
from asmgold.publish.page.evidence import context_section, evidence_section, read_tables
from asmgold.schemas.rasters import PROBABILITY
from tests.conftest import PROJECT, Copy, copy_project

ZONES = ["area", "madre_de_dios:inside", "mining_corridor:inside", "mining_corridor:outside"]
CONTRACT = ["evidence", "period", "zone", "observed", "observed_inside", "capture", "land_share", "lift", "unit"]
EVIDENCE_PRODUCTS = {
    "evidence.csv",
    "intervals.csv",
    "missed_mining.parquet",
    "overlay_by_period.csv",
    "chance.csv",
    "radius_of_capture.csv",
}


def bring_evidence(copy: Copy) -> None:
    """Polygons with years of the user's own, and a table of visits; what the map holds of them is known beforehand."""
    corridor = gpd.read_file(copy.folder / "data/raw/embedded/mining_corridor.geojson").geometry.iloc[0]
    inside = corridor.representative_point()
    patches = [shapely.box(x - 0.02, y - 0.02, x + 0.02, y + 0.02) for x, y in [(inside.x, inside.y), (-74.5, -4.0)]]
    gpd.GeoDataFrame({"seen": [2020, 2021]}, geometry=patches, crs="EPSG:4326").to_file(copy.folder / "patches.geojson")
    river = shapely.LineString([(inside.x, inside.y), (-74.5, -4.0)])
    gpd.GeoDataFrame(geometry=[river], crs="EPSG:4326").to_file(copy.folder / "river.geojson")
    (copy.folder / "visits.csv").write_text(
        f"longitude,latitude,day\n{inside.x},{inside.y},2019-05-03\n-74.5,-4,2020-01-01\n"
    )
    copy.configure(
        evidence={
            "patches": {"file": "patches.geojson", "period_field": "seen", "note": "Know this."},
            "visits": {"file": "visits.csv", "period_field": "day"},
        },
        strata={"file": "river.geojson", "title": "distance from the river", "bands_km": [5.0, 50.0]},
        monte_carlo={"seed": 1, "placements": 50, "primary_test": 50, "positions": 20},
        rasters=None,
        skip_products=["map"],
    )


@pytest.mark.thorough
def test_evidence_of_the_users_own_becomes_products_the_same_in_two_folders(built: Copy, tmp_path: Path) -> None:
    project = copy_project(tmp_path / "another folder")
    for copy in (built, project):
        bring_evidence(copy)
        done = copy.run()
        assert done.returncode == 0, done.stderr
    assert built.products() == project.products()
    assert set(project.products()) >= EVIDENCE_PRODUCTS

    found = pd.read_csv(project.product("evidence.csv"), dtype={"period": "str"})
    assert list(found.columns)[: len(CONTRACT)] == CONTRACT
    assert list(found["zone"].unique()) == ZONES
    assert found.groupby("evidence")["period"].unique().map(list).to_dict() == {
        "patches": ["2020", "2021", "new", "all"],
        "visits": ["2019", "2020", "new", "all"],
    }
    of = found.set_index(["evidence", "period", "zone"])
    summary = pd.read_csv(project.product("overlay_summary.csv")).set_index(["overlay", "zone"])
    for overlay, zone in summary.index:
        shares = found.loc[found["zone"] == f"{overlay}:{zone}", "land_share"]
        np.testing.assert_allclose(shares, summary.loc[(overlay, zone), "share_of_zone"], atol=2e-6)
    assert of.loc[("visits", "all", "area"), "observed"] == 2
    regions = gpd.read_parquet(project.product("regions.parquet")).union_all()
    patches = gpd.read_file(project.folder / "patches.geojson").geometry
    equal_area = {"proj": "laea", "lat_0": -8, "lon_0": -73}
    km2 = (
        gpd.GeoSeries([*patches, *patches.intersection(regions)], crs=4326).segmentize(0.001).to_crs(equal_area).area
        / 1e6
    )
    assert of.loc[("patches", "all", "area"), "observed"] == pytest.approx(km2.iloc[:2].sum(), rel=1e-5)
    assert of.loc[("patches", "all", "area"), "observed_inside"] == pytest.approx(km2.iloc[2:].sum(), rel=1e-5)
    assert of.loc[("patches", "2021", "mining_corridor:inside"), "observed"] == 0

    layers = {"missed_mining": "MultiPolygon", "missed_mining_points": "Point"}
    path = project.product("asm_gold_regions.gpkg")
    for layer, kind in layers.items():
        info = pyogrio.read_info(path, layer=layer)
        assert (info["geometry_type"], info["crs"]) == (kind, "EPSG:4326")
        assert {"evidence", "period", "amount", "unit", "distance_km", "nearest_site"} <= set(info["fields"])
    missed = gpd.read_parquet(project.product("missed_mining.parquet"))
    assert (missed["distance_km"] >= 19.99).all()
    assert not missed.geometry.representative_point().intersects(regions).any()
    chance = pd.read_csv(project.product("chance.csv"))
    assert set(chance["null_model"]) == {"area", "strata", "clumps", "shift", "thomas"}
    assert (chance["draws"] == 50).all()
    manifest = json.loads(project.product("manifest.json").read_text())
    embedded = {f"data/raw/embedded/{name}.csv" for name in ("published_shares", "asm_gold_production")}
    assert {"patches.geojson", "visits.csv", "river.geojson", *embedded} <= set(manifest["sources"])

    tables = read_tables(sorted((project.folder / "results/peru").glob("*.csv")))
    settings = read_yaml(project.folder / "config/config.yaml")
    scenario = load_scenario(settings, {}, project.folder / "config", project=project.folder)
    for language in ("en", "es"):
        about = Context(**scenario.context() | {"language": language})
        section = evidence_section(tables, about)
        context = context_section(tables, about)
        assert section is not None
        assert context is not None
        assert "Know this." in section.blocks
        blocks = [*section.blocks, *context.blocks]
        pictures = [block for block in blocks if isinstance(block, Figure)]
        assert len(pictures) == 10
        for layer in ("patches", "visits"):  # each has pictures of its own, and says so
            assert sum(picture.description.startswith(f"{layer}. ") for picture in pictures) == 4
        assert all(b"<svg" in picture.image for picture in pictures)
        assert all(str(project.folder).encode() not in picture.image for picture in pictures)
        assert evidence_section(tables, about) == section
        blocks += [inner for block in blocks if isinstance(block, Folded) for inner in block.blocks]
        shown = [block for block in blocks if isinstance(block, Table)]
        assert len(shown) == 12
        assert all(table.rows for table in shown)
        assert all(set().union(*table.rows) <= {column.key for column in table.columns} for table in shown)


@pytest.mark.thorough
def test_a_mistake_in_evidence_is_one_message(built: Copy) -> None:
    before = built.products()
    built.configure(evidence={"mine": {"file": "nowhere.gpkg"}})
    done = built.run()
    assert done.returncode == 1
    assert "file is nowhere.gpkg, there is no such file" in done.stderr
    gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs=4326).to_file(built.folder / "mine.gpkg")
    built.configure(evidence={"mine": {"file": "mine.gpkg", "period_field": "year"}})
    done = built.run()
    assert done.returncode == 1
    assert "mine.gpkg: has no field 'year' for the period" in done.stderr
    assert "Traceback" not in done.stderr
    built.configure(evidence={"mine": {"periods": {2019: "mrds_peru"}}})
    done = built.run("-n")
    assert done.returncode == 1
    assert "evidence.mine.periods.2019.source is 'mrds_peru', a table of records" in done.stderr
    assert built.products() == before


def test_the_choices_of_the_default_scenario(built_once: Copy) -> None:
    table = pd.read_csv(built_once.product("sensitivity.csv")).fillna({"variant": ""})
    assert set(built_once.products()) >= EVIDENCE_PRODUCTS
    of = table.drop_duplicates(["choice", "variant", "zone"]).set_index(["choice", "variant", "zone"])
    summary = pd.read_csv(built_once.product("overlay_summary.csv"))
    for row in summary.to_dict("records"):
        found = of.loc[("configured", "", f"{row['overlay']}:{row['zone']}")]
        assert found["regions_km2"] == pytest.approx(row["regions_km2"], abs=1e-3)
        assert found["sites"] == row["sites"]
    area = of.xs("area", level="zone")
    regions = gpd.read_parquet(built_once.product("regions.parquet"))
    assert area.loc[("configured", ""), "regions_km2"] == pytest.approx(regions["area_km2"].sum(), rel=1e-9)
    pd.testing.assert_series_equal(area.loc[("configured", "")], area.loc[("radius", "20 km")], check_names=False)
    by_radius = area.loc["radius"]["regions_km2"]
    assert list(by_radius.index) == ["5 km", "10 km", "20 km", "30 km", "50 km"]
    assert by_radius.is_monotonic_increasing
    records = pd.read_parquet(built_once.product("records.parquet"))
    sites = records[records["fate"] == "site"]
    assert area.loc[("gold", "primary product only"), "sites"] == (sites["commodity_role"] == "primary").sum()
    for source, count in sites["source"].value_counts().items():
        assert area.loc[("records", f"{source} only"), "sites"] == count
    assert area.loc[("corrections", "off"), "sites"] == 504
    # Web Mercator draws a disc of 20 km at latitude f with a radius of 20 km times about the cosine of f.
    naive = area.loc[("planar buffer", "EPSG:3857"), "regions_km2"] / area.loc[("configured", ""), "regions_km2"]
    assert np.cos(np.radians(18)) ** 2 < naive < 1


# What the unmodified polygons of Amazon Mining Watch give in Madre de Dios, measured apart from this project.
CAPTURE_OF_POLYGONS = {"2018": 0.929, "2019": 0.947, "2020": 0.873, "2021": 0.912, "2022": 0.860, "2023": 0.842}


def test_the_cells_of_the_default_evidence_agree_with_the_polygons_they_were_summed_from(built_once: Copy) -> None:
    table = pd.read_csv(built_once.product("evidence.csv"), dtype={"period": "str"})
    found = table[table["zone"] == "madre_de_dios:inside"].set_index("period")["capture"]
    for period, capture in CAPTURE_OF_POLYGONS.items():
        assert found[period] == pytest.approx(capture, abs=0.003)


def test_the_departments_add_up_to_the_area_and_its_mining(built_once: Copy) -> None:
    land = pd.read_csv(built_once.product("overlay_units.csv"))
    seen = pd.read_csv(built_once.product("evidence_units.csv"))
    assert len(land) == len(seen) == 25
    regions = gpd.read_parquet(built_once.product("regions.parquet"))
    assert land["regions_km2"].sum() == pytest.approx(regions["area_km2"].sum(), rel=1e-6)
    whole = pd.read_csv(built_once.product("evidence.csv")).query("zone == 'area' and period == 'all'").iloc[0]
    for column in ("observed", "observed_inside"):
        assert seen[column].sum() == pytest.approx(whole[column], rel=1e-6)
    # The file itself: 1,314.8 of the 1,350.5 km2 that lie in a department lie in Madre de Dios.
    cells = pd.read_csv(PROJECT / "data/raw/embedded/mining_seen_peru.csv")
    departments = gpd.read_file(PROJECT / "data/raw/embedded/peru_departments.geojson")
    points = gpd.GeoDataFrame(cells, geometry=gpd.points_from_xy(cells["longitude"], cells["latitude"]), crs=4326)
    joined = points.sjoin(departments).groupby("name")["km2"].sum()
    for name, km2 in joined.items():
        assert seen.set_index("unit").loc[name, "observed"] == pytest.approx(km2, rel=1e-6)


def test_the_radius_curve_and_the_bands_agree_with_the_map(built_once: Copy) -> None:
    table = pd.read_csv(built_once.product("sensitivity.csv")).query("choice == 'radius'")
    curve = pd.read_csv(built_once.product("radius_curve.csv"))
    assert set(curve["radius_km"]) == set(range(1, 51))
    for variant, of_variant in table.groupby("variant"):
        on_curve = curve[(curve["radius_km"] == float(str(variant).split()[0])) & (curve["period"] == "all")]
        on_curve, exact = on_curve.set_index("zone"), of_variant.set_index("zone")
        for share in ("land_share", "capture"):
            np.testing.assert_allclose(on_curve.loc[exact.index, share], exact[share], atol=0.002)
    bands = pd.read_csv(built_once.product("position_bands.csv"))
    assert (bands["p05"] <= bands["p50"]).all()
    assert (bands["p50"] <= bands["p95"]).all()
    assert (bands["draws"] >= 200).all()
    assert set(bands["figure"]) == {"regions_km2", "land_share", "capture", "lift"}
    with rasterio.open(built_once.product("region_probability.tif")) as raster:
        assert "U.S. Geological Survey" in raster.tags()["SOURCE"]
        assert raster.descriptions == (PROBABILITY.title,)
        often = raster.read(1, masked=True)
    sites = gpd.read_parquet(built_once.product("sites.parquet"))
    assert often.min() == 0
    assert often.max() == 1
    assert ((often > 0) & (often < 1)).any()
    assert len(sites) == 511


def test_the_shipped_scenario_registers_every_year() -> None:
    values = read_yaml(PROJECT / "config/config.yaml")
    scenario = load_scenario(values | {"scenario": "peru-upstream"}, {}, PROJECT / "config", pinned=False)
    (evidence,) = scenario.settings.evidence.values()
    assert list(evidence.periods) == [str(year) for year in range(2018, 2024)]
    for year, name in evidence.periods.items():
        assert name in scenario.fetched
        source = scenario.sources[name]
        assert source.licence == "CC BY 4.0"
        assert source.urls[0].endswith(f"/mining_{year}00_simplified.geojson")


def test_both_series_of_detections_stand_side_by_side() -> None:
    values = read_yaml(PROJECT / "config/config.yaml")
    scenario = load_scenario(values | {"scenario": "peru-detections"}, {}, PROJECT / "config", pinned=False)
    yearly, by_onset = scenario.settings.evidence.values()
    assert list(yearly.periods) == [str(year) for year in range(2018, 2024)]
    assert (by_onset.source, by_onset.period_field) == ("amazon_mining_detections", "onset_year")


def test_every_choice_has_words_in_both_languages(built_once: Copy) -> None:
    table = pd.read_csv(built_once.product("sensitivity.csv"))
    for language in ("en", "es"):
        words = load_words(language, "evidence")
        assert {f"choice_{choice.replace(' ', '_')}" for choice in table["choice"]} <= set(words)


def test_the_page_of_evidence_shows_the_pictures_it_names() -> None:
    text = (PROJECT / "docs/evidence.md").read_text()
    for name in re.findall(r"\]\(([\w-]+\.png)\)", text):
        assert (PROJECT / "docs" / name).stat().st_size < 200_000
