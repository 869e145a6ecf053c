"""Readers of the small CSV tables that the configuration may name: published shares, and series of production."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from asmgold.errors import InputError, excerpt
from asmgold.sources.csv_text import NO_NUMBERS, read_bytes, read_table

PUBLISHED_COLUMNS = ("overlay", "series", "period", "from", "to", "share_inside", "definition")
LAST_YEAR = 9999
PRODUCTION_COLUMNS = ("year", "ministry_koz", "unep_koz", "unep_oz_in_text")


def read_published(path: Path) -> pd.DataFrame:
    """Read a table of shares of mining inside an overlay that others published.

    Raises
    ------
    InputError : if it is no table, or lacks a column, or a share is no number from 0 to 1.
    """
    table = read_small_table(path, PUBLISHED_COLUMNS)
    share = pd.to_numeric(table["share_inside"], errors="coerce")
    if not share.between(0, 1).all():
        found = excerpt(repr(table["share_inside"][~share.between(0, 1)].iloc[0]), 200)
        raise InputError(f"{path}: share_inside is {found}, a number from 0 to 1 was expected")
    return table.assign(share_inside=share)


def read_production(path: Path) -> pd.DataFrame:
    """Read the series of gold production, numbers by year.

    Raises
    ------
    InputError : if it is no table, or lacks a column, or a value is no number.
    """
    table = read_small_table(path, PRODUCTION_COLUMNS)
    numbers = table.apply(pd.to_numeric, errors="coerce").astype(float)  # of a header alone they would be objects
    is_number = np.isfinite(numbers) | table.isna()
    is_wrong = ~is_number.all(axis=1) | ~(numbers["year"] % 1 == 0) | (numbers["year"].abs() > LAST_YEAR)
    if is_wrong.any():
        row = int(np.flatnonzero(is_wrong)[0]) + 1
        raise InputError(f"{path}: row {row} holds what is no number, or no year; numbers by year were expected")
    series: pd.DataFrame = numbers.astype({"year": "int64"})
    return series


def read_small_table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read columns of a small CSV table as text, missing values as missing.

    Raises
    ------
    InputError : if it is no table, lacks a column, or a row has another number of fields than the header.
    """
    rows, broken = read_table(read_bytes(path, path.name), str(path), tuple(columns), may_be_empty=True)
    if broken:
        raise InputError(f"{path}: row {broken[0].row}: {broken[0].reason}")
    table: pd.DataFrame = rows.apply(lambda column: column.str.strip().mask(_is_missing(column)))
    return table


def _is_missing(text: pd.Series) -> pd.Series:
    return text.str.strip().str.casefold().isin(NO_NUMBERS)
