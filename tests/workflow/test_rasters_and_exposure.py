"""Rasters and exposure as a user gets them: from the default scenario, and with a raster of one's own."""

from __future__ import annotations

import json
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
import yaml
from rasterio.transform import Affine
from rio_cogeo import cog_validate

from asmgold.config.scenario import load_scenario
from asmgold.errors import InputError
from asmgold.rasters.grid import Grid
from asmgold.schemas.rasters import DENSITY, DISTANCE, FRACTION, RASTERS
from tests.conftest import LEAN, PROJECT

SHIPPED = yaml.safe_load((PROJECT / "config/config.yaml").read_text())
PERU = Grid(30, -9817, 50, 1636, 2307)


def values(copy, product):
    with rasterio.open(copy.product(f"{product.name}.tif")) as raster:
        return raster.read(1).astype(float)


def test_the_rasters_are_valid_on_one_grid_and_in_the_manifest(built_once):
    manifest = json.loads(built_once.product("manifest.json").read_text())
    for product in RASTERS:
        path = built_once.product(f"{product.name}.tif")
        assert cog_validate(path, strict=True)[0]
        with rasterio.open(path) as raster:
            assert raster.shape == PERU.shape
            assert raster.transform.almost_equals(PERU.transform)
            assert raster.units == (product.unit,)
            assert "Schulz" in raster.tags()["SOURCE"]
            assert raster.tags()["DATA_DATE"] == "2011"
        described = manifest["products"][path.name]
        assert (described["width"], described["height"]) == (1636, 2307)
        assert f"{product.name}.qml" in manifest["products"]


def test_the_rasters_and_the_regions_agree(built_once):
    regions = gpd.read_parquet(built_once.product("regions.parquet"))
    fraction, distance, density = (values(built_once, product) for product in (FRACTION, DISTANCE, DENSITY))
    assert fraction.sum(axis=1) @ PERU.row_km2 == pytest.approx(regions["area_km2"].sum(), rel=1e-3)
    assert (distance[fraction > 0] < 20 + 1.5).all()  # a cell is 1.3 km across
    # All kernels lie on the grid.
    assert density.sum(axis=1) @ PERU.row_km2 / 100 == pytest.approx(regions["n_sites"].sum(), rel=1e-5)
    unclipped = shapely.union_all(regions["geometry_unclipped"].array)
    rng = np.random.default_rng(1)
    row, column = rng.integers(0, PERU.height, 20_000), rng.integers(0, PERU.width, 20_000)
    inside = shapely.contains_xy(unclipped, PERU.longitudes[column], PERU.latitudes[row])
    found = distance[row, column]
    clear = np.abs(found - 20) > 0.02
    assert ((found < 20) == inside)[clear].all()


@pytest.mark.thorough
def test_rasters_that_several_jobs_share_have_the_same_bytes(built):
    before = built.products()
    settings = yaml.safe_load((built.folder / "config/config.yaml").read_text())
    built.configure(rasters=settings["rasters"] | {"tiles": 3})
    done = built.run()
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("raster_distance_tile ") == 3
    after = built.products()
    assert {name for name in before if before[name] != after[name]} == {"manifest.json"}


@pytest.fixture
def people(built):
    """A raster of 1 to 9 people a cell that covers Peru, without data in the sea and far to the north."""
    people = np.random.default_rng(0).integers(1, 10, (200, 140)).astype("int16")
    people[:10] = -1
    path = built.folder / "people.tif"
    with rasterio.open(
        path, "w", driver="GTiff", count=1, height=200, width=140, dtype="int16", crs="EPSG:4326", nodata=-1,
        transform=Affine(0.1, 0, -82, 0, -0.1, 0.5),
    ) as file:  # fmt: skip
        file.write(people, 1)
    return people


@pytest.mark.thorough
def test_a_raster_of_ones_own_is_summed_and_nothing_else_is_made_again(built, people):
    built.configure(exposure={"population": {"file": "people.tif", "unit": "people"}})
    before = built.products()
    done = built.run()
    assert done.returncode == 0, done.stderr
    after = built.products()
    told = {"manifest.json", "index.html"}
    assert {name: after[name] for name in before.keys() - told} == {name: before[name] for name in before.keys() - told}
    assert set(after) - set(before) == {"exposure.csv", "exposure_regions.csv"}
    assert "classify_records" not in done.stderr
    table = pd.read_csv(built.product("exposure.csv")).set_index("zone")
    assert list(table.index) == ["area", "madre_de_dios:inside", "mining_corridor:inside", "mining_corridor:outside"]
    whole = table.loc["area"]
    # Between the cells that lie wholly inside Peru and those that touch it.
    peru = shapely.union_all(gpd.read_file(built.product("asm_gold_regions.gpkg"), layer="area").geometry.array)
    west, north = np.meshgrid(-82 + 0.1 * np.arange(140), 0.5 - 0.1 * np.arange(200))
    cells = shapely.box(west, north - 0.1, west + 0.1, north)
    shapely.prepare(peru)
    counted = np.where(people < 0, 0, people)
    assert (
        counted[shapely.contains(peru, cells)].sum() < whole["total"] < counted[shapely.intersects(peru, cells)].sum()
    )
    assert 0.95 < whole["share_with_data"] < 1
    page = built.product("index.html").read_text(encoding="utf-8")
    assert "population (people)" in page[page.index('id="exposure"') :]
    by_region = pd.read_csv(built.product("exposure_regions.csv"))
    assert by_region["amount"].sum() == pytest.approx(whole["inside"], abs=1e-3)
    assert set(by_region["region_id"]) == set(gpd.read_parquet(built.product("regions.parquet"))["region_id"])
    corridor = table.loc[["mining_corridor:inside", "mining_corridor:outside"]].sum()
    assert corridor["total"] == pytest.approx(table.loc["madre_de_dios:inside", "total"], rel=1e-3)
    manifest = json.loads(built.product("manifest.json").read_text())
    assert manifest["sources"]["people.tif"]["lock"]["bytes"] == (built.folder / "people.tif").stat().st_size
    assert manifest["products"]["exposure.csv"]["rows"] == 4


def test_a_faulty_raster_stops_the_run_in_one_line_and_leaves_the_products(built, people):
    built.configure(exposure={"population": {"file": "people.tif", "unit": "people", "band": 2}})
    before = built.products()
    done = built.run()
    assert done.returncode != 0
    assert "people.tif: has 1 bands, band 2 was asked for" in done.stderr
    assert "Traceback" not in done.stderr
    assert built.products() == before


@pytest.mark.thorough
def test_rasters_can_be_left_out_and_without_a_site_they_are_empty(built):
    built.configure(rasters=None, skip_products=["map", "page"], monte_carlo=LEAN["monte_carlo"])
    done = built.run()
    assert done.returncode == 0, done.stderr
    # How often a cell is inside belongs to the evidence.
    assert [name for name in built.products() if name.endswith((".tif", ".qml"))] == [
        "region_probability.qml",
        "region_probability.tif",
    ]
    built.configure(
        rasters={"cell_arcsec": 3600},
        skip_products=["sensitivity"],
        corrections=False,
        area={"file": "ocean.geojson"},
        overlays={},
    )
    gpd.GeoDataFrame(geometry=[shapely.box(-120, -30, -118, -28)], crs="EPSG:4326").to_file(
        built.folder / "ocean.geojson"
    )
    done = built.run()
    assert done.returncode == 0, done.stderr
    for product, expected in ((DISTANCE, -9999), (DENSITY, 0), (FRACTION, 0)):
        assert (values(built, product) == expected).all()
        assert values(built, product).shape == (4, 4)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rasters": {"cell_arcsec": 7}}, "rasters.cell_arcsec is 7, a divisor of 648000"),
        ({"rasters": {"bandwith_km": 7.0}}, "rasters.bandwith_km is not a known key (did you mean 'bandwidth_km'?)"),
        ({"exposure": {"people": {"unit": "people"}}}, "exposure.people names neither or both of source and file"),
        ({"exposure": {"people": {"source": "world", "unit": "people"}}}, "is 'world', a layer; a raster was expected"),
        ({"exposure": {"people": {"file": "none.tif", "unit": "people"}}}, "file is none.tif, there is no such file"),
    ],
)
def test_mistakes_in_the_configuration_are_named(settings, message):
    with pytest.raises(InputError, match=re.escape(message)):
        load_scenario(SHIPPED | settings, settings, PROJECT / "config", project=PROJECT)
