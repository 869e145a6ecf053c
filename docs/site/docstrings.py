"""How the library's docstrings become Markdown: sections of numpydoc, with a colon before each description."""

from __future__ import annotations

import re

import griffe

SECTION = re.compile(r"^(Parameters|Returns|Raises|Attributes)\n-+\n", re.MULTILINE)
ITEM = re.compile(r"^(\S.*?) : ", re.MULTILINE)
EXAMPLE = re.compile(r"^>>> .+?(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)


class Docstrings(griffe.Extension):
    """Rewrites each docstring before it is shown."""

    def on_instance(self, *, obj: griffe.Object, **kwargs: object) -> None:
        """Rewrite one."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)


def as_markdown(docstring: str) -> str:
    """Sections as bold titles, their items as lists with the names as code, examples as code."""
    text = EXAMPLE.sub(lambda example: f"```python\n{example[0]}\n```", docstring)
    first, *sections = SECTION.split(text)
    parts = [first.rstrip()]
    for title, content in zip(sections[::2], sections[1::2], strict=True):
        parts += [f"**{title}**", _items(content.strip("\n"))]
    return "\n\n".join(parts)


def _items(content: str) -> str:
    if not ITEM.match(content):
        return content
    # A line that is not indented begins an item; the lines below it belong to it.
    return ITEM.sub(lambda item: f"- {', '.join(f'`{name}`' for name in item[1].split(', '))}: ", content)
