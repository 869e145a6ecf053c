"""Regions are called by their rank and a place in them."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from asmgold.config.models import Towns
from asmgold.errors import InputError
from asmgold.regions.names import region_names
from asmgold.sources.vector import read_towns

REGIONS = gpd.GeoDataFrame(
    {"region_id": ["Ra", "Rb", "Rc"]}, geometry=[shapely.box(x, 0, x + 1, 1) for x in (0, 10, 20)], crs=4326
)
SITES = pd.DataFrame(
    {
        "region_id": ["Ra", "Rb", "Rb", "Rc"],
        "name": ["Mina A", "Unknown", "Mina B", None],
        "flags": [[], ["name_missing"], [], ["name_missing"]],
    }
)


def towns(*rows: tuple[str, float, float]) -> gpd.GeoDataFrame:
    names, people, lon = zip(*rows, strict=True)
    points = gpd.points_from_xy(lon, [0.5] * len(lon))
    return gpd.GeoDataFrame({"name": names, "population": people}, geometry=points, crs=4326)


def test_the_largest_settlement_inside_then_a_named_site_then_the_nearest_settlement():
    around = towns(("Small", 500, 0.5), ("Large", 9000, 0.9), ("Elsewhere", 10**6, 22))
    assert region_names(REGIONS, SITES, around) == ["1 · Large", "2 · Mina B", "3 · near Elsewhere"]
    assert region_names(REGIONS, SITES, around, "es")[2] == "3 · cerca de Elsewhere"


def test_without_settlements_sites_name_regions_and_the_rank_stands_alone_where_none_has_a_name():
    assert region_names(REGIONS, SITES) == ["1 · Mina A", "2 · Mina B", "3"]


def test_towns_are_read_from_a_table_with_fields_of_other_names(tmp_path):
    path = tmp_path / "towns.csv"
    path.write_text("town,people,lon,lat\nOne,10,1,2\nTwo,,3,4\n,5,5,6\n")
    read = read_towns(path, Towns(file=str(path), name_field="town", population_field="people"))
    assert read[["name", "population"]].to_numpy().tolist() == [["One", 10.0], ["Two", 0.0]]
    with pytest.raises(InputError, match="has no field 'name', its fields are town, people"):
        read_towns(path, Towns(file=str(path)))
