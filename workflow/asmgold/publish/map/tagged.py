"""Pages as tagged PDF, so that a screen reader says in words what the page shows.

matplotlib writes no tags. The page becomes one figure with an alternative text, in a structure tree as ISO 32000-1,
section 14.7, describes it, with the language and the title that readers announce.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

BEGIN, END = b"/Figure <</MCID 0>> BDC\n", b"\nEMC"


def write_tagged(figure: Figure, path: Path, metadata: Mapping[str, Any], *, language: str, said: str) -> None:
    """Write a figure as a tagged PDF of one page, the same bytes for the same figure.

    Parameters
    ----------
    figure : one page
    path : where to
    metadata : the document's title and the like, as `Figure.savefig` takes them
    language : of its words, a code of ISO 639-1
    said : what the page says, in words
    """
    drawn = io.BytesIO()
    figure.savefig(drawn, format="pdf", metadata=dict(metadata))
    writer = PdfWriter(clone_from=drawn)
    writer.pdf_header = "%PDF-1.7"
    page, catalog = writer.pages[0], writer.root_object
    stream = StreamObject()
    stream.set_data(BEGIN + page.get_contents().get_data() + END)  # type: ignore[union-attr]
    writer._replace_object(page.raw_get("/Contents"), stream.flate_encode(9))
    root = DictionaryObject({NameObject("/Type"): NameObject("/StructTreeRoot")})
    tree = writer._add_object(root)
    document = _element("Document", tree)
    shown = _element("Figure", writer._add_object(document))
    shown.update({
        NameObject("/Alt"): TextStringObject(said), NameObject("/K"): NumberObject(0),
        NameObject("/Pg"): page.indirect_reference,
    })  # fmt: skip
    figure_tag = writer._add_object(shown)
    document[NameObject("/K")] = figure_tag
    root.update({
        NameObject("/K"): shown["/P"],
        NameObject("/ParentTree"): DictionaryObject(
            {NameObject("/Nums"): ArrayObject([NumberObject(0), ArrayObject([figure_tag])])}
        ),
    })  # fmt: skip
    page[NameObject("/StructParents")] = NumberObject(0)
    catalog.update({
        NameObject("/StructTreeRoot"): tree,
        NameObject("/MarkInfo"): DictionaryObject({NameObject("/Marked"): BooleanObject(True)}),
        NameObject("/Lang"): TextStringObject(language),
        NameObject("/ViewerPreferences"): DictionaryObject({NameObject("/DisplayDocTitle"): BooleanObject(True)}),
    })  # fmt: skip
    with path.open("wb") as file:
        writer.write(file)


def _element(kind: str, parent: Any) -> DictionaryObject:
    """An element of the structure tree."""
    return DictionaryObject({
        NameObject("/Type"): NameObject("/StructElem"), NameObject("/S"): NameObject(f"/{kind}"),
        NameObject("/P"): parent,
    })  # fmt: skip
