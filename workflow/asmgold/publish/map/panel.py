"""A map in its frame, at a place of the page: the main map, and the detail map beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import to_hex, to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Polygon, Rectangle
from matplotlib.path import Path
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from asmgold.io.values import as_text
from asmgold.publish import palette
from asmgold.publish.map.columns import ColumnEntry, DrawSymbol
from asmgold.publish.map.content import Content
from asmgold.publish.map.lettering import PrintedPage, mm, places_within, text_width, write_at_first_free
from asmgold.publish.map.ornaments import degrees_in_words, graticule, scale_bar_km, scale_denominator
from asmgold.publish.map.view import MapView
from asmgold.vocabulary.iso import country_name

if TYPE_CHECKING:
    import geopandas as gpd

Floats = NDArray[np.float64]

DASHES: tuple[Any, ...] = ("-", "-", "--", "-.", ":", (0, (6, 1.5, 1, 1.5, 1, 1.5)))
OUTLINE_WIDTHS = (1.5, 1.1, 1.1, 1.1, 1.3, 1.1)
MARKERS = {"circle": "o", "diamond": "D", "square": "s"}
POINTS_OF_A_MM = 1.5  # of a sign's size in print, finer than on a screen
FEW_SITES = 600
MARKER_IN_DISC = 0.4  # of its diameter at most, or the region would hide below its sites
SMALLEST_SHRINK, SMALLEST_ON_EARTH = 0.4, 0.15  # of a sign; a disc is half a millimetre on a poster of the Earth
FINE_FROM_M = 3e6  # of width in sight; lines grow finer beyond that
TOWNS_BY_WIDTH = 1.5  # the power by which towns have to be larger where more land is in sight, or names hide it
SAME_PLACE_MM = 0.15
MAX_LABEL_LENGTH = 30
MANY_POLYGONS = 10
SMALLEST_MARKER = POINTS_OF_A_MM * palette.site_mark("mrds", main=True).size_mm
RING_STYLE: Any = {"colour": palette.REGION_EDGE, "width": 0.35, "dashes": (0, (4, 2))}
TOWN_STYLE: Any = {"linestyle": "", "marker": "o", "markersize": 1.6, "markerfacecolor": palette.TOWN, "scalex": False,
                   "markeredgecolor": palette.HALO, "markeredgewidth": 0.2, "scaley": False, "zorder": 7.5}  # fmt: skip
HATCH = "/////"  # by which a reader of a grey copy tells what is outside from the other regions


@dataclass(frozen=True)
class PageBox:
    """A part of the page, millimetres."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def shape(self) -> BaseGeometry:
        """The same as a polygon."""
        return shapely.box(self.left, self.bottom, self.left + self.width, self.bottom + self.height)


@dataclass
class Panel:
    """One map: what of the content lies in a view, drawn in a box of the page."""

    page: PrintedPage
    content: Content
    box: PageBox
    view: MapView
    detail: bool = False

    def draw(self, locator: MapView | None = None) -> None:
        """Draw all of it; `locator` is the view of the detail map, whose frame the main map shows."""
        self._land()
        self._waters()
        self._graticule()
        self._regions()
        self._rings()
        self._outlines()
        self._seen()
        self._sites()
        if locator is not None:
            self._line(locator.frame_in(self.view), palette.TEXT, 0.9, zorder=8)
        self._frame()
        self._furniture()
        self._labels()

    # Geometry, from the bottom to the top.

    @cached_property
    def axes(self) -> Axes:
        """The axes in metres of the view's plane."""
        axes = self.page.inner_axes(self.box.left, self.box.bottom, self.box.width, self.box.height)
        west, south, east, north = self.view.frame
        axes.set(xlim=(west, east), ylim=(south, north))
        return axes

    @cached_property
    def area(self) -> NDArray[np.object_]:
        """The area of interest in the view's plane."""
        return self.view.polygons(self.content.area.geometry)

    @cached_property
    def regions(self) -> NDArray[np.object_]:
        """The regions in the view's plane."""
        return self.view.polygons(self.content.regions.geometry)

    @cached_property
    def overlays(self) -> dict[str, NDArray[np.object_]]:
        """The overlays in the view's plane by their names."""
        return {name: self.view.polygons(layer.geometry) for name, layer in self.content.overlays.items()}

    @cached_property
    def countries(self) -> NDArray[np.object_]:
        """The countries in the view's plane; none if the map knows none."""
        if self.content.countries is None:
            return np.array([], dtype=object)
        return self.view.polygons(self.content.countries.geometry)

    def _land(self) -> None:
        # Where no country is known, nothing says what is sea.
        around = palette.SEA if self.content.countries is not None else palette.NEIGHBOUR
        self._fill(self.view.outline(), around, edgecolor=palette.NEIGHBOUR_EDGE, linewidth=0.5, zorder=0)
        if self.content.is_of_the_earth and len(self.countries):
            # They are the area: their borders are all there is to draw.
            self._fill(self.countries, palette.AREA, edgecolor=palette.AREA_EDGE, linewidth=0.2, zorder=1.5)
            return
        self._fill(self.countries, palette.NEIGHBOUR, edgecolor=palette.NEIGHBOUR_EDGE,
                   linewidth=0.5 * self._fineness, zorder=1)  # fmt: skip
        self._fill(self.area, palette.AREA, edgecolor="none", zorder=1.5)
        for shape in self.area:
            self._line(shapely.boundary(shape), palette.AREA_EDGE, 0.9 * self._fineness, zorder=5)

    def _waters(self) -> None:
        backdrop = self.content.backdrop
        if "lakes" in backdrop:
            self._fill(self.view.polygons(backdrop["lakes"].geometry), palette.LAKE, edgecolor=palette.WATER,
                       linewidth=0.3, zorder=1.7)  # fmt: skip
        for line in self.view.lines(backdrop["rivers"].geometry if "rivers" in backdrop else []):
            self.axes.plot(*line.T, color=palette.WATER, linewidth=0.5 * self._fineness, zorder=1.8, scalex=False,
                           scaley=False)  # fmt: skip

    def _rings(self) -> None:
        """The outer edges of zones by distance."""
        for shape in self.view.polygons(self.content.rings.geometry if self.content.rings is not None else []):
            self._line(shapely.boundary(shape), **RING_STYLE, zorder=3.6)

    def _regions(self) -> None:
        self._fill(self.regions, region_colour(), edgecolor=palette.REGION_EDGE,
                   linewidth=0.45 * self._fineness, zorder=3)  # fmt: skip
        nested = self.content.nested
        if nested is None:
            return
        pieces = self.content.intersections[self.content.intersections["overlay"] == nested[1]]
        for zone, colour in (("outside", palette.OUTSIDE), ("inside", palette.INSIDE)):
            shapes = self.view.polygons(pieces.loc[pieces["zone"] == zone, "geometry"])
            if zone == "outside":
                self._fill(shapes, colour, edgecolor=palette.OUTSIDE_HATCH, hatch=HATCH, linewidth=0, zorder=3.4)
                colour = "none"
            self._fill(shapes, colour, edgecolor=palette.REGION_EDGE, linewidth=0.3, zorder=3.5)

    def _outlines(self) -> None:
        for number, (name, shapes) in enumerate(self.overlays.items()):
            style = outline_style(number, self.content, name)
            above = 4 if self.content.context.is_units_only(name) else 6
            for shape in shapes:
                self._line(shapely.boundary(shape), zorder=above + number / 100, **style)

    def _seen(self) -> None:
        if self.content.seen is None or self.content.seen.empty:
            return
        for place, colour in palette.SEEN_COLOURS.items():
            points = self._distinct(self.content.seen.geometry[self.content.seen["place"] == place])
            self.axes.plot(*points.T, zorder=3.8, **seen_style(colour, 1.6 if self.detail else 1.0))

    def _sites(self) -> None:
        sites = self.content.sites
        if sites.empty:
            return
        disc = 2000 * self.content.buffer_km * self._scale / mm(1)
        crowded = (FEW_SITES / max(len(sites), 1)) ** 0.3
        least = SMALLEST_ON_EARTH if self.content.is_of_the_earth else SMALLEST_SHRINK
        shrink = float(np.clip(min(crowded, MARKER_IN_DISC * disc / SMALLEST_MARKER, 1.3), least, 1.3))
        for number, (source, main, of_class) in enumerate(site_classes(sites)):
            points = self._distinct(of_class.geometry)
            self.axes.plot(*points.T, zorder=7 + number / 10, **marker_style(source, shrink, main=main))

    def _distinct(self, places: gpd.GeoSeries) -> Floats:
        """Points in the view's plane, once each that stand at one place of the paper."""
        grid = SAME_PLACE_MM * self.view.width / self.box.width
        points = self.view.points(places)
        _, first = np.unique(np.round(points / grid), axis=0, return_index=True)
        return points[np.sort(first)]

    def _fill(self, shapes: NDArray[np.object_], colour: str, **style: Any) -> None:
        patches = [PathPatch(_path(shape)) for shape in shapes if not shape.is_empty]
        if patches:
            self.axes.add_collection(PatchCollection(patches, facecolor=colour, **style), autolim=False)

    def _line(self, line: BaseGeometry, colour: str, width: float, *, zorder: float, dashes: Any = "-") -> None:
        for part in shapely.get_parts(line):
            xy = shapely.get_coordinates(part)
            if len(xy):
                self.axes.plot(*xy.T, color=colour, linewidth=width, linestyle=dashes, zorder=zorder,
                               solid_joinstyle="round", scalex=False, scaley=False)  # fmt: skip

    # What belongs to the paper rather than to the Earth.

    def _frame(self) -> None:
        self.page.axes.add_patch(
            Rectangle((self.box.left, self.box.bottom), self.box.width, self.box.height, fill=False,
                      edgecolor=palette.TEXT, linewidth=0.7, zorder=9)
        )  # fmt: skip

    def _graticule(self) -> None:
        if self.detail:
            return
        letters = self.content.words["directions"]
        beside = ("left", "right") if self.view.shows_a_pole else ()
        for line in graticule(self.view):
            for run in line.pieces:
                self.axes.plot(*run.T, color=palette.GRATICULE, linewidth=0.35, zorder=2, scalex=False, scaley=False)
            text = degrees_in_words(line, letters)
            wanted = ("left", "right") if line.kind == "parallel" else ("bottom", "top", *beside)
            for side in wanted:
                ends = [(x, y) for at, x, y in line.ends if at == side]
                if ends and self._write_beside_frame(side, *ends[0], text):
                    break

    def _write_beside_frame(self, side: str, x: float, y: float, text: str) -> bool:
        across, up = self._on_page(x, y)
        space = 0.9
        styles: dict[str, dict[str, Any]] = {
            "left": {"ha": "right", "va": "center", "rotation": 90},
            "right": {"ha": "left", "va": "center", "rotation": 90},
            "bottom": {"ha": "center", "va": "top"},
            "top": {"ha": "center", "va": "bottom"},
        }
        away = {"left": (-space, 0), "right": (space, 0), "bottom": (0, -space), "top": (0, space)}[side]
        return self.page.write_if_free(
            across + away[0], up + away[1], text, 5.6, color=palette.TEXT_MUTED, **styles[side]
        )  # fmt: skip

    def _furniture(self) -> None:
        """Scale bar and north arrow, in the corner where they cover least of the area."""
        length_km = scale_bar_km(self.view, 0.22 if not self.detail else 0.3)
        bar = self.view.metres_on_paper(1000 * length_km) * self.box.width / self.view.width
        size = 5.2 if self.detail else 6.2
        count = self.content.numbers.count
        unit = f"{count(length_km)} km" if length_km >= 1 else f"{count(1000 * length_km)} m"
        ratio = count(scale_denominator(self.view, self.box.width / 1000))
        below = "" if self.detail else self.content.say("scale", number=ratio, paper=self.page.paper)
        with_arrow = not self.detail and self.view.window is not None  # on a map of the world, north is everywhere
        arrow = 8.0 if with_arrow else 0.0
        width = arrow + max(bar + text_width(unit, size) / 2 + 1, text_width(below, size)) + 4
        height = 2 * mm(size) * 1.3 + (mm(size) * 1.4 if below else 0) + 2.2
        corner = self._emptiest_corner(width, height)
        west, south, _, _ = corner.bounds
        self.page.axes.add_patch(Rectangle((west, south), width, height, facecolor="white", alpha=0.8, linewidth=0))
        x, y = west + 2 + arrow, south + 1.5
        if below:
            self.page.write(x, y, below, size, color=palette.TEXT_MUTED)
            y += mm(size) * 1.45
        self._bar(x, y + 0.2, bar, 1.0)
        self.page.write(x, y + 2, "0", size, ha="left")
        self.page.write(x + bar, y + 2, unit, size, ha="center")
        if with_arrow:
            self._north_arrow(west + 2 + 2.5, south + height / 2 + 0.3)
        self.page.take(corner)

    def _bar(self, x: float, y: float, length: float, height: float) -> None:
        for part in range(4):
            colour = palette.TEXT if part % 2 == 0 else "white"
            self.page.axes.add_patch(
                Rectangle((x + part * length / 4, y), length / 4, height, facecolor=colour,
                          edgecolor=palette.TEXT, linewidth=0.4)
            )  # fmt: skip

    def _north_arrow(self, x: float, y: float) -> None:
        turn = np.radians(-self.view.north_at(*self._on_plane(x, y)))
        turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        for side, colour in ((-1, palette.TEXT), (1, "white")):
            half = np.array([[0, 3.4], [side * 1.7, -3.0], [0, -1.7]]) @ turned.T + [x, y - 0.9]
            self.page.axes.add_patch(
                Polygon(half, facecolor=colour, edgecolor=palette.TEXT, linewidth=0.4, joinstyle="miter")
            )
        across, up = np.array([0, 4.6]) @ turned.T + [x, y - 0.9]
        self.page.write(across, up, self.content.words["directions"][0], 6, weight="bold", ha="center", va="center")

    def _emptiest_corner(self, width: float, height: float) -> BaseGeometry:
        space = 1.2
        left, bottom = self.box.left + space, self.box.bottom + space
        right = self.box.left + self.box.width - space - width
        top = self.box.bottom + self.box.height - space - height
        corners = [shapely.box(x, y, x + width, y + height)
                   for x, y in ((left, bottom), (right, bottom), (left, top), (right, top))]  # fmt: skip
        land = self._to_page(shapely.union_all([*self.area, *self.regions]))
        points = shapely.multipoints(self._to_page_array(self.view.points(self.content.sites.geometry)))
        nested = self.content.nested
        zone = self._to_page(shapely.union_all([] if nested is None else list(self.overlays[nested[1]])))

        def covered(corner: BaseGeometry) -> float:
            sites = len(shapely.get_parts(shapely.intersection(corner, points)))
            return round(corner.intersection(land).area + 10 * corner.intersection(zone).area + sites, 3)

        return min(corners, key=covered)

    # Names, where there is room for them.

    def _labels(self) -> None:
        self._overlay_labels()
        self._town_labels()
        self._country_labels()

    def _overlay_labels(self) -> None:
        nested = self.content.nested
        size = 6.4 if self.detail else 6.8
        regions = shapely.union_all(self.regions)
        for number, (name, shapes) in enumerate(self.overlays.items()):
            if self.content.context.is_units_only(name):
                self._unit_labels(name, shapes, regions)
                continue
            whole = shapely.union_all(shapes)
            text = self.content.titles[name]
            if whole.is_empty or len(text) > MAX_LABEL_LENGTH or _scattered(whole):
                continue
            style = {"color": palette.overlay_colour(number), "halo": True, "weight": "bold"}
            width, height = text_width(text, size, "bold") + 1, mm(size) * 1.2
            clear = self._in_frame(shapely.difference(whole, regions))
            if write_at_first_free(self.page, places_within(clear, width, height), text, size, **style):
                continue
            if self.detail and nested is not None and name == nested[1]:
                room = shapely.difference(shapely.union_all(self.overlays[nested[0]]), shapely.union(whole, regions))
                places = _nearest_first(places_within(self._in_frame(room), width, height), self._to_page(whole))
                write_at_first_free(self.page, places, text, size, **style)

    def _unit_labels(self, name: str, shapes: NDArray[np.object_], regions: BaseGeometry) -> None:
        """The names of units such as departments, where they have room beside the regions."""
        size, field = 5.2, self.content.context.layers[f"overlay_{name}"]["group_by"]
        if self.detail:
            return
        texts = as_text(self.content.overlays[name][field]).fillna("")
        for shape, text in sorted(zip(shapes, texts, strict=True), key=lambda item: -item[0].area):
            width, height = text_width(text, size) + 1, mm(size) * 1.3
            for clear in (shapely.difference(shape, regions), shape):
                places = places_within(self._in_frame(clear), width, height) if text else iter(())
                if write_at_first_free(self.page, places, text, size, color=palette.TEXT_MUTED, halo=True):
                    break

    def _town_labels(self) -> None:
        """Settlements with their names, the largest first, as many as have room; smaller ones on the detail map."""
        towns = self.content.backdrop.get("towns")
        if towns is None:
            return
        least = 0 if self.detail else palette.LARGE_TOWN * max(self.view.width / FINE_FROM_M, 1) ** TOWNS_BY_WIDTH
        towns = towns[(towns["population"] >= least) & towns.intersects(shapely.union_all(self.content.area.geometry))]
        towns = towns.sort_values(["population", "name"], ascending=[False, True], kind="stable")
        size, space = 4.8, 0.8
        for name, place in zip(towns["name"], towns.geometry, strict=True):
            for x, y in self.view.points([place]):
                across, up = self._on_page(x, y)
                width = space + text_width(name, size)
                room = {"left": self.box.left + self.box.width - across, "right": across - self.box.left}
                sides = [(side, off) for side, off in (("left", space), ("right", -space)) if width < room[side]]
                if any(self.page.write_if_free(across + off, up, name, size, color=palette.TOWN, halo=True, ha=side,
                                               va="center") for side, off in sides):  # fmt: skip
                    self.axes.plot([x], [y], **TOWN_STYLE)

    def _country_labels(self) -> None:
        if self.content.countries is None:
            return
        size = 5.8 if self.detail else 7.0
        # On a map of the Earth the area is all countries, which no title names.
        area = () if self.content.is_of_the_earth else self.area
        taken = shapely.union_all([*area, *self.regions])
        in_sight = ~shapely.is_empty(self.countries)
        pieces = [self._in_frame(shape) for shape in shapely.difference(self.countries[in_sight], taken)]
        names = [self._country(code, name) for code, name in
                 self.content.countries.loc[in_sight, ["code", "name"]].itertuples(index=False)]  # fmt: skip
        for piece, name in sorted(zip(pieces, names, strict=True), key=lambda item: (-item[0].area, item[1])):
            text = name.upper()
            width, height = text_width(text, size) + 1.5, mm(size) * 1.4
            if piece.area < width * height or not text:
                continue
            style = {"color": palette.TEXT_MUTED, "halo": True}
            write_at_first_free(self.page, places_within(piece, width, height), text, size, **style)

    def _country(self, code: object, name: object) -> str:
        own = name if isinstance(name, str) else ""
        if self.content.language == "en" or not isinstance(code, str):
            return own
        return country_name(code, self.content.language) or own

    # From the plane to the page and back.

    @property
    def _fineness(self) -> float:
        return float(np.clip((FINE_FROM_M / self.view.width) ** 0.5, 0.3, 1.0))

    @property
    def _scale(self) -> float:
        return self.box.width / self.view.width

    def _on_page(self, x: float, y: float) -> tuple[float, float]:
        west, south, _, _ = self.view.frame
        return self.box.left + (x - west) * self._scale, self.box.bottom + (y - south) * self._scale

    def _on_plane(self, x: float, y: float) -> tuple[float, float]:
        west, south, _, _ = self.view.frame
        return west + (x - self.box.left) / self._scale, south + (y - self.box.bottom) / self._scale

    def _to_page_array(self, xy: Floats) -> Floats:
        west, south, _, _ = self.view.frame
        return (xy - [west, south]) * self._scale + [self.box.left, self.box.bottom]

    def _to_page(self, shape: BaseGeometry) -> BaseGeometry:
        drawn: BaseGeometry = shapely.transform(shape, self._to_page_array)
        return drawn

    def _in_frame(self, shape: BaseGeometry) -> BaseGeometry:
        """A shape of the plane on the page, cut by the frame."""
        cut: BaseGeometry = shapely.intersection(self._to_page(shape), self.box.shape.buffer(-0.8))
        return cut


def region_colour() -> str:
    """The colour of a region on the area: that of the palette, as its opacity lets the paper through."""
    share = palette.REGION_OPACITY
    red, green, blue = share * np.array(to_rgb(palette.REGION)) + (1 - share) * np.array(to_rgb(palette.AREA))
    return str(to_hex((red, green, blue)))


def outline_style(number: int, content: Content, name: str) -> dict[str, Any]:
    """How the outline of an overlay is drawn, by its place in the configuration: finer where it has many polygons."""
    if content.context.is_units_only(name):
        return {"colour": palette.UNITS, "width": 0.4, "dashes": "-"}
    many = len(shapely.get_parts(content.overlays[name].geometry.array)) > MANY_POLYGONS
    return {
        "colour": palette.overlay_colour(number),
        "width": OUTLINE_WIDTHS[number % len(DASHES)] * (0.6 if many else 1.0),
        "dashes": DASHES[number % len(DASHES)],
    }


def site_classes(sites: gpd.GeoDataFrame) -> list[tuple[str, bool, gpd.GeoDataFrame]]:
    """The sites by source and by whether the commodity is the main one; those that matter most are drawn last."""
    groups = sites.groupby(["source", sites["commodity_role"].map(palette.is_main)])
    found = [(str(source), bool(main), members) for (source, main), members in groups]
    return sorted(found, key=lambda one: (one[0] == "major_deposits", one[0], one[1]))


def marker_style(source: str, shrink: float = 1.0, *, main: bool = True) -> dict[str, Any]:
    """How the sites of a class are drawn."""
    mark = palette.site_mark(source, main=main)
    return {
        "linestyle": "", "marker": MARKERS[mark.shape], "markersize": POINTS_OF_A_MM * mark.size_mm * shrink,
        "markerfacecolor": mark.face, "markeredgecolor": mark.edge, "markeredgewidth": (0.3 if main else 0.5) * shrink,
        "scalex": False, "scaley": False,
    }  # fmt: skip


def seen_style(colour: str, size: float) -> dict[str, Any]:
    """How mining that was seen is drawn."""
    return {"linestyle": "", "marker": "s", "markersize": size, "markerfacecolor": colour, "markeredgewidth": 0,
            "scalex": False, "scaley": False}  # fmt: skip


def legend_entries(content: Content, *, with_detail: bool = False) -> Iterator[ColumnEntry]:
    """What the signs of the map mean."""
    say = content.say
    if content.regions.empty:
        yield ColumnEntry(say("no_site"), _patch(palette.AREA, palette.AREA_EDGE))
    else:
        yield ColumnEntry(say("region"), _patch(region_colour(), palette.REGION_EDGE))
    nested = content.nested
    if nested is not None:
        parent, child = (content.context.overlay_phrases[name] for name in nested)
        yield ColumnEntry(say("zone_inside", title=child), _patch(palette.INSIDE, palette.REGION_EDGE))
        yield ColumnEntry(say("zone_outside", title=child, parent=parent), _hatched_patch())
    if content.rings is not None:
        limits = "–".join(content.numbers.general(limit) for limit in content.rings["to_km"])
        yield ColumnEntry(say("rings", limits=limits), _stroke(**RING_STYLE))
    for source, main, _ in site_classes(content.sites):
        text = say("sites_of", source=content.context.site_class_title(source, main=main))
        yield ColumnEntry(text, _marker(marker_style(source, main=main)))
    if content.seen is not None:
        for place, colour in palette.SEEN_COLOURS.items():
            if (content.seen["place"] == place).any():
                text = content.context.phrases("answer")[f"seen_{place}"]
                yield ColumnEntry(text, _marker(seen_style(colour, 3.2)))
    border = say("borders") if content.is_of_the_earth else say("border", area=content.titles["area"])
    yield ColumnEntry(border, _stroke(palette.AREA_EDGE, 0.9))
    if with_detail:
        yield ColumnEntry(say("detail"), _patch("none", palette.TEXT, 0.9))
    for number, name in enumerate(content.overlays):
        yield ColumnEntry(content.titles[name], _stroke(**outline_style(number, content, name)))


def _patch(face: str, edge: str, width: float = 0.5) -> DrawSymbol:
    def draw(axes: Axes, x: float, y: float) -> None:
        axes.add_patch(Rectangle((x - 3, y - 1.1), 6, 2.2, facecolor=face, edgecolor=edge, linewidth=width))

    return draw


def _hatched_patch() -> DrawSymbol:
    def draw(axes: Axes, x: float, y: float) -> None:
        axes.add_patch(
            Rectangle((x - 3, y - 1.1), 6, 2.2, facecolor=palette.OUTSIDE, edgecolor=palette.OUTSIDE_HATCH,
                      hatch=HATCH, linewidth=0)
        )  # fmt: skip
        _patch("none", palette.REGION_EDGE)(axes, x, y)

    return draw


def _stroke(colour: str, width: float, dashes: Any = "-") -> DrawSymbol:
    def draw(axes: Axes, x: float, y: float) -> None:
        axes.add_line(Line2D([x - 3, x + 3], [y, y], color=colour, linewidth=width, linestyle=dashes))

    return draw


def _marker(style: dict[str, Any]) -> DrawSymbol:
    def draw(axes: Axes, x: float, y: float) -> None:
        axes.plot([x], [y], **style)

    return draw


def _path(shape: BaseGeometry) -> Path:
    """The rings of polygons as one path of matplotlib's."""
    rings = shapely.get_rings(shapely.get_parts(shapely.normalize(shape)))
    return Path.make_compound_path(*(Path(shapely.get_coordinates(ring), closed=True) for ring in rings))


def _scattered(shape: BaseGeometry) -> bool:
    """Whether a shape is many pieces, none of them most of it, so that one name at one place would mislead."""
    areas = shapely.area(shapely.get_parts(shape))
    return bool(areas.max() < 0.6 * areas.sum())


def _nearest_first(places: Iterator[tuple[float, float]], shape: BaseGeometry) -> Iterator[tuple[float, float]]:
    found = list(places)
    distance = shapely.distance(shapely.points(found), shape) if found else np.array([])
    return (found[number] for number in np.argsort(np.round(distance, 3), kind="stable"))
