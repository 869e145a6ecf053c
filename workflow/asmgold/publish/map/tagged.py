"""Pages as tagged PDF, so that a screen reader says in words what the page shows.

matplotlib writes no tags. The page becomes one figure with an alternative text, in a structure tree as ISO 32000-1,
section 14.7, describes it, with the language and the title that readers announce.
"""

from __future__ import annotations

import io
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

from asmgold.publish.map.content import Content

BEGIN, END = b"/Figure <</MCID 0>> BDC\n", b"\nEMC"


def write_tagged(figure: Figure, path: Path, content: Content) -> None:
    """Write a page as a tagged PDF, the same bytes for the same page.

    Parameters
    ----------
    figure : the page
    path : where to
    content : what it says: its title, its authors, its language and its words
    """
    drawn = io.BytesIO()
    described = {
        "Title": content.title, "Author": content.author, "Subject": content.subtitle.replace("\n", " "),
        "Creator": "asmgold", "CreationDate": None,
    }  # fmt: skip
    figure.savefig(drawn, format="pdf", metadata=described)
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
        NameObject("/Alt"): TextStringObject(content.spoken), NameObject("/K"): NumberObject(0),
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
        NameObject("/Lang"): TextStringObject(content.language),
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
