"""The few symbols and labels that the styles are made of. Lengths are in millimetres, sizes of type in points."""

from __future__ import annotations

from asmgold.publish import palette
from asmgold.publish.qgis.markup import Element, element, options, rgba

# The first that is there: QGIS brings the first one along.
FONTS = ("Open Sans", "Noto Sans", "DejaVu Sans", "Arial", "Helvetica")


def polygons(*layers: Element) -> Element:
    """A symbol of polygons, made of `fill` and `hatch`, the lowest first."""
    return _symbol("fill", layers)


def fill(colour: str | None, edge: str | None, width: float = 0.2, opacity: float = 1.0, dashes: str = "") -> Element:
    """A filled and outlined polygon; None for no fill or no outline. `dashes` are lengths, as in `4;2`."""
    if dashes and edge is not None:
        return _outline(edge, width, dashes)
    return _layer(
        "SimpleFill",
        color=rgba(colour or "#000000", opacity),
        style="solid" if colour else "no",
        outline_color=rgba(edge or "#000000"),
        outline_style="solid" if edge else "no",
        outline_width=width,
        outline_width_unit="MM",
        joinstyle="round",
    )


def hatch(colour: str, angle: int, distance: float, width: float) -> Element:
    """Parallel lines."""
    pattern = _layer("LinePatternFill", angle=angle, distance=distance, distance_unit="MM", line_width=width)
    pattern.append(_symbol("line", [_line(colour, width)], name="@0@0"))
    return pattern


def arrow(colour: str, width: float) -> Element:
    """A symbol of lines: an arrow to the last vertex."""
    head = _layer("MarkerLine", placement="lastvertex", rotate=1)
    head.append(_symbol("marker", [_marker("filled_arrowhead", 2.4, colour, colour)], name="@0@1"))
    return _symbol("line", [_line(colour, width), head])


def lines(colour: str, width: float, opacity: float = 1.0) -> Element:
    """A symbol of lines."""
    return _symbol("line", [_line(colour, width, opacity)])


def marker(shape: str, size: float, colour: str, edge: str, edge_width: float = 0.2) -> Element:
    """A symbol of points."""
    return _symbol("marker", [_marker(shape, size, colour, edge, edge_width)])


def text_style(
    size: float, colour: str = palette.TEXT, *, bold: bool = False, halo: bool = False, **attributes: object
) -> Element:
    """How text is set."""
    return element(
        "text-style",
        element("families", *(element("family", name=name) for name in FONTS[1:])),
        element(
            "text-buffer", bufferDraw=halo, bufferSize=0.7, bufferSizeUnits="MM", bufferColor=rgba(palette.HALO),
            bufferOpacity=0.85, bufferJoinStyle=128,
        ),
        fontFamily=FONTS[0], fontSize=size, fontSizeUnit="Point", fontWeight=75 if bold else 50,
        namedStyle="Bold" if bold else "Regular", textColor=rgba(colour), textOpacity=1, multilineHeight=1,
        **attributes,
    )  # fmt: skip


def labels(
    expression: str,
    size: float,
    *,
    colour: str = palette.TEXT,
    placement: int,
    below_scale: int | None = None,
    wider_than_mm: float = 0,
    distance: float = 0,
    priority: int = 5,
    bold: bool = False,
) -> Element:
    """Labels of a layer.

    Parameters
    ----------
    expression : what they say, an expression of QGIS
    placement : QGIS's number: 4 horizontally within, 6 beside the point. (7, along the outline, takes QGIS
        seconds where an outline is long and winding.)
    below_scale : the denominator of the smallest scale that shows them
    wider_than_mm : on the map; features that are smaller have none
    """
    return element(
        "labeling",
        element(
            "settings",
            text_style(size, colour, bold=bold, halo=True, fieldName=expression, isExpression=1),
            element("text-format", multilineAlign=1, wrapChar="", autoWrapLength=0),
            element(
                "placement", placement=placement, dist=distance, distUnits="MM", priority=priority,
                polygonPlacementFlags=2, placementFlags=10, offsetType=1,
                predefinedPositionOrder="TR,TL,BR,BL,R,L,TSR,BSR", fitInPolygonOnly=0,
            ),
            element(
                "rendering", drawLabels=1, scaleVisibility=below_scale is not None, scaleMax=below_scale or 0,
                scaleMin=0, minFeatureSize=wider_than_mm, obstacle=1, obstacleType=1, obstacleFactor=1,
                limitNumLabels=0, displayAll=0,
            ),
            calloutType="simple",
        ),
        type="simple",
    )  # fmt: skip


def _symbol(kind: str, layers: list[Element] | tuple[Element, ...], name: str = "0") -> Element:
    return element("symbol", *layers, name=name, type=kind, alpha=1, clip_to_extent=1, force_rhr=0)


def _layer(class_: str, **values: object) -> Element:
    return element("layer", options(values), class_=class_, enabled=1, locked=0, pass_=0)


def _marker(shape: str, size: float, colour: str, edge: str, edge_width: float = 0.2) -> Element:
    return _layer(
        "SimpleMarker",
        name=shape,
        color=rgba(colour),
        outline_color=rgba(edge),
        outline_width=edge_width,
        outline_width_unit="MM",
        size=size,
        size_unit="MM",
        joinstyle="miter",
    )


def _line(colour: str, width: float, opacity: float = 1.0) -> Element:
    return _layer(
        "SimpleLine", line_color=rgba(colour, opacity), line_width=width, line_width_unit="MM", capstyle="flat"
    )


def _outline(colour: str, width: float, dashes: str) -> Element:
    return _layer(
        "SimpleLine",
        line_color=rgba(colour),
        line_width=width,
        line_width_unit="MM",
        joinstyle="round",
        capstyle="flat",
        use_custom_dash=1,
        customdash=dashes,
        customdash_unit="MM",
    )
