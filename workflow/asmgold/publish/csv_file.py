"""Tables as CSV, for people who open them in a spreadsheet."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from asmgold.text import readable

# A spreadsheet takes text that begins with one of these for a formula, and runs it.
FORMULA = frozenset("=+-@")


def write_csv(table: pd.DataFrame, path: Path, decimals: int = 6) -> None:
    """Write a table as CSV, the same bytes for the same rows.

    Parameters
    ----------
    table : rows; text in it that a spreadsheet would take for a formula gets an apostrophe in front, and line ends,
        which would let it begin a cell of its own, become blanks
    path : the file to write
    decimals : what numbers are rounded to
    """
    table.round(decimals).map(_inert).to_csv(path, index=False, lineterminator="\n")


def _inert(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = readable(value)
    return f"'{text}" if text[:1] in FORMULA else text
