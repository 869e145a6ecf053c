"""The printed map of any area: nothing overlaps, nothing leaves the page, lengths and colours are what they say."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from asmgold.geodesy.projection import Projection
from asmgold.publish import palette
from asmgold.publish.context import Context
from asmgold.publish.map.brief import compose_brief, key_figures
from asmgold.publish.map.content import Content
from asmgold.publish.map.ornaments import (
    degrees_in_words,
    graticule,
    position_in_words,
    scale_bar_km,
    scale_denominator,
)
from asmgold.publish.map.panel import region_colour
from asmgold.publish.map.sheet import compose, draw_map
from asmgold.publish.map.view import MapView
from asmgold.regions.dissolve import dissolve
from asmgold.regions.overlays import intersect
from asmgold.schemas.tables import RECORDS

GEOD = pyproj.Geod(ellps="WGS84")
FIJI = shapely.union_all([shapely.box(176.8, -18.4, 180, -15.7), shapely.box(-180, -20.8, -178.2, -17.3)])
AREAS = {
    "country": shapely.box(-81, -18, -69, 0),
    "broad country": shapely.box(20, 40, 45, 50),
    "across 180 degrees": FIJI,
    "round the south pole": shapely.box(-180, -90, 180, -70),
    "north coast": shapely.box(-60, 75, -20, 84),
    "concession": shapely.box(-70.01, -13.01, -70, -13),
    "speck": shapely.box(-70.0001, -13.0001, -70, -13),
    "most of a hemisphere": shapely.box(-60, -60, 60, 60),
    "world": shapely.box(-180, -90, 180, 90),
}
WORLD = [
    shapely.box(west, south, west + 20, south + 15) for west in range(-180, 180, 20) for south in range(-90, 90, 15)
]
COUNTRIES = gpd.GeoDataFrame(
    {"code": None, "name": [f"Country {number}" for number in range(len(WORLD))]}, geometry=WORLD, crs=4326
)


def layer(*shapes):
    return gpd.GeoDataFrame(geometry=list(shapes), crs=4326)


def records(lon, lat, sources=("mrds", "major_deposits")):
    table = pd.DataFrame({name: [None] * len(lon) for name in RECORDS.columns})
    table["record_id"] = [f"mrds:{number}" for number in range(len(lon))]
    table["source"] = [sources[number % len(sources)] for number in range(len(lon))]
    table["row"], table["label"], table["fate"], table["fate_reason"] = range(len(lon)), "unnamed", "site", "bears gold"
    table["longitude_text"] = table["latitude_text"] = ""
    for name in ("commodities", "flags"):
        table[name] = pd.Series([[] for _ in lon], dtype=object)
    table["longitude"], table["latitude"], table["buffer_km"] = lon, lat, 20.0
    table["geometry"] = gpd.points_from_xy(lon, lat)
    return RECORDS.validate(gpd.GeoDataFrame(table, geometry="geometry", crs=4326))


def content(
    shape, *, sites=40, overlays=None, within=None, titles=None, language="en", countries=COUNTRIES, title="an area"
):
    """What a map of made layers says: sites strewn over the area, overlays by name."""
    rng = np.random.default_rng(1)
    west, south, east, north = shape.bounds
    lon, lat = rng.uniform(west, east, 40 * sites), rng.uniform(south, north, 40 * sites)
    inside = shapely.contains_xy(shape, lon, lat)
    overlays = {name: layer(*np.atleast_1d(geometry)) for name, geometry in (overlays or {}).items()}
    parents = {name: (within or {}).get(name) for name in overlays}
    area = layer(shape)
    regions, points = dissolve(
        records(lon[inside][:sites], lat[inside][:sites]), area, tolerance_m=50
    )  # fmt: skip
    intersections, summary = intersect(regions, points, overlays, parents)
    return Content(
        area=area,
        regions=regions,
        sites=points,
        intersections=intersections,
        summary=summary,
        countries=countries,
        overlays=overlays,
        context=Context(
            language, "gold", 5.0, [20.0], False, "2020-01-01", ["records"],
            {"area": {"title": title, "source": "natural_earth"}}
            | {f"overlay_{name}": {"title": (titles or {}).get(name, name), "source": None, "within": parents[name]}
               for name in overlays},
            {
                "records": {"reader": "mrds", "producer": "USGS", "citation": "USGS, 2005, MRDS.", "date": "2011"},
                "natural_earth": {"reader": "vector", "producer": "NE", "citation": "Natural Earth."},
            },
        ),
    )  # fmt: skip


NESTED = {
    "overlays": {"department": shapely.box(-73, -13, -70, -10), "corridor": shapely.box(-72, -12.8, -71, -12)},
    "within": {"corridor": "department"},
}


def texts(figure):
    """Each text with the pixels it takes up; a halo repeats the text that it surrounds."""
    renderer = RendererAgg(int(figure.bbox.width), int(figure.bbox.height), figure.dpi)
    shown = [text for text in figure.findobj(Text) if text.get_text() and not text.get_path_effects()]
    return {
        f"{number} {text.get_text()}": shapely.box(*text.get_window_extent(renderer, dpi=figure.dpi).extents)
        for number, text in enumerate(shown)
    }


def assert_legible(figure):
    found = texts(figure)
    page = shapely.box(0, 0, figure.bbox.width, figure.bbox.height)
    assert [text for text, box in found.items() if not page.contains(box)] == []
    assert [(a, b) for (a, one), (b, other) in combinations(found.items(), 2) if one.overlaps(other)] == []


@pytest.mark.parametrize("name", AREAS)
def test_text_neither_overlaps_nor_leaves_the_page(name):
    figure = compose(content(AREAS[name]))
    assert_legible(figure)
    sides = sorted(figure.get_size_inches() * 25.4)
    np.testing.assert_allclose(sides, [297, 420] if name == "world" else [210, 297])


@pytest.mark.parametrize(
    "options",
    [
        NESTED,
        NESTED | {"language": "es"},
        {"sites": 0},
        {"countries": None},
        {"title": "a name that is so long that it takes more than one line of the largest letters, and " * 3},
        {"overlays": {f"overlay_{n}_of_forty": shapely.box(-75, -15 + n / 4, -74, -14.9 + n / 4) for n in range(40)}},
        {"overlays": {"elsewhere": shapely.box(10, 10, 11, 11)}},
        {"title": "$x^2$ & <b>{braces}</b> %s"},
    ],
    ids=["nested", "Spanish", "no site", "no countries", "long title", "forty overlays", "elsewhere", "signs"],
)
def test_whatever_a_map_holds_its_text_is_legible(options):
    assert_legible(compose(content(AREAS["country"], **options)))


WITH_EVIDENCE = {
    "evidence": pd.DataFrame(
        [{"evidence": "seen", "period": "all", "zone": "area", "observed": 120.0, "unit": "km2", "verdict": "measured",
          "capture": 0.893,
          "capture_low": 0.44, "capture_high": 0.93, "land_share": 0.21, "lift": 4.3, "lift_low": 2.0, "lift_high": 5.1,
          "block_deg": 0.5, "blocks_effective": 4.6}]
    )
}  # fmt: skip


@pytest.mark.parametrize("name", ["country", "broad country", "across 180 degrees", "speck", "world"])
def test_the_brief_is_one_legible_page(name):
    figure = compose_brief(content(AREAS[name], **NESTED))
    assert_legible(figure)
    np.testing.assert_allclose(figure.get_size_inches() * 25.4, [210, 297])


@pytest.mark.parametrize("options", [{"sites": 0}, {"title": "a name that is so long that it takes many lines, " * 4}])
def test_whatever_a_brief_holds_its_text_is_legible(options):
    assert_legible(compose_brief(content(AREAS["country"], **options)))


@pytest.mark.parametrize(
    ("language", "values", "beside"),
    [("en", ["89.3 %", "4.3 ×"], ["44.0 % to 93.0 %", "2.0 to 5.1"]), ("es", ["89.3 %", "4.3 ×"], ["de 2.0 a 5.1"])],
)
def test_the_brief_gives_each_figure_with_its_interval(language, values, beside):
    about = content(AREAS["country"], language=language)
    seen = {"title": "x", "source": None, "evidence": "seen", "evidence_title": "A satellite", "note": ""}
    context = replace(about.context, layers={**about.context.layers, "evidence_seen": seen})
    about = replace(about, context=context, tables=WITH_EVIDENCE)
    figures = key_figures(about)
    assert [one.value.replace("\N{NO-BREAK SPACE}", " ") for one in figures[1:]] == values
    said = " ".join(one.beside.replace("\N{NO-BREAK SPACE}", " ") for one in figures)
    assert all(text in said for text in beside)
    assert_legible(compose_brief(about))


@pytest.mark.parametrize(
    ("name", "lies"), [("country", False), ("broad country", True), ("across 180 degrees", False), ("world", True)]
)
def test_the_page_stands_or_lies_as_suits_the_area(name, lies):
    width, height = compose(content(AREAS[name], sites=1)).get_size_inches()
    assert (width > height) == lies


def view_of(shape, aspect=1.0):
    xy = shapely.get_coordinates(shapely.segmentize(shape, 1.0))
    projection = Projection.suited_to(*xy.T)
    return MapView.around(projection, projection.bounds(*xy.T), aspect)


@pytest.mark.parametrize("name", AREAS)
def test_the_area_fills_the_paper_and_keeps_its_size(name):
    view = view_of(AREAS[name])
    drawn = shapely.union_all(view.polygons([AREAS[name]]))
    frame = shapely.box(*view.frame)
    assert drawn.is_valid
    assert frame.contains(drawn)
    west, south, east, north = drawn.bounds
    if name not in ("speck", "concession"):  # the paper is some kilometres wide at least
        assert max(east - west, north - south) > 0.9 * view.width
    # Both projections are equal-area: the planar area is the one on the ellipsoid.
    on_earth = sum(
        abs(GEOD.geometry_area_perimeter(shapely.segmentize(part, 0.5))[0])
        for part in shapely.get_parts(AREAS[name])
    )  # fmt: skip
    if name not in ("world", "round the south pole"):  # which pyproj winds about the other way
        assert drawn.area == pytest.approx(on_earth, rel=0.01)


def test_an_area_across_180_degrees_is_one_piece_in_the_middle():
    view = view_of(FIJI)
    two_halves = shapely.union_all([shapely.box(179, -17, 180, -16), shapely.box(-180, -17, -179, -16)])
    (drawn,) = view.polygons([two_halves])
    assert drawn.geom_type == "Polygon"
    assert drawn.area == pytest.approx(
        2 * abs(GEOD.geometry_area_perimeter(shapely.box(179, -17, 180, -16))[0]), rel=1e-3
    )
    assert abs(abs(view.projection.lon_0) - 179.3) < 0.3


def test_a_cut_at_180_degrees_that_is_ragged_leaves_no_line():
    """Natural Earth cuts Fiji's islands up to 90 m beside 180 degrees."""
    ragged = shapely.union_all([shapely.box(179, -17, 179.9993, -16), shapely.box(-179.99995, -17, -179, -16)])
    (drawn,) = view_of(FIJI).polygons([ragged])
    assert drawn.geom_type == "Polygon"
    assert len(drawn.interiors) == 0


def test_land_round_a_pole_has_no_hole_and_no_cut():
    (drawn,) = view_of(AREAS["round the south pole"]).polygons([AREAS["round the south pole"]])
    assert drawn.geom_type == "Polygon"
    assert len(drawn.interiors) == 0
    assert shapely.length(drawn) == pytest.approx(2 * np.sqrt(np.pi * drawn.area), rel=0.01)  # a circle


@pytest.mark.parametrize("name", AREAS)
def test_the_scale_bar_is_true_at_the_middle_of_the_paper(name):
    view = view_of(AREAS[name])
    length = 1000 * scale_bar_km(view)
    west, south, east, north = view.frame
    half = view.metres_on_paper(length) / 2
    x, y = (west + east) / 2, (south + north) / 2
    lon, lat = view.projection.inverse([x - half, x + half], [y, y])
    tolerance = 0.03 if length > 2e6 else 1e-3  # the bar is straight, and a parallel is not
    assert GEOD.inv(lon[0], lat[0], lon[1], lat[1])[2] == pytest.approx(length, rel=tolerance)
    assert 0.05 * view.width < 2 * half < 0.3 * view.width


def test_the_stated_scale_is_that_of_the_paper():
    view = view_of(AREAS["country"])
    assert scale_denominator(view, 0.2) == pytest.approx(view.width / 0.2, rel=0.01)


def test_north_is_where_the_pole_is():
    view = view_of(AREAS["north coast"])
    pole = np.array(view.projection.forward(0, 90))
    for x, y in ((view.frame[0], view.frame[1]), (view.frame[2], view.frame[1])):
        towards = np.degrees(np.arctan2(*(pole - [x, y])))
        assert view.north_at(x, y) == pytest.approx(towards, abs=12)
    assert view.north_at(*view.projection.forward(*view.middle)) == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("name", AREAS)
def test_lines_of_the_graticule_lie_where_their_labels_say(name):
    view = view_of(AREAS[name])
    lines = graticule(view)
    assert len(lines) >= 4
    for line in lines:
        for run in line.pieces:
            lon, lat = view.projection.inverse(*run.T)
            off = (lon - line.degrees + 180) % 360 - 180 if line.kind == "meridian" else lat - line.degrees
            away = np.abs(lat) < 89.9  # a pole lies on every meridian
            assert np.abs(off[away]).max(initial=0) < 1e-3 * max(1, view.width / 1e5)
    words = [(line.kind, degrees_in_words(line, "NSEW")) for line in lines]
    assert len(set(words)) == len(words)


# What people with a colour blindness see: Machado, Oliveira and Fernandes 2009, A Physiologically-based Model for
# Simulation of Color Vision Deficiency, IEEE TVCG 15(6), table 1, severity 1.0; for linear RGB.
SIMULATED = {
    "full colour": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "grey": np.tile([0.2126, 0.7152, 0.0722], (3, 1)),  # the luminance of sRGB, IEC 61966-2-1
}


def lab(colour, matrix):
    """CIE 1976 L*a*b* (D65) of a colour as someone sees it."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(matrix @ linear, 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    ratio = to_xyz @ seen / (to_xyz @ np.ones(3))
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


FILLS = {
    "region": region_colour(), "area": palette.AREA, "sea": palette.SEA, "corridor": palette.INSIDE,
    "outside": palette.OUTSIDE,
}  # fmt: skip
# A difference of 2.3 is just noticeable; the ground is told from the sea by its border, too.
LEAST = {("area", "sea"): 5.0}


@pytest.mark.parametrize("seen_by", SIMULATED)
def test_colours_hold_for_colour_blind_readers_and_in_grey(seen_by):
    matrix = SIMULATED[seen_by]
    for one, other in combinations(FILLS, 2):
        difference = np.linalg.norm(lab(FILLS[one], matrix) - lab(FILLS[other], matrix))
        assert difference > LEAST.get((one, other), 9.0), (one, other)


def test_a_detail_map_shows_the_inner_overlay_where_that_is_larger_there():
    def legend(**options):
        return {text.split(" ", 1)[1] for text in texts(compose(content(AREAS["country"], **options)))}

    nested = legend(**NESTED)
    assert {"Region inside corridor", "Extent of the detail map"} <= nested
    assert not {"Region inside corridor", "Extent of the detail map"} & legend(overlays=NESTED["overlays"])
    whole = {"overlays": {"all": AREAS["country"], "corridor": AREAS["country"]}, "within": {"corridor": "all"}}
    assert "Region inside corridor" in legend(**whole)
    assert "Extent of the detail map" not in legend(**whole)


def test_numbers_are_written_as_the_language_writes_them():
    english = content(AREAS["country"], **NESTED, sites=1100)
    spanish = replace(english, context=replace(english.context, language="es"))
    for said in (english, spanish):  # Peru writes 262,627.3
        assert said.figures[0][0] == "1,100"
        assert all(re.search(r"\d\.\d\u00a0%", text) for _, text in said.figures[2:])
    assert position_in_words(-75.08, -9.21, "NSEO", spanish.numbers) == "75.08°O 9.21°S"


def test_the_credit_names_the_datasets_that_were_used():
    """In the words of the report of 2019."""
    said = content(AREAS["country"], sites=1)
    words = "a 20 km buffer around gold mines (and mineral deposits containing gold) identified in USGS MRDS"
    assert f"{words};" in said.footer
    context = said.context
    sources = {**context.sources, "largest": {**context.sources["records"], "reader": "major_deposits"}}
    both = replace(said, context=replace(context, records=["records", "largest"], sources=sources))
    assert f"{words} and USGS major deposits;" in both.footer


def test_neighbours_are_named_in_the_language_of_the_map():
    neighbours = gpd.GeoDataFrame(
        {"code": ["BRA", "XYZ"], "name": ["Brazil", "Nowhere"]},
        geometry=[shapely.box(-69, -18, -60, 0), shapely.box(-90, -18, -81, 0)], crs=4326,
    )  # fmt: skip
    for language, names in (("en", {"BRAZIL", "NOWHERE"}), ("es", {"BRASIL", "NOWHERE"})):
        shown = texts(compose(content(AREAS["country"], countries=neighbours, language=language)))
        assert names <= {text.split(" ", 1)[1] for text in shown}


def test_the_files_are_small_and_the_same_each_time(tmp_path):
    said = content(AREAS["country"], **NESTED, sites=300)
    for name in ("one", "two"):
        draw_map(tmp_path / f"{name}.pdf", tmp_path / f"{name}.png", said)
    for ending in ("pdf", "png"):
        content_of = [(tmp_path / f"{name}.{ending}").read_bytes() for name in ("one", "two")]
        assert content_of[0] == content_of[1]
        assert len(content_of[0]) < 2_000_000
    assert b"CreationDate" not in (tmp_path / "one.pdf").read_bytes()


def test_a_line_with_an_empty_part_is_drawn_without_it():
    """Natural Earth has rivers like that."""
    view = MapView(Projection("eqearth", 0.0, 0.0), (-2e7, -1e7, 2e7, 1e7))
    river = shapely.from_wkt("MULTILINESTRING ((0 0, 1 1), EMPTY)")
    assert [len(piece) for piece in view.lines([river])] == [len(piece) for piece in view.lines([river.geoms[0]])]
