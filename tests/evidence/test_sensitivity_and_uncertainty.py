"""What the configuration and the precision of positions change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rio_cogeo.cogeo import cog_validate

from asmgold.config.models import Correction
from asmgold.evidence.land import land_cells
from asmgold.evidence.sampling import weighted_points
from asmgold.evidence.sensitivity import Configuration, sensitivity
from asmgold.evidence.uncertainty import position_uncertainty, write_probability
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.geodesy.union import union_of_discs
from asmgold.records.classify import classify
from asmgold.schemas.rasters import PROBABILITY
from asmgold.schemas.tables import CRS, READ_RECORDS
from tests.evidence.conftest import AREA, GEOD, ZONES, R, observed, row, table

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
                    "operation_type": None,
                    "url": None, "fault": None,
                    "category": None, "precision_m": None, "radius_km": None, "shape": None,
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
    settings = {"buffer_m": R, "tolerance_m": 5, "include_plants": False, "exclude_administrative": False}
    records = classify(rows, table(AREA), None, (), **settings)
    patches = [shapely.box(lon - 0.01, -13.01, lon + 0.01, -12.99) for lon in (-70.8, -70.2, -69.5, -69.2)]
    configured = Configuration(
        buffer_km=20, tolerance_m=5, include_plants=False, exclude_administrative=False, with_corrections=False
    )
    found = sensitivity(records, ZONES, observed(*patches), configured).fillna({"variant": ""})
    of_area = found[found["zone"] == "area"].set_index(["choice", "variant"])
    assert "corrections" not in of_area.index.get_level_values("choice")
    captured = {
        ("configured", ""): (4, 0.75), ("radius", "50 km"): (4, 1), ("gold", "primary product only"): (2, 0.25),
        ("records", "mrds only"): (3, 0.5), ("records", "major_deposits only"): (1, 0.25), ("plants", "in"): (5, 1),
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


def test_without_corrections_records_lie_where_they_were_read():
    rows = records_at((-70.5, "mrds", "primary", None), (70.2, "mrds", "primary", None))
    sign_lost = Correction(
        id="sign_lost", record="mrds:2", expect={"longitude": 70.2}, set={"longitude": -70.2}, reason="x", evidence="x"
    )
    settings = {"buffer_m": R, "tolerance_m": 5, "include_plants": False, "exclude_administrative": False}
    records = classify(rows, table(AREA), None, [sign_lost], **settings)
    configured = Configuration(
        buffer_km=20, tolerance_m=5, include_plants=False, exclude_administrative=False, with_corrections=True
    )
    found = sensitivity(records, ZONES, [], configured)
    assert row(found, zone="area", choice="configured")["sites"] == 2
    assert row(found, zone="area", choice="corrections", variant="off")["sites"] == 1


# --- position uncertainty


def vary(positions, precision_m, draws=50, shapes=(), seed=1):
    cells = land_cells(ZONES, AREA)
    candidates = pd.DataFrame(positions, columns=["longitude", "latitude"]).assign(
        precision_m=precision_m, buffer_km=R / 1000
    )
    observations = observed(*shapes) if shapes else []
    bands, probability = position_uncertainty(
        cells, weighted_points(observations, ZONES, AREA), candidates, draws=draws, seed=seed
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
    candidates = pd.DataFrame(
        {"longitude": [-70.0], "latitude": [-13.0], "precision_m": [1113.2], "buffer_km": [R / 1000]}
    )
    _, probability = position_uncertainty(cells, weighted_points([], {"area": odd}, odd), candidates, draws=20, seed=1)
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
