"""The rows of each table of the database, from a published result."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import shapely
from psycopg.types.json import Jsonb

from asmgold import __version__
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.postgis.result import Result
from asmgold.postgis.tables import POLYGONS, TABLES, VOCABULARIES, SqlColumn, SqlTable

SRID = 4326


def contents(result: Result) -> dict[str, pd.DataFrame]:
    """The tables of a result by their names in the database, with all columns but `manifest`'s time and relations.

    Raises
    ------
    InputError : if a product is not the table or lacks the layer that is expected.
    """
    made = _put_together(result)
    read = {
        table.name: _numbered(result.table(table.product, table.schema), table) for table in TABLES if table.product
    }
    applied = set(read["records"]["correction"].dropna())
    made["corrections"]["applied"] = made["corrections"]["correction"].isin(applied)
    return {table.name: (made | read)[table.name] for table in TABLES}


def rows(table: SqlTable, frame: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """The rows of a table as psycopg takes them, in the order of its columns.

    What is missing is None, lists are lists, geometry is EWKB of two dimensions with its CRS.
    """
    columns = [_values(frame[name], column) for name, column in table.columns.items() if name in frame.columns]
    return zip(*columns, strict=True)


def _numbered(frame: pd.DataFrame, table: SqlTable) -> pd.DataFrame:
    return frame.assign(**{table.numbered: np.arange(1, len(frame) + 1)}) if table.numbered else frame


def _put_together(result: Result) -> dict[str, pd.DataFrame]:
    """The tables that are no product of their own."""
    settings = result.settings
    area = pd.DataFrame(_features(result, "area"))
    area["area_km2"] = polygon_area(area["geometry"].to_numpy()) / 1e6
    overlays = [
        {"overlay": name} | feature for name in settings.overlays for feature in _features(result, f"overlay_{name}")
    ]
    return {
        "manifest": pd.DataFrame(
            {
                "scenario": [result.scenario],
                "title": [result.title_of(settings.area, "area")],
                "sha256": [result.sha256],
                "manifest": [json.loads(result.content)],
                "version": [__version__],
            }
        ),
        "vocabulary": pd.DataFrame(
            [
                (name, word, meaning.replace("`", ""))
                for name, words in VOCABULARIES.items()
                for word, meaning in words.items()
            ],
            columns=["list", "word", "meaning"],
        ),
        "overlays": pd.DataFrame(
            [(name, result.title_of(layer, name), layer.within) for name, layer in settings.overlays.items()],
            columns=["overlay", "title", "within"],
        ),
        "overlay_features": pd.DataFrame(overlays, columns=["overlay", "feature", "properties", "geometry"]),
        "area": area,
        "corrections": _corrections(result),
    }


def _features(result: Result, layer: str) -> list[dict[str, Any]]:
    """The features of a layer: number, geometry, and whatever columns it has beside."""
    features = result.layer(layer)
    others = features.drop(columns=str(features.geometry.name))
    return [
        {
            "feature": number,
            "properties": {str(name): _plain(others[name].iloc[number - 1]) for name in others.columns},
            "geometry": shape,
        }
        for number, shape in enumerate(features.geometry, start=1)
    ]


def _plain(value: Any) -> Any:
    """A value as JSON has it; what JSON has not, such as a date, as text."""
    if value is None or (not isinstance(value, list | np.ndarray) and pd.isna(value)):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value if isinstance(value, str | bool | int | float) else str(value)


def _corrections(result: Result) -> pd.DataFrame:
    arrows = result.layer("corrections")
    drawn = dict(zip(arrows["correction"], arrows.geometry, strict=True))
    declared = result.manifest.corrections.declared
    return pd.DataFrame(
        {
            "correction": [entry.id for entry in declared],
            "record_id": [entry.record for entry in declared],
            "expect": [entry.expect for entry in declared],
            "set": [entry.set for entry in declared],
            "reason": [entry.reason for entry in declared],
            "evidence": [entry.evidence for entry in declared],
            "geometry": np.array([drawn.get(entry.id) for entry in declared], dtype=object),
        }
    )


def _values(values: pd.Series, column: SqlColumn) -> list[Any]:
    if column.is_geometry:
        return _ewkb(values, multiple=column.type == POLYGONS)
    if column.type == "jsonb":
        return [Jsonb(value) for value in values]
    if column.type == "text[]":
        return [list(value) if isinstance(value, list | np.ndarray) else None for value in values]
    return [None if missing else value for value, missing in zip(values.tolist(), values.isna(), strict=True)]


def _ewkb(values: pd.Series, *, multiple: bool) -> list[bytes | None]:
    """Geometry as PostGIS takes it. A polygon becomes several where the column holds several; no place is none."""
    if multiple:
        values = values.map(lambda shape: shapely.multipolygons(shapely.get_parts(shape)), na_action="ignore")
    shapes = np.array([None if shape is None else shape for shape in values], dtype=object)
    if not multiple:
        shapes[shapely.is_empty(shapes)] = None
    return list(shapely.to_wkb(shapely.set_srid(shapes, SRID), output_dimension=2, include_srid=True))
