"""Null models that keep the clumps of the sites."""

from __future__ import annotations

import os

import numpy as np
import pytest
import shapely

from asmgold.evidence.clustered import clumps_of, fit_thomas, moved, thomas
from asmgold.evidence.land import land_cells
from asmgold.evidence.null_models import holm, null_model_capture, random_points
from asmgold.evidence.sampling import weighted_points
from asmgold.geodesy.ellipsoid import to_ecef
from tests.evidence.conftest import observed, row, sites_at

SQUARE = shapely.box(-5, -5, 5, 5)
CELLS = land_cells({"area": SQUARE}, SQUARE, per_degree=20)
KM2 = 1110.0**2
WORLDS = 200 if os.environ.get("ASMGOLD_THOROUGH") == "1" else 50


def drawing(seed):
    rng = np.random.default_rng(seed)
    return rng, lambda n: random_points(SQUARE, n, rng)


def distances(positions):
    places = to_ecef(*positions.T)
    return np.linalg.norm(places[:, None] - places, axis=-1)


def test_clumps_are_linked_by_steps_of_at_most_40_km():
    chain = [(0, 0), (0.3, 0), (0.6, 0)]  # steps of 33 km
    assert [list(each) for each in clumps_of(np.array([*chain, (1.1, 0)], float))] == [[0, 1, 2], [3]]


def test_a_clump_is_moved_as_a_rigid_body_and_stays_in_the_area():
    rng, anywhere = drawing(1)
    clump = np.array([(4.0, 4.0), (4.5, 4.2), (4.2, 4.7), (4.9, 4.9)])
    there = moved(clump, 50, rng, anywhere, CELLS.contains)
    assert shapely.contains_xy(SQUARE, there).all()
    for each in there:
        np.testing.assert_allclose(distances(each), distances(clump), rtol=0.01, atol=1)
    assert np.ptp(there.mean(axis=1), axis=0).min() > 7  # all over the area
    assert np.ptp(np.arctan2(*(there[:, 1] - there[:, 0]).T)) > 5  # in all directions


def test_a_clump_that_fits_nowhere_else_stays():
    rng, anywhere = drawing(1)
    wide = np.array([(-7.0, -7.0), (7.0, 7.0)])
    assert (moved(wide, 5, rng, anywhere, CELLS.contains) == wide).all()


def test_a_fitted_process_has_the_clumps_that_it_was_drawn_from():
    rng, anywhere = drawing(5)
    sites = thomas(600, 40, 15.0, rng, anywhere, CELLS.contains)
    assert sites.shape == (600, 2)
    assert shapely.contains_xy(SQUARE, sites).mean() > 0.99
    clumps, sigma = fit_thomas(sites, anywhere, KM2)
    assert sigma == pytest.approx(15, rel=0.3)
    assert clumps == pytest.approx(40, rel=0.5)
    scattered, _ = fit_thomas(anywhere(600), anywhere, KM2)
    assert scattered > 300


def test_holm_is_as_by_hand():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, np.nan, 0.03])), [0.03, 0.06, np.nan, 0.06])


def p_of_lift(seed, null_model, draws=39):
    """Clumped sites and clumped mining that know nothing of each other."""
    rng, anywhere = drawing(seed)
    sites, mining = (thomas(n, n / 4, 15.0, rng, anywhere, CELLS.contains) for n in (60, 120))
    points = weighted_points(observed(*shapely.points(mining), zones={"area": SQUARE}), {"area": SQUARE}, SQUARE)
    found = null_model_capture(
        points, sites_at(*sites), {"area": SQUARE}, None, draws=draws, primary_draws=draws, seed=seed
    )
    return row(found, statistic="capture", null_model=null_model)["p_value"]


def test_clumps_that_know_nothing_of_the_mining_are_no_better_than_chance():
    p = [p_of_lift(seed, "clumps") for seed in range(8)]  # of 8 uniform ones the mean has a deviation of 0.1
    assert 0.2 < np.mean(p) < 0.8


@pytest.mark.thorough
@pytest.mark.parametrize("null_model", ["clumps", "thomas"])
def test_p_is_uniform_where_the_null_model_holds(null_model):
    p = np.array([p_of_lift(seed, null_model) for seed in range(WORLDS)])
    for level in (0.1, 0.5):
        assert (p <= level).mean() == pytest.approx(level, abs=3 * np.sqrt(level * (1 - level) / p.size))
