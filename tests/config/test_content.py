"""Which files belong to one that a user names, and that their content alone decides whether a run is up to date."""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

from asmgold.config.content import content_of, members_of
from asmgold.config.loading import read_yaml

SQUARES = gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], crs=4326)


@pytest.mark.parametrize(
    ("suffix", "members"),
    [
        (".shp", {".cpg", ".dbf", ".prj", ".shp", ".shx"}),
        (".geojson", {".geojson"}),
        (".gpkg", {".gpkg"}),
        (".tab", {".tab", ".dat", ".map", ".id"}),
        (".mif", {".mif", ".mid"}),
    ],
)
def test_a_layer_has_the_files_that_gdal_writes_for_it_and_no_others(tmp_path, suffix, members):
    path = tmp_path / f"areas{suffix}"
    SQUARES.to_file(path)
    written = {file.suffix for file in tmp_path.iterdir()}
    (tmp_path / "areas.txt").touch()
    (tmp_path / "areas.geojson.bak").touch()
    (tmp_path / "areas_old.dbf").touch()
    (tmp_path / f"other{suffix}").touch()
    assert {file.suffix for file in members_of(path)} == members == written


def test_a_folder_is_all_that_is_in_it(tmp_path):
    path = tmp_path / "cadastre.gdb"
    SQUARES.to_file(path, driver="OpenFileGDB")
    assert set(members_of(path)) == {file for file in path.rglob("*") if file.is_file()}
    assert members_of(tmp_path / "nowhere.gdb") == []


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_raster_has_the_files_that_gdal_reads_with_it(tmp_path):
    path = tmp_path / "people.tif"
    made = {"driver": "GTiff", "width": 2, "height": 2, "count": 1, "dtype": "uint8"}
    with rasterio.open(path, "w", **made) as raster:
        raster.write(np.ones((1, 2, 2), np.uint8))
    (tmp_path / "people.tfw").write_text("1\n0\n0\n-1\n0.5\n1.5\n")
    (tmp_path / "people.tif.aux.xml").write_text(
        '<PAMDataset><PAMRasterBand band="1"><NoDataValue>255</NoDataValue></PAMRasterBand></PAMDataset>'
    )
    (tmp_path / "people.csv").touch()
    with rasterio.open(path) as raster:
        read = {Path(file).name for file in raster.files}
    assert read == {"people.tif", "people.tfw", "people.tif.aux.xml"}  # what GDAL itself says
    assert {file.name for file in members_of(path)} == read


def test_a_vrt_has_the_files_that_it_names(tmp_path):
    SQUARES.to_file(tmp_path / "areas.shp")
    path = tmp_path / "view.vrt"
    path.write_text(
        '<OGRVRTDataSource><OGRVRTLayer name="areas"><SrcDataSource relativeToVRT="1">areas.shp</SrcDataSource>'
        "</OGRVRTLayer></OGRVRTDataSource>"
    )
    assert {file.name for file in members_of(path)} == {"view.vrt", *(file.name for file in tmp_path.glob("areas.*"))}


def test_content_follows_bytes_and_not_dates(tmp_path):
    path = tmp_path / "areas.shp"
    SQUARES.to_file(path)
    before = content_of(str(path))
    for file in tmp_path.iterdir():
        os.utime(file, (0, 0))
    assert content_of(str(path)) == before
    changed = tmp_path / "areas.dbf"
    changed.write_bytes(changed.read_bytes().replace(b"a", b"c"))
    os.utime(changed, (0, 0))
    assert {name for name, told in content_of(str(path)).items() if told != before[name]} == {str(changed)}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("012", 12), ("0o12", 10), ("0x1F", 31), ("1:30", "1:30"), ("190:20:30", "190:20:30"), ("1_000", "1_000"),
        ("1e3", 1000.0), ("-.5", -0.5), ("+7", 7), ("NO", "NO"), ("yes", "yes"), ("on", "on"), ("true", True),
        ("2020-01-01", "2020-01-01"), ("~", None), ("", None), (".inf", float("inf")), ("'12'", "12"), ("08", 8),
    ],
)  # fmt: skip
def test_values_are_those_of_yaml_1_2(tmp_path, written, meant):
    path = tmp_path / "config.yaml"
    path.write_text(f"key: {written}\n")
    found = read_yaml(path)["key"]
    assert (found, type(found)) == (meant, type(meant))
