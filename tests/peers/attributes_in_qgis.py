"""Says as JSON how QGIS shows the attributes of a project's layers: in the table, and in a form of 600 pixels.

Run by the Python that QGIS came with: `python3 attributes_in_qgis.py <project.qgz> <folder for pictures>`. Each layer
of the GeoPackage is shown twice: from the project, and dragged alone into an empty one.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["XDG_RUNTIME_DIR"] = os.environ["HOME"] = tempfile.mkdtemp()

from qgis.core import QgsApplication, QgsProject, QgsVectorLayer
from qgis.gui import QgsAttributeDialog, QgsGui
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QLocale, QPoint
from qgis.PyQt.QtWidgets import QAbstractScrollArea, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

ROWS = 300  # of each layer, at most
FORM = (600, 700)


def shown(layer, picture: Path) -> dict:
    """What the table shows of the first rows, column by column, and the boxes of the form of the longest of them."""
    rows = sorted(layer.getFeatures(), key=lambda feature: feature.id())[:ROWS]
    config = layer.attributeTableConfig()
    return {
        "ids": [row.id() for row in rows],
        "cells": {field.name(): cells(layer, rows, index) for index, field in enumerate(layer.fields())},
        "hidden": [column.name for column in config.columns() if column.hidden and column.name],
        "read_only": [f.name() for i, f in enumerate(layer.fields()) if layer.editFormConfig().readOnly(i)],
        "aliases": {field.name(): field.alias() for field in layer.fields()},
        "form": boxes(layer, max(rows, key=length), picture) if rows else {},
    }


def cells(layer, rows, index: int) -> list:
    """What the table shows in a column."""
    setup = QgsGui.editorWidgetRegistry().findBest(layer, layer.fields()[index].name())
    formatter = QgsApplication.fieldFormatterRegistry().fieldFormatter(setup.type())
    config = setup.config()
    cache = formatter.createCache(layer, index, config)
    return [formatter.representValue(layer, index, config, cache, row[index]) for row in rows]


def length(row) -> int:
    return sum(len(str(value)) for value in row.attributes())


def boxes(layer, row, path: Path) -> dict:
    """Of each column in the form of a row: the text of its box, and whether all of it is in sight."""
    dialog = QgsAttributeDialog(layer, row, False)
    dialog.show()
    dialog.resize(*FORM)
    settle()
    dialog.grab().save(str(path))
    form = dialog.attributeForm()
    found = {}
    for field in layer.fields():
        holder = form.findChild(QWidget, field.name())
        # Another box of the same column, for searches, lies behind it.
        inside = holder.findChildren((QLineEdit, QTextEdit, QPlainTextEdit)) if holder else []
        found[field.name()] = next((described(box) for box in inside if box.isVisibleTo(holder)), None)
    sip.delete(dialog)  # before the layers that it shows are gone
    return found


def described(box) -> dict:
    is_line = isinstance(box, QLineEdit)
    text = box.text() or box.placeholderText() if is_line else box.toPlainText()
    if is_line:
        fits = box.fontMetrics().horizontalAdvance(text) <= box.width()
    else:
        fits = box.document().size().height() <= box.viewport().height()
    return {"text": text, "in_sight": fits and in_sight(box)}


def in_sight(box) -> bool:
    """Whether a box is as wide as what is scrolled shows; up and down one may scroll."""
    area = box.parentWidget()
    while not isinstance(area, QAbstractScrollArea):
        area = area.parentWidget()
    left = box.mapTo(area, QPoint(0, 0)).x() - area.viewport().x()
    return left >= 0 and left + box.width() <= area.viewport().width()


def settle() -> None:
    for _ in range(20):
        QgsApplication.processEvents()


def main(path: Path, folder: Path) -> dict:
    QLocale.setDefault(QLocale.c())  # as QGIS on an English system, with a dot and without separators of thousands
    project = QgsProject.instance()
    project.read(str(path))
    layers = [layer for layer in project.mapLayers().values() if isinstance(layer, QgsVectorLayer)]
    tables = {layer.source().split("layername=")[1]: layer for layer in layers}
    answer = {"project": {name: shown(layer, folder / f"project_{name}.png") for name, layer in tables.items()}}
    project.clear()
    answer["alone"] = {}
    for name in answer["project"]:
        layer = QgsVectorLayer(f"{path.with_suffix('.gpkg')}|layername={name}", name, "ogr")
        project.addMapLayer(layer)
        answer["alone"][name] = shown(layer, folder / f"alone_{name}.png")
        project.clear()
    return answer


if __name__ == "__main__":
    application = QgsApplication([], True)
    application.initQgis()
    QgsGui.editorWidgetRegistry().initEditors()
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))))
    sys.stdout.flush()
    os._exit(0)  # Qt does not always get through the end of an application without a screen
