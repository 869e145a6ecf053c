"""Capture against null models: sites at random, within strata, and with a seed."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from asmgold.errors import InputError
from asmgold.evidence.null_models import null_model_capture, random_points, strata_of
from asmgold.evidence.sampling import weighted_points
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.schemas.tables import CRS
from tests.evidence.conftest import (
    AREA,
    EAST,
    GEOD,
    RNG,
    WEST,
    observed,
    river,
    row,
    scattered_polygons,
    sites_at,
    table,
)

# --- null models


def test_points_at_random_are_spread_evenly_by_area():
    tall = shapely.box(10, 0, 20, 80)
    points = random_points(tall, 40_000, np.random.default_rng(3))
    assert shapely.contains_xy(tall, points).all()
    for parallel in (15, 30, 60):
        part = shapely.box(10, 0, 20, parallel)
        expected = float(polygon_area(part)[0] / polygon_area(tall)[0])
        sigma = (expected * (1 - expected) / 40_000) ** 0.5
        assert abs((points[:, 1] < parallel).mean() - expected) < 4 * sigma


def chance_of(shapes, positions, strata=None, draws=99, seed=5):
    return null_model_capture(
        weighted_points(observed(*shapes), {"area": AREA}, AREA),
        sites_at(*positions), {"area": AREA}, strata, draws=draws, primary_draws=draws, seed=seed,
    )  # fmt: skip


def capture_of(*args, null_model="area", **further):
    """The row of capture against one null model."""
    return row(chance_of(*args, **further), null_model=null_model, statistic="capture")


def test_mining_at_the_sites_is_no_chance_and_mining_elsewhere_is():
    sites = [(-70.8, -13.8), (-70.8, -12.2)]
    small = [shapely.box(x - 0.01, y - 0.01, x + 0.01, y + 0.01) for x, y in sites]
    assert capture_of(small, sites)["p_value"] == pytest.approx(0.01)
    assert capture_of(small, sites)["value"] == pytest.approx(1)
    assert capture_of([shapely.box(-69.3, -13, -69.2, -12.9)], sites)["p_value"] == 1


def test_mining_everywhere_is_captured_by_the_share_of_land_that_the_draws_cover():
    lattice = np.meshgrid(np.linspace(-70.99, -69.01, 160), np.linspace(-13.99, -12.01, 160))
    found = capture_of([shapely.multipoints(np.stack(lattice, axis=-1).reshape(-1, 2))], [(-70, -13)], draws=400)
    disc, area = np.pi * 20**2, float(polygon_area(AREA)[0]) / 1e6
    assert found["value"] == pytest.approx(disc / area, rel=0.02)
    # A disc near the border is cut: the mean is a little less.
    assert 0.8 * disc / area < found["mean"] < disc / area
    assert found["highest"] <= 1.03 * disc / area


def test_within_strata_each_keeps_its_sites():
    sites = [(-70.8, -13.8), (-70.8, -12.2), (-70.5, -13)]
    far_east = [shapely.box(-69.1, -13, -69.05, -12.9)]
    halves = gpd.GeoDataFrame({"side": ["west", "east"]}, geometry=[WEST, EAST], crs=CRS)
    found = (
        chance_of(far_east, sites, strata_of(halves, AREA, "side"))
        .query("statistic == 'capture'")
        .set_index("null_model")
    )
    assert found.loc["area", "highest"] > 0
    assert found.loc["strata", "highest"] == 0
    # What no stratum covers is one, too.
    found = (
        chance_of(far_east, sites, strata_of(table(EAST), AREA)).query("statistic == 'capture'").set_index("null_model")
    )
    assert found.loc["strata", "highest"] == 0


def test_bands_of_distance_from_lines_tell_the_land():
    strata = strata_of(river(), AREA, bands_km=[5, 20])
    points = np.column_stack([RNG.uniform(-71, -69, 500), RNG.uniform(-14, -12, 500)])
    _, _, away = GEOD.inv(points[:, 0], points[:, 1], points[:, 0], np.full(500, -13.0))
    inside = np.array([stratum.contains(points) for stratum in strata])
    assert (inside.sum(axis=0) == 1).all()
    clear = (np.abs(away - 5_000) > 250) & (np.abs(away - 20_000) > 250)
    np.testing.assert_array_equal(inside.argmax(axis=0)[clear], np.searchsorted([5_000, 20_000], away)[clear])


def test_within_bands_of_distance_sites_stay_as_near_to_the_river():
    # Miners and records both keep to the river: against chance anywhere that is striking, along the river it is not.
    sites = [(lon, -13.0) for lon in np.linspace(-70.9, -69.1, 8)]
    along = [shapely.box(lon - 0.01, -13.01, lon + 0.01, -12.99) for lon in np.linspace(-70.8, -69.2, 9)]
    found = (
        chance_of(along, sites, strata_of(river(), AREA, bands_km=[2]))
        .query("statistic == 'capture'")
        .set_index("null_model")
    )
    assert found.loc["area", "p_value"] < 0.05
    assert found.loc["strata", "p50"] > found.loc["area", "p95"]
    far = [shapely.box(-70.01, -12.31, -69.99, -12.29)]
    assert (
        chance_of(far, sites, strata_of(river(), AREA, bands_km=[2]))
        .query("statistic == 'capture'")
        .set_index("null_model")["highest"]["strata"]
        == 0
    )


def test_a_stratum_with_a_site_and_no_land_is_refused(monkeypatch):
    monkeypatch.setattr("asmgold.evidence.null_models.MIN_TRIALS", 10_000)
    with pytest.raises(InputError, match="holds a site but hardly any land"):
        chance_of([shapely.Point(-70, -13)], [(-70.0, -13.001)], strata_of(river(), AREA, bands_km=[0.04]))


def test_sites_across_the_border_stay_where_they_are():
    at_border = [shapely.box(-68.99 - 0.02, -13, -69, -12.99)]
    found = capture_of(at_border, [(-68.95, -13)])
    np.testing.assert_allclose(found[["value", "p05", "p95"]].astype(float), 1)


def test_the_same_seed_gives_the_same_draws_and_another_one_others():
    polygons, sites = scattered_polygons(20), [(-70.5, -13.2), (-69.5, -12.8), (-70.1, -13.5)]
    first, again, other = (chance_of(polygons, sites, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert (first["mean"] != other["mean"]).all()


def test_no_site_and_nothing_seen_is_no_test():
    found = chance_of([], [])
    assert len(found)
    assert found[["value", "p_value"]].isna().all(axis=None)
