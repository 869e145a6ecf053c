"""Loads are whole or not at all, beside readers and others' tables."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import psycopg
import pytest
from psycopg import sql

import asmgold.cli as commands
import asmgold.postgis.loading as loading
from asmgold.errors import BusyError, InputError, RefusedError, UnreachableError
from asmgold.postgis.loading import load
from tests.peers.conftest import PASSWORD, Server
from tests.peers.postgis.conftest import SCHEMA, fingerprint, schemas, value
from tests.small_result import SITES, make_result, write_manifest

pytestmark = pytest.mark.thorough

# Whole or not at all


def test_a_load_takes_the_place_of_the_one_before_and_readers_keep_their_rights(
    loaded, newer: Path, postgres: Server
) -> None:
    loaded.execute('CREATE ROLE "re""ader" LOGIN')
    try:
        loaded.execute(f'GRANT USAGE ON SCHEMA {SCHEMA} TO "re""ader"')
        loaded.execute(f'GRANT SELECT ON {SCHEMA}.regions, {SCHEMA}.zone_shares TO "re""ader" WITH GRANT OPTION')
        loaded.execute(f"GRANT SELECT ON {SCHEMA}.sites TO PUBLIC")
        before = fingerprint(loaded)
        told = load(newer, "small", postgres.dsn())
        assert told.replaced
        after = fingerprint(loaded)
        assert before.keys() == after.keys()
        assert all(before[name] != after[name] for name in before)
        assert value(loaded, f"SELECT count(*) FROM {SCHEMA}.sites") == len(SITES) + 2 == told.rows["sites"]
        # No evidence, no rows: but the table is there, and so are the views on it.
        assert value(loaded, f"SELECT count(*) FROM {SCHEMA}.missed_mining_far") == 0
        with psycopg.connect(postgres.dsn(user="'re\"ader'"), autocommit=True) as reader:
            for name in ("regions", "zone_shares", "sites"):
                reader.execute(f"SELECT count(*) FROM {SCHEMA}.{name}")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(f"SELECT count(*) FROM {SCHEMA}.records")
        grantable = "has_table_privilege('re\"ader', 'asmgold_small.regions', 'SELECT WITH GRANT OPTION')"
        assert value(loaded, f"SELECT {grantable}")
    finally:
        loaded.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
        loaded.execute('DROP ROLE "re""ader"')


def test_the_same_result_gives_the_same_tables(loaded, results: Path, postgres: Server) -> None:
    def content() -> dict[str, str]:
        return {name: found.split(",")[0] for name, found in fingerprint(loaded).items() if name != "manifest"}

    before = content()
    load(results, "small", postgres.dsn())
    assert content() == before


def cut_at(statement: str, postgres: Server) -> logging.Handler:
    """Ends the loader's connection from another one, as soon as it says that it has come so far."""

    class Cut(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.getMessage().startswith(statement):
                postgres.psql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'asmgold'"
                )

    return Cut(logging.DEBUG)


@pytest.mark.parametrize("point", ["manifest:", "records:", "keys, indexes", f"{SCHEMA}: in its place"])
def test_a_connection_that_is_cut_between_two_statements_leaves_the_old_load_alone(
    loaded, newer: Path, postgres: Server, point: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = fingerprint(loaded)
    logger = logging.getLogger("asmgold.postgis.loading")
    cut = cut_at(point, postgres)
    caplog.set_level("DEBUG", logger.name)
    logger.addHandler(cut)
    try:
        with pytest.raises(UnreachableError, match=r"^the database postgres on .*the connection was lost ") as raised:
            load(newer, "small", postgres.dsn())
    finally:
        logger.removeHandler(cut)
    assert raised.value.exit_status == 3
    assert "\n" not in str(raised.value)
    assert fingerprint(loaded) == before
    assert schemas(loaded) == [SCHEMA]
    # And the next one succeeds.
    assert load(newer, "small", postgres.dsn()).replaced


def test_a_connection_that_is_cut_in_the_middle_of_the_rows_leaves_the_old_load_alone(
    loaded, newer: Path, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, whole, seen = fingerprint(loaded), loading.rows, []

    def cut_short(table, frame):
        for number, row in enumerate(whole(table, frame)):
            if table.name == "sites" and number == 2:
                seen.append(postgres.psql("SELECT query FROM pg_stat_activity WHERE application_name = 'asmgold'"))
                postgres.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                              "WHERE application_name = 'asmgold'")  # fmt: skip
            yield row

    monkeypatch.setattr(loading, "rows", cut_short)
    with pytest.raises(
        UnreachableError, match=r"the connection was lost .*; nothing was loaded, and an older load is as it was"
    ):
        load(newer, "small", postgres.dsn())
    assert len(seen) == 1
    assert seen[0].startswith('COPY "sites"')
    assert fingerprint(loaded) == before
    assert schemas(loaded) == [SCHEMA]


KILLED = """
import sys, time
from pathlib import Path
import asmgold.postgis.loading as loading
whole = loading.rows
def slow(table, frame):
    for row in whole(table, frame):
        yield row
        if table.name == "overlay_intersections":
            print("here", flush=True)
            time.sleep(600)
loading.rows = slow
loading.load(Path(sys.argv[1]), "small", sys.argv[2])
"""


def test_a_loader_that_is_killed_leaves_the_old_load_alone(loaded, newer: Path, postgres: Server) -> None:
    before = fingerprint(loaded)
    command = [sys.executable, "-c", KILLED, str(newer), postgres.dsn()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as loader:
        assert loader.stdout is not None
        assert loader.stdout.readline() == "here\n"
        # While it is at work, the old load is there for everyone, and the new one for nobody.
        assert fingerprint(loaded) == before
        assert schemas(loaded) == [SCHEMA]
        loader.send_signal(signal.SIGKILL)
    eventually(lambda: load(newer, "small", postgres.dsn()).replaced)
    assert schemas(loaded) == [SCHEMA]
    assert value(loaded, f"SELECT count(*) FROM {SCHEMA}.sites") == len(SITES) + 2


def eventually(action: Callable[[], object]) -> None:
    """The server notices at its own pace that a client is gone; until then the load is under way."""
    deadline = time.monotonic() + 30
    while True:
        with contextlib.suppress(BusyError):
            action()
            return
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_commit_whose_answer_is_lost_says_that_it_is_not_known(
    gis, results: Path, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(connection: psycopg.Connection) -> None:
        connection.pgconn.finish()
        raise psycopg.OperationalError("consuming input failed: server closed the connection unexpectedly")

    monkeypatch.setattr(psycopg.Connection, "commit", lost)
    with pytest.raises(UnreachableError, match=r"holds the new load or the old one, whole; load again to be sure"):
        load(results, "small", postgres.dsn())


# Who reads meanwhile


def test_readers_see_the_old_load_or_the_new_one_and_never_an_error(
    loaded, results: Path, newer: Path, postgres: Server
) -> None:
    """Sites and manifest in one statement always belong together."""
    stop, seen, slowest = threading.Event(), set(), [0.0]

    def read() -> None:
        with psycopg.connect(postgres.dsn(), autocommit=True) as reader:
            while not stop.is_set():
                began = time.monotonic()
                seen.add(value(reader, f"SELECT sha256 || (SELECT count(*) FROM {SCHEMA}.site_zones) || ' ' || "
                                       f"(SELECT count(*) FROM {SCHEMA}.sites) FROM {SCHEMA}.manifest"))  # fmt: skip
                slowest[0] = max(slowest[0], time.monotonic() - began)

    failures: list[BaseException] = []

    def watched() -> None:
        try:
            read()
        except BaseException as error:
            failures.append(error)

    readers = [threading.Thread(target=watched) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        for folder in (newer, results, newer):
            load(folder, "small", postgres.dsn())
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert failures == []
    assert len(seen) == 2
    assert slowest[0] < 5


def test_a_reader_who_takes_long_is_waited_for_and_holds_up_nobody(
    loaded, newer: Path, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fingerprint(loaded)
    with psycopg.connect(postgres.dsn()) as long_reader:
        long_reader.execute(f"SELECT count(*) FROM {SCHEMA}.regions")
        monkeypatch.setattr(loading, "PATIENCE_S", 1.0)
        with pytest.raises(BusyError, match="others have been using it for 1 s without a pause") as raised:
            load(newer, "small", postgres.dsn())
        assert raised.value.exit_status == 5
        assert fingerprint(loaded) == before
        monkeypatch.setattr(loading, "PATIENCE_S", 60.0)
        done = threading.Thread(target=load, args=(newer, "small", postgres.dsn()))
        done.start()
        eventually_waiting(loaded)
        # The loader waits for the long reader; others need not wait for the loader for long.
        began = time.monotonic()
        loaded.execute(f"SELECT count(*) FROM {SCHEMA}.regions")
        assert time.monotonic() - began < 3
        assert done.is_alive()
        long_reader.execute(f"SELECT count(*) FROM {SCHEMA}.regions")
        long_reader.commit()
        done.join(60)
    assert value(loaded, f"SELECT count(*) FROM {SCHEMA}.sites") == len(SITES) + 2


def eventually_waiting(connection: psycopg.Connection) -> None:
    deadline = time.monotonic() + 30
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'asmgold' AND query LIKE 'LOCK TABLE%'"
    while not value(connection, query):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_two_loads_of_one_schema_do_not_meet(loaded, newer: Path, postgres: Server) -> None:
    with psycopg.connect(postgres.dsn()) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"asmgold {SCHEMA}"])
        with pytest.raises(BusyError, match="another load of it is under way"):
            load(newer, "small", postgres.dsn())


# What is not ours


@pytest.mark.parametrize(
    "making",
    [
        [f"CREATE SCHEMA {SCHEMA}"],
        [f"CREATE SCHEMA {SCHEMA}", f"CREATE TABLE {SCHEMA}.manifest (scenario text, relations text[])"],
        [f"CREATE SCHEMA {SCHEMA}", f"COMMENT ON SCHEMA {SCHEMA} IS 'asmgold, scenario small: mine'"],
        [f"CREATE SCHEMA {SCHEMA}", f"COMMENT ON SCHEMA {SCHEMA} IS 'asmgold, scenario small: mine'",
         f"CREATE TABLE {SCHEMA}.manifest (scenario text, relations text[])"],
    ],
)  # fmt: skip
def test_a_schema_that_this_program_did_not_make_is_left_alone(
    gis, results: Path, postgres: Server, making: list[str]
) -> None:
    for statement in making:
        gis.execute(statement)
    gis.execute(f"CREATE TABLE {SCHEMA}.precious AS SELECT 1 AS one")
    with pytest.raises(
        RefusedError, match=f"^{SCHEMA}: there is a schema of that name that this program did not make"
    ) as no:
        load(results, "small", postgres.dsn())
    assert no.value.exit_status == 4
    assert value(gis, f"SELECT one FROM {SCHEMA}.precious") == 1


def test_a_schema_may_have_any_name(gis, results: Path, postgres: Server) -> None:
    name = 'asmgold "elsewhere"; DROP SCHEMA public CASCADE; --'
    assert load(results, "small", postgres.dsn(), name).schema == name
    assert value(gis, f"SELECT count(*) FROM {sql.Identifier(name, 'sites').as_string(None)}") == len(SITES) + 1
    assert load(results, "small", postgres.dsn(), name).replaced


@pytest.mark.parametrize("schema", ["public", "pg_asmgold"])
def test_schemas_of_the_database_itself_are_left_alone(gis, results: Path, postgres: Server, schema: str) -> None:
    with pytest.raises(InputError, match=rf"{schema}"):
        load(results, "small", postgres.dsn(), schema)
    assert value(gis, "SELECT PostGIS_Lib_Version() IS NOT NULL")


def test_scenarios_whose_names_differ_by_a_hyphen_do_not_replace_each_other(
    loaded, postgres: Server, results: Path, tmp_path: Path
) -> None:
    gis = loaded
    make_result(tmp_path, "a-b", evidence=False)
    make_result(tmp_path, "a_b", evidence=False)
    load(tmp_path, "a-b", postgres.dsn())
    before = fingerprint(gis, "asmgold_a_b")
    with pytest.raises(RefusedError, match="asmgold_a_b: holds the scenario a-b, not a_b"):
        load(tmp_path, "a_b", postgres.dsn())
    assert fingerprint(gis, "asmgold_a_b") == before


@pytest.mark.parametrize(
    ("making", "named"),
    [
        (f"CREATE TABLE {SCHEMA}.notes AS SELECT 1 AS one", "notes"),
        (f"CREATE VIEW public.asmgold_mine AS SELECT region_id FROM {SCHEMA}.regions", "asmgold_mine"),
        (f"CREATE TABLE public.asmgold_mine (id text REFERENCES {SCHEMA}.records)", "asmgold_mine"),
    ],
)
def test_what_others_made_of_it_is_never_dropped(
    loaded, newer: Path, postgres: Server, making: str, named: str
) -> None:
    loaded.execute(making)
    before = fingerprint(loaded)
    try:
        with pytest.raises(RefusedError, match=rf"something that this program did not make would be lost \(.*{named}"):
            load(newer, "small", postgres.dsn())
        assert fingerprint(loaded) == before
    finally:
        loaded.execute("DROP TABLE IF EXISTS asmgold_small.notes")
        loaded.execute("DROP VIEW IF EXISTS public.asmgold_mine" if "VIEW" in making
                       else "DROP TABLE IF EXISTS public.asmgold_mine")  # fmt: skip
    assert load(newer, "small", postgres.dsn()).replaced


# What keeps us out


def test_a_text_that_postgresql_cannot_hold_is_named_and_nothing_is_loaded(
    gis, results: Path, postgres: Server, tmp_path: Path
) -> None:
    shutil.copytree(results, tmp_path / "results")
    folder = tmp_path / "results/small"
    records = gpd.read_parquet(folder / "records.parquet").drop(columns="bbox", errors="ignore")
    records.loc[0, "status"] = "a\0b"
    records.to_parquet(folder / "records.parquet", index=False)
    write_manifest(folder, records, "small")
    with pytest.raises(InputError, match=r"cannot be loaded \(.*0x00; COPY records, line 1, column status\)") as raised:
        load(tmp_path / "results", "small", postgres.dsn())
    assert raised.value.exit_status == 1
    assert schemas(gis) == []


def test_a_database_without_postgis_is_named_with_the_remedy(gis, results: Path, postgres: Server) -> None:
    postgres.psql("CREATE DATABASE plain")
    try:
        with pytest.raises(InputError, match=r"plain: this database has no PostGIS; .*CREATE EXTENSION postgis") as no:
            load(results, "small", postgres.dsn("plain"))
        assert no.value.exit_status == 1
    finally:
        postgres.psql("DROP DATABASE plain")


def test_postgis_may_stand_in_a_schema_of_its_own(gis, results: Path, postgres: Server) -> None:
    postgres.psql("CREATE DATABASE apart")
    try:
        postgres.psql('CREATE SCHEMA "my gis"; CREATE EXTENSION postgis SCHEMA "my gis"', "apart")
        load(results, "small", postgres.dsn("apart"))
        load(results, "small", postgres.dsn("apart"))
        assert postgres.psql(f"SELECT count(*) FROM {SCHEMA}.site_zones", "apart") == "8"
    finally:
        postgres.psql("DROP DATABASE apart")


def test_a_password_is_found_where_libpq_looks_and_shown_nowhere(
    gis, results: Path, postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level("DEBUG")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").symlink_to(results)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))
    command = ["postgis", "--scenario", "small", "--dsn", *postgres.dsn(user="guarded").split()]

    assert commands.main(command) == 1
    assert "the server wants a password, and none was found in ~/.pgpass" in capfd.readouterr().err
    monkeypatch.setenv("PGPASSWORD", "wrong horse")
    assert commands.main(command) == 1
    said = capfd.readouterr().err
    assert "refuses the connection" in said
    assert "wrong horse" not in said
    assert said.count("\n") == 1

    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert commands.main(command) == 1
    said = capfd.readouterr().err
    assert "the role guarded may not make a schema in this database" in said
    gis.execute("GRANT CREATE ON DATABASE postgres TO guarded")
    try:
        assert commands.main(command) == 0
        monkeypatch.delenv("PGPASSWORD")
        passfile = tmp_path / "pgpass"
        passfile.write_text(f"*:*:*:guarded:{PASSWORD}\n")
        passfile.chmod(0o600)
        monkeypatch.setenv("PGPASSFILE", str(passfile))
        assert commands.main(command) == 0
        monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))
        services = tmp_path / "services"
        services.write_text(f"[gis]\nhost={postgres.folder}\ndbname=postgres\nuser=guarded\npassword={PASSWORD}\n")
        monkeypatch.setenv("PGSERVICEFILE", str(services))
        assert commands.main([*command[:-3], "service=gis"]) == 0
        said = capfd.readouterr()
        assert said.out.splitlines() == [
            f"small: loaded into schema {SCHEMA} of the database postgres on {postgres.folder}, for the first time: "
            "7 records, 5 sites, 3 regions",
            f"small: loaded into schema {SCHEMA} of the database postgres on {postgres.folder}, in place of the load "
            "before: 7 records, 5 sites, 3 regions",
            f"small: loaded into schema {SCHEMA} of the database of service gis, in place of the load before: "
            "7 records, 5 sites, 3 regions",
        ]
        assert PASSWORD not in said.out + said.err + caplog.text
        held = gis.execute(f"SELECT string_agg(m::text, '') FROM {SCHEMA}.manifest m").fetchone()
        assert PASSWORD not in str(held)
    finally:
        gis.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        gis.execute("REVOKE CREATE ON DATABASE postgres FROM guarded")
    # Nor does the server's own log hold it, but for the statement of this test that set it.
    assert PASSWORD not in (postgres.folder / "log").read_text()


def test_a_load_of_another_role_is_not_replaced(loaded, newer: Path, postgres: Server) -> None:
    before = fingerprint(loaded)
    loaded.execute("CREATE ROLE asmgold_other LOGIN")
    loaded.execute("GRANT CREATE ON DATABASE postgres TO asmgold_other")
    try:
        with pytest.raises(InputError, match="belongs to the role postgres, which alone can replace it"):
            load(newer, "small", postgres.dsn(user="asmgold_other"))
    finally:
        loaded.execute("DROP OWNED BY asmgold_other")
        loaded.execute("DROP ROLE asmgold_other")
    assert fingerprint(loaded) == before


@pytest.mark.parametrize(
    ("dsn", "reason"),
    [({"database": "none"}, 'database "none" does not exist'), ({"user": "nobody"}, 'role "nobody" does not exist')],
)
def test_a_server_that_refuses_is_no_server_out_of_reach(results: Path, postgres: Server, dsn, reason: str) -> None:
    with pytest.raises(InputError, match=f"the server refuses the connection .*{reason}") as raised:
        load(results, "small", postgres.dsn(**dsn))
    assert raised.value.exit_status == 1


def test_limits_of_the_role_do_not_end_a_load(gis, results: Path, postgres: Server) -> None:
    gis.execute("ALTER ROLE postgres SET statement_timeout = '1ms'")
    try:
        assert not load(results, "small", postgres.dsn()).replaced
    finally:
        gis.execute("SET statement_timeout = 0")
        gis.execute("ALTER ROLE postgres RESET statement_timeout")


def test_a_database_that_only_reads_says_so(gis, results: Path, postgres: Server) -> None:
    with pytest.raises(InputError, match=r"cannot be loaded \(cannot execute .* in a read-only transaction\)"):
        load(results, "small", postgres.dsn() + " options='-c default_transaction_read_only=on'")
