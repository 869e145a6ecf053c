"""A QGIS project that shows a GeoPackage: layers in groups, styles, places, print layouts, credits."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import pyogrio
import pyproj
import rasterio
import shapely
from shapely.geometry.base import BaseGeometry

from asmgold.geodesy.projection import Bounds, Projection
from asmgold.io.files import write_zip
from asmgold.publish import palette
from asmgold.publish.context import Context
from asmgold.publish.messages import Numbers
from asmgold.publish.qgis.attributes import RELATIONS
from asmgold.publish.qgis.layout import LayoutPage, layout
from asmgold.publish.qgis.markup import DOCTYPE, VERSION, Element, document, element, inert, uuid_of
from asmgold.publish.qgis.metadata import credit_line, project_metadata
from asmgold.publish.qgis.view import projected, projection_of, rectangle, rectangle_element, reference_system
from asmgold.schemas.tables import CRS

GEOMETRY = {
    "Point": "Point",
    "LineString": "Line",
    "MultiLineString": "Line",
    "MultiPolygon": "Polygon",
    None: "No geometry",
}
CONTEXT = ("rivers", "lakes", "area", "countries")
OSM_CREDIT = "© OpenStreetMap"
OSM_TILES = "type=xyz&url=https://tile.openstreetmap.org/%7Bz%7D/%7Bx%7D/%7By%7D.png&zmax=19&zmin=0"
WEB_MERCATOR = "EPSG:3857"
HIDDEN = (
    "corrections",
    "rings",
    "regions_by",
    "records_rejected",
    "missed_mining",
    "missed_mining_points",
)


@dataclass(frozen=True)
class Raster:
    """A raster beside the project: its file's name, what to call it, and the QML that styles it, if any."""

    filename: str
    title: str
    style: str | None = None


def raster_of(path: Path) -> Raster:
    """A raster as its file describes it: called by the description of its band, styled by the QML beside it."""
    with rasterio.open(path) as raster:
        title = raster.descriptions[0] or path.stem.replace("_", " ")
    style = path.with_suffix(".qml")
    return Raster(path.name, title, style.read_text("utf-8") if style.is_file() else None)


@dataclass(frozen=True)
class _Layer:
    """A layer of the project: its name and title, where its data are, and its content as an element of the project."""

    name: str
    title: str
    source: str
    provider: str
    content: Element
    visible: bool
    crs: str = CRS

    @property
    def id(self) -> str:
        return self.name + "_" + uuid_of(self.source)[1:-1].replace("-", "_")


def write_project(path: Path, package: Path, context: Context, rasters: Sequence[Raster] = ()) -> None:
    """Write a project for QGIS 3.22 or newer, the same bytes for the same GeoPackage.

    Parameters
    ----------
    path : the file to write, `.qgz`
    package : the GeoPackage that it shows, which the project expects beside itself
    context : the scenario in words
    rasters : to be shown too, from files beside it
    """
    layers = _layers_of(package, context)
    shapes = {name: _shapes(package, name) for name in ("area", *context.overlays)}
    projection = projection_of(shapes["area"])
    root = _project(context, layers, [_raster_layer(raster) for raster in rasters], shapes, projection)
    write_zip(path, {path.with_suffix(".qgs").name: document(root, DOCTYPE)})


def _layers_of(package: Path, context: Context) -> dict[str, _Layer]:
    """The layers with the titles, styles and metadata that the GeoPackage itself has for them."""
    # Opened as a file that nobody changes, it stays as it is.
    with closing(sqlite3.connect(f"{package.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as tables:
        rows = tables.execute(
            """SELECT table_name, identifier, styleQML, metadata, geometry_type_name
            FROM gpkg_contents JOIN layer_styles ON table_name = f_table_name AND useAsDefault
            JOIN gpkg_metadata_reference USING (table_name) JOIN gpkg_metadata ON md_file_id = gpkg_metadata.id
            LEFT JOIN gpkg_geometry_columns USING (table_name) ORDER BY layer_styles.id"""
        ).fetchall()
    names = {"POINT": "Point", "LINESTRING": "LineString", "MULTILINESTRING": "MultiLineString",
             "MULTIPOLYGON": "MultiPolygon"}  # fmt: skip
    layers = {}
    for name, title, style, metadata, geometry in rows:
        source = f"./{package.name}|layername={name}"
        content = element("maplayer", type="vector", geometry=GEOMETRY[names.get(geometry)])
        _adopt(content, style)
        content.append(_resource_metadata(metadata))
        layers[name] = _Layer(name, title, source, "ogr", content, visible=geometry is not None and name not in HIDDEN)
    return layers


def _raster_layer(raster: Raster) -> _Layer:
    content = element("maplayer", type="raster")
    if raster.style is not None:
        _adopt(content, raster.style)
    return _Layer(Path(raster.filename).stem, raster.title, f"./{raster.filename}", "gdal", content, visible=False)


def _adopt(layer: Element, style: str) -> None:
    """A layer of a project holds what a style holds, attributes and elements alike."""
    root = ElementTree.fromstring(style)
    layer.attrib.update({key: value for key, value in root.attrib.items() if key != "version"})
    layer.extend(root)


def _resource_metadata(text: str) -> Element:
    root = ElementTree.fromstring(text)
    root.tag = "resourceMetadata"
    root.attrib.clear()
    return root


def _shapes(package: Path, layer: str) -> list[BaseGeometry]:
    table: gpd.GeoDataFrame = pyogrio.read_dataframe(package, layer=layer, columns=[])
    return [shape for shape in table.geometry if shape is not None and not shape.is_empty]


def _project(
    context: Context,
    layers: Mapping[str, _Layer],
    rasters: Sequence[_Layer],
    shapes: Mapping[str, Sequence[BaseGeometry]],
    projection: Projection,
) -> Element:
    words = context.words("qgis")
    groups = _groups(layers, rasters, words, context.overlays)
    ordered = [layer for _, members in groups for layer in members]
    relations = {key: words[key] for key, child in RELATIONS.items() if child in layers}
    places = {
        name: rectangle(found, projection)
        for name, found in shapes.items()
        if found and not context.layers[name].get("units_only")
    }
    background = palette.SEA if "countries" in layers else palette.HALO
    shown = [layer for layer in ordered if layer.visible and layer.name not in ("towns", *CONTEXT)]
    shown.sort(key=lambda layer: layer.name != "asm_gold_regions")
    legend = [_tree_layer(replace(layer, title=inert(layer.title))) for layer in shown]
    rows = sum(_legend_rows(layer) for layer in shown)
    return element(
        "qgis",
        element("homePath", path=""),
        element("title", words["title"]),
        element("projectCrs", reference_system(projection.crs)),
        element(
            "layer-tree-group",
            *(node for title, members in groups for node in _tree(title, members)),
            element("custom-order", enabled=0),
        ),
        element("relations", *(_relation(layers, key, title) for key, title in relations.items())),
        element(
            "mapcanvas",
            element("units", "meters"),
            rectangle_element("extent", places["area"]),
            element("rotation", "0"),
            element("destinationsrs", reference_system(projection.crs)),
            name="theMapCanvas",
        ),
        element("projectlayers", *(_project_layer(layer) for layer in ordered)),
        element("layerorder", *(element("layer", id=layer.id) for layer in ordered)),
        _properties(background),
        element("visibility-presets", *_themes(ordered, words)),
        element("transformContext"),
        project_metadata(context),
        element(
            "Layouts", *(layout(page) for page in _pages(context, places, shapes, projection, legend, rows, background))
        ),
        element("Bookmarks", *(_bookmark(context, name, place, projection) for name, place in places.items())),
        element(
            "ProjectViewSettings",
            element("Scales"),
            _attributes("DefaultViewExtent", places["area"], reference_system(projection.crs)),
            UseProjectScales=0,
        ),
        projectname=words["title"],
        version=VERSION,
        saveDateTime=f"{context.date}T00:00:00",
        saveUser="",
        saveUserFull="",
    )


def _groups(
    layers: Mapping[str, _Layer], rasters: Sequence[_Layer], words: Mapping[str, str], named: Iterable[str]
) -> list[tuple[str | None, list[_Layer]]]:
    """The layers from top to bottom, in groups; None for a layer outside any."""
    overlays = [layers[name] for name in named if name in layers]
    groups = [
        (words["sites"], [layers["gold_sites"], layers["corrections"]]),
        (
            None,
            [
                layers[name]
                for name in ("mining_seen", "missed_mining_points", "missed_mining", "towns")
                if name in layers
            ],
        ),
        (words["overlays"], [*overlays, layers["overlay_intersections"]] if overlays else []),
        (None, [layers[name] for name in ("asm_gold_regions", "rings", "regions_by") if name in layers]),
        (words["rasters"], list(rasters)),
        (words["context"], [_basemap(), *(layers[name] for name in CONTEXT if name in layers)]),
        (words["tables"], [layer for layer in layers.values() if layer.content.get("geometry") == "No geometry"]),
    ]
    return [(title, members) for title, members in groups if members]


def _themes(layers: Sequence[_Layer], words: Mapping[str, str]) -> list[Element]:
    """Choices of layers, by names, in QGIS's menu of map themes."""
    overview = {layer.name for layer in layers if layer.visible} - {"overlay_intersections", "mining_seen"}
    themes = {
        "theme_overview": overview,
        "theme_zones": overview | {"overlay_intersections"},
        "theme_seen": overview | {"mining_seen", "missed_mining", "missed_mining_points"},
        "theme_confidence": overview - {"asm_gold_regions"} | {"region_probability"},  # which would lie below
    }
    known = {layer.name for layer in layers}
    return [
        element(
            "visibility-preset",
            *(element("layer", id=layer.id, visible=1, expanded=1) for layer in layers if layer.name in shown),
            name=words[key],
        )
        for key, shown in themes.items()
        if shown == overview or (shown - overview) & known
    ]


def _basemap() -> _Layer:
    """OpenStreetMap, for whoever ticks it: nothing is asked of a server before."""
    credit = element("resourceMetadata", element("rights", f"{OSM_CREDIT} contributors"))
    return _Layer(
        "basemap", OSM_CREDIT, OSM_TILES, "wms", element("maplayer", credit, type="raster"), False, WEB_MERCATOR
    )


def _tree(title: str | None, members: Sequence[_Layer]) -> list[Element]:
    nodes = [_tree_layer(layer) for layer in members]
    if title is None:
        return nodes
    return [element("layer-tree-group", *nodes, name=title, expanded=1, checked="Qt::Checked")]


def _tree_layer(layer: _Layer) -> Element:
    return element(
        "layer-tree-layer",
        element("customproperties", element("Option")),
        id=layer.id,
        name=layer.title,
        source=layer.source,
        providerKey=layer.provider,
        checked="Qt::Checked" if layer.visible else "Qt::Unchecked",
        expanded=int(layer.visible),
        legend_exp="",
        legend_split_behavior=0,
        patch_size="-1,-1",
    )


def _legend_rows(layer: _Layer) -> int:
    """The lines of a layer in a legend: one for its symbol; with several symbols, one more for its name."""
    symbols = len(layer.content.findall(".//rule[@label]"))
    return symbols + 1 if symbols > 1 else 1


def _project_layer(layer: _Layer) -> Element:
    made = ElementTree.Element(layer.content.tag, layer.content.attrib)
    made.extend(
        [
            element("id", layer.id),
            element("datasource", layer.source),
            element("layername", layer.title),
            element("srs", reference_system(pyproj.CRS(layer.crs))),
            element("provider", layer.provider, encoding="UTF-8"),
            *layer.content,
        ]
    )
    return made


def _relation(layers: Mapping[str, _Layer], key: str, title: str) -> Element:
    return element(
        "relation",
        element("fieldRef", referencingField="region_id", referencedField="region_id"),
        id=key,
        name=title,
        referencingLayer=layers[RELATIONS[key]].id,
        referencedLayer=layers["asm_gold_regions"].id,
        strength="Association",
    )


def _pages(
    context: Context,
    places: Mapping[str, Bounds],
    shapes: Mapping[str, Sequence[BaseGeometry]],
    projection: Projection,
    legend: Sequence[Element],
    rows: int,
    background: str,
) -> list[LayoutPage]:
    """A layout for the area and one for each overlay."""
    words = context.words("qgis")
    notes = [words["caution"], credit_line(context), words[projection.name]]
    return [
        LayoutPage(
            name=words["layout"].replace("{place}", context.title_of(name)),
            title=words["title"] if name == "area" else words["title_part"].replace("{place}", context.title_of(name)),
            subtitle=words["subtitle"],
            notes=[note.replace("{centre}", projection.centre_name) for note in notes],
            projection=projection,
            shows=place,
            busy=projected(shapes[name], projection),
            legend=legend,
            legend_rows=rows,
            background=background,
            numbers=Numbers.of(words),
        )
        for name, place in places.items()
    ]


def _bookmark(context: Context, name: str, place: Bounds, projection: Projection) -> Element:
    return element(
        "Bookmark",
        reference_system(projection.crs),
        id=name,
        name=context.title_of(name),
        group=context.words("qgis")["bookmarks"],
        extent=shapely.to_wkt(shapely.box(*place), rounding_precision=3),
    )


def _properties(background: str) -> Element:
    """Entries of the project, by folder and name. Areas are measured on the ellipsoid, coordinates shown in degrees."""
    red, green, blue = (str(int(background[start : start + 2], 16)) for start in (1, 3, 5))
    entries = {
        "Gui": [("CanvasColorRedPart", "int", red), ("CanvasColorGreenPart", "int", green),
                ("CanvasColorBluePart", "int", blue)],
        "Measure": [("Ellipsoid", "QString", "EPSG:7030")],
        "Measurement": [("AreaUnits", "QString", "km2"), ("DistanceUnits", "QString", "km")],
        "Paths": [("Absolute", "bool", "false")],
        "PositionPrecision": [("Automatic", "bool", "true"), ("DegreeFormat", "QString", "D"),
                              ("CoordinateType", "QString", "MapGeographic")],
        "SpatialRefSys": [("ProjectionsEnabled", "int", "1")],
    }  # fmt: skip
    return element(
        "properties",
        *(
            element(folder, *(element(name, value, type=kind) for name, kind, value in values))
            for folder, values in entries.items()
        ),
    )


def _attributes(tag: str, bounds: Bounds, *children: Element) -> Element:
    west, south, east, north = bounds
    return element(tag, *children, xmin=west, ymin=south, xmax=east, ymax=north)
