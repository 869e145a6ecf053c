"""Which places lie within the radius of a site: by rows of cells, against the distances of all pairs."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from scipy.spatial import cKDTree

from asmgold.evidence.land import land_cells
from asmgold.evidence.reach import cells_within, points_within
from asmgold.evidence.sampling import chord_m
from asmgold.geodesy.ellipsoid import to_ecef

AREAS = {
    "Peru's latitudes": shapely.box(-80, -14, -76, -9),
    "across the antimeridian": shapely.union_all([shapely.box(177, -19, 180, -16), shapely.box(-180, -19, -178, -16)]),
    "the far north": shapely.box(20, 78, 60, 83),
    "the pole": shapely.box(-180, 84, 180, 90),
}


def by_distance(places, patterns, chord):
    """The straight line from each site to each place, all pairs."""
    sites = to_ecef(*patterns.reshape(-1, 2).T).reshape(*patterns.shape[:2], 1, 3)
    return (np.linalg.norm(sites - places, axis=-1) <= chord[:, None]).any(axis=1)


def patterns_in(area, rng, count=7, sites=9):
    west, south, east, north = shapely.bounds(area)
    lat = np.minimum(rng.uniform(south - 1, north + 1, (count, sites)), 90)
    return np.stack([rng.uniform(west, east, (count, sites)), lat], axis=-1)


@pytest.mark.parametrize("area", AREAS.values(), ids=AREAS)
@pytest.mark.parametrize("per_degree", [5, 12])
def test_cells_within_radii_are_those_of_all_distances(area, per_degree):
    cells, rng = land_cells({"area": area}, area, per_degree=per_degree), np.random.default_rng(per_degree)
    patterns, chord = patterns_in(area, rng), chord_m(rng.uniform(2_000, 150_000, 9))
    np.testing.assert_array_equal(cells_within(cells, patterns, chord), by_distance(cells.ecef, patterns, chord))


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
    assert not cells_within(cells, none, np.empty(0)).any()
    assert points_within(cKDTree(cells.ecef), none, np.empty(0)).shape == (3, cells.cell.size)
