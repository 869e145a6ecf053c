"""Results loaded into a PostGIS database of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

import asmgold.postgis.loading as loading
from asmgold.postgis.loading import load
from tests.peers.conftest import Server
from tests.small_result import SITES, make_result

SCHEMA = "asmgold_small"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the scenario `small`. Do not change them."""
    folder = tmp_path_factory.mktemp("results")
    make_result(folder)
    return folder


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same scenario with one site more and without evidence. Do not change them."""
    folder = tmp_path_factory.mktemp("newer")
    make_result(folder, sites=[*SITES, ("New", -69.3, -12.3)], evidence=False)
    return folder


@pytest.fixture(scope="module", autouse=True)
def _tables_of_each_result_are_made_once() -> Iterator[None]:
    """Most of a small load is spent on reading the products, which are the same in most tests."""
    made, make = {}, loading.contents

    def once(result):
        if result.sha256 not in made:
            made[result.sha256] = make(result)
        return dict(made[result.sha256])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "contents", once)
        yield


@pytest.fixture
def gis(postgres: Server) -> Iterator[psycopg.Connection]:
    """A connection to the database, in which no schema is left behind."""
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        yield connection
        for (schema,) in connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'asmgold%'"):
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))


@pytest.fixture(scope="module")
def asked(postgres: Server, results: Path) -> Iterator[psycopg.Connection]:
    """A connection to the small result, loaded once, in a schema of another name. Do not change it."""
    load(results, "small", postgres.dsn(), "asked")
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        connection.execute("SET search_path TO asked, public")
        yield connection
        connection.execute("DROP SCHEMA asked CASCADE")


@pytest.fixture
def loaded(gis: psycopg.Connection, results: Path, postgres: Server) -> psycopg.Connection:
    """The same, with the small result loaded."""
    load(results, "small", postgres.dsn())
    gis.execute(f"SET search_path TO {SCHEMA}, public")
    return gis


def values(connection: psycopg.Connection, query: str) -> list[tuple]:
    return connection.execute(query).fetchall()


def value(connection: psycopg.Connection, query: str):
    [(found,)] = values(connection, query)
    return found


def fingerprint(connection: psycopg.Connection, schema: str = SCHEMA) -> dict[str, str]:
    """The content of each table and view by its name, and where each of them is kept."""
    found = {}
    for name in loading.RELATIONS:
        what = sql.Identifier(schema, name)
        query = sql.SQL("SELECT md5(string_agg(t::text, '|' ORDER BY t::text)), {}::regclass::oid FROM {} t")
        found[name] = str(connection.execute(query.format(sql.Literal(f'"{schema}"."{name}"'), what)).fetchone())
    return found


def schemas(connection: psycopg.Connection) -> list[str]:
    return [name for (name,) in values(connection, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'asmgold%'")]
