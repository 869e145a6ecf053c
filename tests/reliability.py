"""The numbers of docs/reliability.md, which the tests hold it to."""

from __future__ import annotations

import re

from tests.conftest import PROJECT


def places_of(kind: str) -> int:
    """In how many places at least the page says that something was killed."""
    page = (PROJECT / "docs/reliability.md").read_text(encoding="utf-8")
    (number,) = re.findall(rf"^\| {re.escape(kind)} \| (\d+) \| 0 \|$", page, re.MULTILINE)
    return int(number)
