"""How QGIS shows the attributes of a layer: its columns in the table and the boxes of its form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from asmgold.publish.qgis.markup import Element, element, uuid_of
from asmgold.schemas.schema import Column

# From a region to its sites and zones, which the form of a region lists below its columns.
RELATIONS = {"sites_of_region": "gold_sites", "zones_of_region": "overlay_intersections"}
LONG = 45  # characters: more than the box of a form of 600 pixels shows in one line
BESIDE = 10  # characters of a title that have room beside such a box
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


def attributes(
    fields: Mapping[str, Column],
    contents: Mapping[str, Content],
    summary: str | None = None,
    tab: str | None = None,
    opens: str | None = None,
) -> list[Element]:
    """The parts of a style that are about attributes.

    Without an editor of its own, QGIS chooses one by the constraints of the GeoPackage: it rounds numbers and puts
    sentences in the place of codes. As text, each value is shown as it is stored.

    Parameters
    ----------
    fields : the columns in words, those of geometry left out
    contents : what they hold; one without an entry is taken for short and varying
    summary : an expression that names a feature in lists, or None for what QGIS finds
    tab : what to call the tab of a form that another one holds
    opens : what to call the action that opens the web page in the column `url`, or None
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
        *(_scrolled_form(tab, fields) if tab else []),
        *([_page_action(opens)] if opens else []),
    ]  # fmt: skip


def _page_action(title: str) -> Element:
    """An action of the layer that opens the web page of a feature."""
    opens_address = 5
    scopes = (element("actionScope", id=scope) for scope in ("Canvas", "Feature", "Field", "Form"))
    return element(
        "attributeactions",
        element(
            "actionsetting", *scopes, type=opens_address, name=title, shortTitle=title, action='[% "url" %]', icon="",
            capture=0, notificationMessage="", isEnabledOnlyWhenEditable=0, id=uuid_of("open page"),
        ),
    )  # fmt: skip


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


def _scrolled_form(title: str, fields: Mapping[str, Column]) -> list[Element]:
    """A form of one tab, which can be narrower than its boxes: so it fits into that of a region, below its columns."""
    boxes = (element("attributeEditorField", name=name, index=number) for number, name in enumerate(fields))
    tab = element("attributeEditorContainer", *boxes, name=title, columnCount=1, groupBox=0, showLabel=1)
    return [element("editorlayout", "tablayout"), element("attributeEditorForm", tab)]
