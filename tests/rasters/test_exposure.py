"""Amounts of rasters are summed to what is known beforehand: constant fields, half cells, other CRSs, gaps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.transform import Affine

from asmgold.config.models import Exposure, Source
from asmgold.errors import InputError, RefusedError
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.geodesy.union import union_of_discs
from asmgold.rasters.zonal import expose
from asmgold.schemas.tables import CRS, OVERLAYS, REGIONS
from asmgold.upstream.checks import check_file

PEOPLE = Exposure(file="people.tif", unit="people")


def raster(path: Path, values: Any, transform: Affine, crs: str | None = CRS, **profile: Any) -> Path:
    """Write a raster; bands are the first axis if there are three."""
    values = np.asarray(values)
    bands = values if values.ndim == 3 else values[None]
    height, width = bands.shape[1:]
    scale = profile.pop("scale", None)
    with rasterio.open(
        path, "w", driver="GTiff", count=len(bands), height=height, width=width, dtype=bands.dtype, crs=crs,
        transform=transform, **profile,
    ) as file:  # fmt: skip
        file.write(bands)
        if scale:
            file.scales, file.offsets = [scale[0]], [scale[1]]
    return path


def polygons(*shapes: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs=CRS)


def regions(*shapes: Any) -> gpd.GeoDataFrame:
    table = REGIONS.empty().reindex(range(len(shapes)))
    table["region_id"] = [f"R{number}" for number in range(len(shapes))]
    table["region_name"] = [f"{number + 1} · A" for number in range(len(shapes))]
    return gpd.GeoDataFrame(table.assign(geometry=list(shapes)), geometry="geometry", crs=CRS)


def no_pieces() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(OVERLAYS.empty(), geometry="geometry", crs=CRS)


def sums(path: Path, area: Any, *shapes: Any, exposure: Exposure = PEOPLE) -> tuple[pd.Series, list[float]]:
    """The row of the area, and the amounts of the regions."""
    found, by_region = expose("people", path, exposure, polygons(area), regions(*shapes), {}, no_pieces())
    assert found["zone"].tolist() == ["area"]
    return found.iloc[0], by_region["amount"].tolist()


def from_origin(west: float, north: float, width: float, height: float) -> Affine:
    return Affine(width, 0, west, 0, -height, north)


TEN = from_origin(10, 20, 1, 1)  # cells of one degree, the first one from 10 to 11 east and 19 to 20 north


def test_cells_count_by_the_part_of_them_that_is_inside(tmp_path: Path) -> None:
    path = raster(tmp_path / "people.tif", [[100.0, 10.0], [1.0, 1000.0]], TEN)
    half = shapely.Polygon([(10, 19), (11, 19), (10, 20)])
    quarter = shapely.box(11.5, 18, 12, 18.5)
    row, amounts = sums(path, shapely.box(10, 18, 12, 20), half, quarter, shapely.box(10.5, 18, 11.5, 20))
    assert amounts == pytest.approx([50, 250, 50 + 5 + 0.5 + 500])
    assert row["total"] == pytest.approx(1111)
    assert row["unit"] == "people"
    assert row["share_with_data"] == 1


@pytest.mark.parametrize("crs", ["EPSG:6933", "+proj=laea +lat_0=-10 +lon_0=-60 +datum=WGS84", "EPSG:32718"])
def test_a_constant_field_gives_areas_in_any_projection(tmp_path: Path, crs: str) -> None:
    area = shapely.box(-75.5, -13.5, -74.5, -12.5)
    region = shapely.union_all(union_of_discs([-75.0, -74.8], [-13.0, -13.2], 20_000))
    west, south, east, north = gpd.GeoSeries([area.buffer(0.3)], crs=CRS).to_crs(crs).total_bounds
    size = 997.0
    across, down = int((east - west) / size), int((north - south) / size)
    path = raster(
        tmp_path / "km2.tif", np.full((down, across), size**2 / 1e6), from_origin(west, north, size, size), crs
    )
    row, (amount,) = sums(path, area, region)
    # UTM is not equal in area: its scale is off by at most a thousandth, areas by twice that.
    accuracy = 2e-3 if crs == "EPSG:32718" else 1e-6
    assert row["total"] == pytest.approx(polygon_area(area)[0] / 1e6, rel=accuracy)
    assert amount == pytest.approx(polygon_area(region)[0] / 1e6, rel=accuracy)
    assert row["share"] == pytest.approx(amount / row["total"])


@pytest.mark.parametrize("kind", ["uint8", "int16", "uint32", "float32", "float64"])
def test_every_type_of_number_is_summed_and_no_data_is_left_out(tmp_path: Path, kind: str) -> None:
    nodata = 255 if kind == "uint8" else 9999
    values = np.full((30, 40), 3, kind)
    values[10:20] = nodata
    path = raster(tmp_path / "people.tif", values, TEN, nodata=nodata)
    row, (amount,) = sums(path, shapely.box(10, -10, 50, 20), shapely.box(10, 5, 20.5, 15))
    assert row["total"] == 3 * 800
    assert row["share_with_data"] == pytest.approx(2 / 3)
    assert amount == pytest.approx(3 * 10.5 * 5)


def test_not_a_number_is_no_data(tmp_path: Path) -> None:
    path = raster(tmp_path / "people.tif", [[1.0, np.nan], [2.0, 4.0]], TEN)
    assert sums(path, shapely.box(10, 18, 12, 20))[0]["total"] == 7


def test_no_data_that_the_file_does_not_state_can_be_stated(tmp_path: Path) -> None:
    path = raster(tmp_path / "people.tif", [[1.0, -99.0], [2.0, 4.0]], TEN)
    row, _ = sums(path, shapely.box(10, 18, 12, 20), exposure=Exposure(file="x", unit="people", nodata=-99))
    assert row["total"] == 7
    assert row["share_with_data"] == 0.75


def test_scale_and_offset_are_applied_and_the_band_is_the_one_asked_for(tmp_path: Path) -> None:
    scaled = raster(tmp_path / "scaled.tif", np.full((2, 2), 50, "int16"), TEN, scale=(0.1, 2.0))
    assert sums(scaled, shapely.box(10, 18, 12, 20))[0]["total"] == pytest.approx(4 * 7)
    bands = raster(tmp_path / "bands.tif", np.arange(12.0).reshape(3, 2, 2), TEN)
    third = Exposure(file="x", unit="ha", band=3)
    assert sums(bands, shapely.box(10, 18, 12, 20), exposure=third)[0]["total"] == 8 + 9 + 10 + 11


def test_large_rasters_are_read_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asmgold.rasters.zonal.CELLS_AT_ONCE", 1000)
    values = np.ones((300, 400))
    values[100:200, 100:200] = -1
    path = raster(tmp_path / "people.tif", values, from_origin(10, 20, 0.1, 0.1), nodata=-1)
    assert sums(path, shapely.box(10, -10, 50, 20))[0]["total"] == pytest.approx(110_000)


@pytest.mark.parametrize("west", [-180.0, 0.0, 170.0, -190.0])
def test_across_180_degrees_every_range_of_longitudes_gives_the_same(tmp_path: Path, west: float) -> None:
    across = 360 if west in (-180.0, 0.0) else 20
    amounts = {float((west + column + 180) % 360): column for column in range(across)}
    values = np.zeros((10, across))
    for shifted, column in amounts.items():
        values[:, column] = shifted  # the longitude of its western edge, from 0 at 180 degrees
    path = raster(tmp_path / "people.tif", values, from_origin(west, -10, 1, 1))
    fiji = shapely.MultiPolygon([shapely.box(178, -20, 180, -10), shapely.box(-180, -20, -178.5, -10)])
    row, (amount,) = sums(path, fiji, shapely.box(-179, -20, -178.5, -15))
    assert row["total"] == pytest.approx(10 * (358 + 359 + 0 + 0.5))
    assert amount == pytest.approx(5 * 0.5 * 1)
    assert row["share_with_data"] == pytest.approx(1)


def test_zones_are_summed_with_what_is_region_in_them(tmp_path: Path) -> None:
    path = raster(tmp_path / "people.tif", np.full((10, 10), 7.0), TEN)
    zones = {("park", "inside"): shapely.box(10, 15, 15, 20), ("camp", "outside"): shapely.box(12, 15, 15, 20)}
    pieces = gpd.GeoDataFrame(
        {"overlay": ["park", "park", "camp"], "zone": ["inside", "inside", "outside"], "region_id": ["R0", "R1", "R1"],
         "region_name": "1 · A",
         "area_km2": 1.0},
        geometry=[shapely.box(10, 15, 11, 16), shapely.box(13, 17, 14, 18), shapely.box(13, 17, 14, 18)], crs=CRS,
    )  # fmt: skip
    found, _ = expose(
        "people", path, PEOPLE, polygons(shapely.box(10, 10, 20, 20)),
        regions(shapely.box(10, 15, 11, 16), shapely.box(13, 17, 14, 18), shapely.Polygon()), zones, pieces,
    )  # fmt: skip
    rows = found.set_index("zone")[["total", "inside"]]
    assert rows.loc["area"].tolist() == pytest.approx([700, 14])
    assert rows.loc["park:inside"].tolist() == pytest.approx([175, 14])
    assert rows.loc["camp:outside"].tolist() == pytest.approx([105, 7])


def test_without_regions_nothing_is_inside(tmp_path: Path) -> None:
    path = raster(tmp_path / "people.tif", np.ones((2, 2)), TEN)
    row, amounts = sums(path, shapely.box(10, 18, 12, 20))
    assert (row["inside"], row["share"], amounts) == (0, 0, [])


def raster_without_place(path: Path) -> Path:
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        return raster(path, np.ones((2, 2)), Affine.identity())


def faulty(tmp_path: Path) -> dict[str, tuple[Path, Exposure, str]]:
    ones = np.ones((2, 2))
    text, cut = tmp_path / "text.tif", tmp_path / "cut.tif"
    text.write_text("people: 12")
    unplaced = raster_without_place(tmp_path / "unplaced.tif")
    noise = np.random.default_rng(0).uniform(size=(200, 200))
    cut.write_bytes(raster(tmp_path / "whole.tif", noise, from_origin(10, 20, 0.01, 0.01)).read_bytes()[:200_000])
    made = {
        "turned": (ones, Affine(1, 0.3, 10, 0.3, -1, 20), CRS, {}, "is rotated"),
        "upside_down": (ones, Affine(1, 0, 10, 0, 1, 18), CRS, {}, "is upside down"),
        "no_crs": (ones, TEN, None, {}, "states no CRS; give it as `crs: EPSG:...`"),
        "complex": (ones.astype("complex64"), TEN, CRS, {}, "is of type complex64, numbers were expected"),
        "negative": (np.array([[1, 2], [3, -99]]), TEN, CRS, {}, "holds -99 at 11.5 18.5, amounts of 0 or more"),
        "endless": (np.array([[1, np.inf]]), TEN, CRS, {}, "holds inf at 11.5 19.5, amounts of 0 or more"),
        "elsewhere": (ones, from_origin(100, 20, 1, 1), CRS, {}, "has no data in the area"),
        "torn": (ones, from_origin(0, 0, 1e6, 1e6), "+proj=moll +lon_0=-169", {}, "cannot be drawn in its CRS"),
    }
    cases = {
        name: (raster(tmp_path / f"{name}.tif", values, transform, crs, **profile), PEOPLE, message)
        for name, (values, transform, crs, profile, message) in made.items()
    }
    good = raster(tmp_path / "good.tif", ones, TEN)
    return cases | {
        "unplaced": (unplaced, PEOPLE, "does not say where its cells are"),
        "missing": (tmp_path / "none.tif", PEOPLE, "there is no such file"),
        "text": (text, PEOPLE, "not a raster that GDAL can read"),
        "cut": (cut, PEOPLE, "is damaged or cut short"),
        "band": (good, Exposure(file="x", unit="people", band=2), "has 1 bands, band 2 was asked for"),
        "unknown_crs": (cases["no_crs"][0], Exposure(file="x", unit="people", crs="EPSG:0"), "crs is 'EPSG:0'"),
    }


FAULTS = (
    "turned", "upside_down", "no_crs", "complex", "negative", "endless", "elsewhere", "torn", "unplaced", "missing",
    "text", "cut", "band", "unknown_crs",
)  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_raster_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    path, exposure, message = faulty(tmp_path)[name]
    with pytest.raises(InputError) as refused:
        sums(path, shapely.box(10, 18, 12, 20), exposure=exposure)
    assert message in str(refused.value)
    assert str(refused.value).startswith(f"{path}: ")
    assert "\n" not in str(refused.value)


# --- what upstream gives

REGISTERED = Source(
    title="People", producer="A", citation="A", licence="A", urls=["https://example.org/people.tif"],
    filename="people.tif", reader="raster",
)  # fmt: skip


def test_a_geotiff_from_upstream_is_taken_in_and_has_no_rows(tmp_path: Path) -> None:
    path = raster(tmp_path / "people.tif", np.ones((2, 2)), TEN)
    assert check_file(path, "people", REGISTERED) is None


@pytest.mark.parametrize("name", ["text", "cut", "turned", "negative"])
def test_what_is_no_whole_geotiff_is_refused(tmp_path: Path, name: str) -> None:
    path, _, message = faulty(tmp_path)[name]
    with pytest.raises(RefusedError) as refused:
        check_file(path, "people", REGISTERED)
    assert message.replace("a raster that", "a GeoTIFF that") in str(refused.value)
    assert str(tmp_path) not in str(refused.value)


def test_a_file_that_leads_elsewhere_is_no_raster_from_upstream(tmp_path: Path) -> None:
    inner = raster(tmp_path / "inner.tif", np.ones((2, 2)), TEN)
    path = tmp_path / "people.tif"
    path.write_text(
        "<VRTDataset rasterXSize='2' rasterYSize='2'><GeoTransform>10, 1, 0, 20, 0, -1</GeoTransform>"
        f"<VRTRasterBand dataType='Float64' band='1'><SimpleSource><SourceFilename>{inner}</SourceFilename>"
        "<SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    with rasterio.open(path) as opened:  # GDAL itself would follow it
        assert opened.driver == "VRT"
    with pytest.raises(RefusedError, match="not a GeoTIFF that GDAL can read"):
        check_file(path, "people", REGISTERED)
