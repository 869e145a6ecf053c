"""Readers take what USGS publishes, however it is packed, and lose no row."""

from __future__ import annotations

import zipfile

import pytest

from asmgold.errors import InputError
from asmgold.sources.records import read_records

HEADER = "dep_id,site_name,latitude,longitude,country,commod1,commod2,commod3,extra\n"
ROWS = (
    '10000001,"Mina, La",-12.5,-70.25,Peru,"Gold, Silver",,,x\n'
    ",,-12.51,-70.26,Peru,Copper,Gold,,x\n"
    ",,-12.51,-70.26,Peru,Lead,,,x\n"
)


def write_mrds(tmp_path, text, name="mrds.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("packed", [False, True], ids=["csv", "zip"])
def test_mrds_however_it_is_packed(tmp_path, mark, end, packed):
    content = mark + (HEADER + ROWS).replace("\n", end).encode()
    path = tmp_path / ("mrds-csv.zip" if packed else "mrds.csv")
    if packed:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("folder/mrds.csv", content)
    else:
        path.write_bytes(content)
    rows = read_records(path, "mrds")
    assert rows["record_id"].tolist() == ["mrds:10000001", "mrds:@-12.51,-70.26", "mrds:@-12.51,-70.26#2"]
    assert rows["name"].tolist()[0] == "Mina, La"
    assert rows["commodity_role"].isna().tolist() == [False, False, True]
    assert rows["commodity_role"].tolist()[:2] == ["primary", "secondary"]
    assert rows["commodities"].tolist()[0] == ["Gold", "Silver"]
    assert rows["row"].tolist() == [1, 2, 3]
    assert rows["url"].tolist()[0] == "https://mrdata.usgs.gov/mrds/show-mrds.php?dep_id=10000001"


def test_columns_may_stand_in_any_order(tmp_path):
    text = "commod3,commod2,commod1,country,longitude,latitude,site_name,dep_id\n,,Gold,Peru,-70,-12,A,7\n"
    rows = read_records(write_mrds(tmp_path, text), "mrds")
    assert rows.loc[0, ["record_id", "latitude_text", "commodity_role"]].tolist() == ["mrds:7", "-12", "primary"]


def test_a_row_with_another_number_of_fields_is_kept_as_a_fault(tmp_path):
    text = HEADER + "1,A,-12,-70,Peru,Gold,,,x\n2,B,-12\n3,C,-12,-70,Peru,Gold,,,x\n"
    rows = read_records(write_mrds(tmp_path, text), "mrds")
    assert rows["row"].tolist() == [1, 2, 3]
    assert rows["record_id"].tolist() == ["mrds:1", "mrds:row:2", "mrds:3"]
    assert rows["fault"].tolist()[1] == "the row has 3 fields, 9 were expected"
    assert rows["fault"].isna().tolist() == [True, False, True]


def test_a_quoted_field_may_hold_line_ends(tmp_path):
    text = HEADER + '1,"two\nlines",-12,-70,Peru,Gold,,,x\n2,B,-12,-70,Peru,Gold,,,x\n'
    rows = read_records(write_mrds(tmp_path, text), "mrds")
    assert rows["name"].tolist() == ["two\nlines", "B"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        (HEADER, "has a header and no rows"),
        (HEADER.replace("latitude", "lat") + ROWS, "has no column latitude; its columns are dep_id"),
        (HEADER.replace("extra", "latitude") + ROWS, "has the column latitude twice"),
    ],
)
def test_a_table_that_is_none_is_refused_with_the_reason(tmp_path, text, message):
    path = write_mrds(tmp_path, text)
    with pytest.raises(InputError, match=message) as caught:
        read_records(path, "mrds")
    assert str(path) in str(caught.value)


def test_archives_that_are_none_or_lack_the_table_are_refused(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_records(tmp_path / "nothing.csv", "mrds")
    with pytest.raises(InputError, match="not a whole zip archive"):
        read_records(write_mrds(tmp_path, "<html>", "mrds-csv.zip"), "mrds")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(InputError, match=r"holds readme\.txt; mrds\.csv was expected"):
        read_records(tmp_path / "other.zip", "mrds")


def test_major_deposits_with_and_without_their_codes(tmp_path):
    deposits = (
        "gid,dep_name,country,state,latitude,longitude,commodity,dep_type\n"
        '5,Alto,Peru,,-7.6,-78.6,"Copper-gold",Hydrothermal\n6,Bajo,Peru,,-8,-78,Copper,\n'
    )
    plain = read_records(write_mrds(tmp_path, deposits, "deposit.csv"), "major_deposits")
    assert plain["record_id"].tolist() == ["major_deposits:5", "major_deposits:6"]
    assert plain["commodity_role"].fillna("none").tolist() == ["listed", "none"]
    with zipfile.ZipFile(tmp_path / "ofr20051294-csv.zip", "w") as archive:
        archive.writestr("ofr20051294/deposit.csv", deposits)
        archive.writestr("ofr20051294/commodity.csv", "gid,value\n5,Cu\n6,Cu\n6,Au\n")
    coded = read_records(tmp_path / "ofr20051294-csv.zip", "major_deposits")
    assert coded["commodity_role"].fillna("none").tolist() == ["none", "listed"]
    assert coded["deposit_type"].fillna("none").tolist() == ["Hydrothermal", "none"]
