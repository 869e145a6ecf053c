"""Fates, regions and overlays on small made layers with known answers."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from asmgold.config.models import Correction
from asmgold.errors import AccountingError, InputError
from asmgold.io.tables import write_table
from asmgold.publish.manifest import build_manifest
from asmgold.records.accounting import account_for, count_by_fate
from asmgold.records.classify import classify
from asmgold.records.corrections import moved
from asmgold.regions.dissolve import dissolve, region_id
from asmgold.regions.overlays import intersect
from asmgold.schemas.tables import READ_RECORDS

GEOD = pyproj.Geod(ellps="WGS84")
AREA = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 4, 4)], crs=4326)
COUNTRIES = AREA.assign(code="AAA", name="Aland")
DISC_KM2 = 1256.636


def rows(*records):
    """Rows as read: (longitude, latitude, role of gold)."""
    table = pd.DataFrame(
        [
            {
                "record_id": f"mrds:{number}", "source": "mrds", "row": number, "name": None,
                "country_reported": "Aland",
                "longitude_text": str(lon), "latitude_text": str(lat), "commodities": ["Gold"], "commodity_role": role,
                "status": None, "deposit_type": None, "operation_type": None, "url": None, "fault": None,
                    "category": None, "precision_m": None, "radius_km": None, "shape": None,
            }
            for number, (lon, lat, role) in enumerate(records, start=1)
        ]
    )  # fmt: skip
    return READ_RECORDS.validate(table)


def classified(*records, area=AREA, countries=COUNTRIES, corrections=(), **options):
    settings = {
        "buffer_m": 20_000,
        "tolerance_m": 5,
        "include_plants": False,
        "exclude_administrative": False,
    } | options
    return classify(rows(*records), area, countries, corrections, **settings)


def test_each_record_has_the_fate_that_its_row_asks_for():
    north = GEOD.fwd(2, 4, 0, 19_900)[1]
    beyond = GEOD.fwd(2, 4, 0, 20_100)[1]
    records = classified(
        (1, 1, "primary"), (1, 1, None), (1, 1, "refinery"), (2, north, "listed"), (2, beyond, "listed"),
        (1, "95", "primary"), ("abc", 1, "primary"), ("", 1, None), ("nan", 1, "primary"), ("1e3", 1, "primary"),
        ("١", 1, "primary"),
    )  # fmt: skip
    assert records["fate"].tolist() == [
        "site", "not_gold", "plant", "site", "outside_area", *["rejected"] * 6,
    ]  # fmt: skip
    assert records["fate_reason"].tolist()[5:8] == [
        "latitude 95 is out of range, -90 to 90 was expected",
        "longitude 'abc' is not a number",
        "longitude is missing",
    ]
    counts = count_by_fate(records)
    assert counts.loc["mrds"].drop("rows_read").sum() == counts.loc["mrds", "rows_read"] == len(records)


def test_a_site_across_the_border_counts_and_keeps_its_country_unknown():
    records = classified((4.1, 2, "primary"), (3.9, 2, "primary"))
    assert records["fate"].tolist() == ["site", "site"]
    assert records["country_located"].fillna("none").tolist() == ["none", "AAA"]


@pytest.mark.parametrize(
    ("position", "precision", "flags"),
    [
        (("1.23456", "2.5"), 11_132, ["position_coarse", "name_missing"]),
        (("1.23456", "2.34567"), 1.1132, ["name_missing"]),
        (("1", "2"), 111_320, ["position_whole_degree", "position_coarse", "name_missing"]),
        (("0.000", "0.000"), 111.32, ["position_zero", "name_missing"]),
        (("north", "2"), None, ["position_not_a_number", "name_missing"]),
    ],
)
def test_flags_say_what_is_remarkable_about_a_position(position, precision, flags):
    records = classified((*position, "primary"), ("3.11111", "3.11111", "primary"), countries=None)
    assert records["flags"][0] == flags
    found = records["precision_m"].tolist()[0]
    assert np.isnan(found) if precision is None else found == pytest.approx(precision)


def test_records_at_one_point_are_flagged():
    records = classified((1.11111, 1.11111, None), (1.11111, 1.11111, "primary"), (1.11112, 1.11111, "primary"))
    assert ["position_shared" in flags for flags in records["flags"]] == [True, True, False]


def test_refineries_count_when_asked_for():
    assert classified((1, 1, "refinery"), include_plants=True)["fate"].tolist() == ["site"]


def test_a_correction_moves_the_record_and_says_so():
    flip = Correction(
        id="flip", record="mrds:1", expect={"longitude": -1.5}, set={"longitude": 1.5}, reason="sign", evidence="name"
    )
    records = classified((-1.5, 1, "primary"), (1, 1, "primary"), corrections=[flip])
    assert records.loc[0, ["longitude", "longitude_read", "correction", "fate"]].tolist() == [1.5, -1.5, "flip", "site"]
    assert [sorted(set(flags) & {"corrected", "correction_lapsed"}) for flags in records["flags"]] == [
        ["corrected"],
        [],
    ]


def test_a_correction_can_give_a_position_to_a_record_that_has_none_readable():
    mend = Correction(
        id="mend", record="mrds:1", expect={"latitude": 95.0}, set={"latitude": 1.0}, reason="typo", evidence="name"
    )
    assert classified((1, 95, "primary"), corrections=[mend])["fate"].tolist() == ["site"]


def test_a_correction_can_put_other_fields_right_and_lapses_where_the_source_says_something_else():
    countries = pd.concat([COUNTRIES, AREA.set_geometry(AREA.translate(10, 0)).assign(code="PER", name="Peru")])
    said = {"record": "mrds:1", "reason": "a test", "evidence": "none"}
    named = Correction(id="named", expect={"country_reported": "Aland", "name": None},
                       set={"country_reported": "Peru", "name": "B"}, **said)  # fmt: skip
    records = classified((12, 1, "primary"), (1, 1, "primary"), countries=countries, corrections=[named])
    first = records.loc[0, ["country_reported", "country_code", "name", "correction", "longitude"]].tolist()
    assert first == ["Peru", "PER", "B", "named", 12]
    assert not moved(records).any()
    other = Correction(id="other", expect={"country_reported": "Chile"}, set={"country_reported": "Peru"}, **said)
    records = classified((12, 1, "primary"), (1, 1, "primary"), countries=countries, corrections=[other])
    assert records.loc[0, "country_reported"] == "Aland"
    assert "correction_lapsed" in records.loc[0, "flags"]
    assert records["correction"].isna().all()


def test_a_correction_gives_a_place_to_a_record_without_one():
    place = Correction(
        id="place", record="mrds:1", expect={"longitude": None, "latitude": None},
        set={"longitude": 2, "latitude": 2}, reason="no position", evidence="a map",
    )  # fmt: skip
    records = classified(("", "", "primary"), (1, 1, "primary"), corrections=[place])
    assert records.loc[0, ["longitude", "latitude", "fate"]].tolist() == [2, 2, "site"]
    assert "position_missing" not in records.loc[0, "flags"]
    assert not moved(records).any()


def test_rows_that_are_lost_or_counted_twice_on_the_way_are_noticed(tmp_path):
    records = classified((1, 1, "primary"), (2, 2, None), ("x", 1, "primary"))
    assert account_for(records, {"mrds": 3}).loc["mrds", "rows_read"] == 3
    for wrong, read in (
        (records.iloc[1:], {"mrds": 3}), (records, {"mrds": 4}), (records, {"mrds": 3, "major_deposits": 1}),
        (pd.concat([records.iloc[1:], records.iloc[1:2]]), {"mrds": 3}), (records, {}),
    ):  # fmt: skip
        with pytest.raises(AccountingError, match=r"rows were read, and \d of them are records whose fates add up to"):
            account_for(wrong, read)
    write_table(records.iloc[:2], tmp_path / "records.parquet")
    with pytest.raises(AccountingError, match=r"records\.parquet: holds 2 records, 3 were expected"):
        build_manifest(
            tmp_path, ["records.parquet"], records=records, rows_read={"mrds": 3}, settings={}, sources={},
            corrections=[],
        )  # fmt: skip


def test_a_source_without_any_usable_position_is_refused():
    with pytest.raises(InputError, match="mrds: none of its 2 rows has a usable position"):
        classified(("x", 1, "primary"), ("", "", "primary"))


def dissolved(*records, area=AREA):
    return dissolve(classified(*records, area=area), area, tolerance_m=5)


def test_regions_are_clipped_last_and_keep_their_whole_area_beside():
    regions, sites = dissolved((2, 2, "primary"), (2.1, 2, "primary"), (1, 0, "primary"))
    assert regions["n_sites"].tolist() == [2, 1]
    assert regions["area_unclipped_km2"].tolist()[1] == pytest.approx(DISC_KM2, rel=1e-4)
    assert regions["area_km2"].tolist()[1] == pytest.approx(DISC_KM2 / 2, rel=1e-3)
    assert regions["area_km2"].tolist()[0] == pytest.approx(regions["area_unclipped_km2"].tolist()[0])
    assert sites["region_id"].nunique() == 2


def test_a_region_cut_in_two_by_the_border_keeps_one_id():
    area = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1.95, 4), shapely.box(2.05, 0, 4, 4)], crs=4326)
    regions, _ = dissolve(classified((2, 2, "primary"), area=area), area, tolerance_m=5)
    assert len(regions) == 1
    assert regions.geometry[0].geom_type == "MultiPolygon"


def test_a_region_across_180_degrees_is_one():
    area = gpd.GeoDataFrame(geometry=[shapely.box(170, -5, 180, 5), shapely.box(-180, -5, -170, 5)], crs=4326)
    records = classified((179.95, 0, "primary"), (-179.95, 0, "primary"), area=area)
    regions, sites = dissolve(records, area, tolerance_m=5)
    assert regions["n_sites"].tolist() == [2]
    assert sites["region_id"].nunique() == 1
    assert regions["area_km2"][0] == pytest.approx(regions["area_unclipped_km2"][0])


def test_the_id_follows_from_the_sites_whatever_their_order():
    ids = pd.Series(["mrds:2", "mrds:1", "major_deposits:3"])
    assert region_id(ids) == region_id(ids[::-1])
    assert region_id(ids) != region_id(ids[:2])
    one, _ = dissolved((2, 2, "primary"), (2.1, 2, "primary"))
    smaller = classified((2, 2, "primary"), (2.1, 2, "primary")).iloc[::-1].assign(buffer_km=10.0)
    two, _ = dissolve(smaller, AREA, tolerance_m=5)
    assert one["region_id"].tolist() == two["region_id"].tolist()


def test_no_site_gives_empty_tables_of_the_same_columns():
    regions, sites = dissolved((1, 1, None))
    assert regions.empty
    assert sites.empty
    assert {"region_id", "area_km2", "geometry_unclipped"} <= set(regions.columns)


def test_overlay_zones_add_up_to_known_shares():
    regions, sites = dissolved((2, 2, "primary"))
    half = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 2, 4)], crs=4326)
    quarter = gpd.GeoDataFrame(geometry=[shapely.box(0, 2, 2, 4)], crs=4326)
    far = gpd.GeoDataFrame(geometry=[shapely.box(3, 3, 4, 4)], crs=4326)
    pieces, summary = intersect(
        regions, sites, {"half": half, "quarter": quarter, "far": far}, {"half": None, "quarter": "half", "far": None}
    )
    table = summary.set_index(["overlay", "zone"])
    assert table.loc[("half", "inside"), "share_of_regions"] == pytest.approx(0.5, rel=1e-4)
    assert table.loc[("quarter", "inside"), "share_of_parent_regions"] == pytest.approx(0.5, rel=1e-3)
    assert table.loc[("quarter", "outside"), "share_of_parent_regions"] == pytest.approx(0.5, rel=1e-3)
    assert table.loc[("far", "inside"), "regions_km2"] == 0
    assert set(pieces["overlay"]) == {"half", "quarter"}
    assert np.isnan(table.loc[("half", "inside"), "share_of_parent_regions"])
