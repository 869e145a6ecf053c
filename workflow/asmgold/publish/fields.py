"""The columns of a layer of the GeoPackage in words: title, description, and what values they take."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from asmgold.schemas.products import LAYER_SCHEMAS, named_schema, table_of_package
from asmgold.schemas.schema import Column

FID = "The number of the row in this table; it means nothing else and may change."
AMOUNTS = ("amount", "observed", "observed_inside", "inside", "outside")
UNITS_OF_AMOUNTS = ("amount_unit", "unit")  # the first that a table has says what its amounts are in
_UNITS = ("ha", "km2", "m2", "km", "m")  # as the last part of a name


def fields_of(layer: str, columns: Iterable[str], same: Mapping[str, str] | None = None) -> dict[str, Column]:
    """The columns of a layer in plain text; those of a user's own layer are called by their names.

    Parameters
    ----------
    layer : its name
    columns : the names of its columns, as GDAL has them
    same : the values of those columns that have the same in every row: a unit among them goes into titles
    """
    table = table_of_package(layer)
    schema = table.schema if table is not None else LAYER_SCHEMAS.get(layer)
    table_schema = named_schema(schema) if schema else None
    known: dict[str, Column] = dict(table_schema.columns) if table_schema else {}
    if table_schema:
        known |= {name: column for name in columns if (column := table_schema.column(name))}
    fields = {name: _with_codes(in_plain_text(known[name])) if name in known else _own_field(name) for name in columns}
    unit = (same or {}).get(next((name for name in UNITS_OF_AMOUNTS if name in known), ""))
    if unit:
        fields |= {
            name: replace(fields[name], title=f"{fields[name].title}, {unit}")
            for name in AMOUNTS
            if name in known and name in fields
        }
    return _with_distinct_titles(fields)


def in_plain_text(column: Column) -> Column:
    """A column whose description and meanings have no marks of code."""
    meanings = column.meanings and {code: meaning.replace("`", "") for code, meaning in column.meanings.items()}
    return replace(column, description=column.description.replace("`", ""), meanings=meanings)


def _own_field(name: str) -> Column:
    if name == "fid":
        return Column("whole", "Feature", FID)
    if name == "geom":
        return Column("geometry", "Geometry", "The geometry, in EPSG:4326.")
    title, unit = _title_and_unit(name)
    return Column("text", f"{title}, {unit}" if unit else title, f"{name}, as the source of this layer gives it.")


def _title_and_unit(name: str) -> tuple[str, str]:
    """A name in words, and the unit at its end, if any: `official_area_ha` is the official area, ha."""
    start, _, end = name.rpartition("_")
    unit = end.lower() if start and end.lower() in _UNITS else ""
    rest = start if unit else name
    # A name in capitals, or with other characters, is a code of its source, which has to be found again.
    is_words = re.fullmatch("[a-z][a-z0-9]*(_[a-z0-9]+)*", rest)
    return rest.replace("_", " ").capitalize() if is_words else rest, unit


def _with_codes(column: Column) -> Column:
    """The codes that a column takes belong to its description: tables show the code alone."""
    codes = [f"{code}: {meaning}" for code, meaning in (column.meanings or {}).items()]
    return replace(column, description=" ".join([column.description, *codes]))


def _with_distinct_titles(fields: Mapping[str, Column]) -> dict[str, Column]:
    """No two columns of a table may have the same title."""
    seen: set[str] = set()
    distinct = {}
    for name, field in fields.items():
        title = field.title if field.title not in seen else f"{field.title} ({name})"
        seen.add(title)
        distinct[name] = replace(field, title=title)
    return distinct
