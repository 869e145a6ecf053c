"""Hostile rows and files: a result or one clear message, and no row is lost on the way.

By default 194 generated cases are tried (40 tables of hostile rows to their fates, 4 to the GeoPackage and manifest,
50 files damaged anywhere, 60 with a quote left open, 40 damaged archives) beside some 45 that are
written out below.
With ASMGOLD_THOROUGH=1 the generated ones are forty times as many, 7,760.
"""

from __future__ import annotations

import csv
import io
import itertools
import os
import re
import sqlite3
import tempfile
import time
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asmgold.errors import InputError, excerpt, printable
from asmgold.io.markdown import code
from asmgold.io.tables import read_table, write_table
from asmgold.publish.geopackage import append_layer, write_geopackage
from asmgold.publish.manifest import build_manifest
from asmgold.records.accounting import count_by_fate
from asmgold.records.classify import classify
from asmgold.regions.dissolve import dissolve
from asmgold.regions.overlays import intersect
from asmgold.schemas.tables import READ_RECORDS, RECORDS
from asmgold.sources.records import read_records
from tests.small_map import context_of_map

TIMES = 40 if os.environ.get("ASMGOLD_THOROUGH") else 1
AREA = gpd.GeoDataFrame(geometry=[shapely.box(-4, -4, 4, 4)], crs=4326)
COUNTRIES = AREA.assign(code="AAA", name="Aland")
COLUMNS = {
    "mrds": ("dep_id", "site_name", "latitude", "longitude", "country", "commod1", "commod2", "commod3", "url",
             "dep_type", "dev_stat"),
    "major_deposits": ("gid", "dep_name", "country", "latitude", "longitude", "commodity", "dep_type"),
}  # fmt: skip
FILES = {"mrds": "mrds.csv", "major_deposits": "deposit.csv"}
OPTIONAL = {"url", "dep_type", "dev_stat"}
USABLE = {
    "dep_id": "7", "gid": "7", "latitude": "1.5", "longitude": "-1.25", "commod1": "Gold", "commodity": "Copper-gold",
}  # fmt: skip

NASTY = [
    "", " ", "\x00", "a\x00b", "\x1b[2J\x1b]0;owned\x07", "\x7f", "\x85", "\u2028", "\ufeff", "\ufffe", "\U0001f4a9",
    "1e308", "-1e308", "1e309", "NaN", "nan", "inf", "-Infinity", "-0", "-0.0", "+.5", "0x1F", "0x1p3", "1_000",
    "1,234.5", "12,5", "١٢", "１２", "१२", "−12", "½", "Ⅻ", "1" * 400, "90.0000001", "-180", "180", "1.5.2", "1e-400",
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "=HYPERLINK(\"http://x\")",
    "<script>alert(1)</script>", "&lt;", "'; DROP TABLE gold_sites; --", "[% $now %]", "\"name\" || 'x'", "${x}",
    "\u202eabc\u202c", "\u200f", "عربي", "e\u0301", "\u0300", "two\nlines", "a\rb", "a\r\nb", "\n", "%s{}",
    "\"", "\"\"", "a\"b",
    "\\", "\\\"", "NULL", "None", "N/A", "Gold", "gold, refinery", "Refinery", ",", ",,,", "Au", "7", "7#2", "7#3",
    "row:1", "@1.5,-1.25", "../../etc/passwd", "javascript:alert(1)", "  7  ", "\xa07", "|", "`", "x" * 5000,
]  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=12),
    st.sampled_from(["1.5", "-1.25", "3.99", "0", "Gold"]),
)


def cases(number):
    return settings(
        max_examples=number * TIMES, deadline=None, database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
    )  # fmt: skip


def read(content, reader, *, packed=False, codes=None):
    """The rows, or the message; anything else that is raised fails the test, and so does a message of two lines."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("source.zip" if packed else FILES[reader])
        if packed:
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr(FILES[reader], content)
                if reader == "major_deposits":
                    archive.writestr("commodity.csv", codes or "gid,value\n7,Au\n")
        else:
            path.write_bytes(content)
        try:
            rows = read_records(path, reader)
        except InputError as error:
            check_message(str(error), path)
            return str(error)
    check_rows(rows)
    return rows


def check_message(message, path):
    assert message.startswith(str(path))
    assert message.isprintable(), message
    assert len(message) < 1500


def check_rows(rows):
    assert rows["record_id"].is_unique
    assert rows["row"].tolist() == list(range(1, len(rows) + 1))
    assert rows["record_id"].map(str.isprintable).all()


def classified(rows):
    return classify(
        rows, AREA, COUNTRIES, (), buffer_m=20_000, tolerance_m=100, include_plants=False, exclude_administrative=False
    )


def check_fates(rows):
    """The records of the rows, each with one fate; None where no row of the source has a position."""
    try:
        records = classified(rows)
    except InputError as error:
        check_message(str(error), f"{rows['source'].iloc[0]}: none of its {len(rows)} rows has a usable position")
        return None
    assert records["record_id"].tolist() == rows["record_id"].tolist()
    counts = count_by_fate(records)
    assert counts["rows_read"].sum() == len(rows) == counts.drop(columns="rows_read").to_numpy().sum()
    broken = rows["fault"].notna().to_numpy()
    assert (records.loc[broken, "fate"] == "rejected").all()
    assert records.loc[broken, "fate_reason"].tolist() == rows.loc[broken, "fault"].tolist()
    assert (records["fate_reason"] != "").all()
    assert records["fate_reason"].map(str.isprintable).all()
    plain = re.compile(r"[+-]?([0-9]{1,12}(\.[0-9]{0,30})?|\.[0-9]{1,30})", re.ASCII)
    for text, number in zip(rows["latitude_text"], records["latitude_read"], strict=True):
        assert (number == float(text)) if plain.fullmatch(text) else number != number
    return records


@st.composite
def tables(draw):
    """A table as (reader, header, rows): columns shuffled, unknown and doubled ones among them."""
    reader = draw(st.sampled_from(sorted(COLUMNS)))
    known = [name for name in COLUMNS[reader] if name not in OPTIONAL or draw(st.booleans())]
    unknown = draw(st.lists(st.sampled_from(["x", "x", "", "\x1b[31m", "a,b", 'q"', "two\nlines"]), max_size=3))
    header = draw(st.permutations([*known, *unknown]))
    rows = []
    for _ in range(draw(st.integers(1, 12))):
        ordinary = draw(st.booleans())
        row = [USABLE.get(name, "x") if ordinary and draw(st.integers(0, 3)) else draw(TEXTS) for name in header]
        rows.append(row)
    return reader, header, rows


def as_csv(table, end="\n"):
    # By hand, for the writer quotes no field for a lone CR or BOM: every field in quotes is CSV in any reading.
    return end.join(",".join('"' + text.replace('"', '""') + '"' for text in row) for row in table).encode() + b"\n"


def looks_like_swallowing(message):
    return "rows may be lost" in message


@cases(40)
@given(tables(), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.sampled_from([b"", b"\xef\xbb\xbf"]))
def test_every_row_of_a_table_comes_out(table, end, packed, mark):
    reader, header, rows = table
    found = read(mark + as_csv([header, *rows], end), reader, packed=packed)
    if isinstance(found, str):
        # Text of lines with the commas of rows cannot be told from rows.
        assert looks_like_swallowing(found)
        assert any("\n" in text or "\r" in text for row in [header, *rows] for text in row)
        return
    assert len(found) == len(rows)
    assert found["fault"].isna().all()
    names = [row[header.index("site_name" if reader == "mrds" else "dep_name")].strip() for row in rows]
    assert found["name"].fillna("").tolist() == names
    check_fates(found)


@cases(4)
@given(tables())
def test_the_products_hold_every_row(table):
    reader, header, rows = table
    lines = [[USABLE.get(name, "x") for name in header], *rows]
    found = read(as_csv([header, *lines]), reader)
    if isinstance(found, str):
        assert looks_like_swallowing(found)
        return
    records = check_fates(found)
    with tempfile.TemporaryDirectory() as folder:
        write_table(records, Path(folder) / "records.parquet")
        records = read_table(Path(folder) / "records.parquet", RECORDS)
        check_products(records, Path(folder))


def check_products(records, folder):
    regions, sites = dissolve(records, AREA, tolerance_m=100)
    intersections, _ = intersect(regions, sites, {}, {})
    path = folder / "asm_gold_regions.gpkg"
    write_geopackage(
        path, context=context_of_map("<&>"), regions=regions, sites=sites, intersections=intersections, overlays={},
        area=AREA, countries=COUNTRIES, records=records, corrections=[],
    )  # fmt: skip
    manifest = build_manifest(
        folder, [path.name, "records.parquet"], records=records, rows_read=records["source"].value_counts().to_dict(),
        settings={}, sources={}, corrections=[],
    )  # fmt: skip
    for counts in manifest["records"].values():
        assert sum(n for fate, n in counts.items() if fate != "rows_read") == counts["rows_read"]
    layers = manifest["products"][path.name]["rows"]
    assert layers["gold_sites"] == (records["fate"] == "site").sum() == regions["n_sites"].sum()
    assert layers["records_rejected"] == (records["fate"] == "rejected").sum()
    with sqlite3.connect(path) as database:
        for layer, kept in (("gold_sites", sites), ("records_rejected", records[records["fate"] == "rejected"])):
            columns = ["record_id", "name", "country_reported", "latitude_text", "fate_reason"]
            stored = database.execute(f"SELECT {', '.join(columns)} FROM {layer} ORDER BY record_id").fetchall()
            expected = kept[columns].astype(object).where(kept[columns].notna(), None).itertuples(index=False)
            assert stored == sorted(map(tuple, expected))
    database.close()


def number_of_rows(content):
    """The rows that Python's own reader finds, without the header."""
    csv.field_size_limit(1 << 30)
    text = io.StringIO(content.decode(errors="replace").removeprefix("\ufeff"), newline="")
    return sum(1 for row in csv.reader(text) if row) - 1


BASE = (
    b"dep_id,site_name,latitude,longitude,country,commod1,commod2,commod3\n"
    b'1,"Mina, La",1.5,-1.25,Peru,"Gold, Silver",,\n'
    b"2,B,1.5,-1.5,Peru,Copper,Gold,\n"
    b'3,"C ""x""",1,1,Peru,"Gold, Refinery",,\n'
    b"4,D,,,Peru,Gold,,\n"
    b"5,E,9,9,Chile,Lead,,\n"
)
DAMAGE = st.sampled_from(
    [b'"', b'""', b",", b"\n", b"\r", b"\r\n", b"\n\n\n", b"\x00", b"\xef\xbb\xbf", b"\xff", b"\xed\xa0\x80", b" ",
     b'",', b',"', b"\x1b[31m", b"\xe2\x80\xae", b"\\", b"\t"]
)  # fmt: skip


@cases(50)
@given(st.lists(st.tuples(st.integers(0, len(BASE)), DAMAGE, st.integers(0, 3)), min_size=1, max_size=4), st.booleans())
def test_damage_anywhere_loses_no_row(damage, packed):
    content = BASE
    for where, what, cut in damage:
        content = content[:where] + what + content[where + cut :]
    found = read(content, "mrds", packed=packed)
    if not isinstance(found, str):
        assert len(found) == number_of_rows(content)
        check_fates(found)


@cases(60)
@given(st.integers(0, 5), st.integers(0, 7), st.integers(0, 9), st.booleans(), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_a_quote_left_open_is_refused_or_costs_its_own_row_only(line, field, distance, closing, end):
    lines = [line.split(b",") for line in BASE.replace(b'"', b"").replace(b", ", b"; ").splitlines()]
    lines += [[b"%d" % number, *lines[2][1:]] for number in range(6, 16)]
    lines[line][field] = b'"' + lines[line][field]
    if closing and distance:
        lines[line + distance][field] += b'"'
    found = read(end.join(b",".join(row) for row in lines) + end, "mrds")
    assert isinstance(found, str) or (closing and not distance)
    assert "a quote opens" in found or "has no column" in found
    if line:
        assert f"line {line + 1}: a quote opens" in found


@cases(40)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=4), st.integers(0, 400), st.booleans())
def test_a_damaged_archive_is_read_whole_or_refused(flips, end, cut):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/mrds.csv", BASE)
    content = bytearray(held.getvalue())
    for where, what in flips:
        content[where % len(content)] = what
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mrds-csv.zip"
        path.write_bytes(bytes(content[:end] if cut else content))
        try:
            assert len(read_records(path, "mrds")) == 5
        except InputError as error:
            check_message(str(error), path)


def test_more_named_files():
    header, row = BASE.split(b"\n")[0] + b"\n", b"1,A,1,1,Peru,Gold,,\n"
    n = 8

    def rows_of(content):
        found = read(content, "mrds")
        assert not isinstance(found, str), found
        check_fates(found)
        return found

    million = b"\n" * 1_000_000
    assert len(rows_of(header + million + row + million + row)) == 2
    assert len(rows_of(million + header + row)) == 1
    assert "has a header and no rows" in read(header + million, "mrds")
    assert len(rows_of(header + b"2," + b"x" * 10_000_000 + b",1,1,Peru,Gold,,\n" + row)) == 2
    assert len(rows_of(header + b'2,"' + b'""' * 5_000_000 + b'",1,1,Peru,Gold,,\n' + row)) == 2
    assert len(rows_of(header + row + b"2,A," + b"1" * 10_000_000 + b",1,Peru,Gold,,\n")) == 2
    assert "and closes 5000000 lines below" in read(header + b'2,"' + b"x\n" * 5_000_000 + b'",1,1,,,,\n' + row, "mrds")
    assert len(rows_of(header + row + b"," * 1_000_000 + b"\n" + row)) == 3
    assert "has no column dep_id" in read(b'"' * 10_000_001, "mrds")
    assert "has no column" in read(b"x" * 10_000_000 + b"\n" + row, "mrds")
    assert len(rows_of(header.replace(b"dep_id", b" dep_id ").replace(b"country", b'"country"') + row)) == 1
    assert len(rows_of(b"\xef\xbb\xbf" + b"\xef\xbb\xbf" + header + row)) == 1
    assert "has the column dep_id twice" in read(b"dep_id," + header + b"1," + row, "mrds")
    assert len(rows_of(b"x,x,x," + header + b"1,2,3," + row)) == 1
    blank = rows_of(header + row + b"   \n" + row)
    assert blank["fault"].tolist()[1] == f"the row has 1 fields, {n} were expected"
    assert len(rows_of((header + row * 3).replace(b"\n", b"\r"))) == 3
    assert len(rows_of(header + row.strip())) == 1


@pytest.mark.parametrize(
    ("middle", "message"),
    [
        (b'2,"B,1,1,Peru,Gold,,\n3,C,1,1,Peru,Gold,,\n', "line 3: a quote opens and is not closed"),
        (b'2,"B,1,1,Peru,Gold,,\n3,"C",1,1,Peru,Gold,,\n', "line 3: a quote opens on another line than it closes on"),
        (
            b'2,"B,1,1,Peru,Gold,,\n3,C",1,1,Peru,Gold,,\n',
            "line 3: a quote opens and closes 1 lines below, over 2 rows",
        ),
        (b'2,B,1,1,Peru,Gold,,"', "line 3: a quote opens and is not closed"),
    ],
    ids=["never closed", "closed by the next to open", "closed by a stray one", "at the very end"],
)
def test_a_quote_that_swallows_rows_is_refused_with_its_line(middle, message):
    header, row = BASE.split(b"\n")[0] + b"\n", b"1,A,1,1,Peru,Gold,,\n"
    assert message in read(header + row + middle, "mrds")


def test_text_of_many_lines_is_no_swallowing():
    text = "\n".join(f"line {number}, of text" for number in range(100))
    content = as_csv([COLUMNS["mrds"], *[[str(n), text, "1", "1", *["Gold"] * 6, text] for n in range(50)]])
    assert len(read(content, "mrds")) == 50


def test_a_quoted_header_is_the_same_header():
    quoted = b",".join(b'"' + name + b'"' for name in BASE.split(b"\n")[0].split(b","))
    pd.testing.assert_frame_equal(read(BASE, "mrds"), read(quoted + BASE[BASE.index(b"\n") :], "mrds"))


def test_ids_stay_unique_whatever_the_source_calls_its_records():
    ids = ["7", "7", "7#2", "7", "row:7", "7#2", "\x1b7", "\\x1b7", "", ""]
    rows = read(as_csv([COLUMNS["mrds"], *[[text, "x", "1", "1", *[""] * 7] for text in ids]]) + b"x\n", "mrds")
    assert rows["record_id"].str.removeprefix("mrds:").tolist() == [
        "7", "7#3", "7#2", "7#4", "row:7", "7#2#2", "\\x1b7", "\\x1b7#2", "@1,1", "@1,1#2", "row:11",
    ]  # fmt: skip


def test_codes_that_cannot_be_read_are_not_passed_over():
    deposits = as_csv([COLUMNS["major_deposits"], ["5", "A", "Peru", "1", "1", "Copper", ""]])
    message = read(deposits, "major_deposits", packed=True, codes="gid,value\n5,Cu\n5\n")
    assert "commodity.csv: row 2: the row has 1 fields, 2 were expected" in message
    assert read(deposits, "major_deposits", packed=True, codes="gid,value\n 5 , Au \n")["commodity_role"].tolist() == [
        "listed"
    ]


def test_layers_whose_fields_a_geopackage_does_not_take_are_written(tmp_path):
    fields = {"fid": ["x"], "geom": ["y"], "ISO": ["a"], "iso": ["b"], 'n\n"x': ["\x1b"]}
    layer = gpd.GeoDataFrame(fields, geometry=[shapely.box(0, 0, 1, 1)], crs=4326)
    append_layer(tmp_path / "a.gpkg", "area", layer, "MultiPolygon")
    found = gpd.read_file(tmp_path / "a.gpkg")
    assert found.loc[0, ["fid_", "geom_", "ISO", "iso_", 'n\n"x']].tolist() == ["x", "y", "a", "b", "\x1b"]


def test_an_archive_with_two_tables_of_the_name_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "mrds.zip", "w") as archive:
        archive.mkdir("mrds.csv")
        archive.writestr("a/mrds.csv", BASE)
    assert len(read_records(tmp_path / "mrds.zip", "mrds")) == 5
    with zipfile.ZipFile(tmp_path / "mrds.zip", "a") as archive:
        archive.writestr("b/MRDS.csv", BASE)
    with pytest.raises(InputError, match=r"holds 2 files mrds\.csv, one was expected"):
        read_records(tmp_path / "mrds.zip", "mrds")


def test_control_characters_become_blanks_with_a_flag(tmp_path):
    texts = {"site_name": "a\x00b", "country": "Pe\nru", "commod2": "Sil\x1bver", "url": "\x00", "dev_stat": "plain"}
    row = [texts.get(name, USABLE.get(name, "")) for name in COLUMNS["mrds"]]
    lost = [texts.get(name, {"latitude": "\x001", "longitude": "1"}.get(name, "")) for name in COLUMNS["mrds"]]
    plain = [USABLE.get(name, "") for name in COLUMNS["mrds"]]
    records = check_fates(read(as_csv([COLUMNS["mrds"], row, lost, plain]), "mrds"))
    assert records["name"].tolist()[0] == "a b"
    assert records["country_reported"].tolist()[0] == "Pe ru"
    assert records["commodities"].tolist()[0] == ["Gold", "Sil ver"]
    assert ["control_characters" in flags for flags in records["flags"]] == [True, True, False]
    assert records["fate_reason"].tolist()[1] == "latitude '\\x001' is not a number"
    write_table(records, tmp_path / "records.parquet")
    check_products(records, tmp_path)


def test_what_reaches_a_terminal_or_a_report_steers_nothing():
    assert str(InputError("x: \x1b[2J\u202e\ud800\nnext")) == "x: \\x1b[2J\\u202e\\ud800\nnext"
    assert excerpt("a\nb" + "\x07" + "x" * 100).isprintable()
    for text in (*NASTY, "\x1b[2J", "x" * 10_000_000):
        assert len(code(text)) < 2000
        assert printable(text).replace("\n", "").isprintable()


def test_surrogates_and_other_encodings_cost_no_row_and_are_named_with_their_place(caplog):
    for bad in (b"\xed\xa0\x80", b"\xff", b"\xc0\x80", b"\xf4\x90\x80\x80", "Añ".encode("latin-1")):
        caplog.clear()
        rows = read(BASE.replace(b"2,B", b"2,B" + bad), "mrds")
        assert len(rows) == number_of_rows(BASE)
        assert rows["fault"].isna().all()
        assert "is not UTF-8 in line 3, which was read as Windows-1252" in caplog.text


@pytest.mark.parametrize("quoted", [False, True], ids=["plain", "quoted, with lines in fields"])
def test_a_large_table_still_reads_in_seconds(quoted):
    name = '"Mina ""A"",\nlower adit"' if quoted else "Mina A"
    lines = (f"{n},{name},-12.5,-70.25,Peru,Gold,Silver,\n" for n in range(300_000 if TIMES > 1 else 60_000))
    content = BASE.split(b"\n")[0] + b"\n" + "".join(itertools.chain(lines)).encode()
    start = time.perf_counter()
    rows = read(content, "mrds")
    assert time.perf_counter() - start < len(rows) / 10_000
    assert list(rows.columns) == list(READ_RECORDS.columns)
