"""Discs of different sizes, and what is near lines and polygons, against brute force with geodesic distances.

`ASMGOLD_THOROUGH=1` runs some two thousand cases, otherwise there are some three hundred.
"""

from __future__ import annotations

import os

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from asmgold.geodesy import union as union_module
from asmgold.geodesy.around import rings_around, union_around
from asmgold.geodesy.discs import edge_error_bound
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.geodesy.union import union_of_discs
from tests.geodesy.brute_force import GEOD, contains, distances, edge_points, number_of_regions

MORE = 7 if os.environ.get("ASMGOLD_THOROUGH") == "1" else 1
CENTRES = [(-70.0, -13.0), (180.0, 0.0), (-179.9, 65.0), (25.0, 89.9), (0.0, -90.0), (100.0, 45.0)]


def cases(examples: int) -> settings:
    return settings(
        max_examples=MORE * examples, deadline=None, derandomize=True, database=None,
        phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip


def around(rng: np.random.Generator, centre: tuple[float, float], reach_m: float, n: int) -> np.ndarray:
    """Points at random, two rows of degrees."""
    reach = reach_m * np.sqrt(rng.uniform(0, 1, n))
    x, y, _ = GEOD.fwd(np.full(n, centre[0]), np.full(n, centre[1]), rng.uniform(0, 360, n), reach)
    return np.array([x, y])


def depth(sites: np.ndarray, radii: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How far outside of the union each point lies, metres; negative inside."""
    return (distances(*sites, x, y) - radii).min(axis=1)


SIZES = (
    lambda rng, n: rng.choice([2_000.0, 10_000.0, 25_000.0, 60_000.0], n),
    lambda rng, n: rng.uniform(500, 60_000, n),
    lambda rng, n: rng.choice([25.0, 100.0, 300_000.0], n),
    lambda rng, n: np.r_[900_000.0, 10 ** rng.uniform(1.5, 5, n - 1)],
)


@pytest.mark.parametrize("centre", CENTRES)
@cases(50)
@given(seed=st.integers(0, 2**32 - 1), spread=st.sampled_from([1, 3, 10]), shared_by=st.sampled_from([2, 30]))
def test_discs_of_mixed_sizes_agree_with_brute_force(
    centre: tuple[float, float], seed: int, spread: int, shared_by: int
) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 25))
    radii = SIZES[int(rng.integers(len(SIZES)))](rng, n)
    sites = around(rng, centre, spread * 20_000, n)
    twice = rng.integers(n, size=n // 4)  # some stand twice, in one size or in two
    sites[:, : twice.size] = sites[:, twice]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(union_module, "SHARED_BY", shared_by)
        regions = union_of_discs(*sites, radii, 20.0)
    bound = edge_error_bound(radii, 20.0)
    assert bound <= 20
    assert shapely.is_valid(regions).all()
    assert np.abs(depth(sites, radii, *edge_points(regions))).max() <= bound + 0.01
    near = rng.integers(n, size=300)
    x, y, _ = GEOD.fwd(*sites[:, near], rng.uniform(0, 360, 300), radii[near] * rng.uniform(0.5, 1.5, 300))
    x, y = np.asarray(x), np.asarray(y)
    outside = depth(sites, radii, x, y)
    clear = np.abs(outside) > bound + 0.01
    assert (contains(regions, x, y) == (outside < 0))[clear].all()
    # Each site lies in one region, and there are as many as there are groups of discs that overlap.
    sites_in = shapely.STRtree(regions).query(shapely.points(*sites), predicate="intersects")
    assert sorted(sites_in[0]) == [*range(n)]
    apart = distances(*sites, *sites) - radii[:, None] - radii[None, :]
    if (np.abs(apart) > 100).all():
        linked = number_of_linked(apart < 0)
        assert len(regions) == linked


def number_of_linked(linked: np.ndarray) -> int:
    left, groups = set(range(len(linked))), 0
    while left:
        groups, queue = groups + 1, [left.pop()]
        while queue:
            near = left & set(np.flatnonzero(linked[queue.pop()]))
            left -= near
            queue += near
    return groups


def test_equal_radii_are_left_to_the_fast_engine_and_the_general_one_agrees_within_the_bound() -> None:
    rng = np.random.default_rng(1)
    sites = around(rng, (179.9, -40.0), 150_000, 60)
    fast = union_of_discs(*sites, 20_000, 5.0)
    assert shapely.equals_exact(union_of_discs(*sites, np.full(60, 20_000.0), 5.0), fast).all()
    # One disc more, far away and of another size, takes the other way.
    lon, lat = np.append(sites[0], 0.0), np.append(sites[1], 60.0)
    for shared_by in (1000, 2):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(union_module, "SHARED_BY", shared_by)
            general = union_of_discs(lon, lat, np.append(np.full(60, 20_000.0), 1_000.0), 5.0)
        general = general[~shapely.intersects(general, shapely.Point(0, 60))]
        assert len(general) == len(fast) == number_of_regions(*sites, 40_000)
        x, y = edge_points(general)
        assert np.abs(depth(sites, np.full(60, 20_000.0), x, y)).max() <= edge_error_bound(20_000)
        assert polygon_area(general).sum() == pytest.approx(polygon_area(fast).sum(), rel=1e-5)


def test_a_disc_within_another_one_and_one_that_stands_twice_change_nothing() -> None:
    alone = union_of_discs([10.0], [50.0], 50_000)
    within = union_of_discs([10.0, 10.1, 10.1, 10.0], [50.0, 50.0, 50.0, 50.0], [50_000, 10_000, 10_000, 900])
    assert len(within) == 1
    assert polygon_area(within)[0] == pytest.approx(polygon_area(alone)[0], rel=1e-9)


@pytest.mark.parametrize(
    ("radius", "message"),
    [(0, "radius_m is 0.0"), (-1, "radius_m is -1.0"), (float("nan"), "radius_m is nan"), (2e6, "at most 1000000")],
)
def test_a_radius_that_is_none_is_named(radius: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        union_of_discs([0.0, 1.0], [0.0, 0.0], [10_000, radius])


def distance_to_line(line: shapely.LineString, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Geodesic distance to a line that is straight in degrees, by points on it 10 m apart."""
    fine = shapely.get_coordinates(shapely.segmentize(line, 1e-4))
    return distances(*fine.T, x, y).min(axis=1)


@pytest.mark.parametrize("centre", CENTRES[:1] + CENTRES[2:3] + CENTRES[5:])
@cases(8)
@given(seed=st.integers(0, 2**32 - 1))
def test_what_is_near_a_line_agrees_with_brute_force(centre: tuple[float, float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    corners = np.array(centre) + np.cumsum(rng.uniform(-0.05, 0.05, (4, 2)), axis=0) * [0.9, 0.5]
    corners[:, 0] = np.maximum(corners[:, 0], -179.999)
    line, radius_m = shapely.LineString(corners), float(rng.uniform(500, 8_000))
    regions = union_around([line], radius_m, 5.0)
    assert len(regions) == 1
    x, y = edge_points(regions)
    chosen = rng.permutation(len(x))[:150]
    assert np.abs(distance_to_line(line, x[chosen], y[chosen]) - radius_m).max() <= 5.01
    x, y = around(rng, centre, 20_000, 100)
    away = distance_to_line(line, x, y) - radius_m
    clear = np.abs(away) > 5.01
    assert (contains(regions, x, y) == (away < 0))[clear].all()


def test_a_polygon_counts_with_its_inside_and_not_by_its_centroid() -> None:
    box = shapely.box(-71, -13, -70, -12)
    (region,) = union_around([box], 1_000)
    assert shapely.contains_properly(region, box)
    perimeter, area = GEOD.geometry_length(box.exterior), polygon_area(box)[0]
    # The Steiner formula: area, a strip along the perimeter, and the quarters of a disc at four corners.
    assert polygon_area(region)[0] == pytest.approx(area + perimeter * 1_000 + np.pi * 1_000**2, rel=1e-4)
    hole = box.difference(shapely.box(-70.6, -12.6, -70.4, -12.4))
    (with_hole,) = union_around([hole], 1_000)
    assert not with_hole.contains(shapely.Point(-70.5, -12.5))
    assert with_hole.contains(shapely.Point(-70.595, -12.5))


def test_points_lines_and_polygons_together_each_with_its_own_distance() -> None:
    shapes = [shapely.Point(0, 0), shapely.LineString([(2, 0), (3, 0)]), shapely.box(5, 0, 6, 1)]
    regions = union_around(shapes, [10_000, 20_000, 30_000])
    assert len(regions) == 3
    assert union_around(shapely.force_3d(shapes, 7.0), [10_000, 20_000, 30_000]).tolist() == regions.tolist()
    widths = sorted(float(GEOD.inv(*region.bounds[:2], region.bounds[0], region.bounds[3])[2]) for region in regions)
    assert widths == pytest.approx(
        [20_000, 40_000, 170_574], abs=10
    )  # one degree of latitude at the equator is 110,574 m


def test_parts_that_are_far_apart_are_regions_of_their_own_and_180_degrees_parts_nothing() -> None:
    far = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 0, 6, 1)])
    assert len(union_around([far], 10_000)) == 2
    across = shapely.MultiPolygon([shapely.box(179, 0, 180, 1), shapely.box(-180, 0, -179, 1)])
    (region,) = union_around([across], 10_000)
    assert region.geom_type == "MultiPolygon"


def test_a_line_too_long_for_its_radius_is_refused() -> None:
    with pytest.raises(ValueError, match="a larger radius or tolerance needs fewer"):
        union_around([shapely.LineString([(-170, 0), (170, 0)])], 0.1, 0.02)


def test_rings_share_edges_do_not_overlap_and_have_the_areas_of_their_discs() -> None:
    radii = [5_000.0, 10_000.0, 20_000.0]
    zones = rings_around([shapely.Point(-70, -13)], radii, 1.0)
    discs = [polygon_area(union_of_discs([-70.0], [-13.0], radius, 1.0))[0] for radius in radii]
    assert polygon_area(zones) == pytest.approx(np.diff([0, *discs]), rel=1e-9)
    assert polygon_area(zones)[0] == pytest.approx(np.pi * 5_000**2, rel=1e-3)
    assert not shapely.overlaps(zones[:, None], zones[None, :]).any()
    rng = np.random.default_rng(3)
    sites = around(rng, (0.0, 89.5), 100_000, 20)
    zones = rings_around(shapely.points(*sites), radii)
    whole = union_of_discs(*sites, radii[-1])
    assert polygon_area(zones).sum() == pytest.approx(polygon_area(whole).sum(), rel=1e-6)


@pytest.mark.parametrize("radii", [[], [50.0, 50.0], [10_000.0, 5_000.0], [100.0, 105.0]])
def test_rings_that_do_not_rise_are_refused(radii: list[float]) -> None:
    with pytest.raises(ValueError, match="distances that rise by twice the tolerance were expected"):
        rings_around([shapely.Point(0, 0)], radii)
