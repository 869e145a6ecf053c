"""Known answers and properties of the geodesy library."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import Geod

from asmgold.geodesy.antimeridian import narrowest_span, split_at_antimeridian, wrap_longitudes
from asmgold.geodesy.discs import discs, edge_error_bound
from asmgold.geodesy.ellipsoid import NearestSite, polygon_area
from asmgold.geodesy.polygons import densify
from asmgold.geodesy.union import union_of_discs
from tests.geodesy.brute_force import contains, distances, edge_points

GEOD = Geod(ellps="WGS84")
SPHERE_M = 6_371_008.8


def geodesic_disc_area(lon: float, lat: float, radius_m: float) -> float:
    """Area of the true disc, by pyproj on a ring of 20,000 vertices, put right for its chords."""
    n = 20_000
    one = np.ones(n)
    x, y, _ = GEOD.fwd(one * lon, one * lat, -360 * np.arange(n) / n, one * radius_m)
    area, _ = GEOD.polygon_area_perimeter(x, y)
    return abs(area) / (np.sin(2 * np.pi / n) / (2 * np.pi / n))


def geod_area(geometry: Any) -> float:
    """Area by pyproj, after adding so many vertices that a geodesic edge is as good as a straight one."""
    return float(abs(GEOD.geometry_area_perimeter(shapely.orient_polygons(shapely.segmentize(geometry, 0.01)))[0]))


def check_edges(regions: Any, lon: Any, lat: Any, radius_m: float, tolerance_m: float) -> None:
    x, y = edge_points(regions)
    every = 1 + x.size * np.size(lon) // 1_000_000  # a sample where there are too many to measure
    x, y = x[::every], y[::every]
    nearest = distances(np.atleast_1d(lon), np.atleast_1d(lat), x, y).min(axis=1)
    assert np.abs(nearest - radius_m).max() <= edge_error_bound(radius_m, tolerance_m)


PLACES = {
    "equator": (0.0, 0.0),
    "Peru": (-70.0, -13.0),
    "45 degrees": (10.0, 45.0),
    "80 degrees": (25.0, 80.0),
    "89.9 degrees": (-100.0, 89.9),
    "north pole": (0.0, 90.0),
    "south pole": (77.0, -90.0),
    "antimeridian": (179.99, 20.0),
    "on the antimeridian": (-180.0, -66.0),
}


@pytest.mark.parametrize("radius_m", [100.0, 20_000.0, 500_000.0])
@pytest.mark.parametrize("place", PLACES)
def test_disc_has_the_area_and_the_edge_of_the_geodesic_disc(place: str, radius_m: float) -> None:
    lon, lat = PLACES[place]
    for tolerance_m in (radius_m / 4000, radius_m / 100, 5.0):
        for polygon in (
            discs(lon, lat, radius_m, tolerance_m)[0],
            union_of_discs(lon, lat, radius_m, tolerance_m)[0],
        ):
            assert polygon.is_valid
            assert polygon_area(polygon)[0] == pytest.approx(geodesic_disc_area(lon, lat, radius_m), rel=1e-4)
            check_edges(polygon, lon, lat, radius_m, tolerance_m)


@pytest.mark.parametrize("radius_m", [100.0, 20_000.0, 500_000.0])
@pytest.mark.parametrize("lon", [-180.0, -90.0, 0.0, 33.3, 180.0])
def test_circle_through_a_pole(lon: float, radius_m: float) -> None:
    for off_m in (-1.0, -1e-6, 0.0, 1e-6, 1.0):
        x, y, _ = GEOD.fwd(lon, 90.0, 180.0 if lon == 0 else 0.0, radius_m + off_m)
        regions = union_of_discs(x, y, radius_m, radius_m / 4000)
        assert len(regions) == 1
        assert regions[0].is_valid
        assert polygon_area(regions)[0] == pytest.approx(geodesic_disc_area(x, y, radius_m), rel=1e-4)
        check_edges(regions, x, y, radius_m, radius_m / 4000)


def test_circles_that_cross_at_a_pole_come_to_an_end() -> None:
    """Halving edges at the pole went on for ever: an arc that ends there has no longitude of its own."""
    for radius_m in (761.4, 20_000.0, 500_000.0):
        for pole in (-90.0, 90.0):
            for n in (3, 10, 23):
                one = np.ones(n)
                x, y, _ = GEOD.fwd(0 * one, pole * one, 360 / n * np.arange(n), radius_m * one)
                regions = union_of_discs(x, y, radius_m, radius_m / 15_000)
                assert len(regions) == 1
                check_edges(regions, x, y, radius_m, radius_m / 15_000)


def test_bound_stays_below_the_tolerance() -> None:
    for radius_m in (10.0, 100.0, 20_000.0, 1_000_000.0):
        for tolerance_m in (0.01, 0.05, 1.0, 5.0):
            assert 0 < edge_error_bound(radius_m, tolerance_m) <= tolerance_m


def test_two_discs_make_the_analytic_lens() -> None:
    radius_m, apart_m = 20_000.0, 25_000.0
    x, y, _ = GEOD.fwd(-70.0, -13.0, 57.0, apart_m)
    regions = union_of_discs([-70.0, x], [-13.0, y], radius_m, 0.5)
    # On a sphere: the lens of two caps, from its half angles at the centres and at the crossings.
    radius, half = radius_m / SPHERE_M, apart_m / 2 / SPHERE_M
    at_centre = 2 * np.arccos(np.tan(half) / np.tan(radius))
    at_crossing = 2 * np.arcsin(np.sin(half) / np.sin(radius))
    sector = at_centre * (1 - np.cos(radius))
    triangle = at_centre / 2 + at_centre / 2 + at_crossing - np.pi
    lens = 2 * sector - 2 * triangle
    share = (2 * 2 * np.pi * (1 - np.cos(radius)) - lens) / (2 * 2 * np.pi * (1 - np.cos(radius)))
    discs_m2 = geodesic_disc_area(-70.0, -13.0, radius_m) + geodesic_disc_area(x, y, radius_m)
    assert len(regions) == 1
    assert polygon_area(regions)[0] == pytest.approx(share * discs_m2, rel=2e-5)


@pytest.mark.parametrize("bearing", [0.0, 33.0, 90.0, 211.0])
@pytest.mark.parametrize("gap_m", [0.0, 1e-5, 0.001, 0.1, 1.0, 5.0])
def test_discs_that_touch_or_nearly_do_are_two_regions_that_do_not_overlap(bearing: float, gap_m: float) -> None:
    radius_m = 20_000.0
    x, y, _ = GEOD.fwd(-70.0, -13.0, bearing, 2 * radius_m + gap_m)
    regions = union_of_discs([-70.0, x], [-13.0, y], radius_m)
    assert len(regions) == 2
    assert not shapely.intersects(*regions)
    check_edges(regions, [-70.0, x], [-13.0, y], radius_m, 5.0)


def test_many_nearly_touching_discs_do_not_overlap() -> None:
    """Six round one, and chains of them: a vertex is put where each all but touches the next."""
    radius_m = 20_000.0
    for gap_m in (0.0005, 0.5, 3.0):
        bearing = np.arange(6) * 60.0
        one = np.ones(6)
        x, y, _ = GEOD.fwd(20.0 * one, 5.0 * one, bearing, (2 * radius_m + gap_m) * one)
        lon, lat = np.r_[20.0, x], np.r_[5.0, y]
        regions = union_of_discs(lon, lat, radius_m)
        assert shapely.is_valid(regions).all()
        first, second = shapely.STRtree(regions).query(regions, predicate="intersects")
        area = shapely.area(shapely.intersection(regions[first], regions[second]))
        assert area[first != second].max(initial=0) == 0


def test_touching_discs_across_a_lake_leave_the_lake_whole() -> None:
    """A ring of discs that is open by less than the tolerance stays open, and is valid without mending."""
    radius_m, n = 20_000.0, 11
    away_m = n / np.pi * radius_m * 0.99
    one = np.ones(n)
    x, y, _ = GEOD.fwd(30.0 * one, 0.0 * one, 360 / n * np.arange(n), away_m * one)
    closed = union_of_discs(x, y, radius_m)
    assert len(closed) == 1
    assert len(closed[0].interiors) == 1


def test_ring_of_discs_has_a_hole_and_a_disc_in_it_is_a_region() -> None:
    bearing = np.arange(0, 360, 15.0)
    one = np.ones(bearing.size)
    for lon0, lat0 in ((-70.0, -13.0), (180.0, 10.0), (25.0, 88.5), (0.0, -90.0)):
        x, y, _ = GEOD.fwd(lon0 * one, lat0 * one, bearing, 100_000.0 * one)
        wall = union_of_discs(x, y, 20_000.0)
        both = union_of_discs(np.r_[x, lon0], np.r_[y, lat0], 20_000.0)
        assert len(wall) == 1
        assert len(both) == 2
        island = geodesic_disc_area(lon0, lat0, 20_000.0)
        assert polygon_area(both).sum() == pytest.approx(polygon_area(wall)[0] + island, rel=1e-5)
        assert polygon_area(both).min() == pytest.approx(island, rel=1e-4)
        lake = GEOD.fwd(lon0, lat0, 10.0, 40_000.0)[:2]
        assert not contains(both, np.array([lake[0]]), np.array([lake[1]])).any()


@pytest.mark.parametrize("lat", [0.0, 60.0, -60.0])
def test_chain_round_the_world_is_one_belt(lat: float) -> None:
    lon = np.arange(-180.0, 180.0, 0.5)
    regions = union_of_discs(lon, np.full(lon.size, lat), 60_000.0)
    assert len(regions) == 1
    assert regions[0].is_valid
    west, south, east, north = regions[0].bounds
    assert (west, east) == (-180.0, 180.0)
    assert -90 < south < lat < north < 90
    check_edges(regions, lon, np.full(lon.size, lat), 60_000.0, 5.0)


def test_both_poles_and_the_space_between_two_belts() -> None:
    lon = np.arange(-180.0, 180.0, 0.5)
    lat = np.repeat([-60.0, 60.0], lon.size)
    regions = union_of_discs(np.r_[lon, lon, 0.0, 0.0], np.r_[lat, 90.0, -90.0], 60_000.0)
    assert len(regions) == 4
    assert sorted(np.sign(shapely.bounds(regions)[:, 1])) == [-1, -1, 1, 1]
    x, y = np.array([0.0, 100.0, 180.0, -180.0, 5.0, 5.0]), np.array([90.0, -90.0, 60.0, -60.0, 0.0, 75.0])
    assert contains(regions, x, y).tolist() == [True, True, True, True, False, False]


def fibonacci_sphere(n: int) -> tuple[np.ndarray, np.ndarray]:
    k = np.arange(n) + 0.5
    return (k * 180 * (3 - np.sqrt(5))) % 360 - 180, np.degrees(np.arcsin(1 - 2 * k / n))


def test_whole_earth_covered() -> None:
    lon, lat = fibonacci_sphere(1500)
    regions = union_of_discs(lon, lat, 500_000.0)
    assert len(regions) == 1
    assert regions[0].equals(shapely.box(-180, -90, 180, 90))
    assert polygon_area(regions)[0] == pytest.approx(510_065_621_724_088, rel=1e-9)


def test_all_but_one_place_covered() -> None:
    lon, lat = fibonacci_sphere(1500)
    for place in ((20.0, 30.0), (180.0, 5.0), (0.0, 90.0), (50.0, -90.0)):
        away = distances(lon, lat, np.array([place[0]]), np.array([place[1]]))[0] > 900_000
        regions = union_of_discs(lon[away], lat[away], 500_000.0)
        assert len(regions) == 1
        assert regions[0].is_valid
        assert not contains(regions, np.array([place[0]]), np.array([place[1]])).any()
        assert 510.05e12 > polygon_area(regions)[0] > 508e12


def test_sites_that_coincide_are_one() -> None:
    one = union_of_discs([10.0], [20.0], 5_000.0)
    assert shapely.to_wkb(union_of_discs([10.0] * 3, [20.0] * 3, 5_000.0)).tolist() == shapely.to_wkb(one).tolist()
    apart = union_of_discs([10.0, 10.0 + 4e-11], [20.0, 20.0], 5_000.0)
    assert shapely.to_wkb(apart).tolist() == shapely.to_wkb(one).tolist()


@pytest.mark.parametrize("apart_m", [0.001, 0.01, 0.1, 1.0, 4.9, 5.1, 10.0])
def test_sites_that_nearly_coincide_are_one_region(apart_m: float) -> None:
    """The hull of the whole Earth loses sites that are so near; they must not come back as whole circles."""
    rng = np.random.default_rng(7)
    one = np.ones(200)
    lon, lat, _ = GEOD.fwd(-70 * one, -13 * one, rng.uniform(0, 360, 200), apart_m * rng.uniform(0, 1, 200))
    regions = union_of_discs(lon, lat, 20_000.0)
    assert len(regions) == 1
    assert len(regions[0].interiors) == 0
    assert polygon_area(regions)[0] == pytest.approx(geodesic_disc_area(-70.0, -13.0, 20_000.0 + apart_m), rel=4e-4)


def test_180_and_minus_180_are_one_meridian_and_a_pole_has_no_longitude() -> None:
    def bytes_of(lon: list[float], lat: list[float]) -> list[bytes]:
        return shapely.to_wkb(union_of_discs(lon, lat, 5_000.0)).tolist()

    assert bytes_of([180.0], [12.0]) == bytes_of([-180.0], [12.0]) == bytes_of([180.0, -180.0], [12.0, 12.0])
    assert bytes_of([0.0], [90.0]) == bytes_of([123.0], [90.0]) == bytes_of([-180.0, 7.0, 9.0], [90.0] * 3)
    assert bytes_of([0.0], [-90.0]) == bytes_of([180.0, -77.0], [-90.0] * 2)


def test_no_site_makes_no_region() -> None:
    assert union_of_discs([], [], 100.0).tolist() == []
    assert discs([], [], 100.0).tolist() == []


@pytest.mark.parametrize("seed", range(3))
def test_bytes_do_not_depend_on_the_order_or_number_of_the_sites(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform(174, 186, 300), rng.uniform(-6, 6, 300)
    lon = np.where(lon > 180, lon - 360, lon)
    again = np.r_[rng.permutation(300), rng.integers(0, 300, 100)]
    first = shapely.to_wkb(union_of_discs(lon, lat, 30_000.0)).tolist()
    assert shapely.to_wkb(union_of_discs(lon[again], lat[again], 30_000.0)).tolist() == first


def test_shells_go_counter_clockwise_holes_clockwise() -> None:
    rng = np.random.default_rng(1)
    regions = union_of_discs(rng.uniform(-5, 5, 400), rng.uniform(-5, 5, 400), 40_000.0)
    assert shapely.is_valid(regions).all()
    parts = shapely.get_parts(regions)
    holes = [hole for part in parts for hole in part.interiors]
    assert holes
    assert shapely.is_ccw(shapely.get_exterior_ring(parts)).all()
    assert not shapely.is_ccw(holes).any()
    check_edges(regions, *np.random.default_rng(1).uniform(-5, 5, (2, 400)), 40_000.0, 5.0)


# --- area, distance, the antimeridian


def test_polygon_area_agrees_with_pyproj() -> None:
    shapes = [
        shapely.box(-70, -13, -69, -12),
        shapely.box(0, 60, 40, 89),
        shapely.Polygon([(0, 0), (10, 50), (-30, 70)]),
        shapely.Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(2, 2), (5, 2), (3, 6)]]),
        shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(4, -80, 6, -70)]),
    ]
    assert polygon_area(shapes) == pytest.approx([geod_area(shape) for shape in shapes], rel=1e-6)


def test_polygon_area_of_the_parts_adds_up_and_other_things_have_none() -> None:
    whole = shapely.box(-10, 40, 30, 80)
    parts = [shapely.box(-10, 40, 7, 80), shapely.box(7, 40, 30, 80)]
    assert polygon_area(parts).sum() == pytest.approx(polygon_area(whole)[0], rel=1e-13)
    assert polygon_area([shapely.Point(0, 0), None, shapely.Polygon(), whole]).tolist()[:3] == [0, 0, 0]
    assert polygon_area([]).tolist() == []


@pytest.mark.parametrize("n", [1, 2, 3, 50, 3000])
def test_nearest_site_agrees_with_all_distances(n: int) -> None:
    rng = np.random.default_rng(n)
    lon, lat = rng.uniform(-180, 180, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    x, y = rng.uniform(-180, 180, 100), np.degrees(np.arcsin(rng.uniform(-1, 1, 100)))
    x[:4], y[:4] = [0, 180, -180, 12], [90, -90, 0, -90]
    distance, nearest = NearestSite(lon, lat).query(x, y)
    every = distances(lon, lat, x, y)
    assert distance == pytest.approx(every.min(axis=1), abs=1e-6)
    assert every[np.arange(100), nearest] == pytest.approx(distance, abs=1e-6)


def test_nearest_of_no_sites_is_refused() -> None:
    with pytest.raises(ValueError, match="no sites"):
        NearestSite([], [])


def test_split_at_antimeridian() -> None:
    split = split_at_antimeridian(shapely.box(170, -10, 190, 10))
    assert split.equals(shapely.MultiPolygon([shapely.box(170, -10, 180, 10), shapely.box(-180, -10, -170, 10)]))
    inside = shapely.box(0, 0, 1, 1)
    assert split_at_antimeridian(inside) is inside


def test_densify_moves_no_edge() -> None:
    box = shapely.box(0, 0, 10, 5)
    dense = densify([box], 0.5)[0]
    assert dense.equals(box)
    assert shapely.get_num_coordinates(dense) > 60


# --- what is refused


@pytest.mark.parametrize("draw", [discs, union_of_discs])
@pytest.mark.parametrize(
    ("lon", "lat", "radius_m", "tolerance_m", "message"),
    [
        ([0, np.nan], [0, 0], 100, 1, "position 1 is longitude nan, latitude 0.0: not on the globe"),
        ([0], [np.inf], 100, 1, "position 0 is longitude 0.0, latitude inf"),
        ([180.1], [0], 100, 1, "longitude 180.1"),
        ([0], [-90.5], 100, 1, "latitude -90.5"),
        ([0, 1], [0], 100, 1, "not two lists of one length"),
        ([0], [0], 0, 1, "radius_m is 0"),
        ([0], [0], -5, 1, "radius_m is -5"),
        ([0], [0], np.nan, 1, "radius_m is nan"),
        ([0], [0], 1_000_001, 1, "at most 1000000"),
        ([0], [0], 100, 0, "tolerance_m is 0"),
        ([0], [0], 100, 100, "less than the radius"),
        ([0], [0], 100, np.nan, "tolerance_m is nan"),
    ],
)
def test_what_no_disc_can_be_drawn_with_is_refused(
    draw: Any, lon: Any, lat: Any, radius_m: float, tolerance_m: float, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        draw(lon, lat, radius_m, tolerance_m)


@pytest.mark.parametrize("first", [-360.0, -255.0, -180.0, 0.0, 37.5])
def test_wrapped_longitudes_begin_where_they_are_asked_to_and_lose_no_area(first: float) -> None:
    russia = shapely.union(shapely.box(30, 50, 180, 70), shapely.box(-180, 60, -170, 70))
    wrapped = wrap_longitudes(russia, first)
    assert first <= wrapped.bounds[0] < wrapped.bounds[2] <= first + 360
    assert polygon_area(wrapped)[0] == pytest.approx(polygon_area(russia)[0], rel=1e-12)
    assert wrapped.is_valid


@pytest.mark.parametrize(
    ("intervals", "expected"),
    [
        ([(177, 180), (-180, -178)], (177, 182)),
        ([(-10, 10)], (-10, 10)),
        ([(-170, 170), (-20, 0)], (-170, 170)),
        ([(-100, -90), (80, 90)], (-100, 90)),  # two gaps, of 170 and 170 degrees: one of two answers, 190 wide
        ([(-180, 180)], (-180, 180)),
    ],
)
def test_the_narrowest_span_leaves_out_the_widest_gap(intervals, expected) -> None:
    west, east = np.transpose(np.array(intervals, float))
    first, last = narrowest_span(west, east)
    assert last - first == expected[1] - expected[0]
    assert ((west >= first) & (east <= last) | (west + 360 >= first) & (east + 360 <= last)).all()
