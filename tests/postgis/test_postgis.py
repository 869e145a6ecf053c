"""Loading into PostGIS, as far as it needs no server: addresses without passwords, plans, damaged results, messages."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import asmgold.cli as commands
from asmgold.errors import InputError, UnreachableError
from asmgold.postgis import ddl
from asmgold.postgis.address import read_address
from asmgold.postgis.contents import contents, rows
from asmgold.postgis.loading import load, schema_name
from asmgold.postgis.result import read_result
from asmgold.postgis.tables import NEEDED, READ, TABLES, Reference, SqlColumn, SqlTable
from asmgold.postgis.views import VIEWS
from asmgold.schemas.products import PRODUCTS
from asmgold.schemas.tables import RECORDS, REGIONS
from tests.conftest import PROJECT
from tests.small_result import make_result

SECRET = "hunter2"
WITH_SECRET = [
    f"host=db.example.org password={SECRET}",
    f"host=db.example.org password = '{SECRET} and \\' more'",
    f"postgresql://loader:{SECRET}@db.example.org/gis",
    f"postgres://loader:{SECRET}@db.example.org",
    f"postgresql://loader:a@{SECRET}@db.example.org/gis",
    f"postgresql://loader:a/{SECRET}@db.example.org/gis",
    f"postgresql://loader:{SECRET}",
    f"postgresql://loader:{SECRET}/gis",
    f"postgresql://loader:1/{SECRET}@db.example.org/gis",
    f"postgresql://loader:1?{SECRET}@db.example.org/gis",
    f"postgresql://loader:{SECRET} x@db.example.org/gis",
    f"postgresql://loader:%zz{SECRET}@db.example.org/gis",
    f"postgresql://db.example.org/gis?password={SECRET}",
    f"postgresql://db.example.org/gis?sslpassword={SECRET}",
    f"postgresql://db.example.org/gis?nonsense={SECRET}",
    f"host=db.example.org sslkey=key.pem sslpassword={SECRET}",
    f"host=db.example.org oauth_client_secret={SECRET}",
    f"host=db.example.org scram_client_key={SECRET}",
    f"dbname=postgresql://loader:{SECRET}@db.example.org/gis",
    f"host=db.example.org pass word={SECRET}",
    f"loader:{SECRET}@db.example.org/gis",
    f"{SECRET}",
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of results with the scenario `small`. Do not change it."""
    results = tmp_path_factory.mktemp("results")
    make_result(results)
    return results


@pytest.fixture
def results(made: Path, tmp_path: Path) -> Path:
    """The same, to change at will."""
    shutil.copytree(made, tmp_path / "results")
    return tmp_path / "results"


@pytest.mark.parametrize("dsn", WITH_SECRET)
def test_a_connection_string_with_a_password_is_refused_and_not_shown(
    dsn: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    assert commands.main(["postgis", "--dsn", dsn]) == 1
    # The same without quotes in a shell: several words.
    assert commands.main(["postgis", "--dsn", *dsn.split()]) == 1
    said = capfd.readouterr()
    assert said.err.count("\n") == 2
    assert said.err.startswith("DSN: ")
    assert SECRET not in said.out + said.err + caplog.text


@pytest.mark.parametrize(
    "arguments",
    [
        ["postgis", "--dsn", "dbname=gis", "--dns", WITH_SECRET[2]],
        ["postgis", "--dsn", "dbname=gis", "--scenario", "peru", WITH_SECRET[2]],
        ["postgis", "--dsn", "dbname=gis", "--scenario", "peru", f"password={SECRET}"],
        [WITH_SECRET[2]],
    ],
)
def test_arguments_that_are_not_understood_are_not_shown_if_they_may_hold_a_password(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        commands.main(arguments)
    said = capsys.readouterr()
    assert "not shown, since they may hold a password" in said.err
    assert SECRET not in said.out + said.err


def test_other_mistakes_in_arguments_are_shown_as_ever(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        commands.main(["fetch", "--scenari0", "peru"])
    assert "unrecognized arguments: --scenari0 peru" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("dsn", "shown"),
    [
        ("host=db.example.org dbname=gis", "the database gis on db.example.org"),
        ("postgresql://loader@db.example.org:5433/gis", "the database gis on db.example.org port 5433"),
        ("service=gis", "the database of service gis"),
        ("dbname='a\u202eb'", "the database a\\u202eb"),
    ],
)
def test_the_database_is_named_as_the_connection_string_names_it(dsn: str, shown: str) -> None:
    address = read_address(dsn)
    assert address.shown == shown
    assert dsn not in repr(address)


def test_nothing_is_connected_to_without_a_connection_string(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["postgis", "--dsn", ""]) == 1
    assert "DSN: none was given" in capsys.readouterr().err


def test_make_hands_the_connection_string_over_as_it_is_and_shows_none(tmp_path: Path) -> None:
    dsn = "host='a b' dbname=\"x;`touch hacked`\""
    shutil.copy(PROJECT / "Makefile", tmp_path)
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin/python"
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    python.chmod(0o755)

    def make(*options: str) -> str:
        quiet = ["--no-print-directory", *options]
        command = ["make", *quiet, "-o", ".venv/dev-ready", "BIN=bin", "postgis", f"DSN={dsn}", "SCHEMA=a b"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    assert make().splitlines() == ["-m", "asmgold", "postgis", "--dsn", dsn, "--schema", "a b"]
    assert dsn not in make("-n")
    assert not (tmp_path / "hacked").exists()


@pytest.fixture
def silent_server() -> Iterator[int]:
    """A server that takes connections and says nothing; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_server_that_does_not_answer_is_out_of_reach(made: Path, silent_server: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = free.getsockname()[1]
    for dsn, reason in [
        (f"host=127.0.0.1 port={closed} dbname=gis", "refused"),
        (f"host=127.0.0.1 port={silent_server} connect_timeout=2 dbname=gis", "timeout"),
        ("host=/there/is/none dbname=gis", "No such file"),
        ("host=none.invalid dbname=gis", "resolve"),
    ]:
        with pytest.raises(UnreachableError, match=f"^the database gis on .*does not answer .*{reason}") as raised:
            load(made, "small", dsn)
        assert raised.value.exit_status == 3
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize("dsn", ["service=no_such_service", "host=127.0.0.1 sslmode=nonsense"])
def test_an_address_that_can_never_work_is_a_mistake_not_a_server_out_of_reach(made: Path, dsn: str) -> None:
    with pytest.raises(InputError, match="cannot be connected to in this way") as raised:
        load(made, "small", dsn)
    assert raised.value.exit_status == 1


def test_schemas_are_named_after_scenarios() -> None:
    assert schema_name("peru-10km") == "asmgold_peru_10km"


@pytest.mark.parametrize("schema", ["x" * 64, "ñ" * 32, "a\0b"])
def test_a_name_that_postgresql_would_cut_off_is_refused(made: Path, schema: str) -> None:
    with pytest.raises(InputError, match=r"^schema: .* cannot be the name of one, 1 to 63 bytes were expected"):
        load(made, "small", "host=127.0.0.1", schema)


def damage_by_a_byte(folder: Path) -> str:
    path = folder / "sites.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    return "sites.parquet: is not what manifest.json describes"


def damage_of_the_geopackage(folder: Path) -> str:
    with (folder / "asm_gold_regions.gpkg").open("ab") as file:
        file.write(b"\0")
    return (
        r"asm_gold_regions.gpkg: is not what .* \(QGIS changes a GeoPackage by opening it\)\. Delete it and run small"
    )


def loss_of_a_table(folder: Path) -> str:
    (folder / "overlay_summary.csv").unlink()
    return r"overlay_summary.csv: manifest.json names it, and it cannot be read \(No such file"


def loss_of_the_manifest(folder: Path) -> str:
    (folder / "manifest.json").unlink()
    return "manifest.json: there is none, so there is no result to load; run small first"


def no_json(folder: Path) -> str:
    (folder / "manifest.json").write_text("{")
    return "manifest.json: not the manifest of a run"


def changed(folder: Path, change: str) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    exec(change, {"manifest": manifest})
    path.write_text(json.dumps(manifest))


def a_path_that_leads_out(folder: Path) -> str:
    changed(folder, "manifest['products']['../../secret'] = {'sha256': '0' * 64}")
    return r"manifest.json: not the manifest of a run \(products"


def damage_in_the_folder_of_a_country(folder: Path) -> str:
    (folder / "countries/PER/regions.parquet").write_bytes(b"")
    return r"countries/PER/regions.parquet: is not what .* Delete it and run small again"


def a_product_that_is_not_named(folder: Path) -> str:
    changed(folder, "del manifest['products']['regions.parquet']")
    return "manifest.json: names no regions.parquet, which every result has"


def another_scenario(folder: Path) -> str:
    changed(folder, "manifest['configuration']['scenario'] = 'other'")
    return "manifest.json: is that of the scenario other, small was expected"


@pytest.mark.parametrize(
    "damage",
    [
        damage_by_a_byte, damage_of_the_geopackage, loss_of_a_table, loss_of_the_manifest, no_json,
        a_path_that_leads_out, damage_in_the_folder_of_a_country, a_product_that_is_not_named, another_scenario,
    ],
)  # fmt: skip
def test_a_damaged_result_is_named_before_any_server_is_asked(results: Path, damage) -> None:  # type: ignore[no-untyped-def]
    message = damage(results / "small")
    with pytest.raises(InputError, match=message) as raised:
        load(results, "small", "host=/there/is/none")
    assert raised.value.exit_status == 1
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["../small", "small/../small", "", ".", "/etc"])
def test_a_scenario_is_a_folder_of_the_results(made: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"the name of a folder of .* was expected"):
        read_result(made, name, NEEDED, READ)


def test_a_table_of_another_version_is_no_traceback(made: Path) -> None:
    result = read_result(made, "small", NEEDED, READ)
    with pytest.raises(InputError, match=r"regions.parquet: not the table that this version of the program writes"):
        result.table("regions.parquet", RECORDS)
    with pytest.raises(InputError, match=r"has no layer 'overlay_x' that can be read"):
        result.layer("overlay_x")


def test_every_table_of_the_result_is_loaded_whole(made: Path) -> None:
    frames = contents(read_result(made, "small", NEEDED, READ))
    described = json.loads((made / "small/manifest.json").read_text())["products"]
    products = {table.product: len(frames[table.name]) for table in TABLES if table.product in described}
    tables = {name: one["rows"] for name, one in described.items() if name.endswith((".parquet", ".csv"))}
    # Products of each country are checked, and are in the tables of all.
    assert products == {name: n for name, n in tables.items() if not name.startswith("countries/")}
    assert "countries/PER/regions.parquet" in tables
    # A result without evidence has the same tables, without rows.
    assert frames["chance"].empty


def test_rows_are_as_the_database_takes_them() -> None:
    table = SqlTable("t", "", {"a": SqlColumn("text", ""), "b": SqlColumn("bigint", "")}, ("a",))
    frame = pd.DataFrame({"b": [1, 2], "a": pd.Series(["x", None], dtype="str")})
    assert list(rows(table, frame)) == [("x", 1), (None, 2)]


def test_every_table_and_column_of_the_dictionary_has_its_place() -> None:
    """A table that is added to the data dictionary is loaded, or named here as one that is not."""
    placed = {id(table.schema) for table in TABLES}
    for product in PRODUCTS:
        if product.is_table:
            assert id(product.load_schema()) in placed, product.name


def test_plans_name_keys_of_tables_that_are_there() -> None:
    by_name = {table.name: table for table in TABLES}
    for table in TABLES:
        assert set(table.key) <= set(table.columns)
        assert all(column.about and "`" not in column.about for column in table.columns.values())
        for reference in table.references:
            assert set(reference.columns) <= set(table.columns)
            assert len(reference.columns) == len(by_name[reference.table].key)
    assert len({*by_name, *(view.name for view in VIEWS)}) == len(TABLES) + len(VIEWS)


def test_names_and_words_are_quoted_wherever_they_stand() -> None:
    hostile = '"; DROP SCHEMA public CASCADE; --'
    table = SqlTable(
        hostile, "It's", {hostile: SqlColumn("text", "'; --", words=("it's", "\\"))}, (hostile,),
        references=(Reference((hostile,), hostile),), indexes=("x",),
    )  # fmt: skip
    statements = [
        ddl.create(table), *ddl.constraints(table), *ddl.references(table, {hostile: (hostile,)}),
        *ddl.indexes(table), *ddl.comments(table), ddl.comment_on_schema(hostile, "'"),
    ]  # fmt: skip
    quoted = '"""; DROP SCHEMA public CASCADE; --"'
    for statement in statements:
        text = statement.as_string(None)
        assert quoted in text
        # Without what is quoted nothing is left that could end the statement.
        bare = re.sub(r"""E?'(?:[^'\\]|''|\\.)*'|"(?:[^"]|"")*\"""", "", text)
        assert ";" not in bare
        assert "--" not in bare


def test_columns_are_bound_as_the_schema_binds_them() -> None:
    records = next(table for table in TABLES if table.name == "records")
    text = " ".join(statement.as_string(None) for statement in ddl.constraints(records))
    assert 'CHECK ("longitude" >=  -180.0 AND "longitude" <= 180.0)' in text
    assert 'CHECK ("outside_km" > 0.0)' in text
    assert (
        "CHECK (\"fate\" IN ('site', 'not_gold', 'plant', 'administrative_position', 'outside_area', 'rejected'))"
        in text
    )
    created = ddl.create(records).as_string(None)
    assert '"fate" text NOT NULL' in created
    assert '"outside_km" double precision,' in created
    assert '"geometry" geometry(Point,4326)' in created


def test_a_table_has_the_counts_of_own_sources_too():
    regions = next(table for table in TABLES if table.name == "regions")
    columns = regions.with_further([*REGIONS.columns, "n_survey", "something"]).columns
    assert columns["n_survey"] == SqlColumn(
        "bigint", "Of these, records of survey.", True, (), (0, True, float("inf"), False)
    )
    assert list(columns)[-3:] == ["n_survey", "geometry", "geometry_unclipped"]
    assert regions.with_further(REGIONS.columns) is regions
