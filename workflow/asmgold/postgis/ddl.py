"""The statements that make tables, keys, indexes, views and comments, as plans: none is run here.

All names stand alone: the schema that they are made in is the first one of the search path, PostGIS's is the second.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from psycopg import sql

from asmgold.postgis.tables import SqlColumn, SqlTable
from asmgold.postgis.views import View


def create(table: SqlTable) -> sql.Composed:
    """The table with its columns, and nothing that would slow down loading."""
    columns = [
        sql.SQL("{} {}{}{}").format(
            sql.Identifier(name),
            sql.SQL(column.type),
            sql.SQL(" NOT NULL" if column.required else ""),
            sql.SQL(f" DEFAULT {column.default}" if column.default else ""),
        )
        for name, column in table.columns.items()
    ]
    return sql.SQL("CREATE TABLE {} ({})").format(sql.Identifier(table.name), sql.SQL(", ").join(columns))


def constraints(table: SqlTable) -> Iterator[sql.Composed]:
    """Primary key, and what the columns may hold."""
    yield _added(table, sql.SQL("PRIMARY KEY ({})").format(_listed(table.key)))
    for name, column in table.columns.items():
        if check := _check(name, column):
            yield _added(table, sql.SQL("CHECK ({})").format(check))


def references(table: SqlTable, keys: dict[str, tuple[str, ...]]) -> Iterator[sql.Composed]:
    """Foreign keys, given the primary key of each table; they need those to be there."""
    for reference in table.references:
        key = sql.SQL("FOREIGN KEY ({}) REFERENCES {} ({})").format(
            _listed(reference.columns), sql.Identifier(reference.table), _listed(keys[reference.table])
        )
        yield _added(table, key)


def indexes(table: SqlTable) -> Iterator[sql.Composed]:
    """Spatial indexes, and those for foreign keys and for what people search by."""
    create = sql.SQL("CREATE INDEX ON {} USING {} ({})")
    for name in table.geometries:
        yield create.format(sql.Identifier(table.name), sql.SQL("gist"), sql.Identifier(name))
    searched = [reference.columns for reference in table.references] + [(name,) for name in table.indexes]
    for columns in searched:
        # A key is an index on its own first columns already.
        if columns != table.key[: len(columns)]:
            yield create.format(sql.Identifier(table.name), sql.SQL("btree"), _listed(columns))


def comments(table: SqlTable) -> Iterator[sql.Composed]:
    """What the table and its columns mean."""
    yield _comment(sql.SQL("TABLE {}").format(sql.Identifier(table.name)), table.about)
    for name, column in table.columns.items():
        words = f" One of {', '.join(column.words)}; the table vocabulary has their meanings." if column.words else ""
        yield _comment_on_column(table.name, name, column.about + words)


def create_view(view: View) -> sql.Composed:
    """The view."""
    return sql.SQL("CREATE VIEW {} AS {}").format(sql.Identifier(view.name), sql.SQL(view.query).format())


def comments_on_view(view: View, columns: list[str]) -> Iterator[sql.Composed]:
    """What the view and its columns mean."""
    yield _comment(sql.SQL("VIEW {}").format(sql.Identifier(view.name)), view.about)
    for column in columns:
        yield _comment_on_column(view.name, column, view.about_column(column))


def comment_on_schema(schema: str, text: str) -> sql.Composed:
    """What a schema holds."""
    return _comment(sql.SQL("SCHEMA {}").format(sql.Identifier(schema)), text)


def _comment_on_column(relation: str, column: str, text: str) -> sql.Composed:
    return _comment(sql.SQL("COLUMN {}").format(sql.Identifier(relation, column)), text)


def _comment(what: sql.Composable, text: str) -> sql.Composed:
    return sql.SQL("COMMENT ON {} IS {}").format(what, sql.Literal(text))


def _added(table: SqlTable, constraint: sql.Composable) -> sql.Composed:
    return sql.SQL("ALTER TABLE {} ADD {}").format(sql.Identifier(table.name), constraint)


def _listed(names: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _check(name: str, column: SqlColumn) -> sql.Composed | None:
    """What the schema says that the column may hold; what is missing passes."""
    if column.words:
        words = sql.SQL(", ").join(map(sql.Literal, column.words))
        return sql.SQL("{} IN ({})").format(sql.Identifier(name), words)
    if column.bounds is None:
        return None
    least, least_taken, greatest, greatest_taken = column.bounds
    parts = [
        sql.SQL("{} {} {}").format(sql.Identifier(name), sql.SQL(sign), sql.Literal(bound))
        for sign, bound in (
            (">=" if least_taken else ">", least),
            ("<=" if greatest_taken else "<", greatest),
        )
        if math.isfinite(bound)
    ]
    return sql.SQL(" AND ").join(parts) if parts else None
