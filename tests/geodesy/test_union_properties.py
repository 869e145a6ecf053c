"""Unions of discs against brute force, over random sets and sets made to be difficult.

`ASMGOLD_THOROUGH=1` runs some two thousand cases, otherwise there are some hundred.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from asmgold.geodesy import thinning as thinning_module
from asmgold.geodesy import union as union_module
from asmgold.geodesy.discs import edge_error_bound
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.geodesy.polygons import polygonal
from asmgold.geodesy.union import union_of_discs
from tests.geodesy.brute_force import (
    GEOD,
    SAG,
    brute_union,
    contains,
    edge_points,
    equal_area_frame,
    nearest_distance,
    number_of_regions,
    projected,
    uncovered_bearings,
)

THOROUGH = os.environ.get("ASMGOLD_THOROUGH") == "1"
CASES_RUN: Counter[str] = Counter()


def cases(default: int, thorough: int) -> settings:
    return settings(
        max_examples=thorough if THOROUGH else default,
        deadline=None,
        derandomize=not THOROUGH,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module", autouse=True)
def _report_cases(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(f"\nunions compared with brute force: {sum(CASES_RUN.values())} {dict(CASES_RUN)}")


# --- sets of sites

Sites = tuple[np.ndarray, np.ndarray]


def around(centre: tuple[float, float], bearing_deg: np.ndarray, distance_m: np.ndarray) -> Sites:
    one = np.ones(np.broadcast(bearing_deg, distance_m).shape)
    x, y, _ = GEOD.fwd(one * centre[0], one * centre[1], one * bearing_deg, one * distance_m)
    return np.asarray(x), np.asarray(y)


def scattered(rng: np.random.Generator, centre: tuple[float, float], radius_m: float) -> Sites:
    n = rng.integers(1, 40)
    return around(centre, rng.uniform(0, 360, n), radius_m * rng.uniform(0.5, 6) * np.sqrt(rng.uniform(0, 1, n)))


def square_lattice(rng: np.random.Generator, centre: tuple[float, float], radius_m: float) -> Sites:
    """Spaced in degrees as maps are, near the spacings at which holes open or discs touch."""
    n = int(rng.integers(2, 6))
    spacing = np.degrees(radius_m / 6_371_000) * rng.choice([0.5, 1, np.sqrt(2), 1.414, 1.5, 1.99, 2, 2.01])
    lat0 = np.clip(centre[1], -80, 80)
    east, north = np.meshgrid(np.arange(n), np.arange(n))
    lon = centre[0] + spacing / np.cos(np.radians(lat0)) * east.ravel()
    return (lon + 540) % 360 - 180, np.clip(lat0 + spacing * north.ravel(), -90, 90)


def hexagonal_lattice(rng: np.random.Generator, centre: tuple[float, float], radius_m: float) -> Sites:
    spacing = radius_m * rng.choice([1, 1.7, np.sqrt(3), 1.74, 2, 2.0001])
    row, column = np.meshgrid(np.arange(-2, 3), np.arange(-2, 3))
    x = spacing * (column + row / 2).ravel()
    y = spacing * np.sqrt(0.75) * row.ravel()
    return around(centre, np.degrees(np.arctan2(x, y)), np.hypot(x, y))


def on_a_line(rng: np.random.Generator, centre: tuple[float, float], radius_m: float) -> Sites:
    """On one meridian, one parallel or the equator, evenly or not."""
    n = int(rng.integers(2, 15))
    steps = np.arange(n) * rng.choice([0.1, 1, 1.999, 2]) if rng.random() < 0.6 else rng.uniform(0, 2 * n, n)
    degrees = np.degrees(radius_m / 6_371_000) * steps
    kind = rng.integers(3)
    if kind == 0:
        return np.full(n, centre[0]), np.clip(centre[1] + degrees, -90, 90)
    lat = 0.0 if kind == 1 else float(np.clip(centre[1], -85, 85))
    return (centre[0] + degrees / np.cos(np.radians(lat)) + 540) % 360 - 180, np.full(n, lat)


def nearly_coincident(rng: np.random.Generator, centre: tuple[float, float], radius_m: float) -> Sites:
    """Clusters a hundredth of a millimetre to ten metres wide."""
    heads = around(centre, rng.uniform(0, 360, 4), rng.uniform(0, 3 * radius_m, 4))
    lon, lat = [], []
    for x, y in zip(*heads, strict=True):
        n = rng.integers(1, 20)
        a, b = around((x, y), rng.uniform(0, 360, n), 10 ** rng.uniform(-5, 1) * rng.uniform(0, 1, n))
        lon.append(a), lat.append(b)
    return np.concatenate(lon), np.concatenate(lat)


def nearly_touching(rng: np.random.Generator, centre: tuple[float, float], radius_m: float) -> Sites:
    """A chain or a star of discs at twice the radius from one another, give or take a little."""
    off = rng.choice([0, 1e-9, 1e-5, 1e-4, 1e-3, 0.1, 1, 5]) * rng.choice([-1, 1])
    if rng.random() < 0.5:
        n = int(rng.integers(1, 7))
        x, y = around(centre, 360 / n * np.arange(n) + rng.uniform(0, 90), np.full(n, 2 * radius_m + off))
        return np.r_[x, centre[0]], np.r_[y, centre[1]]
    lon, lat = [centre[0]], [centre[1]]
    for _ in range(int(rng.integers(1, 8))):
        x, y = around((lon[-1], lat[-1]), rng.uniform(0, 180, 1), np.array([2 * radius_m + off]))
        lon.append(float(x[0])), lat.append(float(y[0]))
    return np.array(lon), np.array(lat)


def cocircular(rng: np.random.Generator, centre: tuple[float, float], radius_m: float) -> Sites:
    """On a circle of the radius itself, or a little more or less, so that a tiny hole opens or does not."""
    n = int(rng.integers(2, 25))
    off = rng.choice([0, 1e-7, 1e-4, 1e-2, 1, 10, 0.05 * radius_m]) * rng.choice([-1, 1])
    bearing = 360 / n * np.arange(n) if rng.random() < 0.5 else rng.uniform(0, 360, n)
    return around(centre, bearing, np.full(n, radius_m + off))


def ring_with_island(rng: np.random.Generator, centre: tuple[float, float], radius_m: float) -> Sites:
    """A wall of discs round a lake, and perhaps a disc in the lake that touches the wall or not."""
    n = int(rng.integers(8, 30))
    x, y = around(centre, 360 / n * np.arange(n), np.full(n, n / np.pi * radius_m * rng.uniform(0.8, 1.05)))
    return (np.r_[x, centre[0]], np.r_[y, centre[1]]) if rng.random() < 0.7 else (x, y)


KINDS = {
    kind.__name__: kind
    for kind in (
        scattered,
        square_lattice,
        hexagonal_lattice,
        on_a_line,
        nearly_coincident,
        nearly_touching,
        cocircular,
        ring_with_island,
    )
}
CENTRES = st.one_of(
    st.tuples(st.floats(-180, 180), st.floats(-90, 90)),
    st.tuples(st.sampled_from([-180.0, -179.99, 0.0, 179.9, 180.0]), st.floats(-85, 85)),
    st.tuples(st.sampled_from([0.0, 45.0, 180.0]), st.sampled_from([-90.0, -89.9, 0.0, 80.0, 89.0, 89.999, 90.0])),
)
RADII = st.one_of(
    st.sampled_from([100.0, 1_000.0, 20_000.0, 100_000.0, 500_000.0]),
    st.floats(2, 5.7).map(lambda power: 10.0**power),
)


# --- what must hold


def check_union(lon: np.ndarray, lat: np.ndarray, radius_m: float, tolerance_m: float) -> np.ndarray:
    """Compare a union with what distances and GEOS say of it."""
    regions = union_of_discs(lon, lat, radius_m, tolerance_m)
    bound = edge_error_bound(radius_m, tolerance_m)
    assert bound <= tolerance_m
    assert shapely.is_valid(regions).all()
    parts = shapely.get_parts(regions)
    assert shapely.is_ccw(shapely.get_exterior_ring(parts)).all()
    west, south, east, north = shapely.total_bounds(regions)
    assert west >= -180
    assert east <= 180
    assert south >= -90
    assert north <= 90

    # Discs that overlap by a hair may or may not count as one region, all others must.
    fewest, most = (number_of_regions(lon, lat, 2 * radius_m + slack) for slack in (0.02, -0.02))
    assert fewest <= len(regions) <= most

    x, y = edge_points(regions)
    assert np.abs(nearest_distance(lon, lat, x, y) - radius_m).max(initial=0) <= bound + 0.01

    frame = equal_area_frame(lon, lat)
    longest = float(np.clip(np.degrees(radius_m / 6_371_000) / 20, 0.01, 0.2))
    # In the frame a part round a pole touches itself along the antimeridian, which is to be untied, not cut.
    flat = shapely.get_parts(projected(regions, frame, longest))
    ours = shapely.union_all(shapely.make_valid(flat, method="structure", keep_collapsed=False))
    theirs = brute_union(lon, lat, radius_m, frame)
    difference = shapely.symmetric_difference(ours, theirs)
    margin = bound + SAG * radius_m + 0.01
    assert shapely.area(difference) <= 1.1 * margin * shapely.length(theirs)
    # Where the two differ, the distance must be the radius: this finds a hole or an island that only one has.
    pieces = shapely.get_parts(difference)
    # Rounding leaves slivers along the antimeridian.
    pieces = pieces[shapely.area(pieces) > 0.05 * margin * shapely.length(pieces)]
    if len(pieces):
        inner = shapely.get_coordinates(shapely.point_on_surface(pieces))
        px, py = frame.transform(inner[:, 0], inner[:, 1], direction="INVERSE")
        off = np.abs(nearest_distance(lon, lat, np.asarray(px), np.asarray(py)) - radius_m)
        assert off.max() <= 1.3 * margin

    check_points(regions, lon, lat, radius_m, bound)
    return regions


def check_points(regions: np.ndarray, lon: np.ndarray, lat: np.ndarray, radius_m: float, bound: float) -> None:
    """Points at random near the sites are inside when, and only when, a site is near enough."""
    rng = np.random.default_rng(lon.size)
    site = rng.integers(lon.size, size=200)
    reach = np.r_[rng.uniform(0, 1.5, 100), rng.uniform(0.99, 1.01, 100)] * radius_m
    x, y, _ = GEOD.fwd(lon[site], lat[site], rng.uniform(0, 360, 200), reach)
    x, y = np.asarray(x), np.asarray(y)
    distance = nearest_distance(lon, lat, x, y)
    clear = np.abs(distance - radius_m) > bound + 0.01
    assert (contains(regions, x, y) == (distance < radius_m))[clear].all()


# How the library goes about it depends on how many sites and pairs there are; small sets take each way here.
WAYS = {
    "all pairs": [],
    "neighbours": [(union_module, "FEW_PAIRS")],
    "thinned": [(union_module, "FEW_PAIRS"), (thinning_module, "MIN_SITES")],
}


@pytest.mark.parametrize("kind", KINDS)
def test_union_agrees_with_brute_force(kind: str) -> None:
    @cases(default=30, thorough=270)
    @given(
        seed=st.integers(0, 2**32 - 1),
        centre=CENTRES,
        radius_m=RADII,
        fineness=st.floats(500, 6_000),
        way=st.sampled_from(list(WAYS)),
    )
    def run(seed: int, centre: tuple[float, float], radius_m: float, fineness: float, way: str) -> None:
        lon, lat = KINDS[kind](np.random.default_rng(seed), centre, radius_m)
        with pytest.MonkeyPatch.context() as patch:
            for module, threshold in WAYS[way]:
                patch.setattr(module, threshold, 0)
            check_union(lon, lat, radius_m, tolerance_m=max(0.05, radius_m / fineness))
        CASES_RUN[kind] += 1

    run()


# --- dense fields: 4,500 sites, most of them hidden

DENSE_SITES = 4500
# With much smaller discs so many sites would be a few metres apart, which is right but slow.
DENSE_RADII = st.floats(3.3, 5.7).map(lambda power: 10.0**power)


def clumps(rng: np.random.Generator, centre: tuple[float, float], radius_m: float) -> Sites:
    heads = around(centre, rng.uniform(0, 360, 40), 15 * radius_m * np.sqrt(rng.uniform(0, 1, 40)))
    clump = rng.integers(40, size=DENSE_SITES)
    spread = radius_m * rng.uniform(0.1, 3, 40)[clump] * np.sqrt(rng.uniform(0, 1, DENSE_SITES))
    x, y, _ = GEOD.fwd(heads[0][clump], heads[1][clump], rng.uniform(0, 360, DENSE_SITES), spread)
    return np.asarray(x), np.asarray(y)


def band(rng: np.random.Generator, centre: tuple[float, float], radius_m: float) -> Sites:
    """A straight strip of sites, a thousandth of a radius to half of one wide."""
    along = radius_m * rng.uniform(-15, 15, DENSE_SITES)
    across = radius_m * 10 ** rng.uniform(-3, -0.3) * rng.uniform(-1, 1, DENSE_SITES)
    return around(centre, rng.uniform(0, 360) + np.degrees(np.arctan2(across, along)), np.hypot(along, across))


def sheet_with_lake(rng: np.random.Generator, centre: tuple[float, float], radius_m: float) -> Sites:
    """A sheet with a hole in it, so large that a lake stays open or so small that the discs just cover it."""
    off = max(0.1, radius_m * rng.choice([1e-6, 1e-4, 1e-3, 1e-2, 0.05, 0.5]))
    hole = radius_m + off * rng.choice([-1, 1])
    width = radius_m * rng.choice([0.1, 0.5, 4])
    distance = np.sqrt(rng.uniform(hole**2, (hole + width) ** 2, DENSE_SITES))
    distance[:60] = hole
    return around(centre, rng.uniform(0, 360, DENSE_SITES), distance)


def wide_lattice(rng: np.random.Generator, centre: tuple[float, float], radius_m: float) -> Sites:
    """Sites in a square or triangular pattern, near the spacing at which a hole opens between them, or denser."""
    square = rng.random() < 0.5
    open_from = np.sqrt(2) if square else np.sqrt(3)
    spacing = radius_m * open_from * rng.choice([0.1, 0.4, 0.9, 0.99, 0.9999, 1.0001, 1.01])
    side = int(np.sqrt(DENSE_SITES)) + 1
    row, column = np.meshgrid(np.arange(side) - side / 2, np.arange(side) - side / 2)
    x = spacing * (column + (0 if square else row / 2)).ravel()
    y = spacing * (row * (1 if square else np.sqrt(0.75))).ravel()
    near = np.hypot(x, y) < 10_000_000
    return around(centre, np.degrees(np.arctan2(x, y))[near], np.hypot(x, y)[near])


DENSE_FIELDS = {kind.__name__: kind for kind in (clumps, band, sheet_with_lake, wide_lattice)}


@pytest.mark.thorough
@pytest.mark.parametrize("kind", DENSE_FIELDS)
def test_dense_fields_agree_with_brute_force(kind: str) -> None:
    """The polygons are those without thinning, their edges lie at the radius, and nothing left out would show."""

    @cases(default=5, thorough=40)
    @given(seed=st.integers(0, 2**32 - 1), centre=CENTRES, radius_m=DENSE_RADII)
    def run(seed: int, centre: tuple[float, float], radius_m: float) -> None:
        rng = np.random.default_rng(seed)
        lon, lat = DENSE_FIELDS[kind](rng, centre, radius_m)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(thinning_module, "MIN_SITES", 0)
            check_dense_field(rng, lon, lat, radius_m)
        CASES_RUN[kind] += 1

    run()


def check_dense_field(rng: np.random.Generator, lon: np.ndarray, lat: np.ndarray, radius_m: float) -> None:
    tolerance_m = radius_m / 1000
    thinned = union_of_discs(lon, lat, radius_m, tolerance_m)
    with pytest.MonkeyPatch.context() as patch:  # without thinning
        patch.setattr(thinning_module, "MIN_SITES", 10**9)
        whole = union_of_discs(lon, lat, radius_m, tolerance_m)
    assert len(thinned) == len(whole)
    if shapely.to_wkb(thinned).tolist() != shapely.to_wkb(whole).tolist():
        # Where three circles meet in a point, the radius may have been changed by up to 5 mm in one of them.
        length_m = sum(GEOD.geometry_length(shapely.boundary(region)) for region in whole)
        assert abs(polygon_area(thinned).sum() - polygon_area(whole).sum()) <= 0.01 * length_m
        CASES_RUN["not the same to the last bit"] += 1
    aside = np.setdiff1d(np.arange(lon.size), thinning_module.boundary_candidates(lon, lat, radius_m))
    aside = rng.permutation(aside)[:400]
    assert uncovered_bearings(aside, lon, lat, radius_m, 90) == 0
    x, y = edge_points(thinned)
    bound = edge_error_bound(radius_m, tolerance_m)
    few = rng.integers(x.size, size=1000)
    assert np.abs(nearest_distance(lon, lat, x[few], y[few]) - radius_m).max() <= bound + 0.01
    check_points(thinned, lon, lat, radius_m, bound)


@pytest.mark.parametrize("radius_m", [1_000.0, 20_000.0, 200_000.0, 600_000.0])
def test_what_the_map_says_is_covered_is(radius_m: float) -> None:
    """Of 40,000 pairs of sites anywhere: the disc of one, and one bearing on the circle around the other."""
    random, n = np.random.default_rng(11), 40_000
    lon, lat = random.uniform(-180, 180, n), np.degrees(np.arcsin(random.uniform(-1, 1, n)))
    other = GEOD.fwd(lon, lat, random.uniform(0, 360, n), 2 * radius_m * random.uniform(0, 1, n))
    along = random.uniform(0, 2 * np.pi, n)
    one_map = lat * other[1] > 0
    maps = thinning_module._maps(np.r_[lon, other[0]], np.r_[lat, other[1]], radius_m)
    x, y = (np.split(each, 2) for each in (maps.x, maps.y))
    cells = thinning_module._cells(maps, np.arange(2 * n), 1.0, 0.0)
    each, bend = np.arange(n), cells.places.bend[np.argsort(cells.site)[:n]]
    here = thinning_module._Places(each, *np.zeros((2, n), np.float32), bend)
    there = thinning_module._Places(each, *np.float32([x[1] - x[0], y[1] - y[0]]), bend)
    covered = thinning_module._covers(there, here, (along, along), radius_m) & one_map
    # On a map round a pole a direction turns with longitude; the southern one is seen from below.
    turned = np.degrees(along) - lon
    azimuth = np.where(lat > 0, 180 - turned, turned)
    px, py, _ = GEOD.fwd(lon, lat, azimuth, np.full(n, radius_m))
    _, _, distance = GEOD.inv(px, py, other[0], other[1])
    assert (distance[covered] < radius_m).all()
    assert covered.sum() > (0.9 - 2 * radius_m / 1e6) * (one_map & (distance < radius_m)).sum()


@pytest.mark.parametrize("latitude", [-89.9, -60.0, 0.0, 45.0, 90.0])
def test_most_of_a_dense_field_is_left_out(latitude: float) -> None:
    random = np.random.default_rng(6)
    lon, lat = around((180.0, latitude), random.uniform(0, 360, 20_000), 1e5 * np.sqrt(random.uniform(0, 1, 20_000)))
    assert thinning_module.boundary_candidates(lon, lat, 20_000.0).size < 2_000


def test_clusters_of_a_hundredth_of_a_millimetre_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """A set whose arcs do not close until sites nearer than a millimetre are taken for one."""
    monkeypatch.setattr(union_module, "FEW_PAIRS", 0)
    lon, lat = nearly_coincident(np.random.default_rng(1135225012), (180.0, 89.0), 100_000.0)
    check_union(lon, lat, 100_000.0, 6.5)


@pytest.mark.parametrize("seed", range(6))
def test_a_sweep_gives_at_each_radius_what_one_call_gives(seed, monkeypatch):
    monkeypatch.setattr(thinning_module, "MIN_SITES", 0 if seed % 2 else 4000)
    random = np.random.default_rng(seed)
    lon = random.normal(-70, 0.4, 300) if seed < 4 else random.uniform(-180, 180, 300)
    lat = random.normal(-13, 0.4, 300) if seed < 4 else random.uniform(-90, 90, 300)
    radii = random.choice([1e3, 5e3, 5e3 + 0.2, 2e4, 2.001e4, 5e4, 1e5, 5e5], 6)
    for radius_m, swept in zip(radii, union_module.unions_of_discs(lon, lat, radii), strict=True):
        alone = union_of_discs(lon, lat, radius_m)
        assert len(swept) == len(alone)
        np.testing.assert_allclose(polygon_area(swept), polygon_area(alone), rtol=1e-9)
        apart = shapely.symmetric_difference(shapely.union_all(swept), shapely.union_all(alone))
        assert polygon_area([polygonal(apart)])[0] <= 1e-9 * polygon_area(alone).sum()
