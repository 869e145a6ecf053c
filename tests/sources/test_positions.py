"""CSV tables as people save them: encodings, delimiters, quotes, and columns that are no positions."""

from __future__ import annotations

import codecs

import pytest

from asmgold.config.models import Evidence
from asmgold.errors import InputError
from asmgold.io.checksum import refuse_pointer
from asmgold.sources.csv_text import as_utf8, read_table
from asmgold.sources.evidence import read_evidence
from asmgold.sources.positions import read_positions
from asmgold.sources.vector import read_features

VISITS = "name,longitude,latitude\nPeña,-70.5,-13\nRío,-70.4,-13.5\n"
PLACES = [(-70.5, -13.0), (-70.4, -13.5)]
MINE = Evidence(file="x")


def places(path):
    return [(point.x, point.y) for point in read_features(path, MINE).geometry]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_is_read_however_it_was_saved(tmp_path, encoding, delimiter):
    path = tmp_path / "visits.csv"
    path.write_bytes(VISITS.replace(",", delimiter).encode(encoding))
    read = read_features(path, MINE)
    assert places(path) == PLACES
    assert read["name"].tolist() == ["Peña", "Río"]


def test_semicolons_go_with_decimal_commas(tmp_path):
    path = tmp_path / "visits.csv"
    path.write_text('name;longitude;latitude\n"a; b, c";-70,5;-13\nd;-70,4;-13,5\n')
    assert places(path) == PLACES
    assert read_positions(path, "EPSG:4326")["name"].tolist() == ["a; b, c", "d"]


def test_the_line_that_is_not_utf8_is_named_and_no_other_is_touched(caplog):
    content = "a,b\n1,Peña\n2,Pe".encode() + b"\xf1" + "a\n3,Año\n".encode()
    rows, broken = read_table(content, "visits.csv", ("a", "b"))
    assert rows["b"].tolist() == ["Peña", "Peña", "Año"]
    assert not broken
    assert "visits.csv: is not UTF-8 in line 3, which was read as Windows-1252" in caplog.text


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        (r'"the \"big\" pit",2', ['the "big" pit', "2"]),
        (r'"C:\pits\",2', ["C:\\pits\\", "2"]),
        (r"5\" pipe,2", ['5\\" pipe', "2"]),
        (r'"a ""b"" \"c\" d",2', ['a "b" "c" d', "2"]),
    ],
)
def test_quotes_after_a_backslash_cost_nothing(line, fields):
    rows, broken = read_table(f"a,b\n0,1\n{line}\n3,4\n".encode(), "x", ("a", "b"))
    assert rows.to_numpy().tolist() == [["0", "1"], fields, ["3", "4"]]
    assert not broken


def test_a_million_quotes_after_backslashes_are_as_many_quotes():
    n = 1_000_000  # of which a reader that copies what it has so far at each makes minutes
    rows, broken = read_table(b'a,b\n"' + b'\\"x' * n + b'",2\n', "x", ("a", "b"))
    assert rows.loc[1, "a"] == '"x' * n
    assert (rows.loc[1, "b"], broken) == ("2", [])


def test_an_open_quote_is_refused_with_its_line(tmp_path):
    path = tmp_path / "visits.csv"
    rows = [f"{n},-70.{n:02d},-13,{chr(34) if n == 50 else ''}note" for n in range(1, 100)]
    path.write_text("\n".join(["id,longitude,latitude,note", *rows, ""]))
    with pytest.raises(InputError, match=r"line 51: a quote opens and is not closed"):
        read_features(path, MINE)


def test_a_column_of_lengths_is_no_longitude_where_there_is_one(tmp_path):
    path = tmp_path / "pits.csv"
    path.write_text("long,latitude,longitude\n35,-13,-70.5\n60,-13.5,-70.4\n")
    assert places(path) == PLACES
    path.write_text("long,lat,lon\n35,-13,-70.5\n")
    with pytest.raises(InputError, match="has the columns lon and long, one was expected; call it longitude"):
        places(path)


@pytest.mark.parametrize("written", ["70.1W", "-70.1°", "13 S", "70,1"])
def test_a_position_that_is_no_number_is_named_with_its_row(tmp_path, written):
    path = tmp_path / "visits.csv"
    path.write_text(f'longitude,latitude\n-70,-13\n"{written}",-13\n')
    with pytest.raises(InputError, match=f"row 2: longitude '{written}' is not a number"):
        places(path)


def test_rows_without_a_position_and_broken_ones_are_left_out_with_a_word(tmp_path, caplog):
    path = tmp_path / "visits.csv"
    path.write_text("longitude,latitude\n-70.5,-13\n,\nNaN,NaN\n1\n-70.4,-13.5\n")
    assert places(path) == PLACES
    assert "1 rows are left out; row 4: the row has 1 fields, 2 were expected" in caplog.text
    assert "2 of 4 rows have no position and are left out" in caplog.text


def test_one_point_without_numbers_of_a_server_costs_that_feature(tmp_path, caplog):
    path = tmp_path / "layer.geojson"
    point = '{{"type": "Feature", "properties": {{}}, "geometry": {{"type": "Point", "coordinates": [{}]}}}}'
    features = ", ".join(point.format(at) for at in ("-70.5, -13", '"NaN", "NaN"', "-70.4, -13.5"))
    path.write_text(f'{{"type": "FeatureCollection", "features": [{features}]}}')
    assert places(path) == PLACES
    assert "1 of 3 features are no points and are left out" in caplog.text


def test_a_pointer_of_git_lfs_is_named_wherever_a_file_is_read(tmp_path):
    for name in ("visits.csv", "areas.geojson", "areas.shp", "mrds-csv.zip"):
        path = tmp_path / name
        path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
        for read in (lambda path=path: read_evidence(path, MINE), lambda path=path: refuse_pointer(path)):
            with pytest.raises(InputError, match="is a pointer of Git LFS in the place of the file; `git lfs pull`"):
                read()


def test_bytes_that_are_utf8_come_out_as_they_are():
    content = VISITS.encode()
    assert as_utf8(content, "x") is content or as_utf8(content, "x") == content
    assert as_utf8(codecs.BOM_UTF8 + content, "x") == content
