"""What the regions capture of made layers, by overlay and beside published figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from asmgold.errors import InputError
from asmgold.evidence.capture import capture, mining_seen, missed_mining, observed_by_overlay, with_detector_errors
from asmgold.evidence.land import land_cells
from asmgold.evidence.null_models import null_model_capture
from asmgold.evidence.observations import collect_observations
from asmgold.evidence.production import production, returns_to_round_kilograms
from asmgold.evidence.radius_curve import radius_curve
from asmgold.evidence.sampling import weighted_points
from asmgold.evidence.units import capture_by_unit
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.schemas.evidence import PRODUCTION
from asmgold.sources.small_tables import read_production, read_published
from tests.evidence.conftest import AREA, EAST, GEOD, WEST, ZONES, layer, observed, row, sites_at, table

# --- capture


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (shapely.box(-69.9, -13, -69.8, -12.9), 0.0),
        (shapely.box(-70.1, -13, -69.9, -12.9), 0.5),
        (shapely.box(-70.2, -13, -70.1, -12.9), 1.0),
        (shapely.Point(-69.5, -13), 0.0),
        (shapely.MultiPoint([(-69.5, -13), (-70.5, -13)]), 0.5),
        (shapely.Point(-70.5, -13), 1.0),
        (shapely.Point(-70, -13), 1.0),  # on the edge
    ],
)
def test_capture_of_made_layers_is_known(shape, expected):
    found = row(capture(observed(shape), ZONES, table(WEST)), zone="area")
    assert found["capture"] == pytest.approx(expected, abs=1e-9)
    assert found["land_share"] == pytest.approx(0.5)
    assert found["lift"] == pytest.approx(2 * expected, abs=1e-9)
    if "Point" not in shape.geom_type:
        km2 = abs(GEOD.geometry_area_perimeter(shapely.segmentize(shape, 0.001))[0]) / 1e6
        assert found["observed"] == pytest.approx(km2, rel=1e-6)


def test_all_periods_are_a_union_and_nothing_counts_twice():
    one, other = shapely.box(-70.4, -13, -70.2, -12.9), shapely.box(-70.3, -13, -70.1, -12.9)
    polygons = collect_observations([("e", "2018", layer(one)), ("e", "2019", layer(other, other))], ZONES)
    found = capture(polygons, ZONES, table(WEST))
    areas = [row(found, zone="area", period=period)["observed"] for period in ("2018", "2019", "all")]
    np.testing.assert_allclose(areas, [areas[0], areas[0], 1.5 * areas[0]], rtol=1e-9)
    point = shapely.Point(-70.5, -13)
    points = collect_observations(
        [("e", "2018", layer(point, point)), ("e", "2019", layer(point, shapely.Point(-70.4, -13)))], ZONES
    )
    found = capture(points, ZONES, table(WEST))
    assert [row(found, zone="area", period=period)["observed"] for period in ("2018", "2019", "all")] == [1, 2, 2]


def test_weights_add_up_where_points_count_for_more_than_one():
    places = [shapely.Point(-70.5, -13), shapely.Point(-69.5, -13), shapely.Point(-69.5, -12.5), shapely.Point(0, 0)]
    layers = [
        ("e", "2018", layer(*places, weights=[3.0, 1.0, 0.0, 50.0])),
        ("e", "2019", layer(places[1], weights=[4.0])),  # at a place that 2018 has too
    ]
    observations = collect_observations(layers, ZONES)
    found = capture(observations, ZONES, table(WEST))
    assert [row(found, zone="area", period=period)["observed"] for period in ("2018", "2019", "all")] == [4, 4, 8]
    assert row(found, zone="area", period="all")["capture"] == 3 / 8
    assert set(found["unit"]) == {"km2"}
    left = missed_mining(observations, AREA, table(WEST), sites_at((-70.5, -13)))
    assert left.groupby("period")["amount"].sum().to_dict() == {"2018": 1, "2019": 4}
    points = weighted_points(observations, ZONES, AREA)
    seen = mining_seen(points, table(WEST))
    assert seen.groupby(["period", "place"])["amount"].sum().to_dict() == {
        ("2018", "inside"): 3, ("2018", "outside"): 1, ("2019", "outside"): 4,
    }  # fmt: skip
    curve, _ = radius_curve(land_cells(ZONES, AREA), points, shapely.points([-69.5], [-13.0]))
    assert row(curve, zone="area", period="all", radius_km=1.0)["capture"] == 5 / 8


def test_units_add_up_to_the_area_and_each_has_its_own_capture():
    patches = [shapely.box(-70.2, -13, -69.9, -12.9), shapely.box(-69.5, -13, -69.4, -12.9)]
    units = {("sides", "west"): WEST, ("sides", "east"): EAST}
    regions = table(shapely.box(-70.1, -14, -69.95, -12))
    observations = collect_observations([("e", "2018", layer(patches[0])), ("e", "2019", layer(patches[1]))], ZONES)
    sites = sites_at((-70.5, -13))
    by_unit = capture_by_unit(observations, ZONES, units, regions, sites, seed=1)
    whole = row(capture(observations, ZONES, regions), zone="area", period="all")
    for column in ("observed", "observed_inside"):
        assert by_unit[column].sum() == pytest.approx(whole[column], rel=1e-9)
    assert row(by_unit, unit="west")["capture"] == pytest.approx(1 / 2, rel=1e-6)
    assert set(by_unit["period"]) == {"all"}
    assert by_unit.set_index("unit")["sites"].to_dict() == {"west": 1, "east": 0}
    assert set(by_unit["verdict"]) == {"too_few_sites"}
    assert by_unit["searched_share"].isna().all()


def test_a_unit_counts_within_the_area_and_where_was_looked():
    wide = shapely.box(-70, -14, -67, -12)  # half of it beyond the area's edge at 69
    searched = {**ZONES, "e:searched": shapely.box(-69.5, -14, -69, -12)}
    regions = table(shapely.box(-69.5, -14, -69.25, -12))
    seen = observed(shapely.box(-69.4, -13, -69.3, -12.9), shapely.box(-69.2, -13, -69.1, -12.9))
    found = row(capture_by_unit(seen, searched, {("o", "wide"): wide}, regions, sites_at(), seed=1), unit="wide")
    assert found["capture"] == pytest.approx(0.5, rel=1e-3)
    assert (found["land_share"], found["lift"]) == pytest.approx((0.25, 2), rel=1e-3)
    assert found["searched_share"] == pytest.approx(0.5, rel=1e-3)
    assert (found["land_share_searched"], found["lift_searched"]) == pytest.approx((0.5, 1), rel=1e-3)


def test_empty_evidence_and_evidence_outside_the_area_observe_nothing():
    for observations in (
        collect_observations([("e", "2018", layer())], ZONES),
        observed(shapely.box(0, 0, 1, 1)),
        observed(shapely.Point(0, 0)),
    ):
        found = capture(observations, ZONES, table(WEST))
        assert (found["observed"] == 0).all()
        assert found["capture"].isna().all()
        assert found["lift"].isna().all()
        assert (found["land_share"] > 0).all()
        assert missed_mining(observations, AREA, table(WEST), sites_at((-70.5, -13))).empty
        points = weighted_points(observations, ZONES, AREA)
        chance = null_model_capture(points, sites_at((-70.5, -13)), ZONES, None, draws=20, primary_draws=20, seed=1)
        assert chance["p_value"].isna().all()
        curve, quantiles = radius_curve(land_cells(ZONES, AREA), points, shapely.points([-70.5], [-13.0]))
        assert curve["capture"].isna().all()
        assert quantiles["radius_km"].isna().all()


def test_without_regions_all_is_missed_and_without_sites_no_distance_is_known():
    piece = shapely.box(-70.2, -13, -70.1, -12.9)
    found = capture(observed(piece), ZONES, table())
    assert (found["capture"] == 0).all()
    assert found["lift"].isna().all()
    left = missed_mining(observed(piece), AREA, table(), sites_at())
    assert left["distance_km"].isna().all()
    assert left["amount"].sum() == pytest.approx(found["observed"].iloc[0])


def test_missed_pieces_carry_their_geodesic_distance_to_the_nearest_site():
    near, far = shapely.box(-69.9, -13.01, -69.8, -12.99), shapely.box(-69.5, -13.01, -69.4, -12.99)
    across = shapely.box(-70.1, -12.5, -69.9, -12.4)  # half of it lies in the region
    beyond = shapely.box(-69.1, -13, -68.9, -12.9)  # half of it lies outside the area
    sites = sites_at((-70.5, -13), (-70.2, -13))
    left = missed_mining(
        collect_observations([("e", "2020", layer(near, far, across, beyond))], ZONES), AREA, table(WEST), sites
    )
    assert set(left["period"]) == {"2020"}
    assert left["distance_km"].is_monotonic_decreasing
    by_west = left.set_index(left.geometry.bounds["minx"].round(3))
    assert by_west.loc[-69.9, "nearest_site"] == "mrds:1"
    for west in (-69.9, -69.5):
        expected = min(GEOD.inv(-70.2, -13, west, lat)[2] for lat in np.linspace(-13.01, -12.99, 41))
        assert by_west.loc[west, "distance_km"] == pytest.approx(expected / 1000, abs=1e-3)
    for west, whole in ((-70.0, across), (-69.1, beyond)):
        assert by_west.loc[west, "amount"] == pytest.approx(float(polygon_area(whole)[0]) / 2e6, rel=1e-9)


# --- the overlay by period, and the report's ounces


def test_published_shares_stand_beside_the_union_of_the_periods_they_span(tmp_path):
    path = tmp_path / "published.csv"
    path.write_text("overlay,series,period,from,to,share_inside,definition\n"
                    "part,Them,2019 to 2020,2019,2020,0.7,of something else\nother,No one,,,,0.1,x\n")  # fmt: skip
    zones = {"area": AREA, "whole:inside": AREA, "part:inside": WEST, "part:outside": EAST}
    observations = collect_observations(
        [
            ("e", "2018", layer(shapely.box(-70.1, -13, -69.9, -12.9))),
            ("e", "2019", layer(shapely.box(-70.2, -13, -70.1, -12.9))),
            ("e", "2020", layer(shapely.box(-70.1, -12.9, -69.9, -12.8))),
        ],
        zones,
    )
    found = observed_by_overlay(observations, zones, {"whole": None, "part": "whole"}, read_published(path))
    assert found[["series", "period"]].to_numpy().tolist() == [
        ["e", "2018"], ["e", "2019"], ["e", "2020"], ["e", "new"], ["e", "all"], ["e", "2019-2020"],
        ["Them", "2019 to 2020"],
    ]  # fmt: skip
    shares = found.set_index("period")["share_inside"]
    np.testing.assert_allclose(shares[["2018", "2019", "2020", "2019 to 2020"]], [0.5, 1, 0.5, 0.7])
    assert shares["new"] == shares["2019-2020"]
    assert shares["2019-2020"] == pytest.approx(2 / 3, rel=1e-3)


def test_points_of_several_periods_are_joined_as_points():
    zones = {"area": AREA, "whole:inside": AREA, "part:inside": WEST, "part:outside": EAST}
    point = shapely.Point(-70.5, -13)
    observations = collect_observations([("e", "2019", layer(point)), ("e", "2020", layer(point))], zones)
    published = pd.DataFrame({"overlay": ["part"], "series": ["Them"], "period": ["then"], "from": ["2019"],
                              "to": ["2020"], "share_inside": [0.7], "definition": ["x"]})  # fmt: skip
    found = row(
        observed_by_overlay(observations, zones, {"whole": None, "part": "whole"}, published), period="2019-2020"
    )
    assert (found["inside"], found["outside"], found["unit"]) == (1, 0, "points")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("overlay,series\n", "has no column period"),
        ("overlay,series,period,from,to,share_inside,definition\na,b,,,,seven,x\n", "'seven', a number from 0 to 1"),
    ],
)
def test_a_table_of_published_shares_that_is_none_is_refused(tmp_path, text, message):
    path = tmp_path / "published.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_published(path)


def test_ounces_cannot_explain_the_difference_but_tell_how_they_were_made():
    series = read_production(Path(__file__).parents[2] / "data/raw/embedded/asm_gold_production.csv")
    found = PRODUCTION.validate(production(series))
    assert list(found["year"]) == [2004, 2005, 2006, 2007, 2008, 2009]
    np.testing.assert_allclose(found["ratio"], [2.114, 5.021, 6.248, 2.109, 1.611, 1.116], atol=5e-4)
    # To an ounce, 1,178,150 and 592,602 ounces of the report's text are 33,400 and 16,800 kg by the avoirdupois one.
    exact = series["unep_oz_in_text"].dropna()
    assert returns_to_round_kilograms(exact, 2) == {"troy": [False, False], "avoirdupois": [True, True]}
    rounded = returns_to_round_kilograms(1000 * found["unep_koz"], 1000)
    assert all(rounded["avoirdupois"])
    assert not any(rounded["troy"])
    np.testing.assert_allclose(found["unep_kg_troy"] / found["unep_kg_avoirdupois"], 1.09714, atol=1e-5)


def test_the_errors_of_a_detector_bound_the_capture_wherever_they_lie():
    """Against all ways to place missed mines and false alarms, by brute force."""
    detected, sensitivity, precision = 1000, 0.8, 0.9
    false, missed = round(detected * (1 - precision)), round(detected * precision * (1 / sensitivity - 1))
    for inside in (0, 50, 400, 960, 1000):
        possible = [
            (inside - false_inside + missed_inside) / (detected - false + missed)
            for false_inside in range(false + 1)
            for missed_inside in (0, missed)
            if false_inside <= inside and false - false_inside <= detected - inside
        ]
        table = pd.DataFrame({"evidence": ["e", "other"], "capture": inside / detected})
        found = with_detector_errors(table, {"e": (sensitivity, precision)})
        assert found["detector_low"][0] == pytest.approx(min(possible))
        assert found["detector_high"][0] == pytest.approx(max(possible))
        assert np.isnan(found["detector_low"][1])
