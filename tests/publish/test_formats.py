"""Regions and sites in further formats, each read by something else than what wrote it."""

from __future__ import annotations

import gzip
import json
import struct
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from asmgold.io.tables import read_table
from asmgold.publish.formats import write_formats
from asmgold.schemas.products import FORMATS, product_of
from tests.small_result import SITES, make_result

NAMES = [name for names in FORMATS.values() for name in names]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, gpd.GeoDataFrame]:
    folder = make_result(tmp_path_factory.mktemp("results"), evidence=False)
    return {name: read_table(folder / f"{name}.parquet") for name in ("regions", "sites")}


@pytest.fixture(scope="module")
def folder(tables: dict[str, gpd.GeoDataFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("formats")
    write_formats(path, NAMES, **tables, date="2020-01-01")
    return path


def test_the_same_tables_give_the_same_bytes(tables: dict[str, gpd.GeoDataFrame], folder: Path, tmp_path: Path) -> None:
    write_formats(tmp_path, NAMES, **tables, date="2020-01-01")
    for name in NAMES:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name
        assert product_of(name) is not None


def test_geojson_is_read_as_json(tables: dict[str, gpd.GeoDataFrame], folder: Path) -> None:
    content = json.loads((folder / "asm_gold_regions.geojson").read_text(encoding="utf-8"))
    assert "crs" not in content  # RFC 7946: longitude and latitude on WGS84
    assert [f["properties"]["region_id"] for f in content["features"]] == tables["regions"]["region_id"].tolist()
    drawn = [shapely.geometry.shape(feature["geometry"]) for feature in content["features"]]
    assert shapely.area(drawn) == pytest.approx(shapely.area(tables["regions"].geometry.array), rel=1e-6)
    sites = json.loads((folder / "gold_sites.geojson").read_text(encoding="utf-8"))
    assert len(sites["features"]) == len(tables["sites"])


def test_kml_is_read_as_xml(tables: dict[str, gpd.GeoDataFrame], folder: Path) -> None:
    root = ET.parse(folder / "asm_gold_regions.kml").getroot()
    space = {"k": "http://www.opengis.net/kml/2.2"}
    folders = {
        one.findtext("k:name", namespaces=space) or one.get("id"): one for one in root.iter(f"{{{space['k']}}}Folder")
    }
    layers = folders or {one.get("id"): one for one in root.iter(f"{{{space['k']}}}Document")}
    counts = {name: len(list(one.iter(f"{{{space['k']}}}Placemark"))) for name, one in layers.items()}
    assert len(tables["regions"]) in counts.values()
    assert len(tables["sites"]) in counts.values()


def test_a_workbook_is_read_by_its_parts(tables: dict[str, gpd.GeoDataFrame], folder: Path) -> None:
    with zipfile.ZipFile(folder / "asm_gold_regions.xlsx") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        workbook = archive.read("xl/workbook.xml").decode()
        first = ET.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    assert 'name="asm_gold_regions"' in workbook
    assert 'name="gold_sites"' in workbook
    rows = first.findall(".//{http://schemas.openxmlformats.org/spreadsheetml/2006/main}row")
    assert len(rows) == 1 + len(tables["regions"])


def test_a_zip_of_shapefiles_is_read_by_its_headers(tables: dict[str, gpd.GeoDataFrame], folder: Path) -> None:
    with zipfile.ZipFile(folder / "asm_gold_regions.shp.zip") as archive:
        dbf = archive.read("gold_sites.dbf")
        assert archive.read("gold_sites.cpg").decode().strip() == "UTF-8"
        assert "WGS_1984" in archive.read("asm_gold_regions.prj").decode()
        code, kind = struct.unpack(">i", archive.read("gold_sites.shp")[:4])[0], archive.read("gold_sites.shp")[32]
    assert (code, kind) == (9994, 1)  # ESRI's white paper: the file code, and 1 for points
    assert struct.unpack("<I", dbf[4:8])[0] == len(tables["sites"])
    assert tuple(dbf[1:4]) == (120, 1, 1)  # the day of the data, 2020-01-01
    assert SITES[2][0].encode() in dbf


def test_tiles_are_read_by_their_header(tables: dict[str, gpd.GeoDataFrame], folder: Path) -> None:
    """By the specification of PMTiles, version 3."""
    content = (folder / "asm_gold_regions.pmtiles").read_bytes()
    assert content[:8] == b"PMTiles\x03"
    metadata_at, metadata_length = struct.unpack("<QQ", content[24:40])
    metadata = json.loads(gzip.decompress(content[metadata_at : metadata_at + metadata_length]))
    (layer,) = metadata["vector_layers"]
    assert layer["id"] == "asm_gold_regions"
    assert {"region_id", "area_km2"} <= layer["fields"].keys()
    bounds = [value / 1e7 for value in struct.unpack("<iiii", content[102:118])]
    assert bounds == pytest.approx(tables["regions"].total_bounds, abs=1e-3)
    assert content[99] == 1  # vector tiles


def test_flatgeobuf_is_read_by_its_magic_bytes_and_by_what_it_holds(
    tables: dict[str, gpd.GeoDataFrame], folder: Path
) -> None:
    assert (folder / "gold_sites.fgb").read_bytes()[:4] == b"fgb\x03"
    found = gpd.read_file(folder / "gold_sites.fgb").sort_values("record_id")
    assert found["record_id"].tolist() == tables["sites"]["record_id"].tolist()
    assert pd.Series(found["name"]).fillna("").tolist() == tables["sites"]["name"].fillna("").tolist()
