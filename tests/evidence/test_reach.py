"""What lies within the radius of a site: land by rows of cells, against the distances of all pairs."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from scipy.spatial import cKDTree

from asmgold.evidence.land import land_cells
from asmgold.evidence.reach import land_within, points_within
from asmgold.evidence.sampling import chord_m
from asmgold.geodesy.ellipsoid import to_ecef

AREAS = {
    "Peru's latitudes": shapely.box(-80, -14, -76, -9),
    "across the antimeridian": shapely.multipolygons(
        [shapely.box(177, -19, 180, -16), shapely.box(-180, -19, -178, -16)]
    ),
    "the far north": shapely.box(20, 78, 60, 83),
    "the pole": shapely.box(-180, 84, 180, 90),
}


def by_distance(places, patterns, chord):
    """The straight line from each site to each place, all pairs."""
    sites = to_ecef(*patterns.reshape(-1, 2).T).reshape(*patterns.shape[:2], 1, 3)
    return (np.linalg.norm(sites - places, axis=-1) <= chord[:, None]).any(axis=1)


def patterns_in(area, rng, count=7, sites=9):
    """Sites in the bounds of an area and around it; one across the antimeridian is narrow."""
    west, south, east, north = shapely.bounds(area)
    parts = shapely.get_parts(area)
    if len(parts) > 1:
        west, east = shapely.bounds(parts[0])[0], shapely.bounds(parts[1])[2] + 360
    lon = rng.uniform(west, east, (count, sites))
    lat = np.minimum(rng.uniform(south - 1, north + 1, (count, sites)), 90)
    return np.stack([np.where(lon > 180, lon - 360, lon), lat], axis=-1)


@pytest.mark.parametrize("area", AREAS.values(), ids=AREAS)
@pytest.mark.parametrize("per_degree", [5, 12])
def test_land_within_radii_is_that_of_all_distances(area, per_degree):
    west, south, east, north = shapely.bounds(area)
    zones = {"area": area, "half": shapely.box(west, south, (west + east) / 2, north)}
    cells, rng = land_cells(zones, area, per_degree=per_degree), np.random.default_rng(per_degree)
    patterns, chord = patterns_in(area, rng), chord_m(rng.uniform(2_000, 150_000, 9))
    expected = cells.km2 @ by_distance(cells.ecef, patterns, chord).T.astype(float)
    np.testing.assert_allclose(land_within(cells, patterns, chord), expected, atol=1e-6)
    assert (expected[0] > 0).all()


def test_points_within_radii_are_those_of_all_distances():
    rng = np.random.default_rng(3)
    points = to_ecef(rng.uniform(-180, 180, 400), rng.uniform(-80, 80, 400))
    patterns = patterns_in(shapely.box(-180, -80, 180, 80), rng, sites=40)
    chord = chord_m(rng.uniform(2_000, 2_000_000, 40))
    inside = points_within(cKDTree(points), patterns, chord)
    np.testing.assert_array_equal(inside, by_distance(points, patterns, chord))
    assert inside.any()
    assert not inside.all()


def test_no_site_reaches_nothing():
    cells = land_cells({"area": AREAS["Peru's latitudes"]}, AREAS["Peru's latitudes"], per_degree=5)
    none = np.empty((3, 0, 2))
    assert land_within(cells, none, np.empty(0)).tolist() == [[0, 0, 0]]
    assert points_within(cKDTree(cells.ecef), none, np.empty(0)).shape == (3, cells.cell.size)
