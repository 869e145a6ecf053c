"""Small layers whose capture is known."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Geod

from asmgold.evidence.observations import collect_observations
from asmgold.schemas.tables import CRS

GEOD = Geod(ellps="WGS84")
AREA = shapely.box(-71, -14, -69, -12)
WEST, EAST = shapely.box(-71, -14, -70, -12), shapely.box(-70, -14, -69, -12)
ZONES = {"area": AREA, "west:inside": WEST}
R = 20_000.0
RNG = np.random.default_rng(7)


def layer(*shapes, period=None, weights=None):
    table = {"period": pd.Series([period] * len(shapes), dtype=object), "weight": weights, "unit": weights and "km2"}
    return gpd.GeoDataFrame(table, geometry=list(shapes), crs=CRS)


def observed(*shapes, zones=ZONES):
    return collect_observations([("e", None, layer(*shapes))], zones)


def table(*shapes):
    return gpd.GeoDataFrame(geometry=list(shapes), crs=CRS)


def sites_at(*positions):
    lon, lat = np.array(positions, float).reshape(-1, 2).T
    return gpd.GeoDataFrame(
        {
            "record_id": [f"mrds:{n}" for n in range(lon.size)],
            "longitude": lon,
            "latitude": lat,
            "buffer_km": R / 1000,
            "label": "a site",
        },
        geometry=gpd.points_from_xy(lon, lat),
        crs=CRS,
    )


def row(frame, **values):
    for key, value in values.items():
        frame = frame[frame[key] == value]
    assert len(frame) == 1
    return frame.iloc[0]


def scattered_polygons(n=60):
    centre = RNG.uniform([-70.9, -13.9], [-69.1, -12.1], (n, 2))
    size = RNG.uniform(0.001, 0.06, (n, 2))
    return [shapely.box(x - a, y - b, x + a, y + b) for (x, y), (a, b) in zip(centre, size, strict=True)]


def river():
    """A river along the parallel of 13 degrees south, with a bend in it."""
    return table(shapely.LineString([(-71.5, -13), (-70, -13.001), (-68.5, -13)]))
