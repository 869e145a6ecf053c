"""The map as a ranking of land, beside simpler ones, and new mining far from older."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from sklearn.metrics import average_precision_score, roc_auc_score

from asmgold.evidence.baselines import Ranking, Sites, baselines, by_disc, new_mining
from asmgold.evidence.land import land_cells
from asmgold.evidence.observations import collect_observations
from asmgold.evidence.sampling import weighted_points
from tests.evidence.conftest import AREA, GEOD, RNG, WEST, layer, row

ZONES = {"area": AREA, "west:inside": WEST}
CELLS = land_cells(ZONES, AREA, per_degree=30)
SITES = np.array([[-70.4, -13.1], [-70.3, -12.6], [-69.6, -13.4]])


def sites(radius_km=20.0, positions=SITES):
    return Sites(shapely.points(positions), np.broadcast_to(np.asarray(radius_km, float), len(positions)))


def pieces(centres, size=0.004):
    return [shapely.box(x - size, y - size, x + size, y + size) for x, y in centres]


def around(centre, n, spread=0.05):
    return np.clip(centre + RNG.normal(0, spread, (n, 2)), [-70.95, -13.95], [-69.05, -12.05])


def points_of(*layers, held_out=None):
    observations = collect_observations([("e", period, layer(*shapes)) for period, shapes in layers], ZONES, held_out)
    return weighted_points(observations, ZONES, AREA)


def compared(points, ranked_by, lines, held_out, seed=1):
    return baselines(CELLS, points, by_disc(CELLS, points, ranked_by), ranked_by, lines, held_out, seed=1)


def new_in(points, ranked_by, held_out):
    return new_mining(CELLS, points, by_disc(CELLS, points, ranked_by), held_out)


def geodesic_km(lon, lat, positions=SITES):
    to_each = [GEOD.inv(lon, lat, *(np.broadcast_to(value, lon.shape) for value in one))[2] for one in positions]
    return np.min(to_each, axis=0) / 1000


def scores_and_weights(points, zone):
    """The distances and the weights of mining and of land, by pyproj, for scikit-learn."""
    number = points.groups.index[(points.groups["zone"] == zone) & (points.groups["period"] == "all")][0]
    mining, land = points.weights[[number]].toarray()[0], CELLS.km2[[CELLS.zones.index(zone)]].toarray()[0]
    distance = np.r_[geodesic_km(points.lon, points.lat), geodesic_km(CELLS.lon, CELLS.lat)]
    is_mining = np.r_[np.ones(mining.size), np.zeros(land.size)]
    return is_mining, -distance, np.r_[mining, land]


@pytest.mark.parametrize("zone", ["area", "west:inside"])
def test_auc_and_precision_are_those_of_scikit_learn(zone):
    points = points_of(("2018", pieces(RNG.uniform([-70.9, -13.9], [-69.1, -12.1], (80, 2)))))
    found = row(compared(points, sites(), {}, {})[0], zone=zone, baseline="regions", period="all")
    is_mining, score, weight = scores_and_weights(points, zone)
    assert found["auc"] == pytest.approx(roc_auc_score(is_mining, score, sample_weight=weight), abs=2e-5)
    # scikit-learn takes the mining as land of its own; beside so much land that makes next to no difference.
    expected = average_precision_score(is_mining, score, sample_weight=weight)
    assert found["average_precision"] == pytest.approx(expected, rel=0.02)


def auc_in_a_world(rng, fields):
    """Fields of mining, each in the western half with a chance of two thirds, and a map that ranks that half first."""
    in_west = rng.random(fields) < 2 / 3
    centres = np.column_stack([np.where(in_west, -70.5, -69.5), rng.uniform(-13.9, -12.1, fields)])
    centres[:, 0] += rng.uniform(-0.45, 0.45, fields)
    places = (centres[:, None] + rng.normal(0, 0.01, (fields, 5, 2))).reshape(-1, 2)
    points = points_of(("2018", shapely.points(places)))
    own = Ranking("regions", np.where(CELLS.lon < -70, 0.0, 1), np.where(points.lon < -70, 0.0, 1))
    summary, _, _ = baselines(CELLS, points, own, sites(), {}, {}, seed=1)
    return row(summary, zone="area", baseline="regions")


@pytest.mark.parametrize(("worlds", "least"), [(8, 6), pytest.param(100, 88, marks=pytest.mark.thorough)])
def test_the_interval_of_the_auc_holds_the_truth_of_most_made_worlds(worlds, least):
    # Half of the land ranks first, with two thirds of the mining; equal ranks count half.
    truth = 2 / 3 * 0.75 + 1 / 3 * 0.25
    rng = np.random.default_rng(7)
    found = [auc_in_a_world(rng, 60) for _ in range(worlds)]
    assert sum(one["auc_low"] <= truth <= one["auc_high"] for one in found) >= least
    assert all(one["auc_low"] <= one["auc"] <= one["auc_high"] for one in found)


def test_more_fields_make_the_auc_surer_and_one_field_says_nothing():
    rng = np.random.default_rng(2)
    few, many = (auc_in_a_world(rng, fields) for fields in (10, 200))
    assert many["auc_high"] - many["auc_low"] < 0.6 * (few["auc_high"] - few["auc_low"])
    assert np.isnan(auc_in_a_world(rng, 1)["auc_low"])


def test_the_boyce_index_is_that_of_a_hand_calculation():
    points = points_of(("2018", pieces(np.concatenate([around(one, 40) for one in SITES]))))
    summary, _, windows = compared(points, sites(), {}, {})
    is_mining, score, weight = scores_and_weights(points, "area")
    distance = -score - 20
    low, width = distance.min(), 0.1 * np.ptp(distance)
    ratios, middles = [], []
    for start in np.linspace(low, distance.max() - width, 101):
        within = (distance >= start) & (distance <= start + width)
        shares = [weight[within & (is_mining == one)].sum() / weight[is_mining == one].sum() for one in (1, 0)]
        ratios.append(shares[0] / shares[1])
        middles.append(start + width / 2)
    of_area = windows[(windows["zone"] == "area") & (windows["baseline"] == "regions")]
    np.testing.assert_allclose(of_area["ratio"], ratios, rtol=0.02, atol=1e-3)
    changed = np.r_[True, np.diff(ratios) != 0]
    ranks = [np.argsort(np.argsort(np.asarray(values)[changed])) for values in (ratios, middles)]
    found = row(summary, zone="area", baseline="regions", period="all")
    assert found["boyce"] == pytest.approx(-np.corrcoef(ranks)[0, 1], abs=0.02)
    assert found["boyce"] > 0.9


def test_mining_that_knows_nothing_of_the_sites_is_ranked_like_land():
    rng = np.random.default_rng(5)
    points = points_of(("2018", pieces(rng.uniform([-70.99, -13.99], [-69.01, -12.01], (3000, 2)), 0.001)))
    found = row(compared(points, sites(), {}, {})[0], zone="area", baseline="regions")
    assert found["auc"] == pytest.approx(0.5, abs=0.02)
    assert found["lift"] == pytest.approx(1, abs=0.15)


def test_each_map_is_cut_where_it_covers_as_much_land_as_the_regions():
    old, new = pieces(around([-69.3, -12.4], 30)), pieces(around([-69.3, -12.4], 30))
    line = np.array([shapely.LineString([(-71, -13.8), (-69, -13.8)])], dtype=object)
    found, curve, _ = compared(points_of(("2018", old), ("2019", new)), sites(), {"rivers": line}, {})
    assert set(found.loc[found["period"] == "new", "baseline"]) == {"regions", "density", "rivers", "persistence"}
    assert "persistence" not in set(found.loc[found["period"] == "all", "baseline"])
    of_area = found[(found["zone"] == "area") & (found["period"] == "new")].set_index("baseline")
    assert of_area["land_share"].nunique() == 1
    # New mining beside older, far from the sites: older mining tells, and neither sites nor river do.
    assert of_area.loc["persistence", "capture"] == pytest.approx(1)
    assert of_area.loc["persistence", "auc"] > 0.97
    assert of_area.loc["regions", "capture"] == of_area.loc["rivers", "capture"] == 0
    # A strip of land as wide as the limit on both sides of the river is as large, to within a row of cells.
    reach = of_area.loc["rivers", "limit"] / 110.6
    strip = shapely.intersection(shapely.box(-71, -13.8 - reach, -69, -13.8 + reach), AREA)
    area = [abs(GEOD.geometry_area_perimeter(shape)[0]) for shape in (strip, AREA)]
    assert area[0] / area[1] == pytest.approx(of_area.loc["rivers", "land_share"], abs=1 / 60)
    assert (curve.groupby(["period", "zone", "baseline"])["capture"].diff().dropna() >= -1e-9).all()
    ends = curve[curve["land_share"] == 1]
    np.testing.assert_allclose(ends["capture"].dropna(), 1, rtol=1e-6)


def test_discs_of_several_sizes_are_ranked_by_their_edges():
    points = points_of(("2018", pieces(around([-70.4, -13.1], 20))))
    found = compared(points, sites([5.0, 30.0, 10.0]), {}, {})[0]
    inside = np.min([GEOD.inv(CELLS.lon, CELLS.lat, *(np.full(CELLS.lon.size, value) for value in one))[2] - 1000 * km
                     for one, km in zip(SITES, (5, 30, 10), strict=True)], axis=0) <= 0  # fmt: skip
    land = CELLS.km2[[0]].toarray()[0]
    expected = land[inside].sum() / land.sum()
    assert row(found, zone="area", baseline="regions")["land_share"] == pytest.approx(expected, rel=1e-3)


def test_new_mining_is_told_by_its_distance_from_what_was_seen_before():
    near_site = [-70.4, -13.1]
    old = pieces([(-69.2, -12.2)])
    new = pieces([(-69.2, -12.23), (-69.2, -12.27), near_site])  # 3.3, 7.7 and some 160 km from the old piece
    found = new_in(points_of(("2018", old), ("2019", new)), sites(), {})
    of_area = found[(found["zone"] == "area") & (found["period"] == "new")].set_index("beyond_km")
    one = of_area.loc[0.0, "observed"] / 3
    np.testing.assert_allclose(of_area.loc[[0, 2, 5, 10, 20], "observed"], one * np.array([3, 3, 2, 1, 1]), rtol=0.02)
    np.testing.assert_allclose(of_area.loc[[0, 5, 10], "capture"], [1 / 3, 1 / 2, 1], rtol=0.02)
    away = geodesic_km(CELLS.lon, CELLS.lat, [(-69.2, -12.2)]) >= 10
    land = CELLS.km2[[0]].toarray()[0] * away
    expected = land[geodesic_km(CELLS.lon, CELLS.lat) <= 20].sum() / land.sum()
    assert of_area.loc[10.0, "land_share"] == pytest.approx(expected, rel=0.01)


def test_what_is_held_out_is_tested_against_all_that_is_older():
    layers = [(str(2018 + n), pieces([(-70 + 0.2 * n, -13)])) for n in range(4)]
    held_out = {"e": ["2020", "2021"]}
    points = points_of(*layers, held_out=held_out)
    found = new_in(points, sites(), held_out)
    new = row(found, zone="area", period="new", beyond_km=0.0)
    one = row(found, zone="area", period="2020", beyond_km=0.0)["observed"]
    assert new["observed"] == pytest.approx(2 * one, rel=0.01)
    # The piece of 2020 is 22 km from that of 2019, that of 2021 twice as far: neither is near.
    assert row(found, zone="area", period="new", beyond_km=20.0)["observed"] == pytest.approx(new["observed"])


def test_without_evidence_or_sites_there_is_nothing_to_rank():
    nothing = weighted_points([], ZONES, AREA)
    assert all(table.empty for table in compared(nothing, sites(), {}, {}))
    assert new_in(nothing, sites(), {}).empty
    seen = points_of(("2018", pieces([(-70, -13)])))
    found = compared(seen, sites(20.0, np.empty((0, 2))), {}, {})[0]
    assert (found["land_share"] == 0).all()
    assert found["capture"].fillna(0).eq(0).all()
