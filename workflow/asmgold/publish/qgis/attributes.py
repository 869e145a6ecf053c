"""How QGIS shows the attributes of a layer: its columns in the table and the boxes of its form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from asmgold.publish.qgis.markup import Element, element
from asmgold.schemas.schema import Column

LONG = 45  # characters: more than the box of a form of 600 pixels shows in one line
BESIDE = 12  # characters of a title that have room beside such a box
PIXELS_OF_A_CHARACTER, MARGIN, WIDEST = 9, 30, 340  # of a column of the table


@dataclass(frozen=True)
class Content:
    """What a column holds.

    Parameters
    ----------
    same : the value that all rows have, as text; None if they differ or have none
    constant : whether several rows all have the same value, or none
    longest : the characters of its longest value
    """

    same: str | None
    constant: bool
    longest: int

    @classmethod
    def of(cls, values: pd.Series) -> Content:
        """That of a column's values, none of which is a list."""
        texts = [str(value) for value in values.dropna().unique()]
        return cls(
            same=texts[0] if len(texts) == 1 and values.notna().all() else None,
            constant=len(values) > 1 and values.nunique(dropna=False) == 1,
            longest=max(map(len, texts), default=0),
        )


def attributes(fields: Mapping[str, Column], contents: Mapping[str, Content], summary: str | None) -> list[Element]:
    """The parts of a style that are about attributes.

    Without an editor of its own, QGIS chooses one by the constraints of the GeoPackage: it rounds numbers and puts
    sentences in the place of codes. As text, each value is shown as it is stored.

    Parameters
    ----------
    fields : the columns in words, those of geometry left out
    contents : what they hold; one without an entry is taken for short and varying
    summary : an expression that names a feature in lists, or None for what QGIS finds
    """
    return [
        element("fieldConfiguration", *(_editor(name, contents.get(name)) for name in fields)),
        element("aliases", *(
            element("alias", field=name, name=field.title, index=number)
            for number, (name, field) in enumerate(fields.items())
        )),
        element("labelOnTop", *(
            element("field", name=name, labelOnTop=len(field.title) > BESIDE) for name, field in fields.items()
        )),
        element("editable", *(element("field", name=name, editable=0) for name in fields)),
        element("attributetableconfig", element("columns",
            *(_table_column(name, field, contents.get(name)) for name, field in fields.items()),
            element("column", type="actions", width=-1, hidden=1),
        ), actionWidgetStyle="dropDown", sortExpression="", sortOrder=0),
        *([element("previewExpression", summary)] if summary else []),
    ]  # fmt: skip


def _editor(name: str, content: Content | None) -> Element:
    is_long = content is not None and content.longest > LONG
    config = element(
        "Option",
        element("Option", name="IsMultiline", value="true" if is_long else "false", type="bool"),
        element("Option", name="UseHtml", value="false", type="bool"),
        type="Map",
    )
    return element("field", element("editWidget", element("config", config), type="TextEdit"), name=name)


def _table_column(name: str, field: Column, content: Content | None) -> Element:
    longest = max(len(field.title), content.longest if content else 0)
    width = min(PIXELS_OF_A_CHARACTER * longest + MARGIN, WIDEST)
    return element("column", type="field", name=name, width=width, hidden=content is not None and content.constant)


def form_in_tabs(fields: Sequence[str], relations: Mapping[str, str], title: str) -> list[Element]:
    """The parts of a layer of a project that give its form tabs: one for its columns, and one for each relation.

    Below the columns, where QGIS puts relations by itself, their own forms would make that of the layer too wide.

    Parameters
    ----------
    fields : the names of the columns
    relations : the titles of the relations, by their ids
    title : of the first tab
    """
    boxes = [element("attributeEditorField", name=name, index=number) for number, name in enumerate(fields)]
    tabs = [_tab(title, *boxes), *(_tab(words, _related(key)) for key, words in relations.items())]
    return [element("editorlayout", "tablayout"), element("attributeEditorForm", *tabs)]


def _tab(title: str, *contents: Element) -> Element:
    return element("attributeEditorContainer", *contents, name=title, columnCount=1, groupBox=0, showLabel=1)


def _related(key: str) -> Element:
    options = {"buttons": "NoButton", "show_first_feature": "true"}
    configuration = element(
        "editor_configuration",
        *(element("Option", name=name, value=value, type="QString") for name, value in options.items()),
        type="Map",
    )
    return element("attributeEditorRelation", configuration, name=key, relation=key, showLabel=0,
                   relationWidgetTypeId="relation_editor")  # fmt: skip
