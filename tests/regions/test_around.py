"""Regions around geometries of a user's own: what a notebook gets, and what it is told of bad input."""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod

import asmgold
from tests.conftest import PROJECT

GEOD = Geod(ellps="WGS84")
CAMPS = gpd.GeoDataFrame(
    {"km": [5, 20, 10], "metal": ["gold", "tin", "gold"]},
    geometry=gpd.points_from_xy([-70, -69.9, 179.95], [-13, -13.1, 0]),
    crs=4326,
)


def test_the_lines_on_the_page_run_and_give_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    page = (PROJECT / "docs/library.md").read_text("utf-8")
    (lines,) = re.findall(r"```python\n(.+?)```", page, re.DOTALL)
    found: dict[str, gpd.GeoDataFrame] = {}
    exec(lines, found)
    assert "n_features" in capsys.readouterr().out
    regions = found["regions"]
    assert regions["region"].tolist() == [1, 2]
    assert regions["n_features"].tolist() == [2, 1]
    assert regions["area_km2"][1] == pytest.approx(np.pi * 10**2, rel=2e-4)
    assert (regions["edge_error_max_m"] <= 5).all()
    assert regions.crs == 4326


def test_one_number_a_column_and_an_array_say_the_same() -> None:
    by_column, by_array = asmgold.regions_of(CAMPS, "km"), asmgold.regions_of(CAMPS, CAMPS["km"])
    assert by_column.equals(by_array)
    assert asmgold.regions_of(CAMPS, 7).equals(asmgold.regions_of(CAMPS, [7, 7, 7]))


def test_regions_of_each_value_may_overlap_those_of_another() -> None:
    regions = asmgold.regions_of(CAMPS, "km", dissolve_by="metal")
    assert regions["metal"].tolist() == ["tin", "gold", "gold"]
    assert regions["region"].tolist() == [1, 2, 3]
    assert regions["n_features"].tolist() == [1, 1, 1]
    assert regions.geometry[0].intersects(regions.geometry[2])


def test_lines_and_polygons_of_another_crs() -> None:
    box = shapely.box(300_000, 8_500_000, 310_000, 8_505_000)
    shapes = gpd.GeoDataFrame(
        geometry=[box, shapely.LineString([(400_000, 8_500_000), (420_000, 8_500_000)])], crs=32719
    )
    regions = asmgold.regions_of(shapes, 1.0)
    # The plane of UTM is true to 0.1 % here: area, strips along the edges, a disc for the corners or the two ends.
    assert regions["area_km2"].tolist() == pytest.approx([50 + 30 + np.pi, 40 + np.pi], rel=2e-3)


@pytest.mark.parametrize(
    ("radius", "message"),
    [
        ([5, 0, 5], r"row 1: the radius is 0: "),
        ([5, 5, -2], r"row 2: the radius is -2: "),
        (["far", 5, 5], r"row 0: the radius is 'far': "),
        ([5, None, 5], r"row 1: the radius is None: "),
        ([5, float("nan"), 5], r"row 1: the radius is nan: "),
        (1000.5, r"row 0: the radius is 1000.5: more than 0 and at most 1000 km was expected"),
        ([5, 5], r"one number, or one for each of 3 rows"),
    ],
)
def test_a_radius_that_is_none_is_named_with_its_row(radius: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        asmgold.regions_of(CAMPS, radius)


def test_without_a_crs_or_rows_there_are_no_regions() -> None:
    with pytest.raises(ValueError, match="no CRS"):
        asmgold.regions_of(gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)]), 5)
    with pytest.raises(ValueError, match="at least one row"):
        asmgold.regions_of(CAMPS.head(0), 5)
