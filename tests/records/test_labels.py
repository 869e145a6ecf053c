"""What a record without a name is called: where it lies, told from what has a name."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from asmgold.records.labels import labels

WINDS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


def records(*rows: tuple[str | None, float, float]) -> pd.DataFrame:
    table = pd.DataFrame(list(rows), columns=["name", "longitude", "latitude"])
    return table.assign(flags=[[] if isinstance(name, str) else ["name_missing"] for name in table["name"]])


def test_a_name_is_its_own_label() -> None:
    assert [*labels(records(("Huaron", -76.4, -11.0)), {})] == ["Huaron"]


@pytest.mark.parametrize("azimuth", range(0, 360, 15))
def test_the_wind_and_the_distance_are_those_of_the_geodesic(azimuth: int) -> None:
    lon, lat, _ = Geod(ellps="WGS84").fwd(-70.0, -12.0, azimuth + 1, 12_000)
    label = labels(records(("Huepetuhe", -70.0, -12.0), (None, lon, lat)), {})[1]
    assert label == f"unnamed, 12 km {WINDS[round((azimuth + 1) / 45) % 8]} of Huepetuhe"


def test_across_180_degrees_the_nearest_is_the_nearest() -> None:
    label = labels(records(("Vatukoula", 179.95, -17.5), ("Far", 178.0, -17.5), (None, -179.95, -17.5)), {})[2]
    assert label == "unnamed, 11 km E of Vatukoula"


def test_the_division_stands_behind_and_spanish_has_its_own_winds() -> None:
    divisions = {
        "departments": gpd.GeoDataFrame({"name": ["Puno"]}, geometry=[shapely.box(-71, -16, -69, -13)], crs=4326)
    }
    table = records(("La Rinconada", -69.45, -14.63), (None, -69.55, -14.73), (None, -69.45, -14.631))
    assert [*labels(table, divisions, "es")][1:] == [
        "sin nombre, 15 km al SO de La Rinconada (Puno)", "sin nombre, en La Rinconada (Puno)",
    ]  # fmt: skip


def test_without_a_position_or_a_named_record_it_says_what_is_known() -> None:
    assert [*labels(records((None, np.nan, np.nan), ("A", 1.0, 1.0)), {})] == ["unnamed", "A"]
    assert [*labels(records((None, 1.0, 1.0)), {})] == ["unnamed"]
    assert [*labels(records().astype({"longitude": float, "latitude": float}), {})] == []


def test_a_name_that_means_none_is_none() -> None:
    table = records(("Huaron", -76.4, -11.0), ("Unnamed prospect", -76.4, -11.9))
    table.at[1, "flags"] = ["name_missing"]
    assert labels(table, {})[1] == "unnamed, 100 km S of Huaron"
