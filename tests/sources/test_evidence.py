"""Evidence as it is read: periods, CRSs, geometries, and what is refused."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pydantic import ValidationError

from asmgold.config.models import Evidence, Strata
from asmgold.errors import InputError
from asmgold.evidence.capture import capture
from asmgold.evidence.observations import collect_observations
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.schemas.tables import CRS
from asmgold.sources.evidence import _period, read_evidence
from asmgold.sources.vector import read_layer
from tests.evidence.conftest import EAST, WEST, ZONES, river, row, table

# --- reading


def test_periods_come_from_a_field_and_of_a_date_the_year(tmp_path):
    path = tmp_path / "visits.csv"
    path.write_text("name,Longitude,Latitude,seen\na,-70.5,-13,2019-05-03\nb,-70.4,-13,2020\nc,-70.3,-13,\nd,,,2020\n")
    read = read_evidence(path, Evidence(file=str(path), period_field="seen"))
    assert list(read["period"]) == ["2019", "2020", "unknown"]
    assert read.crs == CRS
    assert [one.period for one in collect_observations([("e", None, read)], ZONES)] == [
        "2019",
        "2020",
        "unknown",
        "new",
        "all",
    ]
    numbers = tmp_path / "numbers.geojson"
    gpd.GeoDataFrame({"year": [201800.0]}, geometry=[WEST], crs=CRS).to_file(numbers)
    assert list(read_evidence(numbers, Evidence(file="x", period_field="year"))["period"]) == ["201800"]


@pytest.mark.parametrize(
    ("written", "period"),
    [
        ("2019-05-03T10:30:00Z", "2019"), ("2019/5/3", "2019"), ("2019-05", "2019"), ("3/5/2019", "2019"),
        ("03.05.2019 10:30", "2019"), (1556841600000, "2019"), (1556841600000.0, "2019"), (2019.0, "2019"),
        (201900, "201900"), ("12-34", "12-34"), ("rainy season 2019", "rainy season 2019"), ("10" * 30, "10" * 30),
        ("1" * 6000, "1" * 6000),
        (pd.Timestamp(2019, 5, 3), "2019"), (" ", "unknown"), (None, "unknown"),
    ],
)  # fmt: skip
def test_of_a_date_the_year_counts_however_it_is_written(written, period):
    assert _period(written) == period


CELLS = "longitude,latitude,year,km2\n-70.5,-13,2018,{}\n-70.4,-13,2019,2.5\n-70.3,-13,{},0\n"


def test_weights_are_read_with_their_unit(tmp_path):
    path = tmp_path / "cells.csv"
    path.write_text(CELLS.format("1e-1", "2019"))
    read = read_evidence(path, Evidence(file="x", period_field="year", weight_field="km2"))
    assert read["weight"].tolist() == [0.1, 2.5, 0]
    assert set(read["unit"]) == {"km2"}
    without = read_evidence(path, Evidence(file="x", period_field="year"))
    assert without["weight"].isna().all()


@pytest.mark.parametrize(
    ("weight", "found"),
    [("-1", "is '-1'"), ("", "is missing"), ("much", "is 'much'"), ("nan", "is 'nan'"), ("inf", "is 'inf'")],
)
def test_a_weight_that_is_none_is_refused_with_its_row(tmp_path, weight, found):
    path = tmp_path / "cells.csv"
    path.write_text(CELLS.format(weight, "2019"))
    with pytest.raises(InputError, match=rf"cells\.csv: feature 1: km2 {found}, a number from 0 was expected"):
        read_evidence(path, Evidence(file="x", weight_field="km2"))


SEMICOLONS = "longitude;latitude;km2\n-70,5;-13;0,25\n-70,4;-13;{}\n"


def test_weights_of_a_table_of_semicolons_have_decimal_commas(tmp_path):
    path = tmp_path / "cells.csv"
    path.write_text(SEMICOLONS.format("1234,5"))
    read = read_evidence(path, Evidence(file="x", weight_field="km2", where={"latitude": -13}))
    assert read["weight"].tolist() == [0.25, 1234.5]
    path.write_text(SEMICOLONS.replace("0,25", "0.25").format("2"))
    assert read_evidence(path, Evidence(file="x", weight_field="km2"))["weight"].tolist() == [0.25, 2]


@pytest.mark.parametrize(
    ("weight", "told"),
    [
        ("1.234", "km2 is '0,25' and '1.234', decimal commas or decimal points were expected"),
        ("1.234,5", "km2 is '0,25' and '1.234,5', decimal commas or decimal points were expected"),
        ("1,234,5", "feature 2: km2 is '1,234,5', a number from 0 was expected"),
    ],
)
def test_a_weight_that_may_be_thousands_is_refused(tmp_path, weight, told):
    path = tmp_path / "cells.csv"
    path.write_text(SEMICOLONS.format(weight))
    with pytest.raises(InputError, match=told):
        read_evidence(path, Evidence(file="x", weight_field="km2"))


def test_weights_of_polygons_are_refused_and_so_is_a_field_that_is_not_there(tmp_path):
    path = tmp_path / "patches.geojson"
    gpd.GeoDataFrame({"km2": [1.0]}, geometry=[WEST], crs=CRS).to_file(path)
    with pytest.raises(InputError, match="holds polygons, points were expected with weight_field"):
        read_evidence(path, Evidence(file="x", weight_field="km2"))
    with pytest.raises(InputError, match="has no field 'ha' for the weight, its fields are km2"):
        read_evidence(path, Evidence(file="x", weight_field="ha"))


def test_features_without_a_period_are_counted_apart_and_named(tmp_path, caplog):
    path = tmp_path / "cells.csv"
    path.write_text(CELLS.format("1", ""))
    read = read_evidence(path, Evidence(file="x", period_field="year", weight_field="km2"))
    assert read["period"].tolist() == ["2018", "2019", "unknown"]
    assert "1 of 3 features have no year, feature 3 the first; their period is called 'unknown'" in caplog.text


VISITS = """\
vid,pcode,name,visit_date,longitude,latitude,mineral1,is_gold_mine
1,codmine00001,Near,2013-11-08,-70.50,-13.00,Gold,1
2,codmine00001,Near,2016-03-19,-70.50,-13.00,Gold,1
3,codmine00001,Near,2016-09-30,-70.50,-13.00,Gold,1
4,codmine00002,Far,2016-03-20,-69.50,-13.00,Gold,1
5,codmine00003,Coltan,2016-03-21,-70.40,-13.00,Coltan,0
6,codmine00004,Unplaced,2016-03-22,,,Gold,1
"""


def test_several_visits_to_a_place_count_once_in_a_year_and_once_in_all(tmp_path):
    path = tmp_path / "visits.csv"
    path.write_text("\ufeff" + VISITS, encoding="utf-8")
    read = read_evidence(path, Evidence(file=str(path), period_field="visit_date", where={"is_gold_mine": 1}))
    found = capture(collect_observations([("visits", None, read)], ZONES), ZONES, table(WEST))
    of_area = found[found["zone"] == "area"].set_index("period")
    assert of_area["observed"].to_dict() == {"2013": 1, "2016": 2, "new": 2, "all": 2}
    assert of_area["capture"].to_dict() == {"2013": 1.0, "2016": 0.5, "new": 0.5, "all": 0.5}


def test_points_of_another_crs_and_multipoints_are_read(tmp_path):
    path = tmp_path / "points.gpkg"
    shape = gpd.GeoSeries([shapely.MultiPoint([(-70.5, -13), (-69.5, -13)])], crs=CRS).to_crs("EPSG:32719")
    gpd.GeoDataFrame(geometry=shape).to_file(path)
    read = read_evidence(path, Evidence(file=str(path), period="2020"))
    found = row(
        capture(collect_observations([("e", None, read)], ZONES), ZONES, table(WEST)), zone="area", period="2020"
    )
    assert (found["observed"], found["capture"]) == (2, 0.5)


def test_an_empty_layer_is_no_mistake(tmp_path):
    path = tmp_path / "empty.gpkg"
    gpd.GeoDataFrame({"name": []}, geometry=gpd.GeoSeries([], crs=CRS)).to_file(path, geometry_type="Polygon")
    assert read_evidence(path, Evidence(file=str(path), period="2020")).empty


def test_slightly_invalid_polygons_are_mended_and_others_refused(tmp_path):
    ring = [(-70.5, -13.5), (-70.1, -13.5), (-70.1, -13.1), (-70.1001, -13.0999), (-70.1, -13.0999), (-70.1001, -13.1),
            (-70.5, -13.1)]  # fmt: skip
    slightly, bow_tie = shapely.Polygon(ring), shapely.Polygon([(-70, -13), (-69.5, -12.5), (-69.5, -13), (-70, -12.5)])
    assert not slightly.is_valid
    path = tmp_path / "seen.geojson"
    gpd.GeoDataFrame(geometry=[slightly, EAST], crs=CRS).to_file(path)
    read = read_evidence(path, Evidence(file=str(path)))
    assert read.geometry.is_valid.all()
    found = row(capture(collect_observations([("e", None, read)], ZONES), ZONES, table(EAST)), zone="west:inside")
    assert found["observed"] == pytest.approx(
        float(polygon_area(shapely.box(-70.5, -13.5, -70.1, -13.1))[0]) / 1e6, rel=1e-5
    )
    gpd.GeoDataFrame(geometry=[bow_tie], crs=CRS).to_file(path)
    with pytest.raises(InputError, match="mend them by hand"):
        read_evidence(path, Evidence(file=str(path)))


@pytest.mark.parametrize(
    ("shapes", "field", "message"),
    [
        ([WEST, shapely.Point(-70, -13)], None, "both polygons and points"),
        ([shapely.LineString([(-70, -13), (-69, -13)])], None, "holds LineString, polygons or points were expected"),
        ([WEST], "when", "has no field 'when' for the period, its fields are name"),
    ],
)
def test_what_is_no_evidence_is_refused_in_one_line(tmp_path, shapes, field, message):
    path = tmp_path / "seen.gpkg"
    gpd.GeoDataFrame({"name": ["a"] * len(shapes)}, geometry=shapes, crs=CRS).to_file(path)
    with pytest.raises(InputError, match=message):
        read_evidence(path, Evidence(file=str(path), period_field=field))


def test_a_table_without_positions_is_refused(tmp_path):
    path = tmp_path / "visits.csv"
    path.write_text("name,year\na,2019\n")
    with pytest.raises(InputError, match="columns longitude and latitude were expected"):
        read_evidence(path, Evidence(file=str(path)))


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"file": "a", "source": "b"},
        {"file": "a", "periods": {"2018": "b"}},
        {"file": "a", "period": "2018", "period_field": "b"},
        {"file": "a", "period": "all"},
        {"file": "a", "period": "new"},
        {"periods": {"all": "b"}},
    ],
)
def test_contradictory_entries_are_refused(values):
    with pytest.raises(ValueError, match="names"):
        Evidence(**values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"field": "name", "bands_km": [5.0]}, "names both field and bands_km"),
        ({"bands_km": [5.0, 1.0]}, "rising distances were expected"),
        ({"bands_km": [0.1]}, "greater than or equal to 0.5"),
    ],
)
def test_strata_that_make_no_sense_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        Strata(file="a", **values)


def test_strata_with_distances_are_lines_and_others_polygons(tmp_path):
    path = tmp_path / "rivers.gpkg"
    river().to_crs("EPSG:32719").to_file(path)
    lines = read_layer(path, Strata(file=str(path), bands_km=[5.0]))
    assert (lines.crs, lines.geom_type.unique().tolist()) == (CRS, ["LineString"])
    with pytest.raises(InputError, match="holds LineString, polygons were expected"):
        read_layer(path, Strata(file=str(path)))
    table(WEST).to_file(path)
    with pytest.raises(InputError, match="holds Polygon, lines were expected"):
        read_layer(path, Strata(file=str(path), bands_km=[5.0]))


# --- only what lies near


def patches(*places, side=0.004):
    shapes = [shapely.box(x, y, x + side, y + side) for x, y in places]
    return gpd.GeoDataFrame({"onset_year": range(2018, 2018 + len(shapes)), "tile": "x"}, geometry=shapes, crs=CRS)


NEAR = (-72.0, -14.0, -69.0, -12.0)
BY_ONSET = Evidence(file="x", period_field="onset_year")


@pytest.mark.parametrize("crs", ["EPSG:4326", "OGC:CRS84", "EPSG:4674", "EPSG:32719"])
def test_what_lies_elsewhere_may_be_left_out_and_nothing_else(tmp_path, crs):
    path = tmp_path / "patches.gpkg"
    edge = NEAR[0] - 0.004
    patches((-70.0, -13.0), (-60.0, -3.0), (edge, -13.0), (-55.0, 2.0)).to_crs(crs).to_file(path)
    read = read_evidence(path, BY_ONSET, near=NEAR)
    assert set(read["period"]) >= {"2018", "2020"}  # the third one touches the box
    whole = read_evidence(path, BY_ONSET)
    assert len(whole) == 4
    zone = {"area": shapely.box(*NEAR)}
    assert [(one.period, round(one.amount, 6)) for one in collect_observations([("e", None, read)], zone)] == [
        (one.period, round(one.amount, 6)) for one in collect_observations([("e", None, whole)], zone)
    ]


def test_of_a_continent_only_the_part_near_is_read(tmp_path):
    path = tmp_path / "patches.geojson"
    patches((-70.0, -13.0), (-60.0, -3.0), (-55.0, 2.0)).to_file(path)
    assert list(read_evidence(path, BY_ONSET, near=NEAR)["period"]) == ["2018"]


def test_a_layer_of_which_nothing_lies_near_is_still_checked(tmp_path):
    path = tmp_path / "patches.geojson"
    patches((-60.0, -3.0)).to_file(path)
    assert len(read_evidence(path, BY_ONSET, near=NEAR)) == 1
    with pytest.raises(InputError, match=r"has no field 'seen' for the period, its fields are onset_year, tile$"):
        read_evidence(path, Evidence(file="x", period_field="seen"), near=NEAR)
    with pytest.raises(InputError, match="no feature has tile = 'y'"):
        read_evidence(path, Evidence(file="x", where={"tile": "y"}), near=NEAR)


def test_a_choice_that_only_features_elsewhere_match_is_no_mistake(tmp_path):
    path = tmp_path / "patches.geojson"
    patches((-70.0, -13.0), (-60.0, -3.0)).to_file(path)
    read = read_evidence(path, Evidence(file="x", where={"onset_year": 2019}), near=NEAR)
    assert collect_observations([("e", None, read)], {"area": shapely.box(*NEAR)})[0].amount == 0


def test_ground_that_patches_overlap_on_counts_once(tmp_path):
    path = tmp_path / "patches.geojson"
    overlapping = patches((-70.0, -13.0), (-69.998, -13.0))  # by half
    overlapping["onset_year"] = [2018, 2019]
    overlapping.to_file(path)
    seen = collect_observations([("e", None, read_evidence(path, BY_ONSET, near=NEAR))], {"area": shapely.box(*NEAR)})
    one = polygon_area(overlapping.geometry.array[:1])[0] / 1e6
    assert {observation.period: observation.amount for observation in seen} == pytest.approx(
        {"2018": one, "2019": one, "new": one, "all": 1.5 * one}, rel=1e-6
    )


def test_a_series_may_be_of_sources_and_of_files_of_ones_own():
    series = Evidence(periods={2018: "amazon_mining_2018", 2024: "visits/2024.csv", 2025: "v2025.gpkg"}, where={"a": 1})
    assert [(part.period, part.source, part.file) for part in series.parts()] == [
        ("2018", "amazon_mining_2018", None), ("2024", None, "visits/2024.csv"), ("2025", None, "v2025.gpkg"),
    ]  # fmt: skip
    assert all(part.where == {"a": 1} for part in series.parts())


@pytest.mark.parametrize(
    "searched",
    [{}, {"buffer_km": 0}, {"buffer_km": 50, "source": "a"}, {"source": "a", "file": "b"}, {"buffer_km": "50"}],
)
def test_where_was_looked_is_said_in_one_way(searched):
    with pytest.raises(ValidationError):
        Evidence.model_validate({"source": "a", "searched": searched})


WORK = """\
id,longitude,latitude,mineral,workers,visited
1,-70.50,-13.00,Gold,12,on site
2,-70.40,-13.00,gold,0,on site
3,-70.30,-13.00,Gold,,from the village
4,-70.20,-13.00,Gold + tin,3.5,
"""


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ({"mineral": ["Gold", "Gold + tin"]}, [-70.5, -70.3, -70.2]),
        ({"workers": {"at_least": 1}}, [-70.5, -70.2]),
        ({"workers": {"at_least": 0, "at_most": 11}}, [-70.4, -70.2]),
        ({"visited": {"other_than": ["from the village"]}}, [-70.5, -70.4, -70.2]),
        ({"mineral": "Gold", "workers": {"at_least": 1}}, [-70.5]),
        ({"mineral": {"at_least": 1}}, "feature 1: mineral is 'Gold', a number was expected, since where gives it"),
        ({"id": [2, 3, 4], "mineral": {"at_most": 1}}, "feature 2: mineral is 'gold', a number was expected"),
        ({"workers": {"at_least": 50}}, r"no feature has workers at least 50\.0; it has '12', '0', 'nothing'"),
        ({"mineral": ["tin", "iron"]}, "no feature has mineral = 'tin' or 'iron'; it has 'Gold'"),
        ({"mineral": {"other_than": ["Gold", "gold", "Gold + tin"]}}, r"no feature has mineral other than \['Gold'"),
    ],
)
def test_a_choice_names_several_values_or_limits(tmp_path, where, kept):
    path = tmp_path / "visits.csv"
    path.write_text(WORK)
    evidence = Evidence.model_validate({"file": str(path), "where": where})
    if isinstance(kept, str):
        with pytest.raises(InputError, match=kept):
            read_evidence(path, evidence)
    else:
        assert read_evidence(path, evidence).geometry.x.tolist() == kept


@pytest.mark.parametrize("wanted", [{}, [], None, {"least": 1}, {"at_least": "1"}, {"at_least": 1, "other_than": [2]}])
def test_a_choice_that_says_nothing_or_too_much_is_refused(wanted):
    with pytest.raises(ValidationError):
        Evidence.model_validate({"file": "x", "where": {"workers": wanted}})
