"""XML as QGIS writes it. All text is escaped, and what XML cannot hold is left out, so any name can stand anywhere."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from xml.etree import ElementTree

Element = ElementTree.Element

VERSION = "3.22.0"  # the oldest long-term release that reads what is written here
DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_OID, "asmgold")


def element(tag: str, *children: Element | str | None, **attributes: object) -> Element:
    """An element with its attributes, its text and its children; None among the children is left out.

    A name that Python keeps for itself is given with `_` at its end: `class_`. True and False become 1 and 0.
    """
    made = ElementTree.Element(tag, {name.rstrip("_"): _text(value) for name, value in attributes.items()})
    for child in children:
        if isinstance(child, str):
            made.text = _text(child)
        elif child is not None:
            made.append(child)
    return made


def options(values: Mapping[str, object]) -> Element:
    """A map of texts, as symbols have them."""
    return element(
        "Option",
        *(element("Option", name=key, value=value, type="QString") for key, value in values.items()),
        type="Map",
    )


def document(root: Element, doctype: str = "") -> str:
    """The text of a whole document."""
    ElementTree.indent(root)
    return doctype + ElementTree.tostring(root, encoding="unicode") + "\n"


def inert(text: str) -> str:
    """Text for a layout or its legend, where QGIS evaluates what stands in `[% %]`: a name is no expression."""
    return text.replace("[%", "[\u200b%")


def uuid_of(*names: str) -> str:
    """An identifier that follows from names, where QGIS itself would throw dice."""
    return "{" + str(uuid.uuid5(_NAMESPACE, "\n".join(names))) + "}"


def rgba(colour: str, opacity: float = 1.0) -> str:
    """A colour `#rrggbb` as QGIS writes it: red, green, blue and opacity from 0 to 255."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"{red},{green},{blue},{round(255 * opacity)}"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    return _NOT_IN_XML.sub("", f"{value:.10g}" if isinstance(value, float) else str(value))
