"""QGIS itself opens the project and the GeoPackage, without a screen: what it shows is what was meant."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from matplotlib.colors import to_rgb

from asmgold.publish import palette
from tests.conftest import PROJECT
from tests.peers.in_qgis import in_qgis
from tests.small_map import context_of_map, make_map, make_raster

pytestmark = pytest.mark.thorough

HOSTILE = 'Ñandú "d\'Oro" <b>&amp; 100 % [% $now %] {area}\\'
RASTER_STYLE = """<qgis version="3.22.0" styleCategories="AllStyleCategories"><pipe>
<rasterrenderer type="singlebandpseudocolor" band="1" opacity="1" classificationMin="0" classificationMax="39">
<rastershader><colorrampshader colorRampType="INTERPOLATED" classificationMode="1">
<item value="0" color="#ffffff" label="0" alpha="255"/><item value="39" color="#003366" label="39" alpha="255"/>
</colorrampshader></rastershader></rasterrenderer></pipe><blendMode>0</blendMode></qgis>"""


def open_in_qgis(project: Path, folder: Path) -> dict:
    """What QGIS says of a copy of the project and of the files beside it; its pictures are in the folder."""
    return in_qgis("open_in_qgis.py", project, folder)


@pytest.fixture(scope="module")
def peru(built_once, tmp_path_factory):
    return open_in_qgis(built_once.product("asm_gold_regions.qgz"), tmp_path_factory.mktemp("qgis"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    area = shapely.box(10, 59, 12, 61)
    overlays = {"one": shapely.box(10.4, 59.4, 11.6, 60.6), "two": shapely.box(10.8, 59.8, 11.4, 60.2)}
    raster = make_raster(folder / "distance.tif", area.bounds, f"Distance {HOSTILE}")
    raster.with_suffix(".qml").write_text(RASTER_STYLE)
    countries = gpd.GeoDataFrame(
        {"code": ["AAA", "BBB"], "name": [HOSTILE, "It's"]},
        geometry=[shapely.box(9, 58, 11, 62), shapely.box(11, 58, 13, 62)], crs=4326,
    )  # fmt: skip
    project = make_map(
        folder, context_of_map(HOSTILE, {"one": HOSTILE, "two": HOSTILE}), area,
        sites=[(HOSTILE, 11.0, 60.0), ("'; DROP TABLE", 11.1, 60.4)], overlays=overlays,
        columns={HOSTILE: HOSTILE, "fid": "x"}, countries=countries, rasters=[raster],
    )  # fmt: skip
    return open_in_qgis(project, tmp_path_factory.mktemp("qgis"))


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """Neither site, overlay nor countries; an area on both sides of 180 degrees."""
    folder = tmp_path_factory.mktemp("bare")
    fiji = shapely.union(shapely.box(177, -19, 180, -16), shapely.box(-180, -19, -178, -16))
    project = make_map(folder, context_of_map("Fiji", language="es"), fiji)
    return open_in_qgis(project, tmp_path_factory.mktemp("qgis"))


@pytest.fixture(scope="module")
def at_180(tmp_path_factory):
    """An area on both sides of 180 degrees among the countries of the whole world."""
    folder = tmp_path_factory.mktemp("at_180")
    world = gpd.read_file(PROJECT / "data/raw/embedded/countries.geojson")
    fiji = world[world["name"] == "Fiji"].geometry.item()
    project = make_map(
        folder, context_of_map("Fiji"), fiji, countries=world.assign(code=None)[["code", "name", "geometry"]]
    )
    return open_in_qgis(project, tmp_path_factory.mktemp("qgis"))


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """An area too wide for the azimuthal projection among the countries of the whole world."""
    folder = tmp_path_factory.mktemp("wide")
    world = gpd.read_file(PROJECT / "data/raw/embedded/countries.geojson")
    project = make_map(
        folder, context_of_map("Wide"), shapely.box(10, -60, 180, 80),
        countries=world.assign(code=None)[["code", "name", "geometry"]],
    )  # fmt: skip
    return open_in_qgis(project, tmp_path_factory.mktemp("qgis"))


@pytest.fixture(params=["peru", "hostile", "bare"])
def opened(request):
    return request.getfixturevalue(request.param)


def test_it_opens_without_a_word_of_warning(opened):
    assert opened["read"]
    assert opened["messages"] == []
    assert all(layer["valid"] for layer in opened["layers"].values())
    assert opened["relations"]["sites_of_region"]
    assert all(opened["relations"].values())


def test_rules_and_labels_are_understood(opened):
    vectors = [layer for layer in opened["layers"].values() if "features" in layer]
    assert all(layer["expressions_hold"] for layer in vectors)


def test_a_layer_taken_from_the_geopackage_alone_looks_the_same_and_says_the_same(opened):
    by_source = {layer["source"].split("layername=")[-1]: layer for layer in opened["layers"].values()}
    assert set(opened["dropped"]) == {name for name in by_source if "/" not in name}
    for table, alone in opened["dropped"].items():
        assert alone["valid"]
        for key in ("renderer", "legend", "labels", "aliases", "abstract", "licences", "rights", "history", "title"):
            assert alone[key] == by_source[table][key], (table, key)
        assert alone["abstract"]
        assert alone["history"]
        assert all(alone["aliases"].values()), table


def test_every_layout_can_be_printed_and_has_what_a_map_needs(opened):
    needed = {"Label", "Legend", "Map", "Picture", "ScaleBar"}
    assert opened["layouts"]
    for layout in opened["layouts"].values():
        assert layout["exported"]
        assert {f"QgsLayoutItem{item}" for item in needed} <= set(layout["items"])
        assert len(layout["colours"]) > 10


def test_layers_hold_what_another_reader_counts(peru, built_once):
    package = built_once.product("asm_gold_regions.gpkg")
    counted = {
        name: pyogrio.read_info(package, layer=name, force_feature_count=True)["features"]
        for name, _ in pyogrio.list_layers(package)
        if name != "layer_styles"
    }
    vectors = [layer for layer in peru["layers"].values() if "layername=" in layer["source"]]
    assert {layer["source"].split("layername=")[1]: layer["features"] for layer in vectors} == counted
    assert len(peru["layers"]) - len(vectors) == len(list(package.parent.glob("*.tif"))) + 1  # the basemap


def test_layers_are_drawn_in_the_colours_of_the_map(peru):
    for table, colours in {
        "asm_gold_regions": {palette.REGION},
        "gold_sites": set(palette.SITE_COLOURS.values()),
        "overlay_madre_de_dios": {palette.overlay_colour(0)},
        "overlay_mining_corridor": {palette.overlay_colour(1)},
        "area": {palette.AREA},
        "countries": {palette.NEIGHBOUR},
        "corrections": {palette.CORRECTION},
        "overlay_intersections": set(palette.ZONE_COLOURS.values()),
    }.items():
        assert {colour.lower() for colour in colours} <= set(peru["dropped"][table]["colours"]), table


def test_what_is_seen_is_land_sea_regions_and_sites(peru):
    seen = peru["pictures"]["Peru"]["colours"]
    share = {colour: count / sum(seen.values()) for colour, count in seen.items()}
    assert share[palette.SEA.lower()] > 0.2
    assert share[palette.AREA.lower()] > 0.1
    madre_de_dios = peru["pictures"]["Madre de Dios"]["colours"]
    assert palette.SEA.lower() not in madre_de_dios
    for colour in (palette.overlay_colour(0), palette.overlay_colour(1), palette.MRDS):
        assert madre_de_dios[colour.lower()] > 10


def nearest(colour: str, among: list[str]) -> str:
    """The colour that another one is most like, by red, green and blue."""
    return min(among, key=lambda other: np.linalg.norm(np.subtract(to_rgb(colour), to_rgb(other))))


def test_as_much_is_drawn_as_region_as_there_is(peru, built_once):
    regions = gpd.read_file(built_once.product("asm_gold_regions.gpkg"), layer="asm_gold_regions")
    picture = peru["pictures"]["Mining corridor"]
    window = shapely.box(*picture["extent"])
    expected = shapely.union_all(regions.to_crs(peru["crs"]).geometry).intersection(window).area / window.area
    blended = "#eabe3d"  # the colour of a region, three quarters of it, on that of the area
    # The mining seen lies on it, is dense there, and mixes with it at the edge of each mark.
    of_region = [blended, palette.SEEN_COLOURS["inside"], *palette.ZONE_COLOURS.values(), palette.OUTSIDE_HATCH]
    others = [palette.AREA, palette.NEIGHBOUR, palette.SEEN_COLOURS["outside"], *palette.OVERLAY_COLOURS]
    shown = sum(n for colour, n in picture["colours"].items() if nearest(colour, [*of_region, *others]) in of_region)
    drawn = shown / sum(picture["colours"].values())
    # Outlines, sites and labels lie on it, and take a little.
    assert 0.85 * expected < drawn < expected


def test_the_project_says_what_it_is(peru):
    assert peru["title"] == peru["metadata"]["title"] == "ASM gold regions of Peru"
    assert "20 km" in peru["metadata"]["abstract"]
    assert peru["ellipsoid"] == "EPSG:7030"
    assert peru["groups"] == ["Gold sites", "Overlays", "Rasters", "Context", "Tables"]
    assert set(peru["pictures"]) == {"default view", "Peru", "Madre de Dios", "Mining corridor"}
    sites = peru["dropped"]["gold_sites"]
    assert sites["aliases"]["commodity_role"] == "Role of gold"
    assert "U.S. Geological Survey: U.S. public domain" in sites["licences"]
    assert any("Mineral Resources Data System" in text for text in sites["rights"])


def test_hostile_names_come_through_as_they_are(hostile):
    # QGIS shows metadata as HTML, so no tag is left in them.
    assert hostile["title"] == f"ASM gold regions of {HOSTILE.replace('<b>', '‹b>')}"
    assert HOSTILE in hostile["layers"]
    # What looks like an expression stays as it is, where QGIS would put the time.
    texts = [text.replace("\u200b", "") for layout in hostile["layouts"].values() for text in layout["texts"]]
    assert f"ASM gold regions of {HOSTILE}" in texts
    overlay = hostile["dropped"]["overlay_one"]
    assert overlay["aliases"][HOSTILE] == HOSTILE
    assert overlay["aliases"]["fid_"] == "fid_"
    assert hostile["dropped"]["countries"]["labels"]


def test_a_raster_beside_the_project_is_shown_by_its_style(hostile):
    raster = hostile["layers"][f"Distance {HOSTILE}"]
    assert raster["renderer"] == "singlebandpseudocolor"
    assert "Rasters" in hostile["groups"]


def test_an_area_across_180_degrees_is_shown_in_one_piece(bare):
    assert "+lon_0=180" in bare["crs"] or "+lon_0=179" in bare["crs"]
    seen = bare["pictures"]["default view"]["colours"]
    assert seen[palette.AREA.lower()] / sum(seen.values()) > 0.4
    assert bare["title"] == "Regiones de oro MAPE de Fiji"


def test_islands_at_180_degrees_lie_in_the_sea_and_not_in_the_country_at_their_antipode(at_180):
    seen = at_180["pictures"]["default view"]["colours"]
    assert seen[palette.SEA.lower()] / sum(seen.values()) > 0.8
    assert seen[palette.AREA.lower()] > 100


def test_an_area_wider_than_a_hemisphere_is_shown_in_the_equal_earth_projection(wide):
    assert wide["messages"] == []
    assert "+proj=eqearth" in wide["crs"]
    assert "+lon_0=95" in wide["crs"]
