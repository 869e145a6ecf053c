"""Tables between stages: GeoParquet 1.1 with a covering bounding box, or plain Parquet without geometry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
from pandera.errors import SchemaError, SchemaErrors

from asmgold.errors import InputError, shown

LONGEST = 200


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table, the same bytes for the same rows."""
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
    try:
        geographic = b"geo" in (pq.read_schema(path).metadata or {})
        table = gpd.read_parquet(path) if geographic else pd.read_parquet(path)
    except Exception as error:
        raise InputError(f"{path}: not a table of this project ({error})") from None
    return fitted(table, schema, path) if schema is not None else table


def fitted(table: pd.DataFrame, schema: Any, origin: Path) -> Any:
    """A table that fits its schema, its columns of the types there. Raises InputError for the first fault."""
    try:
        return schema.validate(table)
    except SchemaErrors as error:
        fault: Exception = error.schema_errors[0]
    except SchemaError as error:
        fault = error
    raise InputError(f"{origin}: does not fit its schema: {shown(fault, LONGEST)}")
