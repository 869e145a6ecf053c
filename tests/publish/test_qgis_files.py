"""What is written for QGIS, as far as it can be checked without QGIS: `tests/peers/test_qgis.py` asks QGIS itself."""

from __future__ import annotations

import hashlib
import sqlite3
import zipfile
from xml.etree import ElementTree

import numpy as np
import pyogrio
import pyproj
import pytest
import shapely

from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.publish import palette
from asmgold.publish.fields import fields_of
from asmgold.publish.qgis.layout import _intervals
from asmgold.publish.qgis.markup import document, element, uuid_of
from asmgold.publish.qgis.view import projected, projection_of, rectangle, surroundings, widened
from asmgold.schemas.products import LAYER_SCHEMAS, named_schema
from asmgold.schemas.tables import COMMODITY_ROLES, FATES, ZONES
from tests.small_map import context_of_map, make_map, make_raster

AREA = shapely.box(-72, -14, -69, -11)
SITES = [("Alfa", -70.5, -12.5), ("Beta", -70.1, -12.6)]
OVERLAYS = {"big": shapely.box(-71, -13, -70, -12), "small": shapely.box(-70.6, -12.8, -70.2, -12.4)}
FIJI = shapely.union(shapely.box(176, -19, 180, -15), shapely.box(-180, -19, -176, -15))
NASTY = "a\x00\x1b\ufffe<&>\"']]>\u2028é"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("map")
    raster = make_raster(folder / "distance.tif", AREA.bounds, "Distance")
    context = context_of_map("Area <&>", {"big": "Big", "small": "It's small"})
    return make_map(folder, context, AREA, sites=SITES, overlays=OVERLAYS, columns={"name": "x"}, rasters=[raster])


@pytest.fixture(scope="module")
def package(project):
    with sqlite3.connect(f"file:{project.with_suffix('.gpkg')}?mode=ro", uri=True) as tables:
        yield tables
    tables.close()


@pytest.fixture(scope="module")
def tree(project):
    with zipfile.ZipFile(project) as archive:
        return ElementTree.fromstring(archive.read("asm_gold_regions.qgs"))


def layers_of(package):
    names = package.execute("SELECT table_name FROM gpkg_contents WHERE table_name != 'layer_styles'")
    return [name for (name,) in names]


def test_every_column_of_every_layer_has_a_title_and_a_description(package):
    for layer in layers_of(package):
        columns = {row[1] for row in package.execute(f"PRAGMA table_info({layer})")}
        rows = package.execute(
            "SELECT column_name, name, title, description FROM gpkg_data_columns WHERE table_name = ?", [layer]
        ).fetchall()
        assert {row[0] for row in rows} == columns, layer
        assert all(name and title and description for _, name, title, description in rows), layer


def test_values_are_constrained_as_the_schemas_say(package):
    def values(layer, column):
        return dict(
            package.execute(
                "SELECT value, c.description FROM gpkg_data_columns JOIN gpkg_data_column_constraints c "
                "USING (constraint_name) WHERE table_name = ? AND column_name = ? AND constraint_type = 'enum'",
                [layer, column],
            ).fetchall()
        )

    assert set(values("gold_sites", "fate")) == set(FATES)
    assert set(values("records_rejected", "fate")) == set(FATES)
    assert set(values("gold_sites", "commodity_role")) == set(COMMODITY_ROLES)
    assert values("overlay_intersections", "zone") == ZONES


def test_no_column_of_numbers_has_bounds_that_qgis_would_round_it_by(package):
    kinds = package.execute("SELECT DISTINCT constraint_type FROM gpkg_data_column_constraints").fetchall()
    assert kinds == [("enum",)]


def test_a_column_of_codes_explains_them_in_its_description(package):
    (text,) = package.execute(
        "SELECT description FROM gpkg_data_columns WHERE table_name = 'overlay_intersections' AND column_name = 'zone'"
    ).fetchone()
    assert all(f"{code}: {meaning}" in text for code, meaning in ZONES.items())


def test_what_is_stored_keeps_to_the_constraints(package):
    for layer, column, name in package.execute(
        "SELECT table_name, column_name, constraint_name FROM gpkg_data_columns WHERE constraint_name IS NOT NULL"
    ).fetchall():
        stored = set(package.execute(f"SELECT {column} FROM {layer} WHERE {column} IS NOT NULL"))
        codes = package.execute("SELECT value FROM gpkg_data_column_constraints WHERE constraint_name = ?", [name])
        assert stored <= set(codes), (layer, column)


def test_every_layer_has_a_style_and_metadata_that_are_xml(package):
    for layer in layers_of(package):
        (style,) = package.execute(
            "SELECT styleQML FROM layer_styles WHERE f_table_name = ? AND useAsDefault", [layer]
        ).fetchone()
        (metadata,) = package.execute(
            "SELECT metadata FROM gpkg_metadata JOIN gpkg_metadata_reference ON md_file_id = id WHERE table_name = ?",
            [layer],
        ).fetchone()
        assert ElementTree.fromstring(style).tag == ElementTree.fromstring(metadata).tag == "qgis"
        assert ElementTree.fromstring(metadata).findtext("abstract")
        aliases = {alias.get("field") for alias in ElementTree.fromstring(style).iter("alias")}
        assert aliases == {row[1] for row in package.execute(f"PRAGMA table_info({layer})")} - {"geom"}


def test_contents_have_distinct_titles_and_the_date_of_the_data(package):
    rows = package.execute("SELECT identifier, description, last_change FROM gpkg_contents").fetchall()
    assert len({identifier for identifier, *_ in rows}) == len(rows)
    assert {change for *_, change in rows} == {"2020-01-01T00:00:00.000Z"}
    stamps = package.execute("SELECT timestamp FROM gpkg_metadata_reference UNION SELECT update_time FROM layer_styles")
    assert {stamp[:10] for (stamp,) in stamps} == {"2020-01-01"}


def test_spatial_indexes_hold_every_geometry_after_all_is_written(package):
    for layer in layers_of(package):
        if package.execute("SELECT 1 FROM gpkg_geometry_columns WHERE table_name = ?", [layer]).fetchone():
            counts = [
                package.execute(f"SELECT count(*) FROM {table}").fetchone() for table in (layer, f"rtree_{layer}_geom")
            ]
            assert counts[0] == counts[1], layer
    assert package.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert package.execute("PRAGMA foreign_key_check").fetchall() == []
    assert package.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_the_same_tables_give_the_same_bytes_in_another_folder(project, tmp_path):
    folder = tmp_path / "deeper" / "still"
    folder.mkdir(parents=True)
    raster = make_raster(folder / "distance.tif", AREA.bounds, "Distance")
    context = context_of_map("Area <&>", {"big": "Big", "small": "It's small"})
    other = make_map(folder, context, AREA, sites=SITES, overlays=OVERLAYS, columns={"name": "x"}, rasters=[raster])
    for suffix in (".qgz", ".gpkg"):
        one, two = (hashlib.sha256(path.with_suffix(suffix).read_bytes()) for path in (project, other))
        assert one.hexdigest() == two.hexdigest(), suffix
    assert sorted(path.name for path in folder.iterdir()) == [
        "asm_gold_regions.gpkg", "asm_gold_regions.qgz", "distance.tif", "mrds.csv",
    ]  # fmt: skip


def test_the_project_finds_its_files_beside_itself_and_nowhere_else(tree, project):
    sources = [layer.findtext("datasource") for layer in tree.find("projectlayers")]
    (basemap,) = [source for source in sources if source.startswith("type=xyz")]  # switched off, see below
    node = next(node for node in tree.iter("layer-tree-layer") if node.get("source") == basemap)
    assert node.get("checked") == "Qt::Unchecked"
    sources.remove(basemap)
    assert "./distance.tif" in sources
    package = "./asm_gold_regions.gpkg|layername="
    named = {source.removeprefix(package) for source in sources if source.startswith(package)}
    assert named == {str(name) for name, _ in pyogrio.list_layers(project.with_suffix(".gpkg"))} - {"layer_styles"}
    assert len(named) + 1 == len(sources)
    assert tree.find("properties/Paths/Absolute").text == "false"
    assert str(project.parent) not in ElementTree.tostring(tree, encoding="unicode")


def test_layers_are_called_alike_wherever_the_project_names_them(tree):
    known = {layer.findtext("id") for layer in tree.find("projectlayers")}
    assert len(known) == len(tree.find("projectlayers"))
    assert {layer.get("id") for layer in tree.find("layerorder")} == known
    assert {layer.get("id") for layer in tree.find("layer-tree-group").iter("layer-tree-layer")} == known
    for legend in tree.iter("LayoutItem"):
        assert {layer.get("id") for layer in legend.iter("layer-tree-layer")} <= known
    uuids = [item.get("uuid") for item in tree.iter("LayoutItem")]
    assert len(set(uuids)) == len(uuids)


def test_there_is_a_place_and_a_layout_for_the_area_and_each_overlay(tree):
    places = {place.get("name"): shapely.from_wkt(place.get("extent")) for place in tree.find("Bookmarks")}
    assert set(places) == {"Area <&>", "Big", "It's small"}
    assert places["Big"].contains(places["It's small"])
    assert places["Area <&>"].contains(places["Big"])
    assert [layout.get("name") for layout in tree.find("Layouts")] == [f"Map of {name}, A4" for name in places]


def test_any_text_makes_xml_that_reads_back_without_what_xml_cannot_hold():
    read = ElementTree.fromstring(document(element("a", NASTY, class_=NASTY)))
    assert read.text == read.get("class") == "a<&>\"']]>\u2028é"


def test_identifiers_follow_from_names_and_differ():
    assert uuid_of("a", "b") == uuid_of("a", "b") != uuid_of("a", "c")


@pytest.mark.parametrize(
    ("place", "centre"),
    [
        (shapely.box(-80, -18, -70, 0), (-75, -9)),
        (FIJI, (180, -17)),
        (shapely.box(-180, 60, 180, 90), (0, 90)),
    ],
    ids=["Peru", "Fiji", "around the pole"],
)
def test_the_projection_is_centred_on_the_area_and_keeps_areas(place, centre):
    projection = projection_of([place])
    if centre[1] < 89:
        assert abs((projection.lon_0 - centre[0] + 180) % 360 - 180) <= 1
    assert projection.lat_0 == pytest.approx(centre[1], abs=2)
    geod = pyproj.Geod(ellps="WGS84")
    west, south = place.bounds[:2]
    cell = shapely.segmentize(shapely.box(west, south, west + 1, south + 1), 0.02)
    area = projected([cell], projection).area
    assert area == pytest.approx(abs(geod.geometry_area_perimeter(cell)[0]), rel=1e-3)
    west, south, east, north = rectangle([place], projection)
    assert projected([place], projection).within(shapely.box(west, south, east, north))


@pytest.mark.parametrize(("west", "east", "lon_0"), [(-180, 180, 0), (10, 180, 95), (-180, 10, -85)])
def test_an_area_wider_than_a_hemisphere_is_shown_in_the_equal_earth_projection(west, east, lon_0):
    area = shapely.box(west, -90, east, 90)
    projection = projection_of([area])
    assert (projection.name, projection.lon_0, projection.lat_0) == ("eqearth", lon_0, 0)
    crs = pyproj.CRS(projection.crs.to_wkt())
    assert crs.coordinate_operation.method_name == "Equal Earth"
    # PROJ by the definition that QGIS reads, and the numbers of the project.
    x, y = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform([west + 1, lon_0], [-30, 90])
    np.testing.assert_allclose(projection.forward([west + 1, lon_0], [-30, 90]), (x, y), atol=1e-6)
    whole = float(polygon_area(area)[0])
    assert projected([area], projection).area == pytest.approx(whole, rel=1e-3)
    width, height = np.diff(np.reshape(rectangle([area], projection, margin=0), (2, 2)), axis=0)[0]
    assert height == pytest.approx(2 * y[1])
    assert width == pytest.approx(whole / 5.1e14 * 34.48e6, rel=0.01)


def test_where_the_map_of_the_world_begins_nothing_lies_across():
    projection = projection_of([shapely.box(10, -90, 180, 90)])
    seen = surroundings([], projection)
    meridian = shapely.LineString([(-85, -90), (-85, 90)])  # opposite 95 degrees east
    assert not seen.intersects(meridian)
    cut = shapely.intersection(shapely.box(-100, -10, -70, 10), seen)
    assert cut.geom_type == "MultiPolygon"
    assert cut.area == pytest.approx(600, rel=1e-6)


@pytest.mark.parametrize("place", [shapely.box(-80, -18, -70, 0), FIJI, shapely.box(20, 41, 180, 80)])
def test_the_surroundings_hold_a_page_about_the_area_and_never_the_antipode(place):
    projection = projection_of([place])
    seen = surroundings([place], projection)
    assert seen.is_valid
    assert shapely.covers(seen, place)
    antipode = shapely.Point((projection.lon_0 + 360) % 360 - 180, -projection.lat_0)
    assert shapely.distance(seen, antipode) > 5
    # Far from the antipode the projection turns nothing inside out: the middle of a page stays in the middle.
    assert shapely.contains_xy(projected([seen], projection), 0, 0)
    for ratio in (184 / 243, 271 / 156):
        page = shapely.box(*widened(rectangle([place], projection), ratio))
        if page.bounds[2] < 4e6:  # a larger one reaches beyond what the globe has
            assert shapely.covers(projected([seen], projection), page)


def test_meridians_do_not_crowd_together():
    def intervals(place, ratio):
        projection = projection_of([place])
        return _intervals(projection, widened(rectangle([place], projection), ratio))

    across, up = intervals(AREA, 184 / 243)
    assert across == up
    for place in (shapely.box(-110, -56, -66, -17), shapely.box(20, 41, 180, 80)):
        across, up = intervals(place, 271 / 156)
        assert across > up


def test_widening_keeps_the_middle_and_holds_the_rectangle():
    wide = widened((0, 0, 10, 20), 2)
    assert wide == (-15, 0, 25, 20)
    assert widened((0, 0, 10, 20), 0.25) == (0, -10, 10, 30)


def test_all_columns_of_all_schemas_can_be_put_into_words():
    for layer, name in LAYER_SCHEMAS.items():
        schema = named_schema(name)
        fields = fields_of(layer, ["fid", *schema.columns])
        assert len({field.title for field in fields.values()}) == len(fields)


def test_a_column_keeps_to_the_same_values_in_every_layer():
    """Its constraint goes by its name, so two of them would be one that nobody could keep."""
    found = {}
    for layer, name in LAYER_SCHEMAS.items():
        schema = named_schema(name)
        for name, field in fields_of(layer, schema.columns).items():
            found.setdefault(name, set()).add(tuple((field.meanings or {}).items()))
    assert {name: kinds for name, kinds in found.items() if len(kinds) > 1} == {}


@pytest.mark.parametrize(
    ("name", "title"),
    [("official_area_ha", "Official area, ha"), ("name", "Name"), ("AREA_HA", "AREA, ha"), ("km", "Km"),
     ("shapeName", "shapeName"), ("NOMBDEP", "NOMBDEP"), ("fid_", "fid_"), ("Área km2", "Área km2")],
)  # fmt: skip
def test_a_column_of_a_users_layer_is_called_by_its_name_in_words_with_its_unit(name, title):
    assert fields_of("overlay_one", [name])[name].title == title


def test_amounts_are_titled_with_their_unit_where_it_is_the_same_in_all_rows():
    def titles(layer, columns, **same):
        return [field.title for field in fields_of(layer, columns, same).values()]

    assert titles("mining_seen", ["amount", "unit"], unit="km2") == ["Amount, km2", "Unit"]
    assert titles("mining_seen", ["amount", "unit"]) == ["Amount", "Unit"]
    # The unit of a table of units is a place.
    assert titles("evidence_units", ["unit", "observed"], unit="Puno", amount_unit="km2") == ["Unit", "Observed, km2"]
    assert titles("overlay_one", ["amount", "unit"], unit="km2") == ["Amount", "Unit"]


def lightness(colour):
    """Relative luminance of sRGB, from 0 to 1 (WCAG 2)."""
    channels = np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


MARKS = (palette.MRDS, palette.REGION_EDGE, palette.TEXT, palette.overlay_colour(0), palette.overlay_colour(1))


@pytest.mark.parametrize("above", MARKS)
@pytest.mark.parametrize("below", [palette.REGION, palette.AREA])
def test_marks_stand_out_from_what_they_lie_on_also_in_grey(above, below):
    dark, light = sorted([lightness(above), lightness(below)])
    # 3 to 1 is what WCAG asks of graphics; the outlines of overlays have a white casing, which makes up for less.
    assert (light + 0.05) / (dark + 0.05) > (2 if above in palette.OVERLAY_COLOURS else 3)
