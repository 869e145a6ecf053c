"""The page: hostile names stay text, nothing is loaded from anywhere, and it renders whatever there is."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from html.parser import HTMLParser

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from asmgold.config.models import Correction
from asmgold.publish.context import Context
from asmgold.publish.messages import Numbers, load_words
from asmgold.publish.page.blocks import Fact, FactList, Figure, Section
from asmgold.publish.page.results import Results
from asmgold.publish.page.shapes import Window
from asmgold.publish.page.write import write_page
from asmgold.records.classify import classify
from asmgold.regions.dissolve import dissolve
from asmgold.regions.further import rings
from asmgold.regions.overlays import intersect
from asmgold.schemas.products import PRODUCTS
from asmgold.schemas.tables import COMMODITY_ROLES, FATES, FLAGS, READ_RECORDS
from asmgold.vocabulary.iso import country_name

AREA = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 4, 4)], crs=4326)
COUNTRIES = gpd.GeoDataFrame({"code": ["PER", None]}, geometry=[shapely.box(0, 0, 4, 4), shapely.box(4, 0, 9, 4)],
                             crs=4326).assign(name=["Peru", "<b>Aland</b>"])  # fmt: skip
PARK = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 2, 4)], crs=4326)
CORE = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 4)], crs=4326)
HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    '"><svg onload=alert(3)>',
    "<!-- <script>",
    "{{ 7 * 7 }}",
    "=HYPERLINK(1)",
    "a\u2028b",
]
VOID = {"meta", "br", "img", "input", "link", "rect", "path", "circle"}


class Parsed(HTMLParser):
    """What an HTML parser sees: elements with their attributes, texts of scripts and styles, ids."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self.open = [], {"script": [], "style": []}, []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in self.texts:
            self.texts[tag].append("")

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        # Paragraphs, cells and the like are all closed in the page, so that a stray element shows.
        assert [tag] == self.open[-1:]
        self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] in self.texts:
            self.texts[self.open[-1]][-1] += data

    def attributes(self, name):
        return [attributes[name] for _, attributes in self.elements if name in attributes]

    @property
    def data(self):
        return json.loads(zlib.decompress(base64.b64decode(self.texts["script"][0])))


def places(steps, decimals=4):
    """Latitudes and longitudes of what the page has as steps."""
    return np.cumsum(np.reshape(steps, (-1, 2)), axis=0) / 10**decimals


def polygons(shape):
    """What the page draws, as shapely has it."""
    rings = [[places(ring)[:, ::-1] for ring in polygon] for polygon in shape]
    return shapely.union_all([shapely.Polygon(shell, holes) for shell, *holes in rings])


def made(tmp_path, names, *, language="en", overlays=True, countries=COUNTRIES, urls=(), sections=(), corrections=(),
         rings_km=(), backdrop=None):  # fmt: skip
    rows = READ_RECORDS.validate(
        pd.DataFrame(
            [
                {
                    "record_id": f"mrds:{number}", "source": "mrds", "row": number, "name": name,
                    "country_reported": name, "longitude_text": str(0.5 + number), "latitude_text": "2.12345",
                    "commodities": ["Gold", name], "commodity_role": "primary" if name != "none" else None,
                    "status": name, "deposit_type": name, "operation_type": name, "fault": None,
                    "url": urls[number] if urls else None, "category": None,
                    "precision_m": None, "radius_km": None, "shape": None,
                }
                for number, name in enumerate(names)
            ]
        )
    )  # fmt: skip
    records = classify(
        rows,
        AREA,
        None,
        corrections,
        buffer_m=20_000,
        tolerance_m=5,
        include_plants=False,
        exclude_administrative=False,
    )
    regions, sites = dissolve(records, AREA, tolerance_m=5)
    layers = {"park": PARK, "core": CORE} if overlays else {}
    within = {"park": None, "core": "park"} if overlays else {}
    intersections, summary = intersect(regions, sites, layers, within)
    layer = {"source": None, "file": None, "within": None}
    context = Context(
        language, "gold", 5.0, [20.0], False, "2020-01-01", [],
        {"area": layer | {"title": "A<b>"}}
        | {f"overlay_{name}": layer | {"title": f"{name} <i>", "within": parent} for name, parent in within.items()},
        {},
    )  # fmt: skip
    results = Results(
        regions=regions, sites=sites, records=records, intersections=intersections, summary=summary, area=AREA,
        overlays=layers, countries=countries,
        settings={
            "buffer_km": 20.0, "tolerance_m": 5.0, "include_plants": False, "administrative_positions": "exclude",
            "corrections": True, "scenario": "made",
        },
        corrections=list(corrections),
        sources={"own <u>.gpkg": {"lock": {"sha256": "0" * 64, "bytes": 1}}},
        products=["asm_gold_regions.gpkg", "new thing.csv"],
        rings=rings(records, AREA, rings_km, tolerance_m=5) if rings_km else None,
        backdrop=backdrop or {},
    )  # fmt: skip
    path = tmp_path / f"{language}.html"
    write_page(path, results, context, sections)
    return Parsed(path.read_text(encoding="utf-8"))


def test_zones_by_distance_are_on_the_map_and_in_a_table(tmp_path):
    page = made(tmp_path, ["a", "b"], rings_km=[5.0, 12.5])
    layers = page.data["layers"]
    assert [layers[key]["title"] for key in layers if key.startswith("ring")] == ["0–5 km", "5–12.5 km"]
    assert not layers["ring-1"]["shown"]
    assert all(page.data["zones"][f"ring-{number}"] for number in (1, 2))
    assert "5–12.5 km" in (tmp_path / "en.html").read_text(encoding="utf-8").split("<script")[0]


def test_towns_rivers_and_lakes_are_on_the_map(tmp_path):
    west, south, east, north = AREA.total_bounds
    middle = shapely.Point((west + east) / 2, (south + north) / 2)
    towns = gpd.GeoDataFrame(
        {"name": ["Small", "Large", "Elsewhere"], "population": [900, 200_000, 10**6]},
        geometry=[middle, shapely.Point(middle.x, middle.y + 0.1), shapely.Point(west - 60, south)], crs=4326,
    )  # fmt: skip
    river = shapely.LineString([[west - 90, middle.y], [middle.x, middle.y], [middle.x, middle.y + 0.2]])
    backdrop = {
        "towns": towns,
        "rivers": gpd.GeoDataFrame(geometry=[river], crs=4326),
        "lakes": gpd.GeoDataFrame(geometry=[middle.buffer(0.2)], crs=4326),
    }
    data = made(tmp_path, ["a"], backdrop=backdrop).data
    assert [(town["name"], town["large"]) for town in data["towns"]] == [("Large", True), ("Small", False)]
    assert data["towns"][1]["at"] == pytest.approx([middle.y, middle.x], abs=1e-5)
    assert len(data["waters"]["lakes"]) == 1
    line = places(*data["waters"]["rivers"])
    assert line[0][1] == pytest.approx(data["window"][0], abs=1e-4)  # cut where the window ends
    assert {"waters", "towns"} <= data["layers"].keys()
    assert not {"waters", "towns"} & made(tmp_path, ["a"]).data["layers"].keys()


def test_hostile_names_stay_text_and_come_through_unchanged(tmp_path):
    plain, hostile = made(tmp_path, ["name"] * 3), made(tmp_path, HOSTILE[:3])
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in plain.elements]
    assert hostile.open == []
    assert not [name for _, attributes in hostile.elements for name in attributes if name.startswith("on")]
    everything = made(tmp_path, HOSTILE)
    assert everything.data["sites"]["name"] == [name.replace("\u2028", " ") for name in HOSTILE[:4]]
    assert re.fullmatch("[A-Za-z0-9+/=]+", everything.texts["script"][0])


def test_only_web_addresses_become_links(tmp_path):
    refused = ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//x.org", "https://a b"]
    for addresses in (["https://x.org/1", *refused[:3]], ["https://x.org/1", *refused[3:]]):
        links = made(tmp_path, addresses, urls=addresses).data["sites"]["url"]
        assert links == [addresses[0], *[None] * (len(addresses) - 1)]


def assert_nothing_is_loaded(page, products):
    for tag, attributes in page.elements:
        assert not {"srcset", "data", "action", "poster", "style"} & set(attributes), tag
        assert attributes.get("src", "data:").startswith("data:")
        if "href" in attributes:
            assert tag == "a"
            address = attributes["href"]
            known = address[1:] in page.attributes("id") if address.startswith("#") else address in products
            assert known or (address.startswith("https://") and attributes["rel"] == "noopener noreferrer"), address
    assert not re.search(r"url\(|@import", "".join(page.texts["style"]))
    assert "sourceMappingURL" not in "".join(page.texts["script"])
    policy = next(a["content"] for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for text in [*page.texts["style"], *page.texts["script"][1:]]:
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in policy


def test_nothing_is_loaded_from_anywhere(built_once):
    path = built_once.product("index.html")
    assert path.stat().st_size < 3_000_000
    products = {other.name for other in path.parent.iterdir()}
    page = Parsed(path.read_text(encoding="utf-8"))
    assert_nothing_is_loaded(page, products)
    assert products - {"index.html"} <= set(page.attributes("href"))
    assert "Redistributions of source code must retain" in path.read_text(encoding="utf-8")


def test_the_page_has_the_figures_of_the_other_products(built_once):
    page = Parsed(built_once.product("index.html").read_text(encoding="utf-8"))
    regions = gpd.read_parquet(built_once.product("regions.parquet"))
    summary = pd.read_csv(built_once.product("overlay_summary.csv"))
    assert [region["id"] for region in page.data["regions"]] == regions["region_id"].tolist()
    assert sum(region["sites"] for region in page.data["regions"]) == len(page.data["sites"]["id"])
    # Rounded once: the map's figures are those of the tables.
    assert [round(region["km2"]) for region in page.data["regions"]] == regions["area_km2"].round().tolist()
    pieces = gpd.read_parquet(built_once.product("overlays.parquet"))
    shown = [round(km2) for region in page.data["regions"] for _, km2 in region["zones"]]
    assert sorted(shown) == sorted(pieces["area_km2"].round().tolist())
    text = built_once.product("index.html").read_text(encoding="utf-8")
    for share in summary["share_of_zone"]:
        assert f"{share:.1%}".replace("%", "\u00a0%") in text
    drawn = [polygons(region["shape"]) for region in page.data["regions"]]
    # The limit that the page states for its lines: 30 m, which is 0.00027 degrees at the equator.
    assert shapely.hausdorff_distance(drawn, regions.geometry.to_numpy()).max() < 30 / 111_195


def test_both_languages_have_the_same_structure(tmp_path):
    english, spanish = (made(tmp_path, ["a", "b"], language=language) for language in ("en", "es"))
    assert [tag for tag, _ in english.elements] == [tag for tag, _ in spanish.elements]
    assert [a["lang"] for tag, a in spanish.elements if tag == "html"] == ["es"]
    in_words = dict.fromkeys(["role", "flags", "source"])
    assert english.data["sites"] | in_words == spanish.data["sites"] | in_words


def test_a_scenario_with_no_site_and_no_overlay_renders(tmp_path):
    page = made(tmp_path, ["none"], overlays=False, countries=None)
    assert page.data["regions"] == []
    assert page.open == []
    assert_nothing_is_loaded(page, {"asm_gold_regions.gpkg", "new%20thing.csv"})


def test_every_code_and_product_has_words():
    words = load_words("es", "page")
    for product in PRODUCTS:
        assert product.title_in("es") != product.title_in("en")
    assert {f"fate_{key}" for key in FATES} | {f"flag_{key}" for key in FLAGS} <= set(words)
    assert {f"role_{key}" for key in COMMODITY_ROLES} <= set(words)


def test_other_parts_add_sections_whose_pictures_run_nothing(tmp_path):
    figure = Figure(b"<svg onload='x'/>", "image/svg+xml", "What <b>it</b> shows", "Caption")
    facts = FactList("<b>", [Fact("term", "value", "https://x.org")])
    page = made(tmp_path, ["a"], sections=[Section("extra", "Extra <i>", ["Text", figure, facts])])
    assert [a["alt"] for tag, a in page.elements if tag == "img"] == ["What <b>it</b> shows"]
    assert "extra" in page.attributes("id")
    assert "#extra" in page.attributes("href")
    assert not [tag for tag, _ in page.elements if tag in ("i", "b")]


def test_a_window_across_180_degrees_is_narrow_and_keeps_its_order():
    window = Window(shapely.bounds([shapely.box(177, -20, 180, -15), shapely.box(-180, -20, -178, -16)]))
    assert window.inner == (177, -20, 182, -15)
    assert polygons(window.shape(shapely.box(-180, -20, -178, -16))).bounds == (180, -20, 182, -16)
    assert window.cut(shapely.box(-180, -90, 180, 90)).area == pytest.approx(15 * 15)


def test_a_country_that_almost_goes_round_the_earth_is_shown_to_its_end_beyond_180_degrees():
    window = Window(shapely.bounds([shapely.box(20, 41, 180, 80), shapely.box(-180, 60, -170, 70)]))
    assert window.inner == (20, 41, 190, 80)
    assert window.east - window.west < 360
    assert window.east > 190
    assert polygons(window.shape(shapely.box(-180, 60, -170, 70))).bounds == (180, 60, 190, 70)
    # What is cut to it lies in it, at whatever longitude it came.
    longitudes = shapely.get_coordinates(window.cut(shapely.box(-180, -90, 180, 90)))[:, 0]
    turned = window.longitudes(longitudes)
    assert window.west <= turned.min() < turned.max() <= window.east
    whole = Window(shapely.bounds([shapely.box(-180, -90, 180, 84)]))
    assert (whole.west, whole.east) == (-180, 180)


def test_what_was_cut_at_180_degrees_is_one_piece_even_if_the_cut_is_ragged():
    west, east = shapely.box(179, -17, 179.9993, -16), shapely.box(-179.99995, -17, -179, -16)
    window = Window(shapely.bounds([west, east]))
    (piece,) = window.shape(shapely.union(west, east))
    assert set(places(piece[0])[:, 1]) == {179.0, 181.0}


def test_corrections_are_shown_where_they_lie_in_the_window(tmp_path):
    def moved_to(longitude):
        correction = Correction(id="east", record="mrds:0", expect={"longitude": 0.5}, set={"longitude": longitude},
                                reason="wrong", evidence="seen")  # fmt: skip
        return made(tmp_path, ["a"], corrections=[correction])

    assert [moved["to"] for moved in moved_to(1.0).data["corrections"]] == [[2.12345, 1.0]]
    elsewhere = moved_to(100.0)
    assert elsewhere.data["corrections"] == []
    assert "corrections" not in elsewhere.data["layers"]


def test_numbers_are_written_as_each_language_writes_them():
    assert Numbers(",", ".").km2(262626.7) == "262,627\u00a0km²"
    assert Numbers("\u202f", ",").share(0.20345) == "20,3\u00a0%"
    assert Numbers("\u202f", ",").general(2.5) == "2,5"
    assert Numbers("\u202f", ",").general(12037.25) == "12\u202f037,2"
    assert Numbers(",", ".").km2(2.3456) == "2.35\u00a0km²"


def test_a_phrase_stands_in_a_sentence_with_its_article():
    layers = {"area": {"title": "Perú"}, "overlay_madre": {"title": "Madre de Dios"},
              "overlay_belt": {"title": "Corredor", "phrase": "el corredor minero", "within": "madre"}}  # fmt: skip
    context = Context("es", "gold", 5.0, [20.0], False, "2020-01-01", [], layers, {})
    assert context.zone_title("belt:outside") == "Madre de Dios fuera del corredor minero"
    assert context.zone_title("belt:inside") == "Corredor"


def test_countries_are_called_by_their_common_names():
    assert country_name("BOL", "en") == country_name("BOL", "es") == "Bolivia"
    assert country_name("PER", "es") == "Perú"
    assert country_name("Yugoslavia", "es") is None
