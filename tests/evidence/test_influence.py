"""What is lost when a region or a site is left out."""

from __future__ import annotations

import pytest
import shapely

from asmgold.evidence.influence import capture_by_region, influence
from asmgold.evidence.observations import area_km2
from asmgold.evidence.sampling import weighted_points
from tests.evidence.conftest import AREA, observed, row, sites_at, table

ZONE = {"area": AREA}


def influence_of(points, positions, *shapes):
    regions = table(*shapes).assign(
        region_id=[f"R{n}" for n in range(len(shapes))],
        region_name=[f"{n + 1} · A" for n in range(len(shapes))],
        n_sites=1,
    )
    found = weighted_points(observed(*map(shapely.Point, points), zones=ZONE), ZONE, AREA)
    return influence(found, regions, sites_at(*positions), area_km2(AREA))


def test_each_region_takes_what_lies_in_it_and_the_largest_loss_comes_first():
    first, second = shapely.box(-71, -14, -70.5, -12), shapely.box(-69.5, -14, -69, -12)
    seen = [(-69.2, -13), (-69.3, -13), (-69.4, -13), (-70.8, -13), (-70, -13)]
    found = influence_of(seen, [], first, second)
    assert found["id"].tolist() == ["R1", "R0"]
    most = row(found, id="R1")
    assert (most["lost"], most["lost_share"], most["capture"]) == (3, 0.75, 0.2)
    assert most["lift"] == pytest.approx(0.2 / 0.25, rel=1e-6)


def test_a_place_that_two_sites_reach_is_lost_with_neither():
    sites = [(-70.5, -13), (-70.3, -13)]  # 22 km apart, with discs of 20 km
    found = influence_of([(-70.65, -13), (-70.4, -13), (-70.15, -13), (-70.1, -13)], sites, AREA)
    lost = found[found["without"] == "site"].set_index("id")["lost"]
    assert lost.to_dict() == {"mrds:0": 1, "mrds:1": 1}


def test_without_mining_regions_or_sites_nothing_hangs_on_anything():
    assert influence_of([(-70, -13)], []).empty
    assert influence_of([(0, 0)], [(-70, -13)], AREA).empty


def test_each_region_holds_its_part_of_all_that_was_seen():
    shapes = [shapely.box(-71, -14, -70.5, -12), shapely.box(-69.5, -14, -69, -12)]
    regions = table(*shapes).assign(region_id=["R0", "R1"], region_name=["1 · A", "2 · A"], n_sites=[1, 4])
    seen = observed(*map(shapely.Point, [(-69.2, -13), (-69.3, -13), (-70.8, -13), (-70, -13)]), zones=ZONE)
    found = capture_by_region(weighted_points(seen, ZONE, AREA), regions, area_km2(AREA))
    assert found[["region_id", "sites", "observed", "capture"]].to_numpy().tolist() == [
        ["R0", 1, 1, 0.25],
        ["R1", 4, 2, 0.5],
    ]
    assert found["land_share"].tolist() == pytest.approx([0.25, 0.25])
    assert found["lift"].tolist() == pytest.approx([1, 2])
    assert capture_by_region(weighted_points([], ZONE, AREA), regions, 1.0).empty
