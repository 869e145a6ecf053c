"""The printed map: one page with map, detail map, legend, key figures and credits, as PDF and as PNG."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import shapely
from matplotlib.figure import Figure

from asmgold.geodesy.polygons import densify
from asmgold.geodesy.projection import Bounds, Projection
from asmgold.publish import palette
from asmgold.publish.letters import FONT
from asmgold.publish.map.columns import TEXT_SIZES, ColumnEntry, TextColumn
from asmgold.publish.map.content import Content
from asmgold.publish.map.lettering import A3_MM, A4_MM, LINE_SPACING, PrintedPage, broken, mm
from asmgold.publish.map.ornaments import position_in_words
from asmgold.publish.map.panel import PageBox, Panel, legend_entries
from asmgold.publish.map.tagged import write_tagged
from asmgold.publish.map.view import MapView

if TYPE_CHECKING:
    import geopandas as gpd

MARGIN = 11.0
GAP = 6.0
ROOM_FOR_DEGREES = 3.6
LIES_FROM = 1.15  # an area of this width over height has more room on a page that lies
SIDE_COLUMN = 70.0
DETAIL_WIDTH, DETAIL_HEIGHT = 62.0, 50.0
DETAIL_HEADING = 4.6
MARGIN_OF_EARTH = 0.01  # around the edge of the Earth, a share of its width
MAX_BAND = 0.42  # of the page between its head and its foot
DETAIL_IS_WORTH_ITS_PLACE = 1.5  # times the scale of the main map
TITLE_SIZES = (19, 16, 13, 11, 9)
ANSWER_SIZE = 9.2
DOTS_PER_INCH = 300
STYLE: Any = {
    "font.family": FONT,
    "pdf.fonttype": 42,
    "pdf.compression": 9,
    "text.hinting": "none",
    "path.simplify": False,
    "hatch.linewidth": 0.35,
}


def draw_map(pdf: Path, png: Path, content: Content) -> None:
    """Draw the map as a PDF of vectors and as a PNG of 300 dots per inch, the same bytes for the same tables.

    Parameters
    ----------
    pdf, png : where to
    content : what the map says
    """
    with mpl.rc_context(STYLE):
        figure = compose(content)
        write_tagged(figure, pdf, content)
        figure.savefig(png, dpi=DOTS_PER_INCH, metadata={"Title": content.title, "Software": None})


def compose(content: Content) -> Figure:
    """The page as a figure of matplotlib's, standing or lying as suits the area.

    The main map and the detail map each have a projection about their own middle.
    """
    with mpl.rc_context(STYLE):
        projection, bounds = extent(content.area, content.sites)
        lies = (bounds[2] - bounds[0]) / (bounds[3] - bounds[1]) > LIES_FROM
        paper = A3_MM if content.is_of_the_earth else A4_MM
        page = PrintedPage.of(*(paper[::-1] if lies else paper))
        free = _Room(_write_head(page, content), write_foot(page, content, projection))
        # The whole Earth is so wide that it takes all the width of a page that lies.
        arrange = _lying if lies and not content.is_of_the_earth else _standing
        nested = content.nested
        plan = arrange(page, content, free, with_detail=nested is not None)
        margin = {"margin": MARGIN_OF_EARTH} if content.is_of_the_earth else {}
        view = MapView.around(projection, bounds, plan.main.width / plan.main.height, **margin)
        inset = None
        if nested is not None and plan.detail is not None:
            about, reach = extent(content.overlays[nested[1]])
            inset = MapView.around(about, reach, plan.detail.width / plan.detail.height)
            if view.width / plan.main.width < DETAIL_IS_WORTH_ITS_PLACE * inset.width / plan.detail.width:
                inset = None
                plan = arrange(page, content, free, with_detail=False)
                view = MapView.around(projection, bounds, plan.main.width / plan.main.height)
        for column, left, top, width in plan.columns:
            column.draw(page, left, top, width)
        if nested is not None and inset is not None and plan.detail is not None:
            heading = ", ".join(content.titles[name] for name in nested[::-1])
            above = plan.detail.bottom + plan.detail.height + DETAIL_HEADING - mm(7.6)
            page.write(plan.detail.left, above, heading, 7.6, weight="bold")
            Panel(page, content, plan.detail, inset, detail=True).draw()
        Panel(page, content, plan.main, view).draw(locator=inset)
        return page.figure


def extent(*layers: gpd.GeoDataFrame) -> tuple[Projection, Bounds]:
    """The projection for a map of some layers, and what they take up of its plane."""
    lon, lat = shapely.get_coordinates(densify([shape for layer in layers for shape in layer.geometry], 1.0)).T
    projection = Projection.suited_to(lon, lat).about_whole_degrees  # as in the project for QGIS
    return projection, projection.bounds(lon, lat)


@dataclass(frozen=True)
class _Room:
    """What the head and the foot of the page leave, millimetres from its lower edge."""

    top: float
    bottom: float

    @property
    def height(self) -> float:
        return self.top - self.bottom


@dataclass(frozen=True)
class _Plan:
    """Where the maps and the columns stand: a column with its left, top and width."""

    main: PageBox
    detail: PageBox | None
    columns: tuple[tuple[TextColumn, float, float, float], ...]


def _write_head(page: PrintedPage, content: Content) -> float:
    """Write title, answer and subtitle. Returns how far down the page is taken."""
    width = page.width - 2 * MARGIN
    y = write_title(page, content.title) - 1.2
    for line in broken(content.answer, ANSWER_SIZE, width):
        y -= mm(ANSWER_SIZE)
        page.write(MARGIN, y, line, ANSWER_SIZE)
        y -= mm(ANSWER_SIZE) * 0.35
    y -= 1.4 if content.answer else 0.0
    for line in (line for part in content.subtitle.split("\n") for line in broken(part, 8.4, width)):
        y -= mm(8.4)
        page.write(MARGIN, y, line, 8.4, color=palette.TEXT_MUTED)
        y -= mm(8.4) * 0.35
    return y - ROOM_FOR_DEGREES


def write_title(page: PrintedPage, title: str) -> float:
    """Write the heading in the largest letters that fit. Returns how far down the page is taken."""
    width = page.width - 2 * MARGIN
    lines = {size: len(broken(title, size, width, "bold")) for size in TITLE_SIZES}
    fit = [size for size in TITLE_SIZES[:2] if lines[size] == 1] + [size for size in TITLE_SIZES if lines[size] <= 2]
    size = fit[0] if fit else TITLE_SIZES[-1]
    y = page.height - MARGIN - 0.4
    for line in broken(title, size, width, "bold"):
        y -= mm(size) * 0.8
        page.write(MARGIN, y, line, size, weight="bold")
        y -= mm(size) * 0.45
    return y


def write_foot(page: PrintedPage, content: Content, projection: Projection) -> float:
    """Write credits and projection. Returns how far up the page is taken."""
    size = 5.4
    place = position_in_words(projection.lon_0, projection.lat_0, content.words["directions"], content.numbers)
    text = f"{content.footer} {content.say(projection.name, place=place)}"
    y = MARGIN - 2
    for line in reversed(broken(text, size, page.width - 2 * MARGIN)):
        page.write(MARGIN, y, line, size, color=palette.TEXT_MUTED)
        y += LINE_SPACING * mm(size)
    page.axes.plot([MARGIN, page.width - MARGIN], [y + 0.8, y + 0.8], color=palette.NEIGHBOUR_EDGE, linewidth=0.5)
    return y + 4.2


def _columns(content: Content, *, with_detail: bool) -> tuple[TextColumn, TextColumn]:
    legend = TextColumn(content.say("legend"), tuple(legend_entries(content, with_detail=with_detail)))
    figures = tuple(ColumnEntry(text, value=value) for value, text in content.figures)
    return legend, TextColumn(content.say("figures"), figures, content.say("note"))


def _standing(page: PrintedPage, content: Content, free: _Room, *, with_detail: bool) -> _Plan:
    """The map above a band of detail map, legend and figures."""
    left, whole = MARGIN, page.width - 2 * MARGIN
    taken = DETAIL_WIDTH + GAP if with_detail else 0.0
    width = (whole - taken - GAP) / 2
    most = MAX_BAND * free.height
    columns = fitting(_columns(content, with_detail=with_detail), content, width, (most, most), most)
    heading = DETAIL_HEADING if with_detail else 0.0
    band = max([column.height(width) for column in columns] + [DETAIL_HEIGHT + heading if with_detail else 0.0])
    top = free.bottom + band
    bottom = top + GAP / 2 + ROOM_FOR_DEGREES
    main = PageBox(left + ROOM_FOR_DEGREES, bottom, whole - ROOM_FOR_DEGREES, free.top - bottom)
    detail = PageBox(left, free.bottom, DETAIL_WIDTH, band - heading) if with_detail else None
    first = left + taken
    placed = tuple((column, first + place * (width + GAP), top, width) for place, column in enumerate(columns))
    return _Plan(main, detail, placed)


def _lying(page: PrintedPage, content: Content, free: _Room, *, with_detail: bool) -> _Plan:
    """The map beside a column of legend, figures and detail map."""
    right = page.width - MARGIN - SIDE_COLUMN
    detail_height = DETAIL_HEIGHT + DETAIL_HEADING + GAP if with_detail else 0.0
    room = free.height - detail_height - GAP
    columns = fitting(
        _columns(content, with_detail=with_detail), content, SIDE_COLUMN, (room / 2, room / 2), room
    )  # fmt: skip
    left, bottom = MARGIN + ROOM_FOR_DEGREES, free.bottom + ROOM_FOR_DEGREES
    main = PageBox(left, bottom, right - GAP - left, free.top - bottom)
    detail = PageBox(right, free.bottom, SIDE_COLUMN, DETAIL_HEIGHT) if with_detail else None
    second = free.top - columns[0].height(SIDE_COLUMN) - GAP
    return _Plan(main, detail, ((columns[0], right, free.top, SIDE_COLUMN), (columns[1], right, second, SIDE_COLUMN)))


def fitting(
    columns: tuple[TextColumn, TextColumn], content: Content, width: float, each: tuple[float, float], together: float
) -> tuple[TextColumn, TextColumn]:
    """Both columns in the largest text that fits, cut short if none does.

    Columns that stand side by side need less than `together` each, which the caller gives as both.
    """
    beside = each[0] == together
    for size in TEXT_SIZES:
        sized = columns[0].sized(size), columns[1].sized(size)
        heights = [column.height(width) for column in sized]
        if (max(heights) if beside else sum(heights)) <= together:
            return sized

    def more(number: int) -> str:
        return content.say("more", n=number)

    return (
        columns[0].sized(TEXT_SIZES[-1]).shortened(width, each[0], more),
        columns[1].sized(TEXT_SIZES[-1]).shortened(width, each[1], more),
    )
