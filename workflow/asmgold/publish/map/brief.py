"""The brief: one page of A4 for those who decide: the answer, three figures, the map, how sure it is, the sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from asmgold.publish import palette
from asmgold.publish.answer import measured
from asmgold.publish.map.columns import ColumnEntry, TextColumn
from asmgold.publish.map.content import Content
from asmgold.publish.map.lettering import A4_MM, LINE_SPACING, PrintedPage, broken, mm
from asmgold.publish.map.panel import PageBox, Panel, legend_entries
from asmgold.publish.map.sheet import (
    GAP,
    MARGIN,
    ROOM_FOR_DEGREES,
    STYLE,
    extent,
    fitting,
    write_foot,
    write_title,
)
from asmgold.publish.map.tagged import write_tagged
from asmgold.publish.map.view import MapView
from asmgold.vocabulary.evidence import AREA

FIGURES = 3
VALUE_SIZE, TEXT_SIZE, LEAD_SIZE = 22.0, 8.0, 11.0
AROUND = 1.15  # times the height of the area is that of a map that is wider than high
BAND = 0.36  # of the room below the figures, at most, is for words


@dataclass(frozen=True)
class KeyFigure:
    """A number in large letters, what it is, and how sure it is or what stands beside it."""

    value: str
    text: str
    beside: str = ""


def draw_brief(pdf: Path, content: Content) -> None:
    """Draw the brief as a PDF, the same bytes for the same tables.

    Parameters
    ----------
    pdf : where to
    content : what the printed map says
    """
    with mpl.rc_context(STYLE):
        write_tagged(compose_brief(content), pdf, content)


def compose_brief(content: Content) -> Figure:
    """The page as a figure of matplotlib's."""
    page = PrintedPage.of(*A4_MM)
    width = page.width - 2 * MARGIN
    projection, bounds = extent(content.area, content.sites)
    top = _write_lead(page, content, write_title(page, content.title))
    top = _write_figures(page, key_figures(content), top) - GAP / 2
    bottom = write_foot(page, content, projection)
    half = (width - GAP) / 2
    most = BAND * (top - bottom)
    columns = fitting((_care(content), TextColumn(content.say("legend"), tuple(legend_entries(content)))),
                      content, half, (most, most), most)  # fmt: skip
    words = max(column.height(half) for column in columns)
    room = top - ROOM_FOR_DEGREES - (bottom + words + GAP / 2 + ROOM_FOR_DEGREES)
    across = width - ROOM_FOR_DEGREES
    height = min(room, AROUND * across * (bounds[3] - bounds[1]) / (bounds[2] - bounds[0]))
    box = PageBox(MARGIN + ROOM_FOR_DEGREES, top - ROOM_FOR_DEGREES - height, across, height)
    below = box.bottom - ROOM_FOR_DEGREES - GAP / 2
    for column, left in zip(columns, (MARGIN, MARGIN + half + GAP), strict=True):
        column.draw(page, left, below, half)
    Panel(page, content, box, MapView.around(projection, bounds, box.width / box.height)).draw()
    return page.figure


def key_figures(content: Content) -> list[KeyFigure]:
    """Three figures: land, capture and lift; or land, regions and sites where no mining was looked for or seen."""
    numbers, words = content.numbers, content.context.phrases("brief")
    covered = content.covered_km2
    land = KeyFigure(
        numbers.share(covered / content.area_km2),
        words["land"].format(area=content.titles[AREA], radius=content.radius),
        numbers.km2(covered),
    )
    seen = measured(content.tables, content.context)
    if seen is None or pd.isna(seen["lift"]):
        regions, sites = len(content.regions), len(content.sites)
        return [
            land,
            KeyFigure(numbers.count(regions), content.say("n_regions" if regions != 1 else "one_region")),
            KeyFigure(numbers.count(sites), content.say("n_sites" if sites != 1 else "one_site")),
        ]

    def between(figure: str, write: Callable[[float], str]) -> str:
        low, high = seen[f"{figure}_low"], seen[f"{figure}_high"]
        return "" if pd.isna(low) else words["interval"].format(low=write(low), high=write(high))

    def times(lift: float) -> str:
        return numbers.count(lift, 1)

    return [
        land,
        KeyFigure(numbers.share(seen["capture"]), words["capture"], between("capture", numbers.share)),
        KeyFigure(
            f"{times(seen['lift'])} ×",
            words["lift" if seen["zone"] == AREA else "lift_searched"],
            between("lift", times),
        ),
    ]


def _care(content: Content) -> TextColumn:
    """What limits the figures: where the mining was seen, what carries them, and what chance gives."""
    heading = content.context.phrases("brief")["care"]
    told = [*content.answer_of_evidence[1:], *content.tests_of_evidence, content.say("note")]
    return TextColumn(heading, tuple(map(ColumnEntry, told)))


def _write_lead(page: PrintedPage, content: Content, y: float) -> float:
    """Write the answer in its first sentences. Returns how far down the page is taken."""
    land = content.say("no_site") if content.regions.empty else content.answer_of_land
    lead = " ".join([land, *content.answer_of_evidence[:1]])
    return _write_lines(page, MARGIN, y, broken(lead, LEAD_SIZE, page.width - 2 * MARGIN), LEAD_SIZE, palette.TEXT) - 4


def _write_figures(page: PrintedPage, figures: Sequence[KeyFigure], top: float) -> float:
    """Write the figures side by side. Returns how far down the page is taken."""
    width = (page.width - 2 * MARGIN - (FIGURES - 1) * GAP) / FIGURES
    ends = []
    for number, figure in enumerate(figures):
        left = MARGIN + number * (width + GAP)
        y = top - mm(VALUE_SIZE)
        page.write(left, y, figure.value, VALUE_SIZE, weight="bold", color=palette.REGION_EDGE)
        y = _write_lines(page, left, y - 1.5, broken(figure.text, TEXT_SIZE, width), TEXT_SIZE, palette.TEXT)
        ends.append(_write_lines(page, left, y, broken(figure.beside, TEXT_SIZE, width), TEXT_SIZE, palette.TEXT_MUTED))
    return min(ends)


def _write_lines(page: PrintedPage, left: float, y: float, lines: Sequence[str], size: float, colour: str) -> float:
    for line in filter(None, lines):
        y -= mm(size) * LINE_SPACING
        page.write(left, y, line, size, color=colour)
    return y
