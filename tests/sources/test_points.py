"""Records of the user's own: any table or layer of points becomes records, by a map of its columns."""

from __future__ import annotations

import logging
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from pydantic import ValidationError

from asmgold.config.models import Points
from asmgold.errors import InputError
from asmgold.sources.points import read_points
from asmgold.vocabulary.commodities import COMMODITIES, GOLD

BY_SHAPE = {"columns": {"id": "nr"}, "constants": {"commodities": "Au"}}
NO_LATITUDE = {"columns": {"commodities": "bears", "longitude": "stage", "latitude": "nowhere"}}
COLUMNS = {"id": "nr", "name": "place", "longitude": "x", "latitude": "y", "commodities": "bears"}
HEADER = ["nr", "place", "x", "y", "bears", "stage"]
ROWS = [["7", "Obuasi", "-1.6833", "6.2", "Au", "Producer"], ["9", "Prestea", "-2.14", "5.43", "Ag, Au", "Prospect"]]


def table(path: Path, *rows: list[str], delimiter: str = ",", header: list[str] = HEADER) -> Path:
    quoted = [delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in row) for row in [header, *rows]]
    path.write_text("\n".join([*quoted, ""]), encoding="utf-8")
    return path


def read(path: Path, **keys: object) -> pd.DataFrame:
    return read_points(path, Points(**{"file": str(path), "columns": COLUMNS} | keys), "survey", GOLD)


def sheet(path: Path, rows: pd.DataFrame, layer: str = "sites") -> Path:
    pyogrio.write_dataframe(rows, path, layer=layer, append=path.exists())
    return path


def positions(records: pd.DataFrame) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in zip(records["longitude_text"], records["latitude_text"], strict=True)]


@pytest.mark.parametrize(("delimiter", "decimal"), [(",", "."), (";", ","), (";", "."), ("\t", ","), ("|", ".")])
def test_a_table_with_any_delimiter_and_decimal_sign(tmp_path: Path, delimiter: str, decimal: str) -> None:
    rows = [[*row[:2], row[2].replace(".", decimal), row[3].replace(".", decimal), *row[4:]] for row in ROWS]
    found = read(table(tmp_path / "survey.csv", *rows, delimiter=delimiter))
    assert found["record_id"].tolist() == ["survey:7", "survey:9"]
    assert positions(found) == [(-1.6833, 6.2), (-2.14, 5.43)]
    assert found["commodities"].tolist() == [["Au"], ["Ag", "Au"]]
    assert found["commodity_role"].tolist() == ["listed", "listed"]
    assert found["name"].tolist() == ["Obuasi", "Prestea"]


def test_a_sheet_of_a_spreadsheet_also_where_all_is_text(tmp_path: Path) -> None:
    for name, rows in {
        "numbers": pd.DataFrame({"nr": [7], "place": ["Obuasi"], "x": [-1.6833], "y": [6.2], "bears": ["Au"]}),
        "texts": pd.DataFrame([ROWS[0]], columns=HEADER),
    }.items():
        found = read(sheet(tmp_path / f"{name}.xlsx", rows))
        assert positions(found) == [(-1.6833, 6.2)], name
        assert found["record_id"].tolist() == ["survey:7"], name


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32630", "EPSG:3857", "EPSG:4269"])
def test_a_layer_of_points_in_any_crs(tmp_path: Path, crs: str) -> None:
    points = gpd.GeoDataFrame(
        {"nr": [7, 9], "bears": ["gold", "tin"]}, geometry=gpd.points_from_xy([-1.6833, -2.14], [6.2, 5.43]), crs=4326
    )
    points.to_crs(crs).to_file(tmp_path / "points.gpkg")
    found = read(tmp_path / "points.gpkg", columns={"id": "nr", "commodities": "bears"})
    assert np.array(positions(found)) == pytest.approx(np.array([(-1.6833, 6.2), (-2.14, 5.43)]), abs=1e-6)
    assert found["record_id"].tolist() == ["survey:7", "survey:9"]
    assert found["commodity_role"].isna().tolist() == [False, True]


def test_lines_and_polygons_keep_their_shape_and_have_a_position_on_it(tmp_path: Path) -> None:
    shapes = [shapely.LineString([(-2, 6), (-1, 7)]), shapely.box(-3, 5, -2.5, 5.5), shapely.Point(-1, 5), None]
    layer = gpd.GeoDataFrame({"nr": [1, 2, 3, 4]}, geometry=shapes, crs=4326)
    layer.to_crs(32630).to_file(tmp_path / "mixed.gpkg")
    found = read(tmp_path / "mixed.gpkg", **BY_SHAPE)
    assert found["shape"].notna().tolist() == [True, True, False, False]
    assert found["longitude_text"].tolist()[3] == ""
    places = shapely.points(np.array(positions(found.iloc[:3])))
    assert shapely.distance(places, np.array(shapes[:3])).max() < 1e-3
    line, box = shapely.from_wkt(found["shape"].tolist()[:2])
    assert shapely.hausdorff_distance(line, shapes[0]) < 1e-3
    assert box.area == pytest.approx(0.25, rel=1e-3)


def test_eastings_and_northings_of_a_table_are_brought_to_degrees(tmp_path: Path) -> None:
    x, y = gpd.GeoSeries.from_xy([-1.6833], [6.2], crs=4326).to_crs(32630).get_coordinates().to_numpy()[0]
    path = table(
        tmp_path / "survey.csv", ["7", "Obuasi", f"{x:.3f}", f"{y:.3f}", "Au", ""], ["8", "?", "", "", "Au", ""]
    )
    found = read(path, crs="EPSG:32630")
    assert np.array(positions(found.iloc[:1])) == pytest.approx(np.array([(-1.6833, 6.2)]), abs=1e-6)
    assert found["longitude_text"].tolist()[1] == ""


def test_constants_fill_what_no_column_says_and_words_stand_for_gold(tmp_path: Path) -> None:
    path = table(tmp_path / "survey.csv", *ROWS, ["3", "Mina", "-3", "6", "oro", "Prospect"])
    found = read(path, constants={"country": "Ghana", "precision_m": 50}, words=["Oro"])
    assert found["country_reported"].tolist() == ["Ghana"] * 3
    assert found["precision_m"].tolist() == [50.0] * 3
    assert found["commodity_role"].notna().all()
    without = {key: value for key, value in COLUMNS.items() if key != "commodities"}
    assert read(path, columns=without, constants={"commodities": "gold"})["commodity_role"].eq("listed").all()
    tin = read_points(
        path, Points(file="x", columns=without, constants={"commodities": "gold"}), "s", COMMODITIES["tin"]
    )
    assert tin["commodity_role"].isna().all()


def test_some_rows_can_be_kept_and_keep_their_numbers(tmp_path: Path) -> None:
    found = read(table(tmp_path / "survey.csv", *ROWS), where={"stage": "Prospect"})
    assert found["row"].tolist() == [2]
    with pytest.raises(InputError, match="no feature has stage = 'Mine'; it has 'Producer', 'Prospect' and others"):
        read(tmp_path / "survey.csv", where={"stage": "Mine"})


def test_a_radius_that_is_none_rejects_its_row_with_the_reason(tmp_path: Path) -> None:
    radii = ["30", "", "0", "-3", "far", "1001", "nan"]
    rows = [[str(n), "x", "-1", "6", "Au", radius] for n, radius in enumerate(radii)]
    found = read(table(tmp_path / "survey.csv", *rows), columns=COLUMNS | {"radius_km": "stage"})
    assert found["radius_km"].fillna(0).tolist() == [30, 0, 0, 0, 0, 0, 0]
    assert found["fault"].isna().tolist() == [True, True, False, False, False, False, False]
    assert found["fault"].tolist()[3] == "radius_km is '-3', a number above 0 and up to 1000 was expected"


def test_a_row_that_does_not_fit_the_table_is_a_record_with_a_fault(tmp_path: Path) -> None:
    found = read(table(tmp_path / "survey.csv", *ROWS, ["1", "short"]))
    assert found["fault"].tolist()[2] == "the row has 2 fields, 6 were expected"


def test_addresses_that_are_none_of_the_web_are_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = [[*row[:5], url] for row, url in zip(ROWS, ["javascript:alert(1)", "https://example.org/9"], strict=True)]
    with caplog.at_level(logging.WARNING):
        found = read(table(tmp_path / "survey.csv", *rows), columns=COLUMNS | {"url": "stage"})
    assert found["url"].isna().tolist() == [True, False]
    assert "1 addresses do not begin with https://" in caplog.text


def encrypted(path: Path) -> None:
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(4096))


def damaged(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("nothing", "")


def empty(path: Path) -> None:
    sheet(path, pd.DataFrame(columns=HEADER))


def two_sheets(path: Path) -> None:
    for name in ("north", "south"):
        sheet(path, pd.DataFrame([ROWS[0]], columns=HEADER), name)


def no_crs(path: Path) -> None:
    table(path.with_suffix(".csv"), *ROWS)
    pyogrio.write_dataframe(
        gpd.GeoDataFrame({"nr": [1]}, geometry=[shapely.Point(0, 0)], crs=4326), path, driver="ESRI Shapefile"
    )
    path.with_suffix(".prj").unlink()


@pytest.mark.parametrize(
    ("name", "write", "keys", "message"),
    [
        ("a.csv", None, {"columns": COLUMNS | {"name": "plcae"}}, "no field 'plcae' for the name .*mean 'place'"),
        ("a.csv", None, {"separator": ";"}, "separator is ';', which .*; row 2 has 'Ag, Au'"),
        ("a.csv", None, {"crs": "EPSG:1"}, "crs is 'EPSG:1', a CRS such as EPSG:4326 was expected"),
        ("a.csv", None, NO_LATITUDE, "no field 'nowhere'"),
        ("missing.csv", lambda path: None, {}, "there is no such file"),
        ("a.xlsx", encrypted, {}, "protected by a password, or an .xls of old; a plain .xlsx was expected"),
        ("a.xlsx", damaged, {}, "not a layer that GDAL can read"),
        ("a.xlsx", empty, {}, "holds no row"),
        ("a.xlsx", two_sheets, {}, "holds 2 layers, north, south; say which one by `layer: north`"),
        ("a.shp", no_crs, BY_SHAPE, "states no CRS; give it as `crs: EPSG:...`"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_one_sentence(
    tmp_path: Path, name: str, write: object, keys: dict[str, object], message: str
) -> None:
    path = tmp_path / name
    if write is None:
        table(path, *ROWS)
    else:
        write(path)  # type: ignore[operator]
    with pytest.raises(InputError, match=message) as refused:
        read(path, **keys)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"columns": {"id": "nr"}}, "does not say what a record bears"),
        ({"columns": COLUMNS, "constants": {"name": "x"}}, "names name in columns and in constants"),
        ({"columns": {"commodities": "c"}, "constants": {"longitude": 3}}, "has the constant longitude"),
        ({"columns": {"commodities": "c", "longitude": "x"}}, "names one of the columns longitude and latitude"),
        ({"columns": COLUMNS | {"grade": "g"}}, "columns.grade"),
    ],
)
def test_a_map_of_columns_that_cannot_work_is_refused_before_anything_is_read(keys: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Points(**{"file": "x.csv"} | keys)  # type: ignore[operator]
