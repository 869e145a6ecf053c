"""The page in a browser without a network, opened as a file: with the mouse, with the keyboard, on a phone.

With ASMGOLD_PICTURES=docs the first test also takes the picture of the README, docs/page.png.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from importlib import resources
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from asmgold.publish import palette
from asmgold.publish.page.html import read_own
from tests.publish.test_page import made as make_page

pytestmark = pytest.mark.thorough

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("Chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as engine:
        running = engine.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


@pytest.fixture
def open_page(browser) -> Iterator[Any]:
    """Opens a file without a network; at the end there was no request but for the file, and nothing to complain of."""
    contexts, complaints = [], []

    def opened(path: Path, address: str = "", viewport=DESKTOP, **options) -> Any:
        context = browser.new_context(viewport=viewport, reduced_motion="reduce", **options)
        contexts.append(context)
        context.set_offline(True)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: request.url.split("#")[0] == path.as_uri() or complaints.append(request.url))
        page.goto(path.as_uri() + address)
        page.wait_for_function("!document.querySelector('#map[aria-busy]')")  # the data are unpacked after it is loaded
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page, built_once) -> Any:
    return open_page(built_once.product("index.html"))


def panel(page) -> str:
    return page.locator("#panel").inner_text()


def drawn(page) -> None:
    """Waits until the map has drawn what was asked of it, which it does with the next frame."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 20))))")


def map_pixels(page) -> bytes:
    drawn(page)
    return page.locator("#map canvas").evaluate("canvas => canvas.toDataURL()")


def pixels_like(page, colour: str) -> int:
    """How many pixels of the map have this colour, or nearly so: regions let through some of what is below them."""
    drawn(page)
    return page.locator("#map canvas").evaluate(
        """(canvas, rgb) => {
            const copy = new OffscreenCanvas(canvas.width, canvas.height)
                .getContext("2d", { willReadFrequently: true });
            copy.drawImage(canvas, 0, 0);
            const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
            let n = 0;
            for (let i = 0; i < data.length; i += 4) n += rgb.every((value, k) => Math.abs(value - data[i + k]) < 80);
            return n;
        }""",
        [int(colour[start : start + 2], 16) for start in (1, 3, 5)],
    )


def middle(page, right=0, down=0) -> dict[str, float]:
    box = page.locator("#map").bounding_box()
    return {"x": box["width"] / 2 + right, "y": box["height"] / 2 + down}


def test_the_map_fills_the_first_screen_and_a_reader_chooses_on_it(page, built_once):
    if pictures := os.environ.get("ASMGOLD_PICTURES"):
        page.screenshot(path=Path(pictures) / "page.png")
    box, panel_box = page.locator("#map").bounding_box(), page.locator("aside").bounding_box()
    assert box["width"] > 0.6 * DESKTOP["width"]
    assert box["height"] > 0.75 * DESKTOP["height"]
    assert max(box["y"] + box["height"], panel_box["y"] + panel_box["height"]) <= DESKTOP["height"]
    overview = panel(page)
    # By a row of a table: the page shows the map again, and the region with its records.
    page.locator("#regions tbody .pick").first.click()
    region = gpd.read_parquet(built_once.product("regions.parquet")).iloc[0]
    assert region["region_id"] in panel(page)
    assert f"{region['area_km2']:,.0f}" in panel(page)
    assert page.locator("#panel li:has(.pick)").count() == min(region["n_sites"], 100)
    assert page.evaluate("scrollY") == 0
    link = page.locator("#panel li a").first
    assert re.fullmatch(r"https?://mrdata\.usgs\.gov/\S+", link.get_attribute("href"))
    assert "noopener" in link.get_attribute("rel")
    # The site that a button shows stands in the middle of the map: there the mouse finds it.
    title = page.locator("#panel h3").inner_text()
    page.locator("#panel li button").first.click()
    name = page.locator("#panel h3").inner_text()
    page.get_by_role("button", name="Zoom in").click()
    page.locator("#map").click(position=middle(page, 60, 3))
    assert page.locator("#panel h3").inner_text() == title
    page.locator("#map").click(position=middle(page))
    assert page.locator("#panel h3").inner_text() == name
    # Escape lets go, and so does a click where there is nothing.
    outlined = map_pixels(page)
    page.keyboard.press("Escape")
    assert panel(page) == overview
    assert map_pixels(page) != outlined
    page.locator("#map").click(position=middle(page))
    page.get_by_role("button", name="Show the whole map").click()
    page.wait_for_timeout(400)
    page.locator("#map").click(position={"x": 60, "y": 400})
    assert panel(page) == overview


def test_search_finds_places_regions_and_sites_and_the_address_keeps_them(page, open_page):
    search = page.get_by_role("combobox")
    search.fill("ancash")  # the accent is not asked for
    assert page.get_by_role("option").first.inner_text().startswith("Áncash")
    search.press("Enter")
    assert page.locator("#panel h3").inner_text() == "Áncash"
    assert page.evaluate("document.activeElement.id") == "panel"
    search.fill("yanacocha")
    search.press("ArrowDown")
    search.press("Enter")
    name = page.locator("#panel h3").inner_text()
    assert "yanacocha" in name.lower()
    page.get_by_role("checkbox", name="Corrected positions").check()
    address = page.evaluate("location.hash")
    assert "switched=corrections" in address
    other = open_page(Path(page.evaluate("location.pathname")), address)
    assert other.locator("#panel h3").inner_text() == name
    assert other.get_by_role("checkbox", name="Corrected positions").is_checked()
    assert other.evaluate("location.hash") == address
    other.evaluate("location.hash = '#region=no&map=x/y'")
    assert other.locator("#panel h3").count() == 0


def test_layers_are_switched(page):
    corrections = page.get_by_role("checkbox", name="Corrected positions")
    regions = page.get_by_role("checkbox", name="ASM gold regions", exact=True)
    shown = pixels_like(page, palette.REGION)
    assert shown > 2_000
    regions.uncheck()
    assert pixels_like(page, palette.REGION) < 0.02 * shown
    regions.check()
    assert pixels_like(page, palette.REGION) == pytest.approx(shown, rel=0.01)
    before = pixels_like(page, palette.CORRECTION)
    corrections.check()
    assert pixels_like(page, palette.CORRECTION) > before + 500


def test_sliders_ask_what_if(page, built_once):
    """The discs are geodesic, and the figures those of the run's own table."""
    curve = pd.read_csv(built_once.product("radius_curve.csv"))
    before = pixels_like(page, palette.REGION)
    page.get_by_role("slider", name="Radius around each site").fill("10")
    row = curve[(curve["radius_km"] == 10) & (curve["period"] == "all") & (curve["zone"] == "area")].iloc[0]
    told = page.locator("#what-if tbody tr").first
    assert told.locator("td").all_inner_texts() == [
        f"{row['land_share']:.1%}".replace("%", "\u00a0%"), f"{row['capture']:.1%}".replace("%", "\u00a0%"),
        f"{row['lift']:.1f}",
    ]  # fmt: skip
    assert pixels_like(page, palette.REGION) < 0.7 * before
    page.get_by_role("slider", name="Mining seen in").fill("0")
    assert "2018" in page.locator("#what-if").inner_text()
    assert page.evaluate("location.hash").endswith("radius=10&year=2018")
    page.get_by_label("Only sites with gold as the main commodity").check()
    assert told.locator("td").all_inner_texts() == ["–"] * 3
    page.get_by_role("button", name="As on the map").click()
    assert pixels_like(page, palette.REGION) == pytest.approx(before, rel=0.01)


def test_discs_are_geodesic(open_page, tmp_path):
    script = read_own("whatif.js").partition("const isPrimary")[0]
    (tmp_path / "blank.html").write_text("<!doctype html><title>-</title>")
    page = open_page(tmp_path / "blank.html")
    for latitude, longitude in ((0, 0), (-12, 179.9), (60, 100)):
        edge = page.evaluate(f"() => {{ {script} return disc([{latitude}, {longitude}], 50, 48); }}")
        metres = [Geod(ellps="WGS84").inv(longitude, latitude, x, y)[2] for y, x in edge]
        assert metres == pytest.approx([50_000] * 48, abs=1)


def test_tables_and_charts_are_taken_away_and_four_pages_are_printed(page, tmp_path, built_once):
    def taken(selector) -> bytes:
        with page.expect_download() as download:
            page.locator(selector).first.click()
        download.value.save_as(tmp_path / "taken")
        return (tmp_path / "taken").read_bytes()

    (tmp_path / "sites.csv").write_bytes(taken("#sites-table .save"))
    table = pd.read_csv(tmp_path / "sites.csv", encoding="utf-8-sig")
    assert len(table) == len(gpd.read_parquet(built_once.product("sites.parquet")))
    (tmp_path / "regions.csv").write_bytes(taken("#regions .table .save"))
    areas = pd.read_csv(tmp_path / "regions.csv", encoding="utf-8-sig")["Area, km²"]
    assert areas.tolist() == gpd.read_parquet(built_once.product("regions.parquet"))["area_km2"].tolist()
    for chart in ("#regions .bars + .save", "#evidence figure .save"):
        assert ElementTree.fromstring(taken(chart)).tag == "{http://www.w3.org/2000/svg}svg"
    printed = page.pdf(format="A4")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 4


CONTRAST = """all => {
    const light = (text) => text.match(/[\\d.]+/g).slice(0, 3)
        .map((value) => value / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, i) => sum + [0.2126, 0.7152, 0.0722][i] * c, 0);
    const behind = (node) => {
        for (let other = node; other; other = other.parentElement) {
            const { backgroundColor } = getComputedStyle(other);
            if (!/, 0\\)$/.test(backgroundColor)) return backgroundColor;
        }
        return "rgb(255, 255, 255)";
    };
    const bad = new Set();
    for (const node of all) {
        if (![...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim())) continue;
        if (!node.checkVisibility() || node.closest(":disabled, .country")) continue;
        const [a, b] = [light(getComputedStyle(node).color), light(behind(node))].sort((x, y) => y - x);
        if ((a + 0.05) / (b + 0.05) < 4.5) bad.add(`${node.tagName} ${node.textContent.slice(0, 30)}`);
    }
    return [...bad];
}"""


def test_every_text_has_contrast_by_day_and_by_night(page):
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert page.locator("body, body *:not(script)").evaluate_all(CONTRAST) == [], scheme


def test_names_of_countries_make_room_for_each_other(page):
    """However far out one zooms."""
    names = ".country:not(.crowded)"
    boxes = "all => all.map(e => { const b = e.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })"
    for _ in range(3):
        shown = [shapely.box(*box) for box in page.locator(names).evaluate_all(boxes)]
        assert shown
        assert not any(one.intersects(other) for one, other in combinations(shown, 2))
        frame = page.locator("#map").bounding_box()
        whole = shapely.box(frame["x"], frame["y"], frame["x"] + frame["width"], frame["y"] + frame["height"])
        assert all(whole.covers(box) for box in shown)
        farther = page.get_by_role("button", name="Zoom out")
        if farther.is_enabled():
            farther.click()
            drawn(page)
    page.get_by_role("checkbox", name="Names of countries").uncheck()
    assert page.locator(".country").count() == 0


def test_tables_are_sorted_and_filtered(page):
    table = page.locator("#regions .table")
    column = table.locator("tbody tr td:nth-child(4)")
    table.get_by_role("button", name="Sites", exact=True).click()
    counts = [int(text) for text in column.all_inner_texts()]
    assert counts == sorted(counts, reverse=True)
    head = table.locator("th", has_text=re.compile("^Sites$"))
    assert head.get_attribute("aria-sort") == "descending"
    table.get_by_role("button", name="Sites", exact=True).click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert [int(text) for text in column.all_inner_texts()] == counts[::-1] == sorted(counts)
    page.get_by_label("Find regions").fill("ecuador")
    assert table.locator("tbody tr").count() == 2
    sites = page.locator("#sites-table tbody tr")
    assert sites.count() == 100
    page.get_by_role("button", name="Show all 511").click()
    assert sites.count() == 511


def test_the_keyboard_reaches_the_map_and_everything_in_it(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
    order = [reached.index(stop) for stop in ("map", "panel", "scroll", "pick")]
    assert order == sorted(order)
    page.locator("#map").focus()
    before = page.locator(".leaflet-control-scale-line").inner_text()
    for _ in range(3):
        page.keyboard.press("+")
        drawn(page)
    assert page.locator(".leaflet-control-scale-line").inner_text() != before
    zoomed = map_pixels(page)
    page.keyboard.press("ArrowUp")
    for _ in range(100):  # it glides there
        if map_pixels(page) != zoomed:
            break
        page.wait_for_timeout(50)
    assert map_pixels(page) != zoomed
    row = page.locator("#regions tbody .pick").nth(1)
    row.focus()
    page.keyboard.press("Enter")
    assert row.inner_text() in panel(page)
    assert page.evaluate("document.activeElement.id") == "panel"


@pytest.mark.parametrize("name", ["index.html", "audit.html"])
def test_axe_finds_nothing(open_page, built_once, name):
    axe = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    for options in ({}, {"viewport": PHONE, "color_scheme": "dark"}):
        page = open_page(built_once.product(name), **options)
        # What is laid out as it comes into sight moves while axe compares places.
        page.locator("main > section").evaluate_all("all => all.forEach(s => s.style.contentVisibility = 'visible')")
        page.evaluate(axe)
        found = page.evaluate("axe.run().then(({ violations, passes }) => ({ violations, passes: passes.length }))")
        told = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]
        assert told == [], options
        assert found["passes"] > 30


def test_a_screen_reader_finds_its_way(page):
    for role in ("banner", "navigation", "main", "contentinfo"):
        assert page.get_by_role(role).count() == 1, role
    levels = page.locator("h1, h2, h3").evaluate_all("all => all.map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    named = "all => all.every(e => e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length)"
    assert page.locator("a, button, input").evaluate_all(named)
    assert page.locator("table:not(:has(caption))").count() == 0
    assert page.locator("th:not([scope])").count() == 0
    ids = page.locator("[id]").evaluate_all("all => all.map(e => e.id)")
    assert len(ids) == len(set(ids))


def test_on_a_phone_the_panel_is_a_sheet_over_the_map(open_page, built_once):
    page = open_page(built_once.product("index.html"), viewport=PHONE, is_mobile=True, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    box = page.locator("#map").bounding_box()
    assert box["width"] > 380
    assert box["height"] > 0.6 * PHONE["height"]
    assert box["y"] + box["height"] <= PHONE["height"] + 1
    low = page.locator("aside").bounding_box()["height"]
    page.locator("#sheet").tap()
    page.wait_for_timeout(50)
    assert page.locator("aside").bounding_box()["height"] > 2 * low
    page.locator("#sheet").tap()
    page.locator("#regions tbody .pick").first.tap()
    assert "Area, km²" in panel(page)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_spanish_and_a_hostile_name_that_is_shown_and_not_run(open_page, tmp_path):
    hostile = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
    make_page(tmp_path, [hostile, "b"], language="es")
    page = open_page(tmp_path / "es.html")
    assert page.locator("html").get_attribute("lang") == "es"
    page.locator("#regions tbody .pick").first.click()
    assert page.locator("#panel h3").inner_text().startswith("Región 1")
    page.get_by_role("combobox").fill("onerror")
    page.get_by_role("option", name="sitio").click()
    assert page.locator("#panel h3").inner_text() == hostile
    assert page.locator("img[src=x]").count() == 0


def test_very_long_names_and_an_area_without_regions_read_well(open_page, tmp_path):
    make_page(tmp_path, ["x" * 10_000, "منجم الذهب", "金矿", "ᠠᠯᠲᠠ"])
    page = open_page(tmp_path / "en.html", viewport=PHONE)
    page.locator("#regions tbody .pick").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert page.locator("#panel .facts").is_visible()
    make_page(tmp_path, ["none"], overlays=False, countries=None)
    page.reload()
    assert page.locator("#what-if").count() == 0
    assert "no region to show" in page.locator("header").inner_text()
