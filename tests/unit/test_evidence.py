"""Evidence on made layers whose capture is known."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from pyproj import Geod
from rio_cogeo.cogeo import cog_validate

from asmgold.config.models import Evidence, Strata
from asmgold.errors import InputError
from asmgold.evidence.capture import capture, missed_mining, observed_by_overlay
from asmgold.evidence.land import land_cells
from asmgold.evidence.null_models import null_model_capture, random_points, strata_of
from asmgold.evidence.observations import collect_observations
from asmgold.evidence.production import production, returns_to_round_kilograms
from asmgold.evidence.radius_curve import radius_curve
from asmgold.evidence.sampling import weighted_points
from asmgold.evidence.sensitivity import Configuration, sensitivity
from asmgold.evidence.uncertainty import position_uncertainty, write_probability
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.geodesy.union import union_of_discs, unions_of_discs
from asmgold.records.classify import classify
from asmgold.schemas.evidence import PRODUCTION
from asmgold.schemas.rasters import PROBABILITY
from asmgold.schemas.tables import CRS, READ_RECORDS
from asmgold.sources.evidence import _period, read_evidence
from asmgold.sources.small_tables import read_production, read_published
from asmgold.sources.vector import read_layer

GEOD = Geod(ellps="WGS84")
AREA = shapely.box(-71, -14, -69, -12)
WEST, EAST = shapely.box(-71, -14, -70, -12), shapely.box(-70, -14, -69, -12)
ZONES = {"area": AREA, "west:inside": WEST}
R = 20_000.0
RNG = np.random.default_rng(7)


def layer(*shapes, period=None):
    return gpd.GeoDataFrame({"period": pd.Series([period] * len(shapes), dtype=object)}, geometry=list(shapes), crs=CRS)


def observed(*shapes, zones=ZONES):
    return collect_observations([("e", None, layer(*shapes))], zones)


def table(*shapes):
    return gpd.GeoDataFrame(geometry=list(shapes), crs=CRS)


def sites_at(*positions):
    lon, lat = np.array(positions, float).reshape(-1, 2).T
    return gpd.GeoDataFrame(
        {"record_id": [f"mrds:{n}" for n in range(lon.size)], "longitude": lon, "latitude": lat},
        geometry=gpd.points_from_xy(lon, lat),
        crs=CRS,
    )


def row(frame, **values):
    for key, value in values.items():
        frame = frame[frame[key] == value]
    assert len(frame) == 1
    return frame.iloc[0]


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
        chance = null_model_capture(points, sites_at((-70.5, -13)), AREA, None, radius_m=R, draws=20, seed=1)
        assert chance["p_value"].isna().all()
        curve, quantiles = radius_curve(land_cells(ZONES, AREA), points, [-70.5], [-13.0])
        assert curve["capture"].isna().all()
        assert quantiles["radius_km"].isna().all()


def test_without_regions_all_is_missed_and_without_sites_no_distance_is_known():
    piece = shapely.box(-70.2, -13, -70.1, -12.9)
    found = capture(observed(piece), ZONES, table())
    assert (found["capture"] == 0).all()
    assert found["lift"].isna().all()
    left = missed_mining(observed(piece), AREA, table(), sites_at())
    assert left["distance_km"].isna().all()
    assert left["area_km2"].sum() == pytest.approx(found["observed"].iloc[0])


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
        assert by_west.loc[west, "area_km2"] == pytest.approx(float(polygon_area(whole)[0]) / 2e6, rel=1e-9)


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
        (pd.Timestamp(2019, 5, 3), "2019"), (" ", "unknown"), (None, "unknown"),
    ],
)  # fmt: skip
def test_of_a_date_the_year_counts_however_it_is_written(written, period):
    assert _period(written) == period


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
    assert of_area["observed"].to_dict() == {"2013": 1, "2016": 2, "all": 2}
    assert of_area["capture"].to_dict() == {"2013": 1.0, "2016": 0.5, "all": 0.5}


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


# --- distances instead of overlays


def scattered_polygons(n=60):
    centre = RNG.uniform([-70.9, -13.9], [-69.1, -12.1], (n, 2))
    size = RNG.uniform(0.001, 0.06, (n, 2))
    return [shapely.box(x - a, y - b, x + a, y + b) for (x, y), (a, b) in zip(centre, size, strict=True)]


def test_weighted_points_give_the_capture_of_the_polygons():
    observations = observed(*scattered_polygons())
    points = weighted_points(observations, ZONES, AREA)
    np.testing.assert_allclose(points.weights.sum(axis=1), points.observed, rtol=1e-6)
    lon, lat = RNG.uniform(-71, -69, 12), RNG.uniform(-14, -12, 12)
    radii = [5.0, 10.0, 20.0, 40.0]
    curve, _ = radius_curve(land_cells(ZONES, AREA), points, lon, lat, radii)
    for radius, discs in zip(radii, unions_of_discs(lon, lat, np.array(radii) * 1000), strict=True):
        regions = table(*shapely.intersection(discs, AREA))
        exact = capture(observations, ZONES, regions).set_index("zone")
        near = curve[curve["radius_km"] == radius].set_index("zone")
        np.testing.assert_allclose(near["capture"], exact["capture"], atol=0.004)
        np.testing.assert_allclose(near["land_share"], exact["land_share"], atol=0.001)


def test_what_lies_outside_the_area_counts_as_observed_but_never_as_inside():
    zones = {"area": AREA, "wide:inside": shapely.box(-71, -14, -67, -12)}
    piece = shapely.box(-69.01, -13, -68.99, -12.99)  # half of it outside the area
    observations = observed(piece, zones=zones)
    site = union_of_discs([-69.0], [-13.0], R)
    exact = capture(observations, zones, table(*shapely.intersection(site, AREA))).set_index("zone")["capture"]
    curve, _ = radius_curve(
        land_cells(zones, AREA), weighted_points(observations, zones, AREA), [-69.0], [-13.0], [20.0]
    )
    np.testing.assert_allclose(exact[["area", "wide:inside"]], [1, 0.5])
    np.testing.assert_allclose(curve["capture"], [1, 0.5])
    np.testing.assert_allclose(curve["land_share"].iloc[1], curve["land_share"].iloc[0] / 2, rtol=0.001)


def test_the_radius_of_capture_is_the_distance_of_the_point_that_completes_the_share():
    lon, lat, _ = GEOD.fwd([-70.0] * 10, [-13.0] * 10, np.linspace(0, 300, 10), np.arange(1, 11) * 3000.0)
    points = weighted_points(observed(*shapely.points(lon, lat)), {"area": AREA}, AREA)
    _, quantiles = radius_curve(land_cells({"area": AREA}, AREA), points, [-70.0], [-13.0])
    np.testing.assert_allclose(quantiles["radius_km"], [15, 24, 27, 30], atol=1e-4)


def test_fifty_radii_cost_less_than_three_times_one():
    cells, points = land_cells(ZONES, AREA), weighted_points(observed(*scattered_polygons()), ZONES, AREA)
    lon, lat = RNG.uniform(-71, -69, 200), RNG.uniform(-14, -12, 200)

    def seconds(radii):
        begin = time.process_time()
        radius_curve(cells, points, lon, lat, radii)
        return time.process_time() - begin

    assert min(seconds(range(1, 51)) for _ in range(3)) < 3 * min(seconds([20.0]) for _ in range(3))


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
        sites_at(*positions), AREA, strata, radius_m=R, draws=draws, seed=seed,
    )  # fmt: skip


def test_mining_at_the_sites_is_no_chance_and_mining_elsewhere_is():
    sites = [(-70.8, -13.8), (-70.8, -12.2)]
    small = [shapely.box(x - 0.01, y - 0.01, x + 0.01, y + 0.01) for x, y in sites]
    assert chance_of(small, sites)["p_value"].item() == pytest.approx(0.01)
    assert chance_of(small, sites)["capture"].item() == pytest.approx(1)
    assert chance_of([shapely.box(-69.3, -13, -69.2, -12.9)], sites)["p_value"].item() == 1


def test_mining_everywhere_is_captured_by_the_share_of_land_that_the_draws_cover():
    lattice = np.meshgrid(np.linspace(-70.99, -69.01, 160), np.linspace(-13.99, -12.01, 160))
    found = chance_of([shapely.multipoints(np.stack(lattice, axis=-1).reshape(-1, 2))], [(-70, -13)], draws=400)
    disc, area = np.pi * 20**2, float(polygon_area(AREA)[0]) / 1e6
    assert found["capture"].item() == pytest.approx(disc / area, rel=0.02)
    # A disc near the border is cut: the mean is a little less.
    assert 0.8 * disc / area < found["mean"].item() < disc / area
    assert found["highest"].item() <= 1.03 * disc / area


def test_within_strata_each_keeps_its_sites():
    sites = [(-70.8, -13.8), (-70.8, -12.2), (-70.5, -13)]
    far_east = [shapely.box(-69.1, -13, -69.05, -12.9)]
    halves = gpd.GeoDataFrame({"side": ["west", "east"]}, geometry=[WEST, EAST], crs=CRS)
    found = chance_of(far_east, sites, strata_of(halves, AREA, "side")).set_index("placed")
    assert found.loc["area", "highest"] > 0
    assert found.loc["strata", "highest"] == 0
    # What no stratum covers is one, too.
    found = chance_of(far_east, sites, strata_of(table(EAST), AREA)).set_index("placed")
    assert found.loc["strata", "highest"] == 0


def river():
    """A river along the parallel of 13 degrees south, with a bend in it."""
    return table(shapely.LineString([(-71.5, -13), (-70, -13.001), (-68.5, -13)]))


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
    found = chance_of(along, sites, strata_of(river(), AREA, bands_km=[2])).set_index("placed")
    assert found.loc["area", "p_value"] < 0.05
    assert found.loc["strata", "p50"] > found.loc["area", "p95"]
    far = [shapely.box(-70.01, -12.31, -69.99, -12.29)]
    assert chance_of(far, sites, strata_of(river(), AREA, bands_km=[2])).set_index("placed")["highest"]["strata"] == 0


def test_a_stratum_with_a_site_and_no_land_is_refused(monkeypatch):
    monkeypatch.setattr("asmgold.evidence.null_models.MIN_TRIALS", 10_000)
    with pytest.raises(InputError, match="holds a site but hardly any land"):
        chance_of([shapely.Point(-70, -13)], [(-70.0, -13.001)], strata_of(river(), AREA, bands_km=[0.04]))


def test_sites_across_the_border_stay_where_they_are():
    at_border = [shapely.box(-68.99 - 0.02, -13, -69, -12.99)]
    found = chance_of(at_border, [(-68.95, -13)])
    np.testing.assert_allclose(found[["capture", "p05", "p95"]].astype(float), 1)


def test_the_same_seed_gives_the_same_draws_and_another_one_others():
    polygons, sites = scattered_polygons(20), [(-70.5, -13.2), (-69.5, -12.8), (-70.1, -13.5)]
    first, again, other = (chance_of(polygons, sites, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert first["mean"].item() != other["mean"].item()


# --- sensitivity


def records_at(*rows):
    """Rows as read: longitude, source, role of gold, status."""
    return READ_RECORDS.validate(
        pd.DataFrame(
            [
                {
                    "record_id": f"{source}:{number}", "source": source, "row": number, "name": None,
                    "country_reported": None, "longitude_text": str(lon), "latitude_text": "-13.0",
                    "commodities": ["Gold"], "commodity_role": role, "status": status, "deposit_type": None,
                    "url": None, "fault": None,
                }
                for number, (lon, source, role, status) in enumerate(rows, start=1)
            ]
        )
    )  # fmt: skip


def test_each_choice_is_made_alone_and_statuses_are_told_where_records_state_them():
    rows = records_at(
        (-70.8, "mrds", "primary", "Producer"), (-70.2, "mrds", "secondary", "Past Producer"),
        (-69.5, "major_deposits", "listed", None), (-69.2, "mrds", "refinery", "Plant"),
        (-68.9, "mrds", "primary", "Occurrence"),
    )  # fmt: skip
    settings = {"buffer_m": R, "tolerance_m": 5, "include_refineries": False}
    records = classify(rows, table(AREA), None, (), **settings)
    patches = [shapely.box(lon - 0.01, -13.01, lon + 0.01, -12.99) for lon in (-70.8, -70.2, -69.5, -69.2)]
    configured = Configuration(buffer_km=20, tolerance_m=5, include_refineries=False, with_corrections=False)
    found = sensitivity(records, ZONES, observed(*patches), configured).fillna({"variant": ""})
    of_area = found[found["zone"] == "area"].set_index(["choice", "variant"])
    assert "corrections" not in of_area.index.get_level_values("choice")
    captured = {
        ("configured", ""): (4, 0.75), ("radius", "50 km"): (4, 1), ("gold", "primary product only"): (2, 0.25),
        ("records", "mrds only"): (3, 0.5), ("records", "major_deposits only"): (1, 0.25), ("refineries", "in"): (5, 1),
        ("status", "producer only"): (1, 0.25), ("status", "past producer only"): (1, 0.25),
        ("status", "occurrence only"): (1, 0), ("planar buffer", "EPSG:3857"): (4, 0.75),
        ("planar buffer", "UTM zone"): (4, 0.75),
    }  # fmt: skip
    for variant, (sites, share) in captured.items():
        assert of_area.loc[variant, "sites"] == sites, variant
        assert of_area.loc[variant, "capture"] == pytest.approx(share, abs=1e-3), variant
    assert ("status", "prospect only") not in of_area.index
    # EPSG:3857 stretches by 1 / cos 13 degrees, so that what it takes for 20 km is less.
    naive = of_area.loc[("planar buffer", "EPSG:3857"), "regions_km2"] / of_area.loc[("configured", ""), "regions_km2"]
    assert naive == pytest.approx(np.cos(np.radians(13)) ** 2, abs=0.02)


# --- position uncertainty


def vary(positions, precision_m, draws=50, shapes=(), seed=1):
    cells = land_cells(ZONES, AREA)
    candidates = pd.DataFrame(positions, columns=["longitude", "latitude"]).assign(precision_m=precision_m)
    observations = observed(*shapes) if shapes else []
    bands, probability = position_uncertainty(
        cells, weighted_points(observations, ZONES, AREA), candidates, radius_m=R, draws=draws, seed=seed
    )
    return cells, bands.set_index(["figure", "zone"]), probability


def test_exact_positions_leave_no_doubt():
    cells, bands, probability = vary([(-70.2, -13.0)], 0.001)
    disc = float(polygon_area(union_of_discs([-70.2], [-13.0], R))[0]) / 1e6
    found = bands.loc[("regions_km2", "area")]
    assert found["p05"] == pytest.approx(disc, rel=0.006)
    assert found["p95"] - found["p05"] < 0.01 * disc
    distance = GEOD.inv(cells.lon, cells.lat, np.full(cells.lon.size, -70.2), np.full(cells.lon.size, -13.0))[2]
    np.testing.assert_array_equal(probability[np.abs(distance - R) > 1], (distance <= R)[np.abs(distance - R) > 1])


def test_a_coarse_position_blurs_the_edge_by_half_a_step():
    step_deg = 0.1
    cells, bands, probability = vary([(-70.2, -13.0)], step_deg * 111_320, draws=400)
    disc = float(polygon_area(union_of_discs([-70.2], [-13.0], R))[0]) / 1e6
    # A lone disc keeps its area wherever it lies.
    assert bands.loc[("regions_km2", "area"), "p05"] == pytest.approx(disc, rel=0.01)
    assert bands.loc[("regions_km2", "area"), "p95"] == pytest.approx(disc, rel=0.01)
    # Due east of it what counts is, nearly, where the longitude of the site falls within its step.
    east = GEOD.fwd(-70.2, -13.0, 90, R)[0]
    for shift, expected in ((-0.06, 1.0), (-0.025, 0.75), (0, 0.5), (0.025, 0.25), (0.06, 0.0)):
        cell = np.argmin((cells.lon - east - shift) ** 2 + (cells.lat + 13.0) ** 2)
        exact_shift = cells.lon[cell] - east
        expected = np.clip(0.5 - exact_shift / step_deg, 0, 1)
        # The disc bulges: displaced north or south by up to half a step it reaches up to 0.7 km less far east.
        assert expected - 0.12 < probability[cell] < expected + 0.08


def test_neighbours_that_stand_on_one_point_cover_more_once_they_move():
    _, bands, _ = vary([(-70.2, -13.0)] * 5, 11_132.0)
    found = bands.loc[("regions_km2", "area")]
    assert found["p05"] > found["stated"]


def test_captures_have_a_band_too():
    shapes = [shapely.box(-70.5, -13.05, -70.3, -12.95)]  # across the western edge of the disc
    _, bands, _ = vary([(-70.2, -13.0)], 11_132.0, shapes=shapes)
    found = bands.loc[("capture", "area")]
    assert 0 < found["p05"] < found["p95"] <= 1
    lift = found["stated"] / bands.loc[("land_share", "area"), "stated"]
    assert bands.loc[("lift", "area"), "stated"] == pytest.approx(lift)
    assert bands.loc[("lift", "area"), "p05"] < lift < bands.loc[("lift", "area"), "p95"]


def test_the_probability_is_a_cloud_optimised_raster_on_whole_multiples(tmp_path):
    odd = shapely.box(-70.503, -13.504, -69.3, -12.7)
    cells = land_cells({"area": odd}, odd)
    assert cells.km2.sum() == pytest.approx(float(polygon_area(odd)[0]) / 1e6, rel=1e-6)
    candidates = pd.DataFrame({"longitude": [-70.0], "latitude": [-13.0], "precision_m": [1113.2]})
    _, probability = position_uncertainty(
        cells, weighted_points([], {"area": odd}, odd), candidates, radius_m=R, draws=20, seed=1
    )
    paths = [tmp_path / "one.tif", tmp_path / "two.tif"]
    for path in paths:
        write_probability(probability, cells, path, replace(PROBABILITY, title="How often"), {"SOURCE": "Made"})
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert cog_validate(paths[0])[0]
    with rasterio.open(paths[0]) as raster:
        assert raster.crs == CRS
        assert (raster.descriptions, raster.tags()["SOURCE"], raster.nodata) == (("How often",), "Made", -9999)
        assert raster.res == pytest.approx((1 / 120, 1 / 120))
        np.testing.assert_allclose(np.array(raster.bounds) * 120, [-8461, -1621, -8316, -1524], atol=1e-6)
        at = list(raster.sample([(-70.0, -13.0), (-70.45, -13.45)]))
        assert np.ravel(at).tolist() == [1.0, 0.0]
        values = raster.read(1)
        assert values.shape == (97, 145)
        assert ((values >= 0) & (values <= 1)).all()


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
        ["e", "2018"], ["e", "2019"], ["e", "2020"], ["e", "all"], ["e", "2019-2020"], ["Them", "2019 to 2020"],
    ]  # fmt: skip
    shares = found.set_index("period")["share_inside"]
    np.testing.assert_allclose(shares[["2018", "2019", "2020", "2019 to 2020"]], [0.5, 1, 0.5, 0.7])
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
        ("overlay,series\n", "has no column 'period'"),
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
