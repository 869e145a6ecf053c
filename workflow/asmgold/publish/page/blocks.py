"""What a section of the page is made of. The template renders each kind, so that no one writes HTML in Python.

A part that has something to say about the results builds a `Section` and hands it to `write_page`:

>>> reached = Table(
...     "Detections of 2024",
...     [TableColumn("layer", "Layer"), TableColumn("share", "In a region", "share")],
...     [{"layer": "Mines seen from space", "share": 0.61}],
... )
>>> section = Section("evidence", "Do miners work there?", ["Most detections lie in a region.", reached])
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class TableColumn:
    """A column of a table.

    Parameters
    ----------
    key : the key of its values in each row; a row without it has an empty cell
    title : the words above it
    kind : how values are shown. `text`; `count`, a number without decimals; `number`, one with those it has; `share`, a
        fraction of 1 as per cent; `file`, a link to a file beside the page; `pick`, a `Pick`
    language : the language of its texts, where it is not that of the page
    """

    key: str
    title: str
    kind: Literal["text", "count", "number", "share", "file", "link", "pick"] = "text"
    language: str | None = None


@dataclass(frozen=True)
class Link:
    """A text that leads to a page of the web."""

    text: str
    address: str


@dataclass(frozen=True)
class Pick:
    """A button that shows something on the map.

    Parameters
    ----------
    kind : what it is
    id : its place in the map's list of regions or units, or the name of an overlay
    text : the words on the button
    """

    kind: Literal["region", "unit", "overlay"]
    id: int | str
    text: str


@dataclass(frozen=True)
class Table:
    """A table, sorted by a click on the title of a column.

    Parameters
    ----------
    caption : the words above it
    columns : what it shows
    rows : the values of each row by the column's key; None is an empty cell
    filter_title : the words beside a field to filter the rows by; None for a table that needs none
    name : the name of a table that the page's script fills
    """

    caption: str
    columns: Sequence[TableColumn]
    rows: Sequence[Mapping[str, Any]] = ()
    filter_title: str | None = None
    name: str | None = None
    kind: Literal["table"] = "table"


@dataclass(frozen=True)
class Bar:
    """A bar: how it is called, its length as a fraction of 1, and its value in words."""

    title: str | Pick
    length: float
    value: str


@dataclass(frozen=True)
class Bars:
    """A chart of horizontal bars, which is a table of values at the same time."""

    caption: str
    columns: tuple[str, str]
    bars: Sequence[Bar]
    kind: Literal["bars"] = "bars"


@dataclass(frozen=True)
class Figure:
    """A picture, such as an SVG of matplotlib. It is embedded as an image, in which nothing can run.

    Parameters
    ----------
    image : the bytes of the file, the same for the same results
    media_type : `image/svg+xml` or `image/png`
    description : what it shows, for those who do not see it
    caption : the words below it
    """

    image: bytes
    media_type: Literal["image/svg+xml", "image/png"]
    description: str
    caption: str
    kind: Literal["figure"] = "figure"

    @property
    def address(self) -> str:
        """The picture as an address of the `data` scheme."""
        return f"data:{self.media_type};base64,{base64.b64encode(self.image).decode('ascii')}"


@dataclass(frozen=True)
class Fact:
    """A term with its value; with a link if there is a web address."""

    term: str
    value: str
    address: str | None = None


@dataclass(frozen=True)
class FactList:
    """Terms and values about one thing."""

    title: str
    facts: Sequence[Fact]
    language: str | None = None
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True)
class Points:
    """A list of points."""

    points: Sequence[str]
    kind: Literal["points"] = "points"


@dataclass(frozen=True)
class Folded:
    """Blocks that open with a click."""

    title: str
    blocks: Sequence[Block]
    kind: Literal["folded"] = "folded"


Block = str | Table | Bars | Figure | FactList | Points | Folded
"""A block of a section; text is a paragraph."""


@dataclass(frozen=True)
class Section:
    """A section of the page.

    Parameters
    ----------
    name : its anchor, lower case letters and hyphens
    title : its heading, also in the list of contents
    blocks : what it holds, from top to bottom
    """

    name: str
    title: str
    blocks: Sequence[Block]
