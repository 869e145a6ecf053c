"""Values of fields as text: whatever type a file gives them, they are compared, grouped and shown in one form."""

from __future__ import annotations

import pandas as pd


def as_text(values: pd.Series) -> pd.Series:
    """Values as text, missing ones as missing.

    Whole numbers have no decimal point, also where a missing one among them has made them all floating-point numbers;
    true and false are written as in Python.

    >>> as_text(pd.Series([1.0, None, 2.5])).tolist()
    ['1', nan, '2.5']
    """
    return values.map(text_of, na_action="ignore").astype(pd.StringDtype(na_value=float("nan")))


def text_of(value: object) -> str:
    """A value that is not missing as text."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
