"""Regions and sites in further formats, each read by something else than what wrote it."""

from __future__ import annotations

import gzip
import json
import struct
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from asmgold.io.tables import read_table
from asmgold.publish.formats import write_formats
from asmgold.schemas.products import FORMATS, product_of
from tests.small_result import AREA, SITES, make_result

COUNTRIES = gpd.GeoDataFrame({"code": ["ALA"], "name": ["Aland"]}, geometry=[AREA], crs=4326)
MORE: dict[str, Any] = {"date": "2020-01-01", "countries": COUNTRIES, "attribution": "Survey <b>"}
NAMES = [name for names in FORMATS.values() for name in names]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, gpd.GeoDataFrame]:
    folder = make_result(tmp_path_factory.mktemp("results"), evidence=False)
    return {name: read_table(folder / f"{name}.parquet") for name in ("regions", "sites")}


@pytest.fixture(scope="module")
def folder(tables: dict[str, gpd.GeoDataFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("formats")
    write_formats(path, NAMES, **tables, **MORE)
    return path


def test_the_same_tables_give_the_same_bytes(tables: dict[str, gpd.GeoDataFrame], folder: Path, tmp_path: Path) -> None:
    write_formats(tmp_path, NAMES, **tables, **MORE)
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


def test_tiles_hold_all_layers_and_are_read_by_gdal(tables: dict[str, gpd.GeoDataFrame], folder: Path) -> None:
    """The header by the specification of PMTiles, version 3; the tiles by a program that did not join them."""
    path = folder / "asm_gold_regions.pmtiles"
    content = path.read_bytes()
    assert content[:8] == b"PMTiles\x03"
    assert content[99] == 1  # vector tiles
    metadata_at, metadata_length = struct.unpack("<QQ", content[24:40])
    metadata = json.loads(gzip.decompress(content[metadata_at : metadata_at + metadata_length]))
    assert [layer["id"] for layer in metadata["vector_layers"]] == ["countries", "asm_gold_regions", "gold_sites"]
    assert metadata["attribution"] == "Survey <b>"
    assert pyogrio.list_layers(path)[:, 0].tolist() == ["countries", "asm_gold_regions", "gold_sites"]
    regions = gpd.read_file(path, layer="asm_gold_regions").to_crs(4326)
    drawn = regions.dissolve("region_id").geometry
    for name, region in tables["regions"].set_index("region_id").geometry.items():
        assert shapely.hausdorff_distance(drawn[name], region) < 0.01  # some units of a tile of the largest zoom
    sites = gpd.read_file(path, layer="gold_sites").to_crs(4326).drop_duplicates("record_id").set_index("record_id")
    wanted = tables["sites"].set_index("record_id").geometry
    assert shapely.distance(sites.geometry[wanted.index].to_numpy(), wanted.to_numpy()).max() < 0.002
    assert set(gpd.read_file(path, layer="countries")["name"]) == {"Aland"}


def test_the_style_of_tiles_draws_layers_that_the_archive_has(folder: Path) -> None:
    style = json.loads((folder / "asm_gold_regions.style.json").read_text(encoding="utf-8"))
    (source,) = style["sources"].values()
    assert style["version"] == 8
    assert (folder / source["url"].removeprefix("pmtiles://")).is_file()
    layers = {layer["source-layer"] for layer in style["layers"] if layer["type"] != "background"}
    assert layers == set(pyogrio.list_layers(folder / "asm_gold_regions.pmtiles")[:, 0])


def test_tiles_of_nothing_are_tiles(tables: dict[str, gpd.GeoDataFrame], tmp_path: Path) -> None:
    none = {name: table.iloc[:0] for name, table in tables.items()}
    write_formats(tmp_path, ["asm_gold_regions.pmtiles"], **none, date="2020-01-01", countries=COUNTRIES)
    assert (tmp_path / "asm_gold_regions.pmtiles").read_bytes()[:8] == b"PMTiles\x03"


def test_flatgeobuf_is_read_by_its_magic_bytes_and_by_what_it_holds(
    tables: dict[str, gpd.GeoDataFrame], folder: Path
) -> None:
    assert (folder / "gold_sites.fgb").read_bytes()[:4] == b"fgb\x03"
    found = gpd.read_file(folder / "gold_sites.fgb").sort_values("record_id")
    assert found["record_id"].tolist() == tables["sites"]["record_id"].tolist()
    assert pd.Series(found["name"]).fillna("").tolist() == tables["sites"]["name"].fillna("").tolist()
