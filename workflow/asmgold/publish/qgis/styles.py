"""The style of each layer of the GeoPackage, as the content of a QML file of QGIS 3.22 or newer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from asmgold.publish import palette
from asmgold.publish.context import Context
from asmgold.publish.qgis import symbols
from asmgold.publish.qgis.attributes import RELATIONS, Content, attributes
from asmgold.publish.qgis.markup import VERSION, Element, document, element, uuid_of
from asmgold.schemas.schema import Column

DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
TOWNS_FROM = 2_500_000  # the denominator of the scale from which small ones are shown
CURVED, HORIZONTAL, BESIDE_POINT = 3, 4, 6  # placements of labels, by the numbers of QGIS
# How a feature is called in lists.
SUMMARIES = {
    "gold_sites": '"label"',
    "asm_gold_regions": '"region_name"',
    "overlay_intersections": '"region_name" || \', \' || "overlay" || \', \' || "zone"',
}
GEOMETRY = {"Point": 0, "LineString": 1, "MultiLineString": 1, "MultiPolygon": 2, None: 4}


def style_of(
    layer: str,
    context: Context,
    *,
    geometry: str | None,
    fields: Mapping[str, Column],
    contents: Mapping[str, Content],
    sites: Iterable[tuple[str, str]] = (),
    unlabelled: Iterable[str] = (),
) -> str:
    """The QML of a layer of the GeoPackage.

    Parameters
    ----------
    layer : its name
    context : the scenario in words
    geometry : `Point`, `LineString` or `MultiPolygon`, or None for a table without geometry
    fields : its columns in words, which become their aliases
    contents : what they hold
    sites : the pairs of source and role of gold that there are, for the layer `gold_sites`
    unlabelled : the countries that need no label, as the title of the map names them
    """
    words = context.words("qgis") | context.words("answer")
    if context.layers.get(layer, {}).get("units_only"):
        parts = _units(str(context.layers[layer]["group_by"]))
    elif layer in context.overlays:
        parts = _overlay(list(context.overlays).index(layer), words | {"title": context.title_of(layer)})
    else:
        match layer:
            case "asm_gold_regions":
                parts = _regions(fields)
            case "gold_sites":
                parts = _sites(context, words, sorted(set(sites)), fields)
            case "rings":
                parts = _outlined("\"from_km\" || '–' || \"to_km\" || ' km'")
            case "regions_by":
                parts = _outlined('"value"')
            case "overlay_intersections":
                parts = _zones(context, words, fields)
            case "towns":
                parts = _towns()
            case "rivers":
                parts = [_single(symbols.lines(palette.WATER, 0.2)), _named(palette.WATER)]
            case "lakes":
                parts = [_single(symbols.polygons(symbols.fill(palette.LAKE, palette.WATER, 0.15)))]
            case "area":
                parts = [_single(symbols.polygons(symbols.fill(palette.AREA, palette.AREA_EDGE, 0.35)))]
            case "countries":
                parts = _countries(unlabelled)
            case "corrections":
                parts = [
                    _single(symbols.arrow(palette.CORRECTION, 0.3)),
                    _map_tip("name", "before", "after", "reason", fields=fields),
                ]
            case "mining_seen":
                parts = [_seen(words), _map_tip("evidence", "period", "amount", fields=fields)]
            case "missed_mining" | "missed_mining_points":
                parts = [
                    _single(_missed(geometry)),
                    _map_tip("evidence", "period", "amount", "distance_km", fields=fields),
                ]
            case _:
                parts = []
    root = element(
        "qgis",
        *parts,
        element("layerOpacity", "1"),
        *attributes(
            {name: field for name, field in fields.items() if field.kind != "geometry"},
            contents,
            SUMMARIES.get(layer),
            context.title_of(layer) if layer in RELATIONS.values() else None,
            words["open_page"] if "url" in fields else None,
        ),
        element("layerGeometryType", str(GEOMETRY[geometry])),
        version=VERSION,
        styleCategories="Symbology|Labeling|Fields|Forms|MapTips|AttributeTable|Rendering|Actions",
        labelsEnabled=any(part.tag == "labeling" for part in parts),
        hasScaleBasedVisibilityFlag=0,
        simplifyDrawingHints=1,
        simplifyDrawingTol=1,
        simplifyLocal=1,
        simplifyMaxScale=1,
    )
    return document(root, DOCTYPE)


def _regions(fields: Mapping[str, Column]) -> list[Element]:
    shape = symbols.fill(palette.REGION, palette.REGION_EDGE, 0.2, palette.REGION_OPACITY)
    text = "\"region_name\" || '\\n' || format_number(\"area_km2\", 0) || ' km²'"
    label = symbols.labels(
        text, 7.5, colour=palette.REGION_EDGE, placement=HORIZONTAL, below_scale=3_000_000, wider_than_mm=14, bold=True
    )
    return [
        _single(symbols.polygons(shape)),
        label,
        _map_tip("region_name", "area_km2", "n_sites", "n_deposits", fields=fields),
    ]


def _outlined(text: str) -> list[Element]:
    """The edges of zones that may lie above one another, and what each is."""
    label = symbols.labels(text, 7, colour=palette.REGION_EDGE, placement=HORIZONTAL, wider_than_mm=10)
    return [_single(symbols.polygons(symbols.fill(None, palette.REGION_EDGE, 0.3, dashes="1.6;1"))), label]


def _sites(
    context: Context, words: Mapping[str, str], present: Sequence[tuple[str, str]], fields: Mapping[str, Column]
) -> list[Element]:
    """Sources by shape and colour; filled where gold is the main commodity, or where no order is given."""
    rules: list[tuple[str, str, Element]] = []
    roles = ", ".join(map(_literal, palette.MAIN_ROLES))
    for source, main in dict.fromkeys((source, palette.is_main(role)) for source, role in present):
        mark = palette.site_mark(source, main=main)
        condition = (
            f'"source" = {_literal(source)} AND coalesce("commodity_role", \'\') {"" if main else "NOT "}IN ({roles})'
        )
        symbol = symbols.marker(mark.shape, mark.size_mm, mark.face, mark.edge, 0.12 if main else 0.25)
        rules.append((condition, context.site_class_title(source, main=main), symbol))
    if not rules:
        rules.append(("ELSE", words["site"], symbols.marker("circle", 1.5, palette.MRDS, palette.SITE_EDGE, 0.12)))
    # Small and frequent ones below, rare and large ones on top.
    rules.sort(key=lambda rule: "major_deposits" in rule[0])
    tip = _map_tip(
        "label", "source", "commodities", "region_name", "fate_reason", fields=fields, link=words["open_page"]
    )
    label = symbols.labels('"label"', 7, placement=BESIDE_POINT, below_scale=600_000, distance=1.2, priority=7)
    return [_by_rules("gold_sites", rules), label, tip]


def _seen(words: Mapping[str, str]) -> Element:
    rules = [
        (f'"place" = {_literal(place)}', words[f"seen_{place}"], symbols.marker("square", 0.8, colour, colour, 0))
        for place, colour in palette.SEEN_COLOURS.items()
    ]
    return _by_rules("mining_seen", rules)


def _missed(geometry: str | None) -> Element:
    if geometry == "Point":
        return symbols.marker("square", 1.6, palette.MISSED, palette.MISSED_EDGE)
    return symbols.polygons(symbols.fill(palette.MISSED, palette.MISSED_EDGE, 0.2))


def _zones(context: Context, words: Mapping[str, str], fields: Mapping[str, Column]) -> list[Element]:
    """Regions inside and outside an overlay that is within another one, as every map has them; others by hatching.

    Those that are hatched are switched off at first.
    """
    rules, off, phrases = [], [], context.overlay_phrases
    for number, (layer, overlay) in enumerate(context.overlays.items()):
        name = layer.removeprefix("overlay_")
        if overlay.get("units_only"):
            continue
        edge = symbols.fill(None, palette.REGION_EDGE, 0.15)
        if overlay["within"]:  # opaque, for the region lies below
            hatch = symbols.hatch(palette.OUTSIDE_HATCH, 45, 1.2, 0.15)
            fills = {zone: symbols.fill(colour, None) for zone, colour in palette.ZONE_COLOURS.items()}
            signs = {"inside": [fills["inside"], edge], "outside": [fills["outside"], hatch, edge]}
        else:
            signs = {"inside": [symbols.hatch(palette.overlay_colour(number), 45 + 30 * number, 1.6, 0.4), edge]}
        for zone, layers in signs.items():
            condition = f'"overlay" = {_literal(name)} AND "zone" = {_literal(zone)}'
            off += [] if overlay["within"] else [condition]
            parent = phrases.get(str(overlay["within"]), "")
            title = context.say(context.phrases("map")[f"zone_{zone}"], title=phrases[name], parent=parent)
            rules.append((condition, title, symbols.polygons(*layers)))
    if not rules:
        rules.append(("ELSE", words["regions"], symbols.polygons(symbols.fill(None, palette.REGION_EDGE, 0.2))))
    return [
        _by_rules("overlay_intersections", rules, off),
        _map_tip("region_name", "overlay", "zone", "area_km2", fields=fields),
    ]


def _units(field: str) -> list[Element]:
    """Fine lines between units such as departments, and their names."""
    name = '"' + field.replace('"', '""') + '"'
    label = symbols.labels(name, 7, colour=palette.TEXT_MUTED, placement=HORIZONTAL, wider_than_mm=8, priority=1)
    return [_single(symbols.polygons(symbols.fill(None, palette.UNITS, 0.15))), label]


def _overlay(number: int, words: Mapping[str, str]) -> list[Element]:
    colour, width = palette.overlay_colour(number), palette.overlay_width(number)
    # The outline alone, over a wider white one, so that it reads on land, sea and region alike.
    casing = symbols.fill(None, palette.HALO, width + 0.5)
    shape = symbols.fill(None, colour, width, dashes=palette.overlay_dashes(number))
    label = symbols.labels(
        _literal(words["title"]), 8, colour=colour, placement=HORIZONTAL, wider_than_mm=25, bold=True
    )
    return [_single(symbols.polygons(casing, shape)), label]


def _towns() -> list[Element]:
    """Settlements with their names: the large ones at every scale, the others from near."""
    large = f'"population" >= {palette.LARGE_TOWN}'
    shown = f'if({large} OR @map_scale < {TOWNS_FROM}, "name", NULL)'
    names = symbols.labels(shown, 6.5, colour=palette.TOWN, placement=BESIDE_POINT, distance=0.8, priority=3)
    rules = [
        (large, "≥ 100 000", symbols.marker("circle", 1.0, palette.TOWN, palette.HALO, 0.1)),
        (f"NOT {large}", "< 100 000", symbols.marker("circle", 0.7, palette.TOWN, palette.HALO, 0.1)),
    ]
    return [_by_rules("towns", rules, near={rules[1][0]: TOWNS_FROM}), names]


def _named(colour: str) -> Element:
    return symbols.labels('"name"', 6.5, colour=colour, placement=CURVED, below_scale=5_000_000, priority=1)


def _countries(unlabelled: Iterable[str]) -> list[Element]:
    names = ", ".join(_literal(name) for name in ("", *unlabelled))
    shape = symbols.fill(palette.NEIGHBOUR, palette.NEIGHBOUR_EDGE, 0.2)
    label = symbols.labels(
        f'if("name" IN ({names}), NULL, upper("name"))',
        8,
        colour=palette.TEXT_MUTED,
        placement=HORIZONTAL,
        wider_than_mm=20,
        priority=2,
    )
    return [_single(symbols.polygons(shape)), label]


def _single(symbol: Element) -> Element:
    return element("renderer-v2", element("symbols", symbol), type="singleSymbol", symbollevels=0, forceraster=0)


def _by_rules(
    layer: str,
    rules: Sequence[tuple[str, str, Element]],
    off: Sequence[str] = (),
    near: Mapping[str, int] | None = None,
) -> Element:
    """A renderer with a rule for each condition, in the order of drawing.

    Those of `off` are switched off; those of `near` are drawn up to the scale 1 : that number.
    """
    listed = []
    for number, (condition, title, symbol) in enumerate(rules):
        symbol.set("name", str(number))
        for layer_of_symbol in symbol.findall("layer"):
            layer_of_symbol.set("pass", str(number))
        listed.append(
            element(
                "rule",
                filter=condition,
                label=title,
                symbol=number,
                key=uuid_of(layer, condition),
                checkstate=condition not in off,
                **({"scalemaxdenom": near[condition]} if near and condition in near else {}),
            )
        )
    return element(
        "renderer-v2",
        element("rules", *listed, key=uuid_of(layer)),
        element("symbols", *(symbol for _, _, symbol in rules)),
        type="RuleRenderer",
        symbollevels=1,
        forceraster=0,
    )


def _map_tip(title: str, *details: str, fields: Mapping[str, Column], link: str = "") -> Element:
    """What QGIS shows beside the pointer, as HTML: a title, and what some columns say, with their words and units.

    The values come from data, so they are escaped. A column that is empty there is left out.
    """
    lines = [f"""<b>[% {_escaped(f'"{title}"')} %]</b>"""]
    for name in details:
        column = fields[name]
        value = f'to_string(round("{name}", 3))' if column.kind == "number" else f'to_string("{name}")'
        words = _literal(f"<br>{column.title}: ")
        lines.append(f"""[% coalesce({words} || {_escaped(value)}, '') %]""")
    if link:
        start, end = _literal('<br><a href="'), _literal(f'">{link}</a>')
        lines.append(f"""[% coalesce({start} || {_escaped('"url"')} || {end}, '') %]""")
    return element("mapTip", "".join(lines))


def _escaped(expression: str) -> str:
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), ('"', "&quot;")):
        expression = f"replace({expression}, '{character}', '{entity}')"
    return expression


def _literal(text: str) -> str:
    """A text in an expression of QGIS."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
