"""Rasters say what the vectors say, everywhere on Earth: distances and areas are checked against pyproj."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from rio_cogeo import cog_validate

from asmgold.geodesy.ellipsoid import distance_of_chord, polygon_area, to_ecef
from asmgold.geodesy.union import union_of_discs
from asmgold.publish.qgis.raster_style import write_style
from asmgold.rasters.cog import BLOCK, values_of_tiles, write_raster
from asmgold.rasters.distance import distance_to_nearest
from asmgold.rasters.fields import density_of_sites, fraction_covered
from asmgold.rasters.grid import Grid, grid_around
from asmgold.schemas.rasters import DENSITY, DISTANCE, FRACTION, NODATA, RASTERS

GEOD = Geod(ellps="WGS84")
TAGS = {"SOURCE": "a source", "LICENCE": "a licence", "DATA_DATE": "2011"}

PLACES = {  # the centre of an area and sites around it
    "Peru": (-70.0, -13.0),
    "Fiji": (179.9, -17.0),
    "Svalbard": (16.0, 78.0),
    "North Pole": (0.0, 89.6),
    "South Pole": (120.0, -89.9),
}


def sites_near(place: str, n: int = 12, spread_m: float = 60_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    lon, lat = PLACES[place]
    x, y, _ = GEOD.fwd(
        np.full(n, lon), np.full(n, lat), rng.uniform(0, 360, n), spread_m * np.sqrt(rng.uniform(size=n))
    )
    return np.asarray(x), np.asarray(y)


def grid_at(place: str, cell_arcsec: int = 120) -> Grid:
    """A grid that holds the discs of its sites, with 30 km around them for kernels."""
    return grid_around(union_of_discs(*sites_near(place), 20_000), cell_arcsec, 30)


def brute_force(grid: Grid, lon: np.ndarray, lat: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Geodesic distance in km from the centres of cells to all sites, the smallest."""
    row, column = np.divmod(cells, grid.width)
    x, y = np.repeat(grid.longitudes[column], lon.size), np.repeat(grid.latitudes[row], lon.size)
    distance = GEOD.inv(x, y, np.tile(lon, cells.size), np.tile(lat, cells.size))[2]
    return distance.reshape(-1, lon.size).min(axis=1) / 1000


@pytest.mark.parametrize(("longest_m", "error_m"), [(300_000, 0.001), (700_000, 0.01), (2_000_000, 1.0)])
def test_the_arc_over_a_chord_is_the_geodesic(longest_m: float, error_m: float) -> None:
    rng = np.random.default_rng(2)
    n = 50_000
    lon, lat, azimuth = rng.uniform(-180, 180, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n))), rng.uniform(0, 360, n)
    true = longest_m * np.sqrt(rng.uniform(0, 1, n))
    end_lon, end_lat, _ = GEOD.fwd(lon, lat, azimuth, true)
    start, end = to_ecef(lon, lat), to_ecef(end_lon, end_lat)
    line = end - start
    found = distance_of_chord(np.linalg.norm(line, axis=1), line[:, 2], (start[:, 2] + end[:, 2]) / 2)
    assert np.abs(found - true).max() < error_m


def test_two_places_that_are_one_are_no_distance_apart() -> None:
    assert distance_of_chord(np.zeros(1), 0.0, 0.0) == [0]


ERROR_KM = 0.0006  # as the metadata of the raster say; and beyond 16,384 km
FAR_ERROR_KM = 0.0016


@pytest.mark.parametrize("place", PLACES)
def test_distance_is_that_of_brute_force(place: str) -> None:
    grid, (lon, lat) = grid_at(place), sites_near(place)
    found = distance_to_nearest(lon, lat)(grid)
    assert found.shape == grid.shape
    cells = np.random.default_rng(3).choice(found.size, min(2000, found.size), replace=False)
    assert np.abs(found.ravel()[cells] - brute_force(grid, lon, lat, cells)).max() < ERROR_KM


@pytest.mark.parametrize("cell_arcsec", [36_000, 7_200])
def test_distance_is_right_across_the_world(cell_arcsec: int) -> None:
    rng = np.random.default_rng(4)
    lon, lat = rng.uniform(-120, -60, 30), rng.uniform(-50, 60, 30)
    around = 1_296_000 // cell_arcsec
    grid = Grid(cell_arcsec, -around // 2, around // 4, around, around // 2)
    found = distance_to_nearest(lon, lat)(grid).ravel()
    cells = rng.choice(found.size, min(3000, found.size), replace=False)
    np.testing.assert_allclose(found[cells], brute_force(grid, lon, lat, cells), atol=ERROR_KM, rtol=0)
    assert found.max() > 10_000


@pytest.mark.parametrize("degrees_away", [0.5, 1.5, 2.5, 6.0, 15.0, 40.0, 90.0, 140.0])
@pytest.mark.parametrize("place", PLACES)
def test_distance_is_right_at_every_distance_from_the_sites(place: str, degrees_away: float) -> None:
    """Blocks of 300 cells that lie to the north or south of the sites, over a pole, and across 180 degrees."""
    lon, lat = sites_near(place)
    there_lon, there_lat, _ = GEOD.fwd(*PLACES[place], 20, degrees_away * 111_195)
    north = np.clip(int(there_lat * 120) + 150, -90 * 120 + 300, 90 * 120)
    grid = Grid(30, int(there_lon * 120) - 150, int(north), 300, 300)
    found = distance_to_nearest(lon, lat)(grid).ravel()
    cells = np.random.default_rng(6).choice(found.size, 500, replace=False)
    assert np.abs(found[cells] - brute_force(grid, lon, lat, cells)).max() < ERROR_KM


@pytest.mark.parametrize(("lon", "lat"), [(-70.0, -13.0), (179.9, 52.0), (10.0, 0.0), (0.0, 89.99)])
def test_distance_is_right_at_the_antipode_of_a_site(lon: float, lat: float) -> None:
    grid = Grid(300, int((lon - 180) * 12) - 20, max(int(-lat * 12) + 20, -90 * 12 + 40), 40, 40)
    found = distance_to_nearest([lon], [lat])(grid).ravel()
    expected = brute_force(grid, np.array([lon]), np.array([lat]), np.arange(found.size))
    assert np.abs(found - expected).max() < FAR_ERROR_KM
    assert found.max() > 19_950


@pytest.mark.parametrize("apart_m", [0.01, 3_000.0, 300_000.0, 3_000_000.0])
def test_distance_is_right_where_two_sites_are_equally_far(apart_m: float) -> None:
    lon, lat = np.array([20.0, 0.0]), np.array([40.0, 0.0])
    lon[1], lat[1], _ = GEOD.fwd(lon[0], lat[0], 70, apart_m)
    (half_lon, half_lat, towards) = GEOD.fwd(lon[0], lat[0], 70, apart_m / 2)
    for away_m in (10_000.0, 190_000.0, 250_000.0, 2_000_000.0, 9_000_000.0):
        x, y, _ = GEOD.fwd(half_lon, half_lat, towards + 90, away_m)
        grid = Grid(30, int(x * 120) - 100, int(y * 120) + 100, 200, 200)
        found = distance_to_nearest(lon, lat)(grid).ravel()
        cells = np.arange(0, found.size, 37)
        assert np.abs(found[cells] - brute_force(grid, lon, lat, cells)).max() < ERROR_KM


def test_twice_the_same_site_and_many_sites_in_one_cell_are_no_trouble() -> None:
    lon, lat = 10 + np.linspace(0, 1e-4, 5000) % 5e-5, np.full(5000, 20.0)
    grid = Grid(30, 1195, 2405, 10, 10)
    found = distance_to_nearest(lon, lat)(grid).ravel()
    assert np.abs(found - brute_force(grid, lon[::50], lat[::50], np.arange(100))).max() < ERROR_KM + 1e-4


@pytest.mark.parametrize("place", PLACES)
def test_distance_is_below_the_radius_where_the_region_is_and_nowhere_else(place: str) -> None:
    grid, (lon, lat) = grid_at(place), sites_near(place)
    distance = distance_to_nearest(lon, lat)(grid)
    x, y = np.meshgrid((grid.longitudes + 540) % 360 - 180, grid.latitudes)
    regions = shapely.union_all(union_of_discs(lon, lat, 20_000))
    shapely.prepare(regions)
    inside = shapely.contains_xy(regions, x, y)
    # Both are a few metres off at most.
    clear = np.abs(distance - 20) > 0.020
    assert ((distance < 20) == inside)[clear].all()
    assert inside.any()
    assert clear.mean() > 0.99


@pytest.mark.parametrize("place", PLACES)
def test_fractions_add_up_to_the_area_of_the_regions(place: str) -> None:
    grid, regions = grid_at(place), union_of_discs(*sites_near(place), 20_000)
    fraction = fraction_covered(regions)(grid)
    assert fraction.min() == 0
    assert fraction.max() == 1
    assert fraction.astype(float).sum(axis=1) @ grid.row_km2 == pytest.approx(
        polygon_area(regions).sum() / 1e6, rel=1e-3
    )


def test_a_cell_that_is_covered_in_part_says_so_exactly() -> None:
    grid = Grid(3600, 10, 5, 2, 1)
    corner = shapely.Polygon([(10, 4), (11, 4), (10, 5)])
    sliver = shapely.box(11.25, 4, 11.5, 5)
    np.testing.assert_allclose(fraction_covered([corner, sliver])(grid), [[0.5, 0.25]], rtol=1e-6)


@pytest.mark.parametrize("bandwidth_km", [1.0, 5.0, 20.0, 60.0])
@pytest.mark.parametrize("place", PLACES)
def test_density_adds_up_to_the_number_of_sites(place: str, bandwidth_km: float) -> None:
    lon, lat = sites_near(place)
    grid = grid_around(shapely.buffer(shapely.points(lon, lat), 1e-9), 120, 65)
    density = density_of_sites(lon, lat, bandwidth_km, 120)(grid)
    assert density.astype(float).sum(axis=1) @ grid.row_km2 / 100 == pytest.approx(lon.size, rel=1e-5)


def test_what_is_missing_of_the_sum_lies_beyond_the_grid() -> None:
    density = density_of_sites([10.0], [5.0], 20, 30)
    half = Grid(30, 10 * 120, 8 * 120, 600, 600)  # the site is on its western edge
    assert density(half).astype(float).sum(axis=1) @ half.row_km2 / 100 == pytest.approx(0.5, abs=1e-4)


def test_density_is_the_quartic_kernel_of_the_geodesic_distance() -> None:
    grid = Grid(30, -70 * 120 - 60, -12 * 120 - 60, 120, 120)
    lon, lat = np.array([-70.0, -70.03]), np.array([-13.0, -13.02])
    x, y = np.meshgrid(grid.longitudes, grid.latitudes)
    expected = 0.0
    for site_lon, site_lat in zip(lon, lat, strict=True):
        km = GEOD.inv(x, y, np.full(x.shape, site_lon), np.full(x.shape, site_lat))[2] / 1000
        expected = expected + 100 * 3 / (np.pi * 20**2) * np.maximum(1 - (km / 20) ** 2, 0) ** 2
    np.testing.assert_allclose(density_of_sites(lon, lat, 20, 30)(grid), expected, rtol=1e-3, atol=1e-6)


def test_parts_of_a_grid_hold_what_the_whole_holds() -> None:
    lon, lat = sites_near("Fiji")
    grid = grid_at("Fiji")
    for field in (
        distance_to_nearest(lon, lat),
        density_of_sites(lon, lat, 20, 120),
        fraction_covered(union_of_discs(lon, lat, 20_000)),
    ):
        whole, pieced = field(grid), np.full(grid.shape, np.nan)
        for strip in grid.parts(17):
            for row, column, part in strip:
                pieced[row : row + part.height, column : column + part.width] = field(part)
        np.testing.assert_allclose(pieced, whole, rtol=1e-6, atol=1e-6)


def test_without_a_site_rasters_are_valid_and_empty(tmp_path) -> None:
    grid = Grid(30, -8400, -1200, 40, 30)
    none = np.array([])
    for product, field, value in (
        (DISTANCE, distance_to_nearest(none, none), NODATA),
        (DENSITY, density_of_sites(none, none, 20, 30), 0),
        (FRACTION, fraction_covered(none), 0),
    ):
        path = tmp_path / f"{product.name}.tif"
        write_raster(path, grid, product, field, TAGS)
        assert cog_validate(path, strict=True)[0]
        with rasterio.open(path) as raster:
            assert (raster.read(1) == value).all()
            assert raster.read(1, masked=True).mask.all() == (product is DISTANCE)


# --- the grid


def degrees(*boxes: tuple[float, float, float, float], cell: int = 30, margin: float = 0) -> tuple[float, ...]:
    return grid_around([shapely.box(*box) for box in boxes], cell, margin).bounds


def test_cells_stand_on_whole_multiples_of_their_size_around_the_area() -> None:
    assert degrees((-81.3261, -18.338, -68.6843, -0.0292), cell=3600) == (-82, -19, -68, 0)
    west, south, east, north = degrees((-81.3261, -18.338, -68.6843, -0.0292))
    for edge, border in ((-west, 81.3261), (-south, 18.338), (east, -68.6843), (north, -0.0292)):
        assert 0 <= edge - border < 1 / 120 + 1e-9
        assert edge * 120 == pytest.approx(round(edge * 120), abs=1e-6)


def test_an_area_of_whole_cells_gets_no_cell_more() -> None:
    assert degrees((-70.1, -13.3, -69.9, -12.7), cell=360) == pytest.approx((-70.1, -13.3, -69.9, -12.7))


@pytest.mark.parametrize("lat", [0.0, 45.0, -75.0])
def test_the_margin_is_around_the_area_on_the_ground(lat: float) -> None:
    west, south, east, north = degrees((20, lat, 20.1, lat + 0.1), margin=50)
    for lon, edge in ((west, 20.0), (east, 20.1)):
        for y in (lat, lat + 0.1):
            assert GEOD.inv(lon, y, edge, y)[2] >= 49_900
    assert GEOD.inv(20, south, 20, lat)[2] >= 49_900
    assert GEOD.inv(20, north, 20, lat + 0.1)[2] >= 49_900
    assert north - south < 1.1


def test_across_180_degrees_the_grid_goes_on_where_most_of_it_lies() -> None:
    assert degrees((177, -19, 180, -16), (-180, -18, -178, -15)) == (177, -19, 182, -15)
    assert degrees((172, 51, 180, 54), (-180, 51, -66, 71)) == (-188, 51, -66, 71)
    # Half of the globe or more is left as it is.
    assert degrees((-180, -20, -100, 0), (60, -20, 180, 0)) == (-180, -20, 180, 0)


def test_around_a_pole_the_grid_is_whole() -> None:
    assert degrees((-180, -90, 180, -65), margin=50, cell=1800) == (-180, -90, 180, -64.5)
    assert degrees((10, 89.5, 20, 89.9), margin=50, cell=1800) == (-180, 89, 180, 90)


def test_a_tiny_area_has_a_grid() -> None:
    assert grid_around([shapely.box(10.001, 5.001, 10.0011, 5.0011)], 30, 0).shape == (1, 1)


def test_the_cells_of_the_globe_have_its_area() -> None:
    globe = Grid(3600, -180, 90, 360, 180)
    assert globe.row_km2.sum() * globe.width == pytest.approx(510_065_621.72, rel=1e-9)


# --- the files


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Each raster around the sites of Peru, in more blocks than one."""
    folder = tmp_path_factory.mktemp("rasters")
    lon, lat = sites_near("Peru")
    grid = grid_around(union_of_discs(lon, lat, 20_000), 6, 30)
    fields = {
        DISTANCE: distance_to_nearest(lon, lat),
        DENSITY: density_of_sites(lon, lat, 20, 6),
        FRACTION: fraction_covered(union_of_discs(lon, lat, 20_000)),
    }
    for product, field in fields.items():
        write_raster(folder / f"{product.name}.tif", grid, product, field, TAGS, threads=2)
        write_style(folder / f"{product.name}.qml", product)
    return folder, grid, fields


@pytest.mark.parametrize("product", RASTERS, ids=lambda product: product.name)
def test_a_raster_is_a_cloud_optimised_geotiff_that_describes_itself(written, product) -> None:
    folder, grid, fields = written
    path = folder / f"{product.name}.tif"
    valid, errors, warnings = cog_validate(path, strict=True)
    assert valid, (errors, warnings)
    with rasterio.open(path) as raster:
        assert raster.crs.to_epsg() == 4326
        assert raster.transform.almost_equals(grid.transform)
        assert raster.dtypes == ("float32",)
        assert raster.nodata == NODATA
        assert raster.units == (product.unit,)
        assert raster.descriptions == (product.title,)
        assert raster.profile["compress"] == "deflate"
        assert raster.tags(ns="IMAGE_STRUCTURE")["PREDICTOR"] == "3"
        assert len(raster.overviews(1)) >= 1
        assert TAGS.items() <= raster.tags().items()
        assert raster.tags()["METHOD"] == product.method
        corner = grid.part(grid.height - 300, grid.width - 300, 300, 300)
        np.testing.assert_array_equal(raster.read(1)[-300:, -300:], fields[product](corner))


@pytest.mark.parametrize("product", RASTERS, ids=lambda product: product.name)
def test_a_raster_has_the_same_bytes_however_it_is_made(written, product, tmp_path) -> None:
    folder, grid, fields = written
    again = tmp_path / f"{product.name}.tif"
    write_raster(again, grid, product, fields[product], TAGS, threads=1)
    assert again.read_bytes() == (folder / again.name).read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == [again.name]


@pytest.mark.parametrize("of", [1, 2, 3, 7])
def test_a_raster_put_together_from_tiles_has_the_same_bytes(written, of, tmp_path) -> None:
    folder, grid, fields = written
    tiles = [tmp_path / f"{number}.tif" for number in range(of)]
    for number, path in enumerate(tiles):
        write_raster(path, grid.tile(number, of, BLOCK), DENSITY, fields[DENSITY], TAGS)
    whole = tmp_path / f"{DENSITY.name}.tif"
    write_raster(whole, grid, DENSITY, values_of_tiles(tiles), TAGS)
    assert whole.read_bytes() == (folder / whole.name).read_bytes()


@given(st.integers(1, 5000), st.integers(1, 40))
def test_tiles_hold_all_rows_of_a_grid_in_whole_strips(height: int, of: int) -> None:
    grid = Grid(30, -100, 6000, 10, height)
    tiles = [grid.tile(number, of, BLOCK) for number in range(of)]
    rows = [range(grid.north - tile.north, grid.north - tile.north + tile.height) for tile in tiles]
    assert set().union(*rows) == set(range(height))
    for tile in rows:
        assert tile.start % BLOCK == 0
        assert tile.stop % BLOCK == 0 or tile.stop == height
