"""The page: one HTML file with the map, the tables and the method, that opens anywhere without a network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from asmgold.publish.context import Context
from asmgold.publish.page.blocks import Section
from asmgold.publish.page.drawing import map_data, map_layers
from asmgold.publish.page.html import own_style, packed_data, read_own, render
from asmgold.publish.page.results import Results
from asmgold.publish.page.sections import background, brief, findings, key_figures, lead
from asmgold.publish.page.whatif import what_if
from asmgold.schemas.products import PACKAGE

SCRIPTS = ("panel.js", "map.js", "search.js", "whatif.js", "take.js", "tables.js", "start.js")


def write_page(
    path: Path, results: Results, context: Context, sections: Sequence[Section] = (), *, home: str | None = None
) -> None:
    """Write the page, the same bytes for the same results.

    No request leaves it: all that it shows, runs or is styled by stands in the file. Names of records are text wherever
    they stand, whatever they contain.

    Parameters
    ----------
    path : the file to write
    results : the tables
    context : what every product says of its scenario
    sections : what other parts have to say about the results; they stand before the method
    home : the address of the page that has method and sources, for the page of a part, such as a country, which does
        without them
    """
    whole = [*findings(results, context), *sections, *background(results, context)] if home is None else []
    sliders, layers = what_if(results, context), map_layers(results, context)
    page = render(
        "index.html.j2",
        context,
        styles=[_leaflet_css(), own_style()],
        scripts=[_leaflet("leaflet.js").partition("\n//# sourceMappingURL")[0], _own_script()],
        words=context.phrases("page"),
        lead=lead(results, context),
        key_figures=key_figures(results, context),
        layers=layers[::-1],
        sections=whole or brief(results, context),
        home=home,
        from_near=results.is_per_country,
        what_if=sliders,
        package=PACKAGE if PACKAGE in results.products else None,
        data=packed_data(map_data(results, layers, context) | {"what_if": sliders}),
        leaflet_version=_leaflet_version(),
        leaflet_licence=read_own("leaflet.LICENSE"),
    )
    path.write_text(page, encoding="utf-8", newline="\n")


@cache
def _own_script() -> str:
    """The page's own scripts as one, in whose scope they share what they declare."""
    return '(async () => {\n"use strict";\n' + "\n".join(map(read_own, SCRIPTS)) + "})();"


@cache
def _leaflet(name: str) -> str:
    """A file of Leaflet, as the package XStatic-Leaflet carries it."""
    path = Path(str(distribution("XStatic-Leaflet").locate_file(f"xstatic/pkg/leaflet/data/{name}")))
    return path.read_text(encoding="utf-8").replace("\r\n", "\n").strip()


def _leaflet_css() -> str:
    """Leaflet's styles without the pictures of controls and markers that the page does not use."""
    return re.sub(r"url\([^)]*\)", "none", _leaflet("leaflet.css"))


def _leaflet_version() -> str:
    found = re.search(r"Leaflet (\d[\w.]*)", _leaflet("leaflet.js")[:200])
    return found.group(1) if found else ""
