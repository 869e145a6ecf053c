"""Published results in a PostGIS database: loaded whole or not at all, beside readers, and asked by SQL."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import pytest
import shapely
from psycopg import sql

import asmgold.cli as commands
import asmgold.postgis.loading as loading
from asmgold.errors import BusyError, InputError, RefusedError, UnreachableError
from asmgold.geodesy.ellipsoid import WGS84
from asmgold.postgis.loading import load
from asmgold.postgis.tables import TABLES
from asmgold.postgis.views import VIEWS
from tests.peers.conftest import PASSWORD, Server
from tests.small_result import CORRECTION, FIELDS, OVERLAYS, REJECTED, SITES, TITLES, make_result, write_manifest

PROJECT = Path(__file__).resolve().parents[2]
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


# What is loaded


def test_every_row_arrives_and_says_what_the_products_say(asked, results: Path) -> None:
    described = json.loads((results / "small/manifest.json").read_text())
    for table in TABLES:
        if table.product in described["products"]:
            assert value(asked, f"SELECT count(*) FROM {table.name}") == described["products"][table.product]["rows"]
    assert value(asked, "SELECT manifest FROM manifest") == described
    records = pd.read_parquet(results / "small/records.parquet").set_index("record_id")
    columns = [name for name in records.columns if name not in ("geometry", "bbox")]
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    for record_id, *fields in asked.execute(sql.SQL("SELECT record_id, {} FROM records").format(names)):
        ours = [list(v) if isinstance(v, np.ndarray) else None if pd.isna(v) else v
                for v in records.loc[record_id, columns]]  # fmt: skip
        assert fields == ours


def test_hostile_names_and_texts_are_data(asked) -> None:
    names = {name for (name,) in values(asked, "SELECT name FROM records")}
    assert {name or None for name, *_ in SITES} <= names
    assert dict(values(asked, "SELECT overlay, title FROM overlays")) == TITLES
    assert value(asked, "SELECT properties FROM overlay_features WHERE overlay = 'corridor'") == FIELDS
    [(reason, evidence)] = values(asked, "SELECT reason, evidence FROM corrections WHERE applied")
    assert (reason, evidence) == (CORRECTION.reason, CORRECTION.evidence)
    title = f"{TITLES['department']} outside {TITLES['corridor']}"
    assert value(asked, "SELECT title FROM zone_shares WHERE zone = 'corridor:outside'") == title


def test_geometry_has_its_type_its_crs_and_an_index(asked, results: Path) -> None:
    kinds = {
        (table, column): (kind, srid)
        for table, column, kind, srid in values(
            asked,
            "SELECT f_table_name, f_geometry_column, type, srid FROM geometry_columns JOIN pg_tables "
            "ON tablename = f_table_name AND schemaname = f_table_schema WHERE f_table_schema = current_schema()",
        )
    }
    assert kinds == {
        ("records", "geometry"): ("POINT", 4326),
        ("sites", "geometry"): ("POINT", 4326),
        ("regions", "geometry"): ("MULTIPOLYGON", 4326),
        ("regions", "geometry_unclipped"): ("MULTIPOLYGON", 4326),
        ("overlay_intersections", "geometry"): ("MULTIPOLYGON", 4326),
        ("overlay_features", "geometry"): ("MULTIPOLYGON", 4326),
        ("area", "geometry"): ("MULTIPOLYGON", 4326),
        ("corrections", "geometry"): ("LINESTRING", 4326),
        ("missed_mining", "geometry"): ("GEOMETRY", 4326),
    }
    indexed = values(
        asked,
        "SELECT c.relname, a.attname FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid "
        "JOIN pg_am m ON m.oid = x.relam AND m.amname = 'gist' JOIN pg_class c ON c.oid = i.indrelid "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] "
        "WHERE c.relnamespace = current_schema()::regnamespace",
    )
    assert set(indexed) == set(kinds)
    # What is drawn is what was published, to the last bit.
    regions = gpd.read_parquet(results / "small/regions.parquet").set_index("region_id")
    for region_id, wkb in values(asked, "SELECT region_id, ST_AsBinary(geometry) FROM regions"):
        ours = shapely.multipolygons(shapely.get_parts(regions.loc[region_id, "geometry"]))
        assert shapely.from_wkb(wkb).equals_exact(ours, 0)
    assert value(asked, "SELECT count(*) FROM records WHERE geometry IS NULL AND fate <> 'rejected'") == 0
    assert value(asked, "SELECT count(*) FROM records WHERE geometry IS NULL") == 1


def test_areas_are_those_that_postgis_measures(asked) -> None:
    for table in ("regions", "overlay_intersections", "area"):
        for ours, theirs in values(
            asked, f"SELECT area_km2, ST_Area(ST_Segmentize(geometry, 0.01)::geography) / 1e6 FROM {table}"
        ):
            assert ours == pytest.approx(theirs, rel=1e-6)
    for ours, theirs in values(
        asked,
        "SELECT area_unclipped_km2, ST_Area(ST_Segmentize(geometry_unclipped, 0.01)::geography) / 1e6 FROM regions",
    ):
        assert ours == pytest.approx(theirs, rel=1e-6)


def test_keys_hold_the_tables_together(asked) -> None:
    keys = dict(
        values(
            asked,
            "SELECT contype::text, count(*) FROM pg_constraint "
            "WHERE connamespace = current_schema()::regnamespace AND convalidated GROUP BY 1",
        )
    )
    assert keys["p"] == len(TABLES)
    assert keys["f"] == sum(len(table.references) for table in TABLES)
    for statement, fault in [
        ("DELETE FROM regions", psycopg.errors.ForeignKeyViolation),
        ("DELETE FROM records WHERE fate = 'site'", psycopg.errors.ForeignKeyViolation),
        ("INSERT INTO overlay_intersections SELECT * FROM overlay_intersections", psycopg.errors.UniqueViolation),
        ("UPDATE records SET fate = 'lost'", psycopg.errors.CheckViolation),
        ("UPDATE records SET latitude = 91", psycopg.errors.CheckViolation),
        ("UPDATE sites SET region_id = NULL", psycopg.errors.NotNullViolation),
        ("UPDATE sites SET geometry = ST_SetSRID(geometry, 3857)", psycopg.errors.InvalidParameterValue),
    ]:
        with pytest.raises(fault):
            asked.execute(statement)


def test_everything_is_explained_where_it_stands(asked) -> None:
    unexplained = values(
        asked,
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum >= 0 "
        "WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'v') AND NOT a.attisdropped "
        "AND coalesce(col_description(c.oid, a.attnum), '') = ''",
    )
    assert unexplained == []
    relations = dict(
        values(
            asked,
            "SELECT relname, obj_description(oid, 'pg_class') FROM pg_class "
            "WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'v')",
        )
    )
    assert set(relations) == {table.name for table in TABLES} | {view.name for view in VIEWS}
    assert all(relations.values())
    told = value(asked, "SELECT col_description('records'::regclass, attnum) FROM pg_attribute "
                         "WHERE attrelid = 'records'::regclass AND attname = 'fate'")  # fmt: skip
    assert told.startswith("What became of the record. One of site, not_gold,")


# What is asked


def test_views_answer_as_the_tables_do_elsewhere(asked, results: Path) -> None:
    folder = results / "small"
    summary = pd.read_csv(folder / "overlay_summary.csv")
    shares = {zone: rest for zone, *rest in values(
        asked, "SELECT zone, zone_km2, regions_km2, share_of_zone, share_of_regions, sites FROM zone_shares"
    )}  # fmt: skip
    for row in summary.itertuples():
        assert shares.pop(f"{row.overlay}:{row.zone}") == [
            row.zone_km2, row.regions_km2, row.share_of_zone, row.share_of_regions, row.sites,
        ]  # fmt: skip
    evidence = pd.read_csv(folder / "evidence.csv")
    [(zone, (_, regions_km2, share, _, sites))] = shares.items()
    assert zone == "area"
    assert share == pytest.approx(evidence.loc[evidence["zone"] == "area", "land_share"].iloc[0], abs=1e-6)
    regions = gpd.read_parquet(folder / "regions.parquet")
    assert regions_km2 == pytest.approx(regions["area_km2"].sum())
    assert sites == len(SITES) + 1

    counted = {(overlay, zone): n for overlay, zone, n in values(
        asked, "SELECT overlay, zone, count(*) FROM site_zones GROUP BY 1, 2")}  # fmt: skip
    assert counted == {(row.overlay, row.zone): row.sites for row in summary.itertuples()}
    points = gpd.read_parquet(folder / "sites.parquet").set_index("record_id").geometry
    for name, shape in OVERLAYS.items():
        outside = dict(
            values(asked, f"SELECT record_id, in_parent FROM sites_outside_overlays WHERE overlay = '{name}'")
        )
        assert set(outside) == set(points.index[~points.intersects(shape)])
        in_parent = points[list(outside)].intersects(OVERLAYS["department"]).to_dict() if name == "corridor" else {}
        assert all(inside == in_parent.get(record) for record, inside in outside.items())

    pieces = gpd.read_parquet(folder / "overlays.parquet")
    rows = values(asked, "SELECT region_id, overlay, zone, share_of_region FROM region_overlays")
    assert {row[0] for row in rows} == set(regions["region_id"])
    cut = {(row.region_id, row.overlay, row.zone): row.area_km2 for row in pieces.itertuples()}
    area = regions.set_index("region_id")["area_km2"]
    for region_id, overlay, zone, part in rows:
        if overlay is None:
            assert region_id not in set(pieces["region_id"])
        else:
            assert part == pytest.approx(cut.pop((region_id, overlay, zone)) / area[region_id])
    assert cut == {}


def test_rejected_and_corrected_records_are_listed_with_their_reasons(asked) -> None:
    [rejected] = values(asked, "SELECT record_id, name, longitude_text, latitude_text, fate_reason, flag_meanings "
                                "FROM records_rejected")  # fmt: skip
    assert rejected[:2] == ("mrds:rejected", REJECTED[0])
    assert REJECTED[1] in rejected[2:4]
    assert rejected[4] == "longitude is missing"
    assert any("Longitude or latitude is missing" in meaning for meaning in rejected[5])
    fates = values(asked, "SELECT fate, records FROM records_by_fate")
    assert dict(fates) == {"site": 5, "not_gold": 1, "refinery_only": 0, "outside_area": 0, "rejected": 1}
    [(record, moved_km, reason)] = values(asked, "SELECT record_id, moved_km, reason FROM records_corrected")
    assert (record, reason) == (CORRECTION.record, CORRECTION.reason)
    assert moved_km == pytest.approx(WGS84.inv(70.3, -13.0, -70.3, -13.0)[2] / 1000)
    assert value(asked, "SELECT count(*) FROM corrections WHERE NOT applied AND geometry IS NULL") == 1


def test_missed_mining_far_from_any_site_is_found(asked, results: Path) -> None:
    missed = gpd.read_parquet(results / "small/missed_mining.parquet")
    far = values(asked, "SELECT piece, distance_km, beyond_km, nearest_site, nearest_name FROM missed_mining_far")
    expected = missed[missed["distance_km"] > 40]
    assert 0 < len(expected) < len(missed)
    names = {f"mrds:{number}": name or None for number, (name, *_) in enumerate(SITES)} | {
        "mrds:corrected": "Sign lost"
    }
    for piece, distance_km, beyond_km, nearest, name in far:
        row = missed.iloc[piece - 1]
        assert (distance_km, nearest, name) == (row["distance_km"], row["nearest_site"], names[row["nearest_site"]])
        assert beyond_km == pytest.approx(distance_km - 20)
        theirs = value(asked, f"SELECT min(ST_Distance(m.geometry::geography, s.geometry::geography)) / 1000 "
                               f"FROM missed_mining m, sites s WHERE m.piece = {piece}")  # fmt: skip
        assert distance_km == pytest.approx(theirs, abs=0.15)
    assert len(far) == len(expected)


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


# The default scenario


def test_the_default_scenario_answers_as_its_products_do(built_once, gis, postgres: Server) -> None:
    told = load(built_once.folder / "results", "peru", postgres.dsn())
    assert (told.schema, told.rows["records"], told.rows["sites"]) == ("asmgold_peru", 737, 512)
    gis.execute("SET search_path TO asmgold_peru, public")
    shares = {zone: (round(share, 3), sites) for zone, share, sites in values(
        gis, "SELECT zone, share_of_zone, sites FROM zone_shares")}  # fmt: skip
    assert shares == {
        "area": (0.203, 512), "madre_de_dios:inside": (0.134, 15), "mining_corridor:inside": (0.807, 6),
        "mining_corridor:outside": (0.092, 9),
    }  # fmt: skip
    assert (
        value(gis, "SELECT count(*) FROM sites_outside_overlays WHERE overlay = 'mining_corridor' AND in_parent") == 9
    )
    assert value(gis, "SELECT count(*) FROM records_corrected") == 37
    for ours, theirs in values(
        gis, "SELECT area_km2, ST_Area(ST_Segmentize(geometry, 0.01)::geography) / 1e6 FROM regions"
    ):
        assert ours == pytest.approx(theirs, rel=2e-6)
    assert value(gis, "SELECT count(*) FROM regions WHERE NOT ST_IsValid(geometry)") == 0


def queries_of_the_guide() -> list[str]:
    text = (PROJECT / "docs/postgis.md").read_text("utf-8")
    return [block.split("```")[0] for block in text.split("```sql\n")[1:]]


def test_the_queries_of_the_guide_run(built_once, gis, postgres: Server) -> None:
    load(built_once.folder / "results", "peru", postgres.dsn())
    queries = queries_of_the_guide()
    assert len(queries) >= 6
    for query in queries:
        rows = gis.execute(query).fetchall()
        # The embedded records have all a position, and no evidence comes with them.
        assert rows or "records_rejected" in query or "missed_mining" in query, query
    assert [row[3] for row in values(gis, queries[0])] == [Decimal(share) for share in ("20.3", "13.4", "80.7", "9.2")]
