"""The style that QGIS finds by itself beside a raster of the same name."""

from __future__ import annotations

from pathlib import Path

from asmgold.publish.qgis.markup import DOCTYPE, VERSION, document, element
from asmgold.schemas.rasters import RasterSpecification


def write_style(path: Path, specification: RasterSpecification) -> None:
    """Write the style of a raster, `.qml`: its values in the colours of its ramp."""
    first, last = f"{specification.ramp[0][0]:g}", f"{specification.ramp[-1][0]:g}"
    unit = " km" if specification.unit == "km" else ""
    items = (
        element(
            "item", value=f"{value:g}", color=colour[:7], alpha=int(colour[7:] or "ff", 16), label=f"{value:g}{unit}"
        )
        for value, colour in specification.ramp
    )
    shader = element("colorrampshader", *items, colorRampType="INTERPOLATED", classificationMode=1, clip=0,
                     minimumValue=first, maximumValue=last)  # fmt: skip
    renderer = element(
        "rasterrenderer", element("rastershader", shader), type="singlebandpseudocolor", band=1, opacity=1,
        alphaBand=-1, nodataColor="", classificationMin=first, classificationMax=last,
    )  # fmt: skip
    root = element("qgis", element("pipe", renderer), version=VERSION, styleCategories="Symbology")
    path.write_text(document(root, DOCTYPE), encoding="utf-8")
