"""Opens a project, or a GeoPackage's layers, in QGIS without a screen, and says as JSON what QGIS made of it.

Run by the Python that QGIS came with: `python3 open_in_qgis.py <project.qgz> <folder for pictures>`. It knows nothing
of the project that wrote the files.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp())

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsCoordinateTransform,
    QgsExpression,
    QgsLayoutExporter,
    QgsLayoutItemLabel,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRenderContext,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QImage


def described(layer) -> dict:
    """What QGIS knows of a layer."""
    metadata = layer.metadata()
    facts = {
        "name": layer.name(),
        "valid": layer.isValid(),
        "source": layer.source(),
        "crs": layer.crs().authid(),
        "title": metadata.title(),
        "abstract": metadata.abstract(),
        "rights": metadata.rights(),
        "licences": metadata.licenses(),
        "history": metadata.history(),
        "contacts": [contact.organization for contact in metadata.contacts()],
    }
    if not isinstance(layer, QgsVectorLayer):
        return facts | {"renderer": layer.renderer().type() if layer.renderer() else None}
    renderer = layer.renderer()
    symbols = renderer.symbols(QgsRenderContext()) if renderer else []
    return facts | {
        "features": layer.featureCount(),
        "renderer": renderer.dump() if renderer else None,
        "colours": sorted({colour for symbol in symbols for colour in colours_of_symbol(symbol)}),
        "legend": [item.label() for item in renderer.legendSymbolItems()] if renderer else [],
        "labels": layer.labelsEnabled(),
        "aliases": {field.name(): field.alias() for field in layer.fields()},
        "comments": {field.name(): field.comment() for field in layer.fields()},
        "expressions_hold": all_expressions_hold(layer),
    }


def colours_of_symbol(symbol) -> set:
    """The colours of fills and outlines, also of symbols within the symbol."""
    colours = set()
    for part in symbol.symbolLayers():
        colours |= {part.color().name(), part.strokeColor().name()}
        if part.subSymbol() is not None:
            colours |= colours_of_symbol(part.subSymbol())
    return colours


def all_expressions_hold(layer) -> bool:
    """Whether the filters of the rules and the labels' expression are understood."""
    renderer, texts = layer.renderer(), []
    if renderer is not None and renderer.type() == "RuleRenderer":
        texts += [rule.filterExpression() for rule in renderer.rootRule().descendants() if not rule.isElse()]
    if layer.labelsEnabled():
        texts.append(layer.labeling().settings().fieldName)
    return all(text and not QgsExpression(text).hasParserError() for text in texts)


def render(project, extent, path: Path, size=(700, 700)) -> dict:
    """Draw what is visible, as the canvas would, and say how often each colour stands in it."""
    settings = QgsMapSettings()
    settings.setLayers(project.mapThemeCollection().masterVisibleLayers())
    settings.setDestinationCrs(project.crs())
    settings.setTransformContext(project.transformContext())
    settings.setBackgroundColor(project.backgroundColor())
    settings.setOutputSize(QSize(*size))
    settings.setExtent(extent)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    picture = job.renderedImage()
    picture.save(str(path))
    seen = settings.visibleExtent()
    return colours_of(picture) | {
        "extent": [seen.xMinimum(), seen.yMinimum(), seen.xMaximum(), seen.yMaximum()],
        "errors": [error.message for error in job.errors()],
    }


def colours_of(picture) -> dict:
    """How often each colour stands in every ninth pixel."""
    bits = picture.convertToFormat(QImage.Format_RGB32).constBits()
    pixels = memoryview(bits.asstring(picture.width() * picture.height() * 4)).cast("I")
    counts = Counter(pixels[::9])
    return {"colours": {f"#{pixel & 0xFFFFFF:06x}": count for pixel, count in counts.items()}}


def main(path: Path, folder: Path) -> dict:
    messages: list[str] = []
    QgsApplication.messageLog().messageReceived.connect(
        lambda text, tag, level: messages.append(f"{tag}: {text}") if level != Qgis.Info else None
    )
    project = QgsProject.instance()
    read = project.read(str(path))
    layers = {layer.name(): described(layer) for layer in project.mapLayers().values()}
    extents = {"default view": project.viewSettings().defaultViewExtent()}
    bookmarks = project.bookmarkManager().bookmarks()
    extents |= {bookmark.name(): bookmark.extent() for bookmark in bookmarks}
    pictures = {}
    for number, (name, extent) in enumerate(extents.items()):
        turned = QgsCoordinateTransform(extent.crs(), project.crs(), project).transformBoundingBox(extent)
        pictures[name] = render(project, turned, folder / f"canvas_{number}.png")
    layouts = {}
    for number, layout in enumerate(project.layoutManager().printLayouts()):
        target = folder / f"layout_{number}.png"
        options = QgsLayoutExporter.ImageExportSettings()
        options.dpi = int(os.environ.get("DPI", "70"))
        options.exportMetadata = False
        done = QgsLayoutExporter(layout).exportToImage(str(target), options)
        layouts[layout.name()] = {
            "exported": done == QgsLayoutExporter.Success,
            "colours": colours_of(QImage(str(target)))["colours"],
            "texts": [item.currentText() for item in layout.items() if isinstance(item, QgsLayoutItemLabel)],
            "items": sorted({type(item).__name__ for item in layout.items() if hasattr(item, "uuid")}),
        }
    package = path.with_suffix(".gpkg")
    dropped = {}
    for layer in layers.values():
        if "layername=" in layer["source"]:
            table = layer["source"].split("layername=")[1]
            alone = QgsVectorLayer(f"{package}|layername={table}", table, "ogr")
            dropped[table] = described(alone) | {"title_in_project": layer["name"]}
    return {
        "read": read,
        "title": project.title(),
        "crs": project.crs().toProj(),
        "ellipsoid": project.ellipsoid(),
        "metadata": {"title": project.metadata().title(), "abstract": project.metadata().abstract()},
        "relations": {name: relation.isValid() for name, relation in project.relationManager().relations().items()},
        "groups": [group.name() for group in project.layerTreeRoot().findGroups()],
        "layers": layers,
        "dropped": dropped,
        "pictures": pictures,
        "layouts": layouts,
        "messages": messages,
    }


if __name__ == "__main__":
    application = QgsApplication([], False)
    application.initQgis()
    answer = main(Path(sys.argv[1]), Path(sys.argv[2]))
    print(json.dumps(answer))
    QgsProject.instance().clear()
    application.exitQgis()
