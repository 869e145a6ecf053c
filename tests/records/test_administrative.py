"""Records at the middle of a country or division, plants and mines, and what becomes of them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from asmgold.records.administrative import at_centroid, shares_its_position_with_names
from asmgold.records.classify import plants
from asmgold.records.flags import _named_as_a_plant
from tests.conftest import PROJECT

JUDGED = Path(__file__).parent / "judged_centroids.csv"
GEOD = pyproj.Geod(ellps="WGS84")
SQUARE = shapely.box(10, 0, 14, 4)  # its centroid and its pole of inaccessibility: 12, 2
COUNTRY = gpd.GeoDataFrame({"code": ["XXX"], "name": ["Square"]}, geometry=[SQUARE], crs=4326)


def records(*positions, names=None):
    lon, lat = np.array(positions, float).T
    names = names if names is not None else [f"r{n}" for n in range(lon.size)]
    return pd.DataFrame({"source": "mrds", "name": names, "longitude": lon, "latitude": lat})


def moved(km, azimuth=90, lon=12.0, lat=2.0):
    return GEOD.fwd(lon, lat, azimuth, 1000 * km)[:2]


def test_of_a_hundred_judged_records_none_that_lies_where_it_is_named_is_taken_for_filed():
    """They are the records of a partial MRDS nearest to the middle of a country, judged by name and neighbours.

    Whoever judged knew the names of places, not the mines. `next_km` is how far the next record of that file is.
    """
    judged = pd.read_csv(JUDGED)
    assert len(judged) >= 100
    countries = gpd.read_file(PROJECT / "data/raw/embedded/countries.geojson")
    neighbours = [
        GEOD.fwd(row.longitude, row.latitude, 45, 1000 * row.next_km)[:2] for row in judged.itertuples(index=False)
    ]
    both = pd.concat(
        [judged.assign(source="mrds"), records(*neighbours, names=[None] * len(judged))], ignore_index=True
    )
    flagged = at_centroid(both, countries, {}).notna()[: len(judged)].to_numpy()
    filed = (judged["verdict"] == "centroid").to_numpy()
    assert not (flagged & ~filed).any(), judged[flagged & ~filed]
    assert (flagged & filed).sum() >= 0.85 * filed.sum()


def test_the_record_at_the_middle_of_peru_is_known_and_no_other_site_of_peru(built_once):
    found = gpd.read_parquet(built_once.product("records.parquet"))
    filed = found[found["fate"] == "administrative_position"]
    assert filed["record_id"].tolist() == ["mrds:@-9.16,-74.38"]
    assert filed["fate_reason"].tolist() == ["its position is the centroid of Peru"]
    assert found["flags"].map(lambda flags: "position_centroid" in flags).sum() == 1


@pytest.mark.parametrize(("km", "is_there"), [(0, True), (2.1, True), (2.3, False)])
def test_the_distance_is_the_stated_one(km, is_there):
    assert at_centroid(records(moved(km), (10.5, 3.5)), COUNTRY, {}).notna().tolist() == [is_there, False]


@pytest.mark.parametrize(("km", "is_there"), [(4.9, False), (5.1, True)])
def test_what_has_a_neighbour_is_none(km, is_there):
    assert at_centroid(records((12, 2), moved(km)), COUNTRY, {}).notna().tolist() == [is_there, False]


def test_records_at_the_very_same_point_are_no_neighbours():
    assert at_centroid(records((12, 2), (12, 2), (12, 2)), COUNTRY, {}).notna().all()


def test_two_names_at_one_point_far_from_all_else_may_lie_farther_off():
    there = moved(5)
    assert at_centroid(records(there, there, moved(60)), COUNTRY, {}).notna().tolist() == [True, True, False]
    assert at_centroid(records(there, there, moved(40)), COUNTRY, {}).isna().all()
    assert at_centroid(records(there, there, names=["one", "one"]), COUNTRY, {}).isna().all()


def test_in_a_small_country_the_distance_is_small():
    island = gpd.GeoDataFrame({"code": ["ISL"], "name": ["Island"]}, geometry=[shapely.box(0, 0, 0.1, 0.1)], crs=4326)
    near = GEOD.fwd(0.05, 0.05, 90, 500)[:2]
    assert at_centroid(records(near), island, {}).isna().all()
    assert at_centroid(records((0.05, 0.05)), island, {}).notna().all()


def test_the_middles_of_divisions_and_poles_of_inaccessibility_count():
    # An L: its centroid lies in the corner, its largest circle in the thick arm.
    shape = shapely.union_all([shapely.box(20, 0, 22, 6), shapely.box(22, 0, 26, 1)])
    layer = gpd.GeoDataFrame({"name": ["Arm"]}, geometry=[shape], crs=4326)
    pole = shapely.get_coordinates(shapely.maximum_inscribed_circle(shape, tolerance=1e-3))[0]
    found = at_centroid(records(shape.centroid.coords[0], tuple(pole), (25, 0.5)), None, {"provinces": layer})
    assert found.tolist()[0] == "the centroid of Arm"
    assert found.tolist()[2] is None
    nameless = gpd.GeoDataFrame({"name": [None]}, geometry=[SQUARE], crs=4326)
    assert at_centroid(records((12, 2)), None, {"provinces": nameless}).tolist() == ["the centroid of a division"]


def test_three_names_at_one_point_are_flagged():
    rows = records((1, 1), (1, 1), (1, 1), (2, 2), (2, 2), (2, 2), (3, 3), names=["a", "b", "c", "a", "A", None, "x"])
    assert shares_its_position_with_names(rows).tolist() == [True] * 3 + [False] * 4


# --- plants

STATUSES = ("Producer", "Past Producer", "Prospect", "Occurrence", "Unknown", "Plant")
OPERATIONS = ("Surface", "Underground", "Surface-Underground", "Placer", "Leach", "Well", "Brine Operation", "Offshore",
              "Geothermal", "Processing Plant", "Unknown")  # fmt: skip


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("operation", [*OPERATIONS, None])
def test_a_plant_is_what_the_source_calls_one(status, operation):
    rows = pd.DataFrame({"status": [status], "operation_type": [operation], "commodity_role": ["primary"]})
    assert plants(rows).notna().tolist() == [status == "Plant" or operation == "Processing Plant"]


def test_a_mine_with_a_plant_is_a_mine():
    rows = pd.DataFrame(
        {
            "status": ["Producer"] * 3 + ["PLANT "],
            "operation_type": ["Underground, Processing Plant", "processing plant", None, None],
            "commodity_role": ["primary", "primary", "refinery", "primary"],
        }
    )
    assert plants(rows).tolist() == [
        None, "its operation is a processing plant", "gold is only refined there", "its status is Plant",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "is_plant"),
    [
        ("(Facility) Brimsdown Refinery", True), ("(Facility) Smith", True), ("Fundición de Ilo", True),
        ("Planta de Beneficio San José", True), ("Raffinerie du Nord", True), ("Refinaria Norte", True),
        ("Ok Tedi Smelter", True), ("Smelter Creek", False), ("Refinery Gulch Placer", False), ("Smelter Mine", False),
        ("Cerro Fundición", False), ("Yanacocha", False), (None, False),
    ],
)  # fmt: skip
def test_a_name_of_a_plant_is_flagged_where_the_columns_are_silent(name, is_plant):
    rows = pd.DataFrame({"name": pd.Series([name], dtype="str"), "status": [None], "operation_type": [None]})
    assert _named_as_a_plant(rows).tolist() == [is_plant]
    assert not _named_as_a_plant(rows.assign(status="Producer")).any()
