"""The columns of a layer or table in words: title, description, and what values they take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from asmgold.schemas.products import LAYER_SCHEMAS, named_schema

FID = "The number of the row in this table; it means nothing else and may change."


@dataclass(frozen=True)
class Field:
    """A column in words.

    Parameters
    ----------
    title, description : short and long
    meanings : the only values it takes, each with its meaning
    bounds : or the least and the greatest value, and whether these themselves are taken
    """

    title: str
    description: str
    meanings: Mapping[str, str] | None = None
    bounds: tuple[float, bool, float, bool] | None = None


def fields_of(layer: str, columns: Iterable[str]) -> dict[str, Field]:
    """The columns of a layer of the GeoPackage in words; those of a user's own layer are called by their names."""
    known = named_schema(LAYER_SCHEMAS[layer]).columns if layer in LAYER_SCHEMAS else {}
    fields = {name: field_of(known[name]) if name in known else _own_field(name) for name in columns}
    return _distinct(fields)


def field_of(column: Any) -> Field:
    """A column of a schema (pandera) in words."""
    statistics = {check.name: check.statistics for check in column.checks if check.statistics}
    return Field(
        str(column.title),
        str(column.description).replace("`", ""),
        meanings=(column.metadata or {}).get("meanings"),
        bounds=_bounds(statistics),
    )


def _own_field(name: str) -> Field:
    if name == "fid":
        return Field("Feature", FID)
    if name == "geom":
        return Field("Geometry", "The geometry, in EPSG:4326.")
    return Field(name, f"{name}, as the source of this layer gives it.")


def _bounds(statistics: Mapping[str, Mapping[str, Any]]) -> tuple[float, bool, float, bool] | None:
    for name, values in statistics.items():
        match name:
            case "greater_than_or_equal_to":
                return float(values["min_value"]), True, float("inf"), False
            case "greater_than":
                return float(values["min_value"]), False, float("inf"), False
            case "in_range":
                return float(values["min_value"]), True, float(values["max_value"]), True
    return None


def _distinct(fields: Mapping[str, Field]) -> dict[str, Field]:
    """No two columns of a table may have the same title."""
    seen: set[str] = set()
    distinct = {}
    for name, field in fields.items():
        title = field.title if field.title not in seen else f"{field.title} ({name})"
        seen.add(title)
        distinct[name] = Field(title, field.description, field.meanings, field.bounds)
    return distinct
