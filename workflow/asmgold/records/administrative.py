"""Positions that are the middle of a country or of a division of it, where a clerk files what he cannot place.

MRDS holds such records: Turkish deposits of bauxite, and a chromite mine, stand at one point, the centroid of Turkey.
What lies there by chance is told by its neighbours: where something is mined, other records are near.
"""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from asmgold.geodesy.ellipsoid import METRES_PER_DEGREE, Floats, to_ecef

# Of the records of the world near the middle of a country, all that stand alone within 2.13 km of it are filed there,
# and the next one, at 2.45 km, lies where its name is (tests/records/judged_centroids.csv).
COUNTRY_M = 2_200.0
DIVISION_M = 1_000.0  # there are many more of them, so that more records are near one by chance
# Another map has its centroids elsewhere: what two names share, far from all else, may lie farther off.
SHARED_M, SHARED_ALONE_M = 6_000.0, 50_000.0
SHARE_OF_WIDTH = 0.02  # of a small country or division, of the side of a square as large
ALONE_M = 5_000.0  # no record at another position is nearer
NAMES_AT_ONE_POSITION = 3


def at_centroid(
    records: pd.DataFrame, countries: gpd.GeoDataFrame | None, divisions: Mapping[str, gpd.GeoDataFrame]
) -> pd.Series:
    """What each record lies at the middle of, in words such as `the centroid of Peru`; None where at nothing.

    The middle is the planar centroid in degrees, of all polygons or of the largest, or the pole of inaccessibility of
    the largest: the centre of the largest circle in it (Garcia-Castellanos and Lombardo 2007, in degrees).

    Parameters
    ----------
    records : with `longitude` and `latitude`, degrees, not a number where unusable
    countries : `asmgold.schemas.tables.COUNTRIES`, or None
    divisions : polygons in EPSG:4326 with the column `name`, by the name of their layer
    """
    found = pd.Series([None] * len(records), index=records.index, dtype=object)
    positions = records[["longitude", "latitude"]].dropna()
    if positions.empty:
        return found
    places = to_ecef(positions["longitude"], positions["latitude"])
    tree = cKDTree(places)
    to_next_m = _distance_to_next(places)
    shared = (_names_at_position(records).loc[positions.index] > 1).to_numpy(bool)
    layers = [*((layer, DIVISION_M) for layer in divisions.values())]
    layers += [(countries, COUNTRY_M)] if countries is not None else []
    for layer, reach_m in layers:  # a country's centroid counts before that of a division
        for name, shape in zip(layer["name"], layer.geometry.array, strict=True):
            for kind, lon, lat, within_m in reversed(_middles(shape, reach_m)):  # its centroid last
                middle = to_ecef(lon, lat).ravel()
                for place in tree.query_ball_point(middle, max(within_m, SHARED_M if layer is countries else 0)):
                    away_m = np.linalg.norm(places[place] - middle)
                    alone_m = ALONE_M if away_m <= within_m else SHARED_ALONE_M
                    if to_next_m[place] > alone_m and (away_m <= within_m or shared[place]):
                        found.loc[positions.index[place]] = (
                            f"the {kind} of {name if isinstance(name, str) else 'a division'}"
                        )
    return found


def _middles(shape: shapely.Geometry, reach_m: float) -> list[tuple[str, float, float, float]]:
    """The points that count as the middle of a shape: what each is, degrees, and how far from it a record may lie."""
    largest = max(shapely.get_parts(shape), key=shapely.area, default=None)
    if largest is None or shapely.is_empty(largest):
        return []
    narrowing = np.cos(np.radians(shapely.get_y(shapely.centroid(largest))))
    width_m = METRES_PER_DEGREE * np.sqrt(shapely.area(shape) * narrowing)
    within_m = min(reach_m, SHARE_OF_WIDTH * width_m)
    points = [("centroid", shapely.centroid(shape)), ("centroid", shapely.centroid(largest))]
    west, south, east, north = shapely.bounds(largest)
    fine = max(min(east - west, north - south) / 100, 1e-4)
    circle = shapely.maximum_inscribed_circle(largest, tolerance=fine)
    points.append(("pole of inaccessibility", shapely.get_point(circle, 0)))
    return [(kind, shapely.get_x(point), shapely.get_y(point), within_m) for kind, point in points]


def _distance_to_next(places: Floats) -> Floats:
    """From each place to the next other one, metres; records at the very same place are no others."""
    distinct, of_record = np.unique(places.round(1), axis=0, return_inverse=True)
    distance, _ = cKDTree(distinct).query(distinct, k=2)
    return np.asarray(distance[of_record.ravel(), 1])


def _names_at_position(records: pd.DataFrame) -> pd.Series:
    """How many different names the records of a source have that stand at exactly one position."""
    position = [records["source"], records["longitude"], records["latitude"]]
    return records["name"].str.casefold().groupby(position).transform("nunique").fillna(0)


def shares_its_position_with_names(records: pd.DataFrame) -> pd.Series:
    """Which records stand at one point with at least two others of their source that have other names."""
    return _names_at_position(records) >= NAMES_AT_ONE_POSITION
