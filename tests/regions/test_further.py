"""Zones by distance, and regions of some records by themselves, against areas that are known."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.records.classify import reclassify
from asmgold.regions.dissolve import dissolve
from asmgold.regions.further import regions_by, rings
from tests.records.test_records_and_regions import AREA, classified

DISC_KM2 = np.pi * 20**2


def test_zones_by_distance_have_the_areas_of_their_rings_and_take_in_what_lies_outside() -> None:
    # One record inside the area, one 30 km west of it: its discs of up to 20 km do not reach in, that of 40 km does.
    records = classified((2, 2, "primary"), (-0.27, 1, "primary"), (3, 3, None))
    zones = rings(records, AREA, [10.0, 20.0, 40.0], tolerance_m=2)
    assert zones["ring"].tolist() == [1, 2, 3]
    assert zones["area_km2"].tolist()[:2] == pytest.approx([np.pi * 100, np.pi * 300], rel=1e-3)
    assert zones["area_km2"].tolist()[2] > np.pi * 1200
    assert not shapely.overlaps(*zones.geometry[:2])
    assert zones["share_of_area"].sum() == pytest.approx(
        zones["area_km2"].sum() / (polygon_area(AREA.geometry.array).sum() / 1e6)
    )


def test_regions_of_each_value_by_themselves_may_overlap_and_missing_values_belong_together() -> None:
    records = classified((2, 2, "primary"), (2.1, 2, "secondary"), (1, 3, "primary")).assign(
        status=["Producer", None, None]
    )
    regions, sites = dissolve(records, AREA, tolerance_m=5)
    assert regions["n_sites"].tolist() == [2, 1]
    found = regions_by(sites, AREA, ["status", "commodity_role"], tolerance_m=5)
    assert found.groupby("column")["n_sites"].sum().tolist() == [3, 3]
    of_status = found[found["column"] == "status"].set_index(["value", "number"])
    assert sorted(of_status.index) == [("", 1), ("", 2), ("Producer", 1)]
    assert of_status["area_km2"].tolist() == pytest.approx([DISC_KM2] * 3, rel=1e-3)
    assert found[found["column"] == "commodity_role"]["value"].tolist() == ["primary", "primary", "secondary"]


def test_without_a_site_there_is_a_table_without_rows() -> None:
    _, sites = dissolve(classified((1, 1, None)), AREA, tolerance_m=5)
    assert regions_by(sites, AREA, ["source"], tolerance_m=5).empty
    assert rings(classified((1, 1, None)), AREA, [10.0], tolerance_m=5)["area_km2"].tolist() == [0]


def test_a_line_and_a_polygon_are_sites_by_what_they_are() -> None:
    river = shapely.LineString([(-0.5, 2), (-0.1, 2)])  # its end is 11 km from the area, its middle 33 km
    box = shapely.box(1, 1, 2, 2)
    records = classified((-0.3, 2, "primary"), (1.5, 1.5, "primary")).assign(fate="outside_area")
    records = records.assign(shape=[river.wkt, box.wkt])
    sites = reclassify(gpd.GeoDataFrame(records, crs=4326), AREA, tolerance_m=5)
    assert sites["fate"].tolist() == ["site", "site"]
    regions, _ = dissolve(sites, AREA, tolerance_m=5)
    assert len(regions) == 2
    assert shapely.contains_properly(regions.geometry[0], box)
    assert regions["area_unclipped_km2"].tolist()[1] == pytest.approx(
        DISC_KM2 + 40 * 0.4 * 111.25, rel=2e-3
    )  # a strip of 40 km along 0.4 degrees of the parallel of 2 degrees
