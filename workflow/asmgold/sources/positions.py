"""Tables of positions, such as visits or cells: CSV with columns of longitude and latitude, read as records are.

GDAL reads such tables too, but takes an open quote for the end of the table, and any column `long` for a longitude.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from asmgold.errors import InputError, excerpt
from asmgold.sources.csv_text import NO_NUMBERS, BrokenRow, as_utf8, column_names, read_bytes, read_table

log = logging.getLogger(__name__)

ENDINGS = frozenset({".csv", ".tsv", ".txt"})
# The first that there is counts; of the short ones there may be one only.
NAMES = {"longitude": ("lon", "long", "lng"), "latitude": ("lat",)}
DELIMITERS = b",;\t|"
DECIMAL_COMMA = "decimal comma"
"""The key of a table's `attrs` under which it says whether its numbers may have one."""


@dataclass
class TextTable:
    """A CSV table: its rows as text by their number from 1, those that are broken, and how it writes decimals."""

    rows: pd.DataFrame
    broken: list[BrokenRow]
    has_decimal_commas: bool


def read_text_table(path: Path) -> TextTable:
    """Read a table whose fields are parted by commas; or by semicolons, tabs or bars, with decimal commas or points.

    Raises
    ------
    InputError : if it is no CSV table, or a quote that was left open swallows rows.
    """
    content = as_utf8(read_bytes(path, path.name), str(path)).lstrip(b"\r\n")
    if not content.strip():
        raise InputError(f"{path}: is empty, a table or a layer was expected")
    delimiter = max(DELIMITERS, key=content.splitlines()[0].count)
    # The reader parts fields by commas: the two signs change places, and in what it has read they change back.
    swapped = content.translate(bytes.maketrans(bytes([44, delimiter]), bytes([delimiter, 44])))
    back = str.maketrans(",", chr(delimiter)) | str.maketrans(chr(delimiter), ",")
    table, broken = read_table(swapped, str(path), tuple(dict.fromkeys(column_names(swapped))))
    table = table.rename(columns=lambda name: name.translate(back)).map(lambda text: text.translate(back))
    return TextTable(table, broken, delimiter != 44)


def read_positions(path: Path, crs: str) -> gpd.GeoDataFrame | None:
    """Read a table with columns of longitude and latitude.

    Parameters
    ----------
    path : a CSV file, its fields parted by commas, semicolons (then decimal commas are taken too) or tabs
    crs : of the positions

    Returns
    -------
    Its rows as points, all values as text, and `attrs[DECIMAL_COMMA]`; None if it has no such columns. Rows without a
    position, and those with another number of fields than the header, are left out with a warning.

    Raises
    ------
    InputError : if it is no CSV table, a quote that was left open swallows rows, or a position is no number.
    """
    read = read_text_table(path)
    table, broken = read.rows, read.broken
    if not all({name, *NAMES[name]} & {column.casefold() for column in table.columns} for name in NAMES):
        return None
    if broken:
        log.warning("%s: %d rows are left out; row %d: %s", path, len(broken), broken[0].row, broken[0].reason)
    lon, lat = (
        _numbers(table[_column(table, name, path)], path, decimal_comma=read.has_decimal_commas) for name in NAMES
    )
    placed = lon.notna() & lat.notna()
    if not placed.all():
        log.warning("%s: %d of %d rows have no position and are left out", path, (~placed).sum(), len(table))
    if not placed.any():
        n_rows = len(table) + len(broken)
        raise InputError(f"{path}: holds no feature with a shape; none of its {n_rows} rows has a position")
    table = table.mask(table == "", None)
    shapes = gpd.points_from_xy(lon[placed], lat[placed])
    points = gpd.GeoDataFrame(table[placed].reset_index(drop=True), geometry=shapes, crs=crs)
    points.attrs[DECIMAL_COMMA] = read.has_decimal_commas
    return points


def _column(table: pd.DataFrame, name: str, path: Path) -> str:
    """The column that holds a coordinate."""
    called = {sign: [column for column in table.columns if column.casefold() == sign] for sign in (name, *NAMES[name])}
    found = called.pop(name) or [column for columns in called.values() for column in columns]
    if len(found) > 1:
        raise InputError(f"{path}: has the columns {' and '.join(found)}, one was expected; call it {name}")
    return found[0]


def _numbers(text: pd.Series, path: Path, *, decimal_comma: bool) -> pd.Series:
    stripped = text.str.strip()
    plain = stripped.str.replace(",", ".") if decimal_comma else stripped
    numbers = pd.to_numeric(plain, errors="coerce").astype(float)
    wrong = np.flatnonzero(~np.isfinite(numbers) & ~stripped.str.casefold().isin(NO_NUMBERS))
    if wrong.size:
        found = excerpt(stripped.iloc[wrong[0]])
        raise InputError(f"{path}: row {text.index[wrong[0]]}: {text.name} {found!r} is not a number"
                         + (f"; so it is in {wrong.size - 1} other rows" if wrong.size > 1 else ""))  # fmt: skip
    return numbers
