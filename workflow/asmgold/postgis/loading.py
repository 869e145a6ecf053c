"""Loading a result, whole or not at all.

Everything happens in one transaction. The new tables are made beside the old ones, in a schema that no one else can
see yet; rows, keys, indexes and statistics take their time there, while people go on reading the old tables. Only at
the end are the old ones locked and dropped, and the new schema given their name: that takes a fraction of a second,
and who asks meanwhile waits for it and then sees the new tables. If the old ones are in use just then, the locks are
let go after half a second and tried for again, so that nobody queues for long behind a reader who takes long.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString, cast

import pandas as pd
import psycopg
from psycopg import errors, sql

from asmgold.errors import BusyError, InputError, RefusedError, UnreachableError, excerpt
from asmgold.postgis import ddl
from asmgold.postgis.address import Address, read_address
from asmgold.postgis.contents import contents, rows
from asmgold.postgis.result import Result, read_result
from asmgold.postgis.tables import NEEDED, READ, TABLES, SqlTable
from asmgold.postgis.views import VIEWS

log = logging.getLogger(__name__)

Connection = psycopg.Connection[tuple[Any, ...]]

LONGEST_NAME = 63  # bytes; PostgreSQL cuts longer ones off and says nothing
MARK = "asmgold, scenario "
RELATIONS = [table.name for table in TABLES] + [view.name for view in VIEWS]
# Shorter than PostgreSQL's deadlock_timeout, so that no reader is ever cancelled for our sake.
LOCK_TIMEOUT = "500ms"
PATIENCE_S = 60.0
PAUSE_S = 0.5
ELSEWHERE = "give another name by SCHEMA=... (`--schema`)"
UNTOUCHED = "nothing was loaded, and an older load is as it was"


@dataclass(frozen=True)
class Loaded:
    """What was loaded.

    Parameters
    ----------
    schema, database : where it is now
    rows : the rows of each table
    replaced : whether it took the place of an older load
    """

    schema: str
    database: str
    rows: Mapping[str, int]
    replaced: bool


@dataclass(frozen=True)
class Old:
    """An older load: the schema's number in the catalogue, and the relations of it that are there."""

    oid: int
    tables: list[str]
    views: list[str]


def load(results: Path, scenario: str, dsn: str, schema: str | None = None) -> Loaded:
    """Load a published result into a schema of its own, in place of an older load of the same scenario.

    Parameters
    ----------
    results, scenario : the folder of all results, and the one of them that is loaded
    dsn : a connection string of libpq without a password; that comes from where libpq looks for it
    schema : the schema's name; `asmgold_<scenario>` by default, with `_` for `-`

    Raises
    ------
    InputError : if the connection string holds a password, the result is damaged, or the database does not let it in.
    RefusedError : if the schema is not one that this made for the same scenario, or something else hangs on its tables.
    BusyError : if another load of it is under way, or others use the old tables all the time.
    UnreachableError : if the database does not answer, or the connection is lost.

    Nothing is loaded then, and an older load is as it was.
    """
    address = read_address(dsn)
    result = read_result(results, scenario, NEEDED, READ)
    frames = contents(result)
    frames["manifest"]["relations"] = [RELATIONS]
    name = schema_name(scenario) if schema is None else schema
    _check_name(name)
    with address.connect() as connection, _explained(connection, address, name):
        replaced = _load(connection, result, frames, name)
        _commit(connection, address, name)
    return Loaded(name, address.shown, {table: len(frame) for table, frame in frames.items()}, replaced)


def schema_name(scenario: str) -> str:
    """The schema that a scenario is loaded into."""
    return f"asmgold_{scenario.replace('-', '_')}"


def _check_name(schema: str) -> None:
    if not 0 < len(schema.encode()) <= LONGEST_NAME or "\0" in schema:
        raise InputError(
            f"schema: {excerpt(schema)!r} cannot be the name of one, 1 to {LONGEST_NAME} bytes were expected; "
            f"{ELSEWHERE}"
        )


def _load(connection: Connection, result: Result, frames: Mapping[str, pd.DataFrame], schema: str) -> bool:
    """All of it but the commit. Returns whether there is an older load that this one replaces."""
    _settle(connection, schema)
    postgis = _home_of_postgis(connection)
    old = _older_load(connection, schema, result.scenario)
    incoming = f"asmgold_incoming_{secrets.token_hex(8)}"
    connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(incoming)))
    connection.execute(
        sql.SQL("SET LOCAL search_path TO {}, {}, pg_temp").format(sql.Identifier(incoming), sql.Identifier(postgis))
    )
    tables = [table.with_further(frames[table.name].columns) for table in TABLES]
    _execute(connection, map(ddl.create, tables))
    for table in tables:
        _copy(connection, table, frames[table.name])
    _finish(connection, tables)
    area, commodity = result.title_of(result.settings.area, "area"), result.settings.commodity
    about = f"{MARK}{result.scenario}: ASM {commodity} regions of {area}. Each load makes all of it anew: "
    about += "keep nothing of your own in here."
    connection.execute(ddl.comment_on_schema(incoming, about))
    _replace(connection, incoming, schema, old)
    return old is not None


def _settle(connection: Connection, schema: str) -> None:
    """Begin: no limit of the role's ends a load half-way, and only one load of a schema at a time."""
    for setting in ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout"):
        connection.execute(sql.SQL("SET LOCAL {} TO 0").format(sql.Identifier(setting)))
    ours = connection.execute(
        "SELECT pg_try_advisory_xact_lock(hashtextextended('asmgold ' || %s, 0))", [schema]
    ).fetchone()
    if ours != (True,):
        raise BusyError(f"{schema}: another load of it is under way; {UNTOUCHED}")


def _home_of_postgis(connection: Connection) -> str:
    """The schema that PostGIS was put into. Raises InputError if it was not, or if no schema can be made."""
    database, user, allowed = _one(
        connection, "SELECT current_database(), current_user, has_database_privilege(current_database(), 'CREATE')"
    )
    found = connection.execute(
        "SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'postgis'"
    ).fetchone()
    if found is None:
        raise InputError(f"{excerpt(database)}: this database has no PostGIS; whoever administers it can add it by "
                         "`CREATE EXTENSION postgis`")  # fmt: skip
    if not allowed:
        raise InputError(f"{excerpt(database)}: the role {excerpt(user)} may not make a schema in this database; "
                         f"whoever administers it can allow it by `GRANT CREATE ON DATABASE ... TO ...`")  # fmt: skip
    return str(found[0])


def _older_load(connection: Connection, schema: str, scenario: str) -> Old | None:
    """The load that is there already. Raises RefusedError for any other schema of that name."""
    found = connection.execute(
        "SELECT oid, coalesce(obj_description(oid, 'pg_namespace'), ''), pg_has_role(nspowner, 'USAGE'), "
        "nspowner::regrole::text FROM pg_namespace WHERE nspname = %s",
        [schema],
    ).fetchone()
    if found is None:
        return None
    oid, comment, owned, owner = found
    columns = connection.execute(
        "SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = %s "
        "AND c.relname = 'manifest' AND c.relkind = 'r' AND a.attname IN ('scenario', 'relations')",
        [oid],
    ).fetchone()
    if not comment.startswith(MARK) or columns != (2,):
        raise _not_ours(schema)
    if not owned:
        raise InputError(
            f"{schema}: belongs to the role {excerpt(owner)}, which alone can replace it; load as that role, or "
            f"{ELSEWHERE}"
        )
    manifest = sql.Identifier(schema, "manifest")
    held = connection.execute(sql.SQL("SELECT scenario, relations FROM {}").format(manifest)).fetchall()
    if len(held) != 1:
        raise _not_ours(schema)
    [(loaded, relations)] = held
    if loaded != scenario:
        raise RefusedError(
            f"{schema}: holds the scenario {excerpt(loaded)}, not {scenario}; it is left as it is; {ELSEWHERE}"
        )
    there = connection.execute(
        "SELECT relname, relkind::text FROM pg_class WHERE relnamespace = %s AND relname = ANY(%s)", [oid, relations]
    ).fetchall()
    tables, views = ([name for name, kind in there if kind == wanted] for wanted in ("r", "v"))
    return Old(oid, tables, views)


def _not_ours(schema: str) -> RefusedError:
    return RefusedError(
        f"{schema}: there is a schema of that name that this program did not make; it is left as it is; {ELSEWHERE}"
    )


def _copy(connection: Connection, table: SqlTable, frame: pd.DataFrame) -> None:
    columns = [name for name in table.columns if name in frame.columns]
    # The bytes of geometry go through as they are: PostGIS reads EWKB.
    types = ["bytea" if table.columns[name].is_geometry else table.columns[name].type for name in columns]
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(sql.Identifier(table.name), names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows(table, frame):
            copy.write_row(row)
    log.debug("%s: %d rows", table.name, len(frame))


def _finish(connection: Connection, tables: Sequence[SqlTable]) -> None:
    """Keys, indexes, views, comments and statistics, when all rows are there."""
    keys = {table.name: table.key for table in tables}
    _execute(connection, (statement for table in tables for statement in ddl.constraints(table)))
    _execute(connection, (statement for table in tables for statement in ddl.references(table, keys)))
    _execute(connection, (statement for table in tables for statement in ddl.indexes(table)))
    _execute(connection, (statement for table in tables for statement in ddl.comments(table)))
    _execute(connection, map(ddl.create_view, VIEWS))
    found = connection.execute(
        "SELECT relname, array_agg(attname::text) FROM pg_class c JOIN pg_attribute ON attrelid = c.oid "
        "WHERE relnamespace = current_schema()::regnamespace AND relkind = 'v' GROUP BY relname"
    ).fetchall()
    named: dict[str, list[str]] = dict(found)
    _execute(connection, (statement for view in VIEWS for statement in ddl.comments_on_view(view, named[view.name])))
    _execute(connection, (sql.SQL("ANALYZE {}").format(sql.Identifier(table.name)) for table in tables))
    log.debug("keys, indexes, views, comments and statistics")


def _execute(connection: Connection, statements: Iterable[sql.Composed]) -> None:
    """Run statements together: the database may be far away."""
    connection.execute(sql.SQL(";\n").join(statements))


def _replace(connection: Connection, incoming: str, schema: str, old: Old | None) -> None:
    """Give the new tables the name, as soon as nobody is in the middle of the old ones."""
    patient_until = time.monotonic() + PATIENCE_S
    while True:
        try:
            with connection.transaction():
                granted = _drop(connection, schema, old) if old is not None else []
                connection.execute(
                    sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(sql.Identifier(incoming), sql.Identifier(schema))
                )
                for statement in granted:
                    connection.execute(statement)
            log.debug("%s: in its place", schema)
            return
        except errors.LockNotAvailable:
            if time.monotonic() > patient_until:
                raise BusyError(
                    f"{schema}: others have been using it for {PATIENCE_S:.0f} s without a pause, so that it could not "
                    f"be replaced; {UNTOUCHED}"
                ) from None
            time.sleep(PAUSE_S)


def _drop(connection: Connection, schema: str, old: Old) -> list[sql.Composed]:
    """Drop what an older load made, and nothing else. Returns what gives its readers their rights again."""
    connection.execute(sql.SQL("SET LOCAL lock_timeout TO {}").format(sql.Literal(LOCK_TIMEOUT)))
    tables, views = ([sql.Identifier(schema, name) for name in sorted(names)] for names in (old.tables, old.views))
    # Views before tables, as those who read them take their locks.
    connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.SQL(", ").join(views + tables)))
    granted = _granted(connection, schema, old.oid)
    try:
        for kind, names in (("VIEW", views), ("TABLE", tables)):
            if names:
                connection.execute(sql.SQL("DROP {} {}").format(sql.SQL(kind), sql.SQL(", ").join(names)))
        connection.execute(sql.SQL("DROP SCHEMA {}").format(sql.Identifier(schema)))
    except errors.DependentObjectsStillExist as error:
        found = excerpt(error.diag.message_detail, max_length=300)
        raise RefusedError(
            f"{schema}: something that this program did not make would be lost ({found}); move or drop it first; "
            f"{UNTOUCHED}"
        ) from None
    return granted


def _granted(connection: Connection, schema: str, oid: int) -> list[sql.Composed]:
    """The rights that others were given on the schema and its tables, as statements that give them again."""
    found = connection.execute(
        """
        SELECT o.relation, a.privilege_type, a.is_grantable, r.rolname
        FROM (
          SELECT NULL AS relation, nspacl AS acl, nspowner AS owner FROM pg_namespace WHERE oid = %(oid)s
          UNION ALL
          SELECT relname, relacl, relowner FROM pg_class WHERE relnamespace = %(oid)s AND relname = ANY(%(known)s)
        ) o, aclexplode(o.acl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
        WHERE a.grantee <> o.owner AND (r.rolname IS NOT NULL OR a.grantee = 0)
        """,
        {"oid": oid, "known": RELATIONS},
    ).fetchall()
    statements = []
    for relation, privilege, grantable, role in found:
        what = (
            sql.SQL("SCHEMA {}").format(sql.Identifier(schema))
            if relation is None
            else sql.Identifier(schema, relation)
        )
        statements.append(
            sql.SQL("GRANT {} ON {} TO {}{}").format(
                sql.SQL(cast(LiteralString, privilege)),  # one of PostgreSQL's own words
                what,
                sql.SQL("PUBLIC") if role is None else sql.Identifier(role),
                sql.SQL(" WITH GRANT OPTION" if grantable else ""),
            )
        )
    return statements


def _commit(connection: Connection, address: Address, schema: str) -> None:
    try:
        connection.commit()
    except psycopg.OperationalError as error:
        if not connection.broken:
            raise
        raise UnreachableError(
            f"{address.shown}: the connection was lost at the very end ({excerpt(error, max_length=200)}); {schema} "
            "holds the new load or the old one, whole; load again to be sure"
        ) from None


@contextmanager
def _explained(connection: Connection, address: Address, schema: str) -> Iterator[None]:
    """Say in one message what the database has against it."""
    try:
        yield
    except psycopg.Error as error:
        reason = _reason(error)
        if connection.broken:
            raise UnreachableError(f"{address.shown}: the connection was lost ({reason}); {UNTOUCHED}") from None
        if isinstance(error, errors.LockNotAvailable | errors.DeadlockDetected):
            raise BusyError(f"{address.shown}: {schema} is in use ({reason}); {UNTOUCHED}") from None
        raise InputError(f"{address.shown}: {schema} cannot be loaded ({reason}); {UNTOUCHED}") from None


def _reason(error: psycopg.Error) -> str:
    told = error.diag
    parts = [told.message_primary or str(error), told.message_detail, told.context]
    return "; ".join(excerpt(part, max_length=200) for part in parts if part)


def _one(connection: Connection, query: Any) -> tuple[Any, ...]:
    """The one row that a query answers with."""
    row = connection.execute(query).fetchone()
    assert row is not None
    return row
