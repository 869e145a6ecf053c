"""The site, built strictly and read back; the picture of the flow; the notebook; and the walk-through, walked."""

from __future__ import annotations

import functools
import http.server
import importlib
import importlib.util
import inspect
import re
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urlsplit

import geopandas as gpd
import nbformat
import pytest
import yaml
from pydantic import TypeAdapter

from asmgold.config.loading import check_settings, load_lock, load_sources
from asmgold.config.models import Source
from asmgold.geodesy.ellipsoid import polygon_area
from tests.conftest import PROJECT, Copy
from tests.test_architecture import FLOORS

DOCUMENTS = [PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
DOCUMENTS += [*(PROJECT / "docs").glob("*.md"), PROJECT / "data/raw/embedded/README.md", PROJECT / "config/README.md"]
UNLISTED = {"cli", "__main__", "vocabulary", "schemas", "config", "io", "errors"}  # rooms that the others are built on
RESERVES = "results/.build/peru-reserves/layers/overlay_reserves.parquet"
RESOURCES = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href", "object": "data"}


class Page(HTMLParser):
    """The links, resources, anchors and paragraphs of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.resources: list[str] = []
        self.anchors: set[str] = set()
        self.paragraphs: list[str] = []
        self._inside = False
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        self.anchors |= {values[key] for key in ("id", "name") if key in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag in RESOURCES and RESOURCES[tag] in values and values.get("rel") != "canonical":
            self.resources.append(values[RESOURCES[tag]])
        if tag == "p":
            self.paragraphs.append("")
        self._inside = tag == "p" or (self._inside and tag in {"code", "em", "strong", "a"})

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "p"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.paragraphs[-1] += data


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


def tool(name: str) -> ModuleType:
    """A program of docs/site."""
    spec = importlib.util.spec_from_file_location(f"site_{name}", PROJECT / f"docs/site/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def listed_modules() -> set[str]:
    """The modules that docs/library.md lists."""
    return set(re.findall(r"^::: (asmgold[\w.]*)$", (PROJECT / "docs/library.md").read_text("utf-8"), re.MULTILINE))


def is_local(link: str) -> bool:
    return not urlsplit(link).scheme and not link.startswith("//")


@pytest.mark.thorough
def test_every_link_and_picture_of_the_site_leads_somewhere(site: Path, pages: dict[Path, Page]) -> None:
    dead, checked = [], 0
    for path, page in pages.items():
        if path.name == "404.html":  # is shown at any address, so its links start from the site's root
            continue
        for link in filter(is_local, (*page.links, *page.resources)):
            parts = urlsplit(link)
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            known = pages[target].anchors if target in pages else None
            checked += 1
            if not target.is_file() or (parts.fragment and known is not None and parts.fragment not in known):
                dead.append(f"{path.relative_to(site)}: {link}")
    assert not dead
    assert checked > 1000


@pytest.mark.thorough
def test_no_page_asks_another_host_for_anything(site: Path, pages: dict[Path, Page]) -> None:
    assert [link for page in pages.values() for link in page.resources if not is_local(link)] == []
    for path in site.rglob("*.css"):
        asked = re.findall(r"""(?:url\(|@import\s*)\s*["']?([^"')\s]+)""", path.read_text("utf-8"))
        assert [link for link in asked if not is_local(link) and not link.startswith("data:")] == [], path


@pytest.mark.thorough
def test_lists_and_tables_are_shown_as_such(pages: dict[Path, Page]) -> None:
    marks = re.compile(r"^\s*([-*] \S|\d+\. \S|\|.*\|)", re.MULTILINE)
    faults = [text for page in pages.values() for text in page.paragraphs if marks.search(text)]
    assert faults == []


@pytest.mark.thorough
def test_every_page_has_a_place_and_every_public_name_an_entry(site: Path, pages: dict[Path, Page]) -> None:
    shown = {(site / unquote(urlsplit(link).path)).name for link in pages[site / "index.html"].links if is_local(link)}
    assert {path.with_suffix(".html").name for path in (PROJECT / "docs").glob("*.md")} <= shown
    missing = {
        f"{name}.{public}"
        for name in listed_modules()
        for public, item in vars(importlib.import_module(name)).items()
        if (inspect.isfunction(item) or inspect.isclass(item))
        and item.__module__ == name
        and not public.startswith("_")
    }
    assert missing - pages[site / "library.html"].anchors == set()


def test_the_library_lists_every_room_and_what_the_rules_call() -> None:
    rooms = {room for floor in FLOORS for room in floor} - UNLISTED
    scripts = [*(PROJECT / "workflow/scripts").glob("*.py"), PROJECT / "workflow/asmgold/cli.py"]
    called = re.findall(r"^\s*from (asmgold\.[\w.]+) import", "".join(map(Path.read_text, scripts)), re.MULTILINE)
    assert {name for name in called if name.split(".")[1] in rooms} - listed_modules() == set()
    assert rooms - {name.split(".")[1] for name in listed_modules()} == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_of_the_repository_leads_to_a_file(path: Path) -> None:
    links = re.findall(r"\]\(([^()\s]+)\)", path.read_text("utf-8"))
    assert [link for link in filter(is_local, links) if not (path.parent / urlsplit(link).path).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_example_of_a_configuration_is_a_valid_one(path: Path) -> None:
    blocks = re.findall(r"^ *```yaml\n(.+?)^ *```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    sources = load_sources(PROJECT / "config/sources.yaml")
    shipped = yaml.safe_load((PROJECT / "config/config.yaml").read_text("utf-8"))
    examples = [yaml.safe_load(textwrap.dedent(block)) for block in blocks]
    entries = {
        name: entry
        for example in examples
        for name, entry in example.items()
        if isinstance(entry, dict) and "reader" in entry
    }
    sources |= TypeAdapter(dict[str, Source]).validate_python(entries)
    for example in examples:
        settings = example.get("asmgold", example)
        if not settings.keys() <= entries.keys():
            check_settings(shipped | settings, sources, path.name)


def test_the_picture_of_the_flow_is_that_of_the_rules() -> None:
    flow = tool("flow")
    assert flow.PICTURE.read_text("utf-8") == flow.picture(), "run `make docs`"


def test_the_pages_quote_the_results_of_a_run(built_once: Copy) -> None:
    results = tool("results")
    made = results.Results(PROJECT, built_once.folder / "results/peru")
    for page in results.PAGES:
        text = (PROJECT / page).read_text("utf-8")
        assert results.filled(text, made) == text, f"{page}: run `make docs`"


@pytest.mark.thorough
def test_the_notebook_says_what_it_says(built_once: Copy, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "results").symlink_to(built_once.folder / "results")
    notebook = tool("notebook")
    stored = nbformat.read(notebook.NOTEBOOK, as_version=4)
    new = notebook.executed(tmp_path / "docs")
    assert notebook.said(new) == notebook.said(stored), "run `python docs/site/notebook.py` after `make run`"
    assert [cell.source for cell in new.cells] == [cell.source for cell in stored.cells]
    assert "image/png" in new.cells[-1].outputs[-1].data
    assert str(PROJECT) not in notebook.NOTEBOOK.read_text("utf-8")


@pytest.fixture
def rehearsal(project: Copy) -> Iterator[str]:
    """The server of the walk-through, on a port of its own."""
    (project.folder / "rehearsal").mkdir()
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(project.folder / "rehearsal"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.thorough
def test_the_walk_through_of_adding_a_source_leads_to_the_end(project: Copy, rehearsal: str) -> None:
    text = (PROJECT / "CONTRIBUTING.md").read_text("utf-8")
    blocks = re.findall(r"^```(bash|yaml)\n(.+?)^```", text, re.MULTILINE | re.DOTALL)
    assert [kind for kind, _ in blocks] == ["bash", "yaml", "yaml", "bash"]
    serve, registry, scenario, steps = (block for _, block in blocks)
    with (project.folder / "config/sources.yaml").open("a") as file:
        file.write(f"\n{registry}")
    (project.folder / "config/scenarios/peru-reserves.yaml").write_text(scenario)
    steps = steps.replace("http://127.0.0.1:8124", rehearsal).replace(".venv/bin/python", sys.executable)
    # Not the whole run: the layer as it was read says as much.
    goal = f"{sys.executable} -m snakemake --config scenario=peru-reserves --"
    steps = steps.replace(".venv/bin/snakemake --config scenario=peru-reserves", f"{goal} {RESERVES}")
    for block in (serve, steps):
        done = subprocess.run(
            ["bash", "-e"], input=block, cwd=project.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert "peru_reserves: fetched 2 rows and pinned them" in done.stdout
    assert load_lock(project.folder / "config/sources.lock.yaml")["peru_reserves"].rows == 2
    (reserve,) = gpd.read_parquet(project.folder / RESERVES).itertuples()
    assert reserve.name == "Upper"
    assert f"of {polygon_area([reserve.geometry])[0] / 1e6:,.0f} km2" in text
    assert yaml.safe_load(scenario)["overlays"]["reserves"]["source"] in yaml.safe_load(registry)
