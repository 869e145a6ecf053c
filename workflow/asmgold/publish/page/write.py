"""The page: one HTML file with the map, the tables and the method, that opens anywhere without a network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from asmgold.publish import palette
from asmgold.publish.page.blocks import Bar, Bars, Block, Column, Fact, Facts, Figure, Folded, Points, Section, Table
from asmgold.publish.page.drawing import map_data, map_layers
from asmgold.publish.page.results import About, Results
from asmgold.publish.page.sections import answer, background, findings, key_figures

__all__ = [
    "About",
    "Bar",
    "Bars",
    "Block",
    "Column",
    "Fact",
    "Facts",
    "Figure",
    "Folded",
    "Points",
    "Results",
    "Section",
    "Table",
    "write_page",
]

FOLDER = Path(__file__).parent


def write_page(path: Path, results: Results, about: About, sections: Sequence[Section] = ()) -> None:
    """Write the page, the same bytes for the same results.

    No request leaves it: all that it shows, runs or is styled by stands in the file, and its Content-Security-Policy
    forbids everything else. Names of records are text wherever they stand, whatever they contain.

    Parameters
    ----------
    path : the file to write
    results : the tables
    about : what the page says besides
    sections : what other parts have to say about the results; they stand before the method
    """
    styles = [_leaflet_css(), _colours() + _own("page.css")]
    scripts = [_leaflet("leaflet.js").partition("\n//# sourceMappingURL")[0], _own("page.js")]
    page = _environment(about).get_template("index.html.j2").render(
        about=about,
        words=about.words,
        answer=answer(results, about),
        key_figures=key_figures(results, about),
        layers=map_layers(results, about)[::-1],
        sections=[*findings(results, about), *sections, *background(results, about)],
        data=script_data(map_data(results, about)),
        policy=_policy(scripts, styles),
        scripts=[Markup(script) for script in scripts],
        styles=[Markup(style) for style in styles],
        leaflet_version=_leaflet_version(),
        leaflet_licence=_own("leaflet.LICENSE"),
    )  # fmt: skip
    path.write_text(page, encoding="utf-8", newline="\n")


def script_data(values: Any) -> Markup:
    """JSON that can stand in a script element: no character of it can end the element or a line of script."""
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain_number)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def _plain_number(value: Any) -> Any:
    return value.item()


def _environment(about: About) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": about.numbers.count,
        "general": about.numbers.general,
        "share": about.numbers.share,
        "percent": lambda length: f"{100 * min(max(length, 0.0), 1.0):.2f}%",
        "file_address": quote,
    }
    return environment


def _policy(scripts: Sequence[str], styles: Sequence[str]) -> str:
    """A Content-Security-Policy that knows each script and style by its hash, and loads nothing."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(map(_hash, scripts))}",
            f"style-src {' '.join(map(_hash, styles))}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def _colours() -> str:
    colours = {name.lower().replace("_", "-"): value for name, value in vars(palette).items() if name.isupper()}
    return (
        ":root {" + " ".join(f"--{name}: {value};" for name, value in colours.items() if isinstance(value, str)) + "}\n"
    )


def _own(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


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
