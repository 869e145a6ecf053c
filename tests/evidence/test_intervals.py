"""The intervals of capture, land and lift against made worlds whose truth is known."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest
import shapely

from asmgold.evidence.capture import capture
from asmgold.evidence.intervals import block_of, intervals, with_intervals, with_verdicts
from asmgold.evidence.observations import collect_observations
from asmgold.evidence.sampling import weighted_points
from tests.evidence.conftest import AREA, WEST, layer, row, table

SQUARE = shapely.box(-5, -5, 5, 5)
STRIPES = [shapely.box(x, -5, x + 0.5, 5) for x in range(-5, 5)]


def world(rng, fields=80, of_field=12):
    """Fields of mining, each wholly in a region (stripes that cover half of the land) with a chance of two thirds."""
    column, is_inside = rng.integers(-5, 5, fields), rng.random(fields) < 2 / 3
    centre = np.column_stack([column + np.where(is_inside, 0.25, 0.75), rng.uniform(-4.9, 4.9, fields)])
    return shapely.points((centre[:, None] + rng.normal(0, 0.03, (fields, of_field, 2))).reshape(-1, 2))


def intervals_of(shapes, regions, area=AREA, **further):
    zones = {"area": area}
    observations = collect_observations([("e", None, layer(*shapes))], zones)
    found, _ = intervals(weighted_points(observations, zones, area), zones, table(*regions), seed=3, **further)
    return with_intervals(capture(observations, zones, table(*regions)), found).iloc[0], found


def times_covered(worlds):
    rng = np.random.default_rng(11)
    found = [intervals_of(world(rng), STRIPES, SQUARE, blocks_deg=[0.5])[0] for _ in range(worlds)]
    return np.mean([one["capture_low"] <= 2 / 3 <= one["capture_high"] for one in found])


def test_the_interval_holds_the_truth_of_most_made_worlds():
    assert times_covered(3) == 1


@pytest.mark.thorough
def test_the_interval_holds_the_truth_of_about_95_in_100_made_worlds():
    worlds, spread = (400, 0.02) if os.environ.get("ASMGOLD_THOROUGH") == "1" else (80, 0.05)
    assert times_covered(worlds) == pytest.approx(0.95, abs=spread)


def test_the_more_fields_the_narrower_and_mining_everywhere_leaves_no_doubt():
    rng = np.random.default_rng(4)
    few, many = (intervals_of(world(rng, n), STRIPES, SQUARE, blocks_deg=[1.0])[0] for n in (20, 300))
    assert many["capture_high"] - many["capture_low"] < 0.6 * (few["capture_high"] - few["capture_low"])
    assert few["blocks_effective"] < 20 < many["blocks_effective"]
    sure, _ = intervals_of(world(rng), [SQUARE], SQUARE, blocks_deg=[1.0])
    assert sure[["capture_low", "capture_high", "land_low", "land_high"]].tolist() == [1, 1, 1, 1]


def test_a_field_in_one_place_says_nothing_of_chance():
    found, _ = intervals_of([shapely.box(-70.51, -13.01, -70.5, -13)], [WEST])
    assert found["capture"] == 1
    assert found["blocks_effective"] == pytest.approx(1, abs=0.2)
    assert found[["capture_low", "lift_low"]].isna().all()
    assert found["land_low"] <= 0.5 <= found["land_high"]


@pytest.mark.parametrize("width_km", [40, 80, 120])
def test_blocks_are_as_wide_as_the_mining_is_alike(width_km):
    # Bands of mining are in turn inside and outside. At 0.8 of their width as many pairs are of two bands as of one.
    degrees = width_km / 111.2
    places = np.stack(np.meshgrid(np.arange(-5, 5, 0.1), np.arange(-1, 1, 0.1)), axis=-1).reshape(-1, 2)
    zones = {"area": SQUARE}
    points = weighted_points(collect_observations([("e", None, layer(*shapely.points(places)))], zones), zones, SQUARE)
    found = block_of(points, np.floor(points.lon / degrees) % 2 == 0, "e")
    assert found == pytest.approx(0.8 * degrees, abs=0.15)


def test_each_size_of_block_has_its_row_and_the_same_seed_the_same_bytes():
    shapes = world(np.random.default_rng(1), 10)
    (_, first), (_, again) = (intervals_of(shapes, STRIPES, SQUARE) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    assert first["block_basis"].tolist() == ["range", "fixed", "fixed", "fixed"]
    assert (
        row(first, block_deg=1.0)["blocks_effective"]
        < row(first, block_basis="fixed", block_deg=0.25)["blocks_effective"]
    )


def test_without_evidence_or_mining_there_is_no_interval():
    found, _ = intervals_of([shapely.Point(0, 0)], [WEST])
    assert found[["capture_low", "lift_high"]].isna().all()
    zones = {"area": AREA}
    assert all(found.empty for found in intervals(weighted_points([], zones, AREA), zones, table(WEST), seed=1))


def test_the_trend_is_a_line_through_the_years_after_the_first():
    """Fields that lie in a region with a chance that falls from year to year."""
    rng, chances, zones = np.random.default_rng(4), (0.1, 0.9, 0.7, 0.5, 0.3), {"area": SQUARE}
    layers = []
    for year, chance in enumerate(chances, 2018):
        column, is_inside = rng.integers(-5, 5, 60), np.arange(60) < 60 * chance
        centre = np.column_stack([column + np.where(is_inside, 0.25, 0.75), rng.uniform(-4.9, 4.9, 60)])
        layers.append(("e", str(year), layer(*shapely.points(centre))))
    points = weighted_points(collect_observations(layers, zones), zones, SQUARE)
    _, trend = intervals(points, zones, table(*STRIPES), seed=3)
    found = row(trend, zone="area")
    assert (found["first"], found["last"]) == (2019, 2022)  # the first is the stock
    assert found["slope"] == pytest.approx(-0.2)
    assert found["slope_low"] < -0.2 < found["slope_high"] < 0
    _, none = intervals(
        weighted_points(collect_observations(layers[:3], zones), zones, SQUARE), zones, table(*STRIPES), seed=3
    )
    assert none.empty


@pytest.mark.parametrize(
    ("sites", "observed", "blocks", "low", "high", "verdict"),
    [
        (500, 10, 4.0, 0.5, 0.97, "measured"),
        (10, 10, 4.0, 0.5, 0.97, "measured"),
        (9, 10, 4.0, 0.5, 0.97, "too_few_sites"),
        (500, 10, 1.5, np.nan, np.nan, "too_few_fields"),
        (500, 10, 2.0, 1.0, 1.0, "too_few_fields"),
        (500, 10, 3.0, 0.0, 1.0, "too_few_fields"),
        (3, 0, 0.0, np.nan, np.nan, "nothing_seen"),
    ],
)
def test_a_figure_may_be_quoted_only_where_the_records_suffice(sites, observed, blocks, low, high, verdict):
    captured = pd.DataFrame(
        {"observed": [observed], "blocks_effective": [blocks], "capture_low": [low], "capture_high": [high]}
    )
    assert with_verdicts(captured, sites)["verdict"].tolist() == [verdict]
