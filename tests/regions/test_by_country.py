"""Countries by code, each country by itself, and other commodities than gold."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import yaml

from asmgold.config.scenario import load_scenario
from asmgold.errors import InputError
from asmgold.geodesy.discs import discs, may_reach
from asmgold.regions.by_country import by_country
from asmgold.regions.dissolve import dissolve
from asmgold.regions.overlays import measure_units, units_of
from asmgold.sources.commodities import listed_role, mrds_role
from asmgold.sources.countries import codes_in_file, country_area
from asmgold.vocabulary.commodities import COMMODITIES
from tests.conftest import PROJECT
from tests.records.test_records_and_regions import classified

NEIGHBOURS = gpd.GeoDataFrame(
    {"code": ["AAA", "BBB", "CCC"], "name": ["Aland", "Beland", "Celand"]},
    geometry=[shapely.box(0, 0, 4, 4), shapely.box(4, 0, 8, 4), shapely.box(20, 20, 21, 21)],
    crs=4326,
)
CONFIG = PROJECT / "config"
RULES = {"tolerance_m": 5}


def config(**values: object) -> dict[str, object]:
    return yaml.safe_load((CONFIG / "config.yaml").read_text(encoding="utf-8")) | values


# --- each country by itself -----------------------------------------------------------------------------


def test_a_country_among_many_is_what_it_is_alone():
    points = [(1, 1, "primary"), (3.95, 2, "primary"), (4.05, 2.1, "listed"), (6, 1, None), (7, 3, "refinery")]
    everywhere = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 8, 4)], crs=4326)
    together = classified(*points, area=everywhere, countries=NEIGHBOURS)
    nations = {nation.code: nation for nation in by_country(together, NEIGHBOURS, ["AAA", "BBB", "CCC"], **RULES)}
    for code, nation in nations.items():
        area = country_area(NEIGHBOURS, code)
        alone = dissolve(classified(*points, area=area, countries=NEIGHBOURS), area, **RULES)
        for one, other in zip((nation.regions, nation.sites), alone, strict=True):
            assert one.drop(columns="geometry").equals(other.drop(columns="geometry"))
            assert shapely.equals(np.asarray(one.geometry.array), np.asarray(other.geometry.array)).all()
    assert [nation.summary["sites"] for nation in nations.values()] == [3, 2, 0]
    assert nations["AAA"].summary["regions"] == 2
    # A region across the border is one region for each of the two, and its parts add up.
    shared = [nations[code].regions.set_index("region_id") for code in ("AAA", "BBB")]
    both = shared[0].index.intersection(shared[1].index)
    assert len(both) == 1
    parts = sum(float(table.loc[both[0], "area_km2"]) for table in shared)
    assert parts == pytest.approx(float(shared[0].loc[both[0], "area_unclipped_km2"]), rel=1e-9)
    # Each record of a country is among its own.
    assert set(nations["BBB"].records["record_id"]) == {"mrds:2", "mrds:3", "mrds:4", "mrds:5"}


def test_a_country_without_a_site_has_complete_and_empty_results():
    (nation,) = by_country(classified((1, 1, "primary"), countries=NEIGHBOURS), NEIGHBOURS, ["CCC"], **RULES)
    assert nation.regions.empty
    assert nation.sites.empty
    assert nation.summary["share_of_country"] == 0


@pytest.mark.parametrize("seed", range(8))
def test_sites_that_are_set_aside_reach_nothing(seed):
    """Brute force: every disc that touches a polygon is among those that may; near poles and at 180 degrees too."""
    random = np.random.default_rng(seed)
    lat = np.r_[random.uniform(-90, 90, 300), random.uniform(80, 90, 100), random.uniform(-90, -80, 100)]
    lon = np.r_[random.uniform(-180, 180, 450), random.uniform(179, 180, 50)]
    radius = float(10 ** random.uniform(3, 5.9))
    west, south = random.uniform(-180, 170, 6), random.uniform(-90, 80, 6)
    west[0], south[1] = 178, 79
    polygons = shapely.box(west, south, np.minimum(west + random.uniform(0.1, 10, 6), 180), south + 3)
    touching = shapely.intersects(discs(lon, lat, radius, 50.0)[:, None], polygons[None, :]).any(axis=1)
    may = may_reach(lon, lat, radius, polygons)
    assert set(np.flatnonzero(touching)) <= set(may.tolist())
    if radius < 1e4:
        assert may.size < 0.5 * lon.size


# --- units of an overlay --------------------------------------------------------------------------------


def test_the_units_of_an_overlay_add_up_to_it():
    area = NEIGHBOURS[NEIGHBOURS["code"] == "AAA"]
    regions, sites = dissolve(classified((1, 1, "primary"), (1, 1, "listed"), (3, 2, "primary")), area, **RULES)
    halves = gpd.GeoDataFrame(
        {"name": ["west", "east", "east"]},
        geometry=[shapely.box(0, 0, 1, 4), shapely.box(1, 0, 4, 2), shapely.box(1, 2, 4, 4)], crs=4326,
    )  # fmt: skip
    units = measure_units(regions, sites, {"halves": halves}, {"halves": "name"}).set_index("unit")
    assert units["regions_km2"].sum() == pytest.approx(regions["area_km2"].sum(), rel=1e-9)
    assert units.loc["east", "sites"] == 3  # two stand on the border between the halves, and lie in both
    assert units.loc["west", "share_of_unit"] == pytest.approx(
        units.loc["west", "regions_km2"] / units.loc["west", "unit_km2"]
    )
    with pytest.raises(InputError, match=r"overlays.halves.group_by is 'nombre', one of its fields was expected: name"):
        measure_units(regions, sites, {"halves": halves}, {"halves": "nombre"})


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["west", None, "east"], ["east", "none", "west"]),
        ([1.0, np.nan, 2.0], ["1", "2", "none"]),  # as a whole number with a missing one among them is read
        (pd.array([1, None, 2], dtype="Int64"), ["1", "2", "none"]),
        ([True, None, False], ["False", "True", "none"]),
    ],
)
def test_units_are_named_as_written_and_those_without_a_name_are_a_unit_of_their_own(values, names, caplog):
    thirds = [shapely.box(west, 0, west + 1, 3) for west in range(3)]
    units = units_of(gpd.GeoDataFrame({"name": values}, geometry=thirds, crs=4326), "thirds", "name")
    assert sorted(units) == names
    assert units["none"].equals(thirds[1])
    assert "overlay thirds: 1 of 3 features have no value of name, feature 2 the first" in caplog.text


# --- the configuration ----------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [{"area": "COD"}, {"area": "cod"}, {"scenario": "cod"}])
def test_a_country_code_asks_the_question_of_any_country_about_it(values):
    scenario = load_scenario(config(**values), values, CONFIG, pinned=False)
    assert scenario.settings.scenario == "cod"
    assert scenario.settings.area.country == "COD"
    assert "Congo" in scenario.title_of("area")
    source = scenario.sources["divisions_cod"]
    assert source.urls[0] == "https://www.geoboundaries.org/api/current/gbOpen/COD/ADM1/"
    assert source.filename == "geoBoundaries-COD-ADM1.geojson"
    assert scenario.fetched == ["mrds", "major_deposits", "countries", "divisions_cod"]


@pytest.mark.parametrize("values", [{"area": "BOL", "commodity": "tin"}, {"scenario": "bol-tin"}])
def test_so_does_one_with_a_commodity(values):
    settings = load_scenario(config(**values), values, CONFIG, pinned=False).settings
    assert (settings.scenario, settings.area.country, settings.commodity) == ("bol-tin", "BOL", "tin")


@pytest.mark.parametrize("name", ["ghana", "guyana", "india", "mongolia", "morocco"])
def test_the_countries_of_the_report_stand_ready(name):
    settings = load_scenario(config(scenario=name), {}, CONFIG, pinned=False).settings
    assert settings.scenario == name
    assert settings.area.country is not None
    assert settings.overlays["divisions"].group_by == "shapeName"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"area": "PEX"}, r"area is 'PEX', a code of ISO 3166-1 such as PER was expected; the nearest are .*PE"),
        ({"area": "Ghana"}, r"'Ghana', a code .* nearest are GHA \(Ghana\)"),
        (
            {"scenario": "pex"},
            r"area.country is 'pex', a code of ISO 3166-1 such as PER was expected; .*PER \(Peru\)",
        ),
        ({"scenario": "atlantis"}, r"scenario is 'atlantis', .* or the code of a country, such as cod, was expected"),
        ({"area": "COD", "scenario": "peru"}, "area is 'COD' and scenario is 'peru', one of them was expected"),
        ({"commodity": "gald"}, r"commodity is 'gald', a commodity .* nearest are gold"),
        ({"commodity": "Sn"}, r"commodity is 'Sn'"),
    ],
)
def test_mistakes_are_told_with_what_was_meant(values, message):
    with pytest.raises(InputError, match=message):
        load_scenario(config(**values), values, CONFIG, pinned=False)


def test_a_country_can_be_as_geoboundaries_draws_it():
    values = {"scenario": "cod", "area": {"country": "COD", "source": "boundary"}}
    scenario = load_scenario(config(**values), values, CONFIG, pinned=False)
    assert scenario.area.source == "boundary_cod"
    assert scenario.sources["boundary_cod"].urls[0] == "https://www.geoboundaries.org/api/current/gbOpen/COD/ADM0/"
    assert "Congo" in scenario.title_of("area")
    assert "boundary_cod" in scenario.fetched
    wrong = {"scenario": "cod", "area": {"country": "COD", "source": "world"}}
    with pytest.raises(InputError, match=r"area names country and source 'world'; .* such as boundary, was expected"):
        load_scenario(config(**wrong), wrong, CONFIG, pinned=False)
    nowhere = {"area": {"source": "boundary"}}
    with pytest.raises(InputError, match=r"area.source is 'boundary', which .* area.country was expected"):
        load_scenario(config(**nowhere), nowhere, CONFIG, pinned=False)


def test_divisions_need_a_country():
    values = config(overlays={"divisions": {"source": "divisions", "group_by": "shapeName"}})
    with pytest.raises(InputError, match=r"overlays.divisions.source is 'divisions'.*area.country was expected"):
        load_scenario(values, {}, CONFIG, pinned=False)


def test_a_country_that_the_layer_does_not_show_apart_is_told():
    with pytest.raises(InputError, match=r"area.country is GUF, which the layer of countries does not show apart"):
        country_area(NEIGHBOURS, "GUF")


def test_codes_are_read_without_shapes(tmp_path):
    layer = gpd.GeoDataFrame(
        {"iso": ["PER", "SDS", "-99", "PER"], "called": ["Peru", "S. Sudan", "Kosovo", "Peru"]},
        geometry=[shapely.box(x, 0, x + 1, 1) for x in range(4)], crs=4326,
    )  # fmt: skip
    layer.to_file(tmp_path / "countries.gpkg")
    assert codes_in_file(tmp_path / "countries.gpkg", None, "iso", "called") == ["PER", "SSD", "XKX"]
    with pytest.raises(InputError, match=r"countries.code_field is 'ISO'"):
        codes_in_file(tmp_path / "countries.gpkg", None, "ISO", "called")


# --- commodities ----------------------------------------------------------------------------------------


def test_another_commodity_is_read_from_tokens_too():
    tin, platinum = COMMODITIES["tin"], COMMODITIES["platinum"]
    assert mrds_role("Tungsten", "Tin", "", tin) == "secondary"
    assert mrds_role("Tin, Smelter", "", "", tin) == "refinery"
    assert mrds_role("Tantalum from Tin Slag", "", "", tin) is None
    assert listed_role("Copper", ["Cu", "Sn"], tin) == "listed"
    assert listed_role("Tungsten-tin", None, tin) == "listed"
    assert listed_role("Gold", None, tin) is None
    assert mrds_role("PGE", "", "", platinum) == "primary"


def test_no_word_or_code_stands_for_two_commodities():
    shared = {"palladium", "Pd"}  # which is also one of the platinum group
    for field in ("names", "codes"):
        words = [word for commodity in COMMODITIES.values() for word in getattr(commodity, field) if word not in shared]
        assert len(words) == len(set(words))
