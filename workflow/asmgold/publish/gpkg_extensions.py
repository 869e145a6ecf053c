"""GeoPackage's own extensions for words: columns and their values (`gpkg_schema`), and metadata (`gpkg_metadata`).

GDAL writes the layers, and reads both extensions; it writes them only through calls that pyogrio does not offer. So
they are added when it is done, in the tables that the standard gives: https://www.geopackage.org/spec130/, F.8 and F.9.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from asmgold.schemas.schema import Column

TABLES = """
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT,
  constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN,
  max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
CREATE TABLE gpkg_metadata (
  id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset',
  md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT '');
CREATE TABLE gpkg_metadata_reference (
  reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER,
  timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), md_file_id INTEGER NOT NULL,
  md_parent_id INTEGER, CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
  CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id));
"""
EXTENSIONS = {
    "gpkg_data_columns": ("gpkg_schema", "http://www.geopackage.org/spec120/#extension_schema"),
    "gpkg_data_column_constraints": ("gpkg_schema", "http://www.geopackage.org/spec120/#extension_schema"),
    "gpkg_metadata": ("gpkg_metadata", "http://www.geopackage.org/spec120/#extension_metadata"),
    "gpkg_metadata_reference": ("gpkg_metadata", "http://www.geopackage.org/spec120/#extension_metadata"),
}
# QGIS reads a layer's metadata under the first of these; the second tells what the file as a whole is. GDAL shows both.
# (Under its own name, http://gdal.org, GDAL would write a file beside the GeoPackage for whoever only reads it.)
QGIS, DUBLIN_CORE = "http://mrcc.com/qgis.dtd", "http://purl.org/dc/terms/"


@dataclass(frozen=True)
class Described:
    """A layer with what is said about it: its columns in words, its style and its metadata as QGIS reads them."""

    name: str
    fields: Mapping[str, Column]
    style: str
    metadata: str
    geometry_column: str


def write_extensions(path: Path, layers: Sequence[Described], *, date: str, dataset: str) -> None:
    """Add both extensions to a GeoPackage that nobody else has open.

    Parameters
    ----------
    path : the GeoPackage, without these tables
    layers : all layers
    date : `YYYY-MM-DD`, of the data
    dataset : the metadata of the file as a whole, in the terms of Dublin Core
    """
    with closing(sqlite3.connect(path)) as package, package:
        package.executescript(TABLES)
        package.executemany(
            "INSERT INTO gpkg_extensions VALUES (?, NULL, ?, ?, 'read-write')",
            [(table, *extension) for table, extension in EXTENSIONS.items()],
        )
        _write_schema(package, layers)
        _write_metadata(package, layers, f"{date}T00:00:00.000Z", dataset)


def _write_schema(package: sqlite3.Connection, layers: Sequence[Described]) -> None:
    constraints: dict[tuple[object, ...], None] = {}
    for layer in layers:
        for column, field in layer.fields.items():
            rows = _constraint(column, field)
            name = rows[0][0] if rows else None
            constraints.update(dict.fromkeys(rows))
            package.execute(
                "INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, NULL, ?)",
                (layer.name, column, field.title, field.title, field.description, name),
            )
    package.executemany("INSERT INTO gpkg_data_column_constraints VALUES (?, ?, ?, ?, ?, ?, ?, ?)", constraints)


def _constraint(column: str, field: Column) -> list[tuple[object, ...]]:
    """The codes that a column takes. Bounds are left out: QGIS would round the numbers of a column that has them."""
    return [
        (f"{column}_values", "enum", code, None, None, None, None, meaning)
        for code, meaning in (field.meanings or {}).items()
    ]


def _write_metadata(package: sqlite3.Connection, layers: Sequence[Described], timestamp: str, dataset: str) -> None:
    records = [
        ("geopackage", None, DUBLIN_CORE, dataset),
        *(("table", layer.name, QGIS, layer.metadata) for layer in layers),
    ]
    for number, (scope, table, standard, text) in enumerate(records, start=1):
        package.execute("INSERT INTO gpkg_metadata VALUES (?, 'dataset', ?, 'text/xml', ?)", (number, standard, text))
        package.execute(
            "INSERT INTO gpkg_metadata_reference VALUES (?, ?, NULL, NULL, ?, ?, NULL)",
            (scope, table, timestamp, number),
        )
