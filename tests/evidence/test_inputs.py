"""Where was looked for mining, and which periods are new."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from asmgold.errors import InputError
from asmgold.evidence.inputs import footprints
from asmgold.evidence.observations import collect_observations
from tests.evidence.conftest import AREA, GEOD, WEST, ZONES, layer, observed


def km2(shape):
    return abs(GEOD.geometry_area_perimeter(shape)[0]) / 1e6


def test_what_was_searched_is_a_zone_within_the_area():
    wide = shapely.box(-75, -20, -70, -10)
    zone = footprints({"e": wide}, observed(shapely.Point(-70.5, -13)), AREA)["e:searched"]
    assert zone.equals(shapely.box(-71, -14, -70, -12))
    assert footprints({"e": shapely.box(0, 0, 1, 1)}, observed(shapely.Point(-70.5, -13)), AREA)["e:searched"].is_empty


@pytest.mark.parametrize("seen", [shapely.Point(-70, -13), shapely.box(-70.001, -13.001, -69.999, -12.999)])
def test_within_a_distance_of_what_was_seen_is_a_geodesic_disc(seen):
    zone = footprints({"e": 30.0}, observed(seen), AREA)["e:searched"]
    assert km2(zone) == pytest.approx(np.pi * 30**2, rel=0.01)
    assert footprints({"e": 30.0}, observed(), AREA)["e:searched"].is_empty


LAYERS = [("e", str(year), layer(shapely.Point(-70.5, -13 - (year - 2018) / 10))) for year in (2018, 2019, 2020)]


@pytest.mark.parametrize(("held_out", "amount"), [({}, 2), ({"e": ["2020"]}, 1), ({"other": ["2020"]}, 2)])
def test_new_is_all_but_the_first_period_or_what_is_held_out(held_out, amount):
    found = {one.period: one for one in collect_observations(LAYERS, ZONES, held_out)}
    assert list(found) == ["2018", "2019", "2020", "new", "all"]
    assert found["new"].amount == amount
    assert found["all"].amount == 3


def test_one_period_has_nothing_new():
    assert [one.period for one in collect_observations(LAYERS[:1], ZONES)] == ["2018", "all"]


def test_a_feature_whose_period_is_called_new_counts_in_all_periods():
    layers = [*LAYERS, ("e", None, layer(shapely.Point(-70.2, -13), period="new"))]
    found = {one.period: one.amount for one in collect_observations(layers, ZONES)}
    assert found == {"2018": 1, "2019": 1, "2020": 1, "new": 2, "all": 4}


@pytest.mark.parametrize(
    ("held_out", "message"),
    [
        (["2030"], r"evidence.e.held_out names '2030', one of its periods \(2018, 2019, 2020\) was expected"),
        (["2018"], "evidence.e.held_out names '2018', the first period"),
    ],
)
def test_what_cannot_be_held_out_is_refused(held_out, message):
    with pytest.raises(InputError, match=message):
        collect_observations(LAYERS, ZONES, {"e": held_out})


def test_zones_of_overlays_and_of_searched_land_stand_side_by_side():
    zones = {**ZONES, **footprints({"e": WEST}, observed(shapely.Point(-70.5, -13)), AREA)}
    assert list(zones) == ["area", "west:inside", "e:searched"]
