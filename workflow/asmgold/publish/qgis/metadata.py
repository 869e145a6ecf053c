"""Metadata of layers and of the project, in the XML that QGIS reads and shows under Information."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from asmgold.publish.context import Context
from asmgold.publish.qgis.markup import VERSION, Element, document, element
from asmgold.schemas.schema import Column
from asmgold.schemas.tables import CRS

DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
LANGUAGES = {"en": "eng", "es": "spa"}  # of ISO 639-2, which metadata use
TAG = re.compile(r"<(?=[A-Za-z/!?])")
KEYWORDS = ("gold", "artisanal and small-scale mining", "ASM", "mineral deposits")


def layer_metadata(layer: str, context: Context, fields: Mapping[str, Column], bounds: Sequence[float] | None) -> str:
    """The metadata of a layer of the GeoPackage: abstract with its columns, credits, licences, lineage, extent, dates.

    Parameters
    ----------
    layer : its name
    context : the scenario in words
    fields : its columns in words
    bounds : west, south, east, north in EPSG:4326; None for a table without geometry, or an empty layer
    """
    sources = context.sources_of(layer)
    columns = "\n".join(f"{field.title} ({name}): {field.description}" for name, field in fields.items())
    root = element(
        "qgis",
        *_common(layer, context, context.title_of(layer), f"{context.abstract_of(layer)}\n\n{columns}", sources),
        *(element("history", step) for step in context.lineage_of(layer)),
        element("fees"),
        *(element("rights", str(source["citation"])) for source in sources),
        *(element("license", text) for text in dict.fromkeys(_licence(source) for source in sources)),
        element("encoding", "UTF-8"),
        element("crs", element("spatialrefsys", element("authid", CRS))) if bounds else None,
        _extent(sources, bounds),
        version=VERSION,
    )
    return document(_without_markup(root), DOCTYPE)


def dataset_metadata(context: Context) -> str:
    """The metadata of the GeoPackage as a whole, in the terms of Dublin Core."""
    words, sources = context.words("geopackage"), context.sources_of("")
    terms = [
        ("title", words["dataset"]),
        ("abstract", words["about_dataset"]),
        ("language", context.language),
        ("date", context.date),
        *(("provenance", step) for step in context.lineage_of("overlay_intersections")),
        *(("creator", producer) for producer in dict.fromkeys(str(source["producer"]) for source in sources)),
        *(("bibliographicCitation", text) for text in dict.fromkeys(str(source["citation"]) for source in sources)),
        *(("license", text) for text in dict.fromkeys(_licence(source) for source in sources)),
        *(("source", text) for text in dict.fromkeys(str(source["urls"][0]) for source in sources)),
    ]
    listed = (element(f"dcterms:{term}", text) for term, text in terms)
    return document(element("metadata", *listed, **{"xmlns:dcterms": "http://purl.org/dc/terms/"}))


def project_metadata(context: Context) -> Element:
    """The metadata of the project."""
    words = context.words("geopackage")
    root = element(
        "projectMetadata",
        *_common("asm_gold_regions", context, words["dataset"], words["about_dataset"], context.sources_of("")),
        element("author", "asmgold"),
        element("creation", f"{context.date}T00:00:00"),
    )
    return _without_markup(root)


def credit_line(context: Context) -> str:
    """Who made the data that the map shows, in one line."""
    producers = dict.fromkeys(str(source["producer"]) for source in context.sources.values())
    return context.words("qgis")["data"] + " " + "; ".join(producers) + "."


def _common(
    identifier: str, context: Context, title: str, abstract: str, sources: Sequence[Mapping[str, Any]]
) -> list[Element]:
    return [
        element("identifier", identifier),
        element("parentidentifier"),
        element("language", LANGUAGES[context.language]),
        element("type", "dataset"),
        element("title", title),
        element("abstract", abstract),
        element("keywords", *(element("keyword", word) for word in KEYWORDS), vocabulary=""),
        *(
            element("contact", *(element(tag, text) for tag, text in (
                ("name", producer), ("organization", producer), ("position", ""), ("voice", ""), ("fax", ""),
                ("email", ""), ("role", "originator"))))
            for producer in dict.fromkeys(str(source["producer"]) for source in sources)
        ),
        element("links", *(
            element("link", name=source["title"], type="WWW:LINK", url=source["urls"][0],
                    description=source.get("notes", ""), format="", mimeType="", size="")
            for source in sources
        )),
    ]  # fmt: skip


def _without_markup(root: Element) -> Element:
    """The same with no tag in any text: QGIS shows metadata as HTML, and escapes nothing of it."""
    for node in root.iter():
        node.text = node.text and TAG.sub("‹", node.text)
        node.attrib.update({key: TAG.sub("‹", value) for key, value in node.attrib.items()})
    return root


def _licence(source: Mapping[str, Any]) -> str:
    return f"{source['producer']}: {source['licence']}"


def _extent(sources: Sequence[Mapping[str, Any]], bounds: Sequence[float] | None) -> Element:
    dates = sorted(str(source["date"]) for source in sources if source.get("date"))
    west, south, east, north = bounds or (0, 0, 0, 0)
    spatial = element("spatial", crs=CRS, dimensions=2, minx=west, miny=south, maxx=east, maxy=north, minz=0, maxz=0)
    period = (
        element("period", element("start", _instant(dates[0])), element("end", _instant(dates[-1]))) if dates else None
    )
    return element("extent", spatial if bounds else None, element("temporal", period) if dates else None)


def _instant(date: str) -> str:
    return f"{date}-01-01"[:10] + "T00:00:00Z"
