"""The columns of a layer of the GeoPackage in words: title, description, and what values they take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from asmgold.schemas.products import LAYER_SCHEMAS, named_schema, table_of_package
from asmgold.schemas.schema import Column

FID = "The number of the row in this table; it means nothing else and may change."


def fields_of(layer: str, columns: Iterable[str]) -> dict[str, Column]:
    """The columns of a layer in plain text; those of a user's own layer are called by their names.

    Parameters
    ----------
    layer : its name
    columns : the names of its columns, as GDAL has them
    """
    table = table_of_package(layer)
    schema = table.schema if table is not None else LAYER_SCHEMAS.get(layer)
    known: Mapping[str, Column] = named_schema(schema).columns if schema else {}
    fields = {name: in_plain_text(known[name]) if name in known else _own_field(name) for name in columns}
    return _with_distinct_titles(fields)


def in_plain_text(column: Column) -> Column:
    """A column whose description has no marks of code."""
    return replace(column, description=column.description.replace("`", ""))


def _own_field(name: str) -> Column:
    if name == "fid":
        return Column("whole", "Feature", FID)
    if name == "geom":
        return Column("geometry", "Geometry", "The geometry, in EPSG:4326.")
    return Column("text", name, f"{name}, as the source of this layer gives it.")


def _with_distinct_titles(fields: Mapping[str, Column]) -> dict[str, Column]:
    """No two columns of a table may have the same title."""
    seen: set[str] = set()
    distinct = {}
    for name, field in fields.items():
        title = field.title if field.title not in seen else f"{field.title} ({name})"
        seen.add(title)
        distinct[name] = replace(field, title=title)
    return distinct
