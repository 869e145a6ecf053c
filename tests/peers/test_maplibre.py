"""The tiles and their style in MapLibre, in a browser: drawn as the tables have them, with nothing to complain of."""

from __future__ import annotations

import mimetypes
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asmgold.io.tables import read_table
from asmgold.publish.formats import write_formats
from tests.peers.test_page import BROWSERS
from tests.publish.test_formats import MORE
from tests.small_result import make_result

pytestmark = pytest.mark.thorough

PACKAGES = Path(__file__).parent / "maplibre"
PAGE = """<!doctype html><meta charset="utf-8"><script src="maplibre-gl.js"></script><script src="pmtiles.js"></script>
<body style="margin: 0"><div id="map" style="height: 600px"></div><script>
const complaints = [];
maplibregl.addProtocol("pmtiles", new pmtiles.Protocol().tile);
const map = new maplibregl.Map({container: "map", style: "asm_gold_regions.style.json", bounds: BOUNDS});
map.on("error", (event) => complaints.push(String(event.error?.message ?? event)));
map.once("idle", () => document.body.dataset.drawn = "");
</script>"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a map on the web of a small result, as its user would make it."""
    if shutil.which("npm") is None:
        pytest.skip("npm, which brings MapLibre, is not installed")
    folder = tmp_path_factory.mktemp("site")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PACKAGES / name, folder)
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=False,
                          capture_output=True, text=True, timeout=300)  # fmt: skip
    assert done.returncode == 0, done.stderr
    for name in ("maplibre-gl", "pmtiles"):
        shutil.copy(folder / f"node_modules/{name}/dist/{name}.js", folder)
    result = make_result(folder / "made", evidence=False)
    tables: Any = {name: read_table(result / f"{name}.parquet") for name in ("regions", "sites")}
    write_formats(folder, ["asm_gold_regions.pmtiles", "asm_gold_regions.style.json"], **tables, **MORE)
    west, south, east, north = tables["regions"].total_bounds
    (folder / "index.html").write_text(PAGE.replace("BOUNDS", f"[[{west}, {south}], [{east}, {north}]]"), "utf-8")
    return folder


@pytest.fixture
def page(site: Path) -> Iterator[Any]:
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("Chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api")
    software = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=program, args=software)
        page = browser.new_page(viewport={"width": 800, "height": 600})
        page.route("**/*", lambda route: answer(route, site))
        page.goto("http://map.test/index.html")
        yield page
        browser.close()


def answer(route: Any, site: Path) -> None:
    """Answer like a server of files that knows ranges of bytes, which PMTiles asks for; nothing leaves the machine."""
    path = site / route.request.url.removeprefix("http://map.test/")
    if not path.is_file():
        route.fulfill(status=404)
        return
    content, kind = path.read_bytes(), mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    asked = re.fullmatch(r"bytes=(\d+)-(\d+)", route.request.headers.get("range", ""))
    if asked is None:
        route.fulfill(body=content, content_type=kind)
        return
    first, last = int(asked[1]), min(int(asked[2]), len(content) - 1)
    headers = {"Content-Range": f"bytes {first}-{last}/{len(content)}", "Content-Type": kind}
    route.fulfill(status=206, body=content[first : last + 1], headers=headers)


def test_maplibre_draws_regions_sites_and_countries_without_a_complaint(page: Any, site: Path) -> None:
    page.wait_for_selector("body[data-drawn]", timeout=60_000)
    assert page.evaluate("complaints") == []
    drawn = page.evaluate("map.queryRenderedFeatures().map((one) => [one.layer.id, one.properties])")
    assert {layer for layer, _ in drawn} == set(page.evaluate("map.getStyle().layers.slice(1).map((one) => one.id)"))
    regions = {own["region_id"] for layer, own in drawn if layer == "asm_gold_regions-fill"}
    result = read_table(next(site.glob("made/**/regions.parquet")))
    assert regions == set(result["region_id"])
