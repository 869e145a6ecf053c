"""A print layout on A4: map, graticule, title, legend, scale bar, north arrow and credits. Lengths in millimetres."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass

import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from asmgold.geodesy.projection import Bounds, Projection
from asmgold.publish import palette
from asmgold.publish.messages import Numbers
from asmgold.publish.qgis.markup import Element, element, inert, rgba, uuid_of
from asmgold.publish.qgis.symbols import FONTS, lines, text_style
from asmgold.publish.qgis.view import reference_system, widened
from asmgold.schemas.tables import CRS

A4 = (210.0, 297.0)
MARGIN, HEADER, FOOTER = 12.0, 27.0, 27.0
DEGREE_M = 111_195.0
GRATICULE_DEG = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30)
CORNERS = {"upper left": 0, "upper right": 2, "lower left": 6, "lower right": 8}
PAGE, MAP, PICTURE, LABEL, LEGEND, SCALE_BAR = 65638, 65639, 65640, 65641, 65642, 65646
NORTH_ARROW = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 60">'
    f'<path d="M20 4 L33 40 L20 32 L7 40 Z" fill="none" stroke="{palette.TEXT}" stroke-width="2"/>'
    f'<path d="M20 4 L20 32 L7 40 Z" fill="{palette.TEXT}"/>'
    f'<path d="M14 58 V45 L26 58 V45" fill="none" stroke="{palette.TEXT}" stroke-width="2.6"/></svg>'
)


@dataclass(frozen=True)
class LayoutPage:
    """What a layout says.

    Parameters
    ----------
    name : of the layout
    title, subtitle, notes : text; the notes are the lines below the map, in which `{scale}` is filled in
    projection : of the plane that the map shows
    shows : the rectangle to show, in that plane
    busy : the polygons that the legend should not cover, in that plane
    legend : the layers of the legend, as elements of a layer tree
    legend_rows : the lines that these take
    background : the colour behind the layers
    numbers : how numbers are written
    """

    name: str
    title: str
    subtitle: str
    notes: Sequence[str]
    projection: Projection
    shows: Bounds
    busy: BaseGeometry
    legend: Sequence[Element]
    legend_rows: int
    background: str
    numbers: Numbers


def layout(page: LayoutPage) -> Element:
    """The layout, upright or across as the rectangle is."""
    west, south, east, north = page.shows
    width, height = A4 if north - south >= east - west else A4[::-1]
    frame = (MARGIN + 2, HEADER, width - 2 * MARGIN - 2, height - HEADER - FOOTER)
    extent, scale = _round_scale(page.shows, frame[2], frame[3])
    text = width - 2 * MARGIN
    size = _title_size(page.title, text - 16)
    map_id = uuid_of(page.name, "map")
    notes = "\n".join(page.notes).replace("{scale}", page.numbers.count(scale))
    bottom = height - FOOTER + 7.5
    return element(
        "Layout",
        element("PageCollection", _item(page, PAGE, "page", (0, 0, width, height), background=palette.HALO)),
        _map(page, map_id, frame, extent),
        _label(
            page,
            "title",
            page.title,
            (MARGIN, 8, text - 16, 9),
            size,
            palette.TEXT,
            bold=True,
        ),
        _label(page, "subtitle", page.subtitle, (MARGIN, 17.5, text - 16, 6), 10, palette.TEXT_MUTED),
        _north_arrow(page, map_id, (width - MARGIN - 12, 7.5, 12, 17)),
        _legend(page, map_id, frame, extent),
        _label(page, "notes", notes, (MARGIN, bottom, text - 62, FOOTER - 11), 6.5, palette.TEXT_MUTED),
        _scale_bar(page, map_id, (width - MARGIN, bottom), scale),
        name=page.name,
        units="mm",
        printResolution=300,
        worldFileMap=map_id,
    )


def _title_size(title: str, width: float) -> float:
    """The size of type, in points, that a title needs to fit on its line; a letter is some 0.23 mm wide for each."""
    return max(8, min(18, math.floor(width / (0.23 * max(len(title), 1)))))


def _round_scale(shows: Bounds, width: float, height: float) -> tuple[Bounds, int]:
    """The rectangle that fills the map, at a scale of two significant digits, and the scale's denominator."""
    west, south, east, north = widened(shows, width / height)
    exact = (east - west) / (width / 1000)
    digit = 10 ** (math.floor(math.log10(exact)) - 1)
    scale = math.ceil(exact / digit) * digit
    grown, x, y = scale / exact / 2, (west + east) / 2, (south + north) / 2
    half_width, half_height = grown * (east - west), grown * (north - south)
    return (x - half_width, y - half_height, x + half_width, y + half_height), int(scale)


def _item(
    page: LayoutPage,
    kind: int,
    name: str,
    place: tuple[float, float, float, float],
    *children: Element,
    background: str | None = None,
    framed: bool = False,
    corner: int = 0,
    **attributes: object,
) -> Element:
    x, y, width, height = place
    red, green, blue, _ = rgba(background or palette.HALO).split(",")
    return element(
        "LayoutItem",
        element("FrameColor", red=77, green=77, blue=77, alpha=255),
        element("BackgroundColor", red=red, green=green, blue=blue, alpha=255),
        *children,
        type=kind,
        id=name,
        uuid=uuid_of(page.name, name),
        templateUuid=uuid_of(page.name, name),
        position=f"{x:g},{y:g},mm",
        positionOnPage=f"{x:g},{y:g},mm",
        size=f"{width:g},{height:g},mm",
        referencePoint=corner,
        frame=str(framed).lower(),
        frameJoinStyle="miter",
        outlineWidthM="0.2,mm",
        background=str(background is not None).lower(),
        opacity=1,
        visibility=1,
        positionLock="false",
        itemRotation=0,
        blendMode=0,
        excludeFromExports=0,
        groupUuid="",
        zValue={PAGE: 0, MAP: 1}.get(kind, 2),
        **attributes,
    )


def _map(page: LayoutPage, map_id: str, frame: tuple[float, float, float, float], extent: Bounds) -> Element:
    west, south, east, north = extent
    return _item(
        page, MAP, "map", frame,
        element("Extent", xmin=west, ymin=south, xmax=east, ymax=north),
        element("LayerSet"),
        _graticule(page, extent),
        element("labelBlockingItems", element("item", uuid=uuid_of(page.name, "legend"))),
        background=page.background, framed=True, mapRotation=0, keepLayerSet="false", followPreset="false",
        followPresetName="", drawCanvasItems="true", mapFlags=0, labelMargin="2,mm", isTemporal=0,
    )  # fmt: skip


def _graticule(page: LayoutPage, extent: Bounds) -> Element:
    across, up = _intervals(page.projection, extent)
    latitudes, longitudes, none, outside, upright = 1, 2, 3, 1, 1
    return element(
        "ComposerMapGrid",
        element("lineStyle", lines(palette.GRATICULE, 0.1, opacity=0.6)),
        reference_system(pyproj.CRS(CRS)),
        text_style(6.5, palette.TEXT_MUTED),
        name="graticule", uuid=uuid_of(page.name, "graticule"), show=1, position=3, gridStyle=0, unit=0, blendMode=0,
        intervalX=float(across), intervalY=float(up), offsetX=0, offsetY=0, crossLength=3,
        showAnnotation=1, annotationFormat=3, annotationPrecision=max(0, -math.floor(math.log10(up) + 1e-9)),
        frameAnnotationDistance=0.8, gridFrameStyle=0, gridFrameMargin=0, gridFrameWidth=1, gridFramePenThickness=0.2,
        leftAnnotationDisplay=latitudes, rightAnnotationDisplay=none, topAnnotationDisplay=none,
        bottomAnnotationDisplay=longitudes, leftAnnotationPosition=outside, bottomAnnotationPosition=outside,
        rightAnnotationPosition=outside, topAnnotationPosition=outside, leftAnnotationDirection=upright,
        bottomAnnotationDirection=0, rightAnnotationDirection=0, topAnnotationDirection=0,
    )  # fmt: skip


def _intervals(projection: Projection, extent: Bounds) -> tuple[float, float]:
    """Degrees between meridians and between parallels: the same, but where meridians crowd together."""

    def rounded(degrees: float) -> float:
        return min(GRATICULE_DEG, key=lambda step: abs(math.log(degrees / step / 6)))

    west, south, east, north = extent
    up = rounded((north - south) / DEGREE_M)
    parallel = max(
        math.cos(math.radians(projection.lat_0)), 0.1
    )  # how long a degree of it is, beside one at the equator
    return max(up, rounded((east - west) / DEGREE_M / parallel)), up


def _label(
    page: LayoutPage,
    name: str,
    text: str,
    place: tuple[float, float, float, float],
    size: float,
    colour: str,
    bold: bool = False,
) -> Element:
    red, green, blue, _ = rgba(colour).split(",")
    return _item(
        page, LABEL, name, place,
        element("LabelFont", description=_font(size, bold), style="Bold" if bold else ""),
        element("FontColor", red=red, green=green, blue=blue, alpha=255),
        labelText=inert(text), htmlState=0, halign=1, valign=32, marginX=0, marginY=0,
    )  # fmt: skip


def _north_arrow(page: LayoutPage, map_id: str, place: tuple[float, float, float, float]) -> Element:
    drawing = base64.b64encode(NORTH_ARROW.encode()).decode()
    return _item(
        page, PICTURE, "north arrow", place,
        file=f"base64:{drawing}", mode=0, resizeMode=0, anchorPoint=4, mapUuid=map_id, northMode=1, northOffset=0,
        pictureRotation=0, svgFillColor=rgba(palette.TEXT), svgBorderColor=rgba(palette.TEXT), svgBorderWidth=0.2,
    )  # fmt: skip


def _legend(page: LayoutPage, map_id: str, frame: tuple[float, float, float, float], extent: Bounds) -> Element:
    left, top, width, height = frame
    corner = _free_corner(page, frame, extent)
    inset = 3
    x = left + inset if "left" in corner else left + width - inset
    y = top + inset if "upper" in corner else top + height - inset
    styles = {"title": 10.0, "group": 8.0, "subgroup": 8.0, "symbol": 8.0, "symbolLabel": 8.0}
    spaces = {"title": 2, "group": 2, "subgroup": 2, "symbol": 1.2, "symbolLabel": 1.2}
    # QGIS fits it to its contents when it is drawn; until then its size keeps the map's labels from below it.
    return _item(
        page, LEGEND, "legend", (x, y, 74, 5 + 4.7 * page.legend_rows),
        element("styles", *(
            element(
                "style", element("styleFont", description=_font(size, name == "subgroup"), style=""),
                name=name, alignment=1, indent=0, marginTop=spaces[name], marginLeft=2 if name == "symbolLabel" else 0,
            )
            for name, size in styles.items()
        )),
        element("layer-tree-group", element("customproperties", element("Option")), *page.legend),
        background=palette.HALO, framed=True, corner=CORNERS[corner], map_uuid=map_id, title="", titleAlignment=1,
        columnCount=1, splitLayer=0, equalColumnWidth=0, resizeToContents=1, boxSpace=2.5, columnSpace=2,
        lineSpacing=1,
        symbolWidth=6, symbolHeight=3.5, minSymbolSize=0, maxSymbolSize=0, symbolAlignment=1, wrapChar="",
        rasterBorder=0, fontColor=palette.TEXT, legendFilterByAtlas=0, wmsLegendWidth=50, wmsLegendHeight=25,
    )  # fmt: skip


def _free_corner(page: LayoutPage, frame: tuple[float, float, float, float], extent: Bounds) -> str:
    """The corner where a legend covers least of what matters."""
    west, south, east, north = extent
    x, y = 0.4 * (east - west), 0.33 * (north - south)
    boxes = {
        "lower left": shapely.box(west, south, west + x, south + y),
        "upper right": shapely.box(east - x, north - y, east, north),
        "lower right": shapely.box(east - x, south, east, south + y),
        "upper left": shapely.box(west, north - y, west + x, north),
    }
    return min(boxes, key=lambda corner: round(page.busy.intersection(boxes[corner]).area / boxes[corner].area, 2))


def _scale_bar(page: LayoutPage, map_id: str, place: tuple[float, float], scale: int) -> Element:
    wanted_km = scale * 22 / 1e6
    digit = 10 ** math.floor(math.log10(wanted_km))
    segment = max((step * digit for step in (1, 2, 5) if step * digit <= wanted_km), default=digit)
    right, top = place
    colours = {"fillColor": 27, "strokeColor": 27, "fillColor2": 255}
    return _item(
        page, SCALE_BAR, "scale bar", (right, top, 58, 11),
        text_style(7.5, palette.TEXT),
        *(element(tag, red=grey, green=grey, blue=grey, alpha=255) for tag, grey in colours.items()),
        corner=CORNERS["upper right"], style="Single Box", unitType="km", unitLabel="km", mapUuid=map_id, alignment=0,
        numSegments=2, numSegmentsLeft=0, numUnitsPerSegment=float(segment), numMapUnitsPerScaleBarUnit=1,
        segmentSizeMode=0, segmentMillimeters=22, minBarWidth=20, maxBarWidth=60, height=1.8, labelBarSpace=1.5,
        boxContentSpace=0, outlineWidth=0.2, lineJoinStyle="miter", lineCapStyle="square", labelVerticalPlacement=0,
        labelHorizontalPlacement=0, numSubdivisions=1, subdivisionsHeight=1.5,
    )  # fmt: skip


def _font(size: float, bold: bool = False) -> str:
    return f"{FONTS[0]},{size:g},-1,5,{75 if bold else 50},0,0,0,0,0"
