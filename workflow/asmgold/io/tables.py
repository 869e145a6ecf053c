"""Tables: GeoParquet 1.1 with a covering bounding box between stages, CSV for people, checked where they enter."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import pandas as pd

from asmgold.errors import InputError, excerpt
from asmgold.io.text import readable
from asmgold.schemas.schema import Schema

MAX_MESSAGE = 200
DECIMALS = 6  # of numbers in tables for people
# A spreadsheet takes text that begins with one of these for a formula, and runs it.
FORMULA = frozenset("=+-@＝＋－＠")


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table, the same bytes for the same rows."""
    import geopandas as gpd  # here and below: those who write a CSV table need neither it nor pyarrow

    if isinstance(table, gpd.GeoDataFrame):
        table.to_parquet(path, index=False, compression="zstd", schema_version="1.1.0", write_covering_bbox=True)
    else:
        table.to_parquet(path, index=False, compression="zstd")


def read_table(path: Path, schema: Any = None) -> Any:
    """Read a table, and check it where it enters.

    Raises
    ------
    InputError : if the file is no Parquet file or its columns are not those of the schema.
    """
    import geopandas as gpd
    import pyarrow.parquet as pq

    try:
        geographic = b"geo" in (pq.read_schema(path).metadata or {})
        table = gpd.read_parquet(path) if geographic else pd.read_parquet(path)
    except Exception as error:
        raise InputError(f"{path}: not a table of this project ({error})") from None
    return fitted(table, schema, path) if schema is not None else table


def read_csv(origin: Path | IO[bytes], schema: Schema) -> pd.DataFrame:
    """Read a table of the products that is CSV: text as it stands, also where it says `nan`; it is not checked.

    Parameters
    ----------
    origin : the file
    schema : says which columns are text; others that there are come as pandas takes them
    """
    texts = {name: "str" for name, column in schema.columns.items() if column.kind == "text"}
    table = pd.read_csv(origin, dtype=texts, keep_default_na=False, na_values=[""])
    return table.fillna({name: "" for name in texts if name in table and not schema.columns[name].nullable})


def fitted(table: pd.DataFrame, schema: Any, origin: Path) -> Any:
    """The table with its columns in the types of a schema.

    Parameters
    ----------
    table : the table to check
    schema : the schema
    origin : the file that it was read from, which the message names

    Raises
    ------
    InputError : it does not fit; the message names the first fault.
    """
    from pandera.errors import SchemaError, SchemaErrors  # only those who check a table pay for pandera

    try:
        return schema.validate(table)
    except SchemaErrors as error:
        fault: Exception = error.schema_errors[0]
    except SchemaError as error:
        fault = error
    raise InputError(f"{origin}: does not fit its schema: {excerpt(fault, MAX_MESSAGE)}")


def write_csv(table: pd.DataFrame, path: Path, decimals: int = DECIMALS) -> None:
    """Write a table as CSV, the same bytes for the same rows.

    Parameters
    ----------
    table : rows; text in it that a spreadsheet would take for a formula gets an apostrophe in front, and line ends,
        which would let it begin a cell of its own, become blanks
    path : the file to write
    decimals : what numbers are rounded to; none is -0.0, since the sign of a rounding error hangs on the processor
    """
    table.round(decimals).map(_inert).to_csv(path, index=False, lineterminator="\n")


def _inert(value: object) -> object:
    """A number without the sign of nothing, and text that is no formula."""
    if not isinstance(value, str):
        return value + 0.0 if isinstance(value, float) else value
    text = readable(value)
    return f"'{text}" if text[:1] in FORMULA else text
