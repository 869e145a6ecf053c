"""Pages as HTML by the templates of this folder: they ask nothing of the network, and data are text, never markup."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from asmgold.publish import palette
from asmgold.publish.context import Context
from asmgold.publish.messages import Numbers

FOLDER = Path(__file__).parent


def render(
    template: str, context: Context, *, styles: Sequence[str], scripts: Sequence[str] = (), **values: Any
) -> str:
    """The text of a page.

    Its Content-Security-Policy knows each style and script by its hash, and forbids everything else.

    Parameters
    ----------
    template : a file of this folder
    context : what every product says of its scenario
    styles, scripts : CSS and JavaScript of the project's own
    values : what else the template shows
    """
    return _environment(context.numbers).get_template(template).render(
        context=context,
        policy=_policy(scripts, styles),
        styles=[Markup(style) for style in styles],
        scripts=[Markup(script) for script in scripts],
        **values,
    )  # fmt: skip


@cache
def own_style() -> str:
    """The style of the pages, with the colours of the maps as its variables."""
    colours = {name.lower().replace("_", "-"): value for name, value in vars(palette).items() if name.isupper()}
    by_day = {name: value for name, value in colours.items() if isinstance(value, str)} | palette.PAGE
    at_night = "@media screen and (prefers-color-scheme: dark) {" + _variables(palette.PAGE_AT_NIGHT) + "}"
    return "\n".join([_variables(by_day), at_night, read_own("page.css")])


def _variables(colours: Mapping[str, str]) -> str:
    return ":root {" + " ".join(f"--{name}: {value};" for name, value in colours.items()) + "}"


@cache
def read_own(name: str) -> str:
    """A file of this folder."""
    return (FOLDER / name).read_text(encoding="utf-8")


def packed_data(values: Any) -> str:
    """JSON, compressed (zlib) and as letters that can stand in a script element: base64 has none that could end it."""
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain_number)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode("ascii")


def _plain_number(value: Any) -> Any:
    return value.item()


@cache
def _environment(numbers: Numbers) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": numbers.count,
        "general": numbers.general,
        "share": numbers.share,
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


@cache
def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"
