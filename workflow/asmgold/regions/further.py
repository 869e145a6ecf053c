"""What may be drawn beside the regions: nested zones by distance, and regions of some records by themselves."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from asmgold.geodesy.around import rings_around, union_around
from asmgold.geodesy.discs import may_reach
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.geodesy.polygons import polygonal
from asmgold.io.values import as_text
from asmgold.records.classify import shapes_of
from asmgold.regions.dissolve import clip
from asmgold.schemas.tables import BEARING, CRS, REGIONS_BY, RINGS

NONE_STATED = ""


def rings(
    records: gpd.GeoDataFrame, area: gpd.GeoDataFrame, rings_km: Sequence[float], *, tolerance_m: float
) -> gpd.GeoDataFrame:
    """Nested zones around all records that bear the commodity, within the area.

    Parameters
    ----------
    records : a table of `asmgold.schemas.tables.RECORDS`
    area : polygons in EPSG:4326
    rings_km : rising geodesic distances, km
    tolerance_m : the tolerance of the zones' edges, metres

    Returns
    -------
    `asmgold.schemas.tables.RINGS`, from the inside out.
    """
    around = records[records["fate"].isin(BEARING)]
    shapes = shapes_of(around, np.asarray(around.geometry.array))
    parts = np.asarray(area.geometry.array)
    points = shapely.get_dimensions(shapes) == 0
    near = may_reach(around["longitude"][points], around["latitude"][points], 1000 * rings_km[-1], parts)
    shapes = np.concatenate([shapes[points][near], shapes[~points]])
    zones = rings_around(shapes, [1000 * km for km in rings_km], tolerance_m)
    whole = shapely.union_all(parts)
    zones = np.array([polygonal(shapely.intersection(zone, whole)) for zone in zones], dtype=object)
    km2 = polygon_area(zones) / 1e6
    table = {
        "ring": range(1, len(rings_km) + 1),
        "from_km": [0.0, *rings_km[:-1]],
        "to_km": list(rings_km),
        "area_km2": km2,
        "share_of_area": km2 / (polygon_area(parts).sum() / 1e6),
    }
    return RINGS.validate(gpd.GeoDataFrame(table, geometry=zones, crs=CRS))


def regions_by(
    sites: gpd.GeoDataFrame, area: gpd.GeoDataFrame, columns: Sequence[str], *, tolerance_m: float
) -> gpd.GeoDataFrame:
    """The regions of the sites of each value of a column by themselves, clipped to the area; they may overlap.

    Parameters
    ----------
    sites : a table of `asmgold.schemas.tables.SITES`
    area : polygons in EPSG:4326
    columns : of the sites; those that state nothing belong together
    tolerance_m : the tolerance of the edges, metres

    Returns
    -------
    `asmgold.schemas.tables.REGIONS_BY`: of each value the largest region first.
    """
    whole = shapely.union_all(area.geometry.array)
    tables = [REGIONS_BY.empty()]
    for column in columns:
        for value, members in sites.groupby(as_text(sites[column]).fillna(NONE_STATED)):
            shapes = shapes_of(members, np.asarray(members.geometry.array))
            drawn = union_around(shapes, 1000 * members["buffer_km"].to_numpy(float), tolerance_m)
            inside = shapely.STRtree(drawn).query(members.geometry.array, predicate="intersects")[1]
            table = pd.DataFrame({"n_sites": np.bincount(inside, minlength=drawn.size), "geometry": clip(drawn, whole)})
            table["area_km2"] = polygon_area(table["geometry"].to_numpy()) / 1e6
            table = table.sort_values("area_km2", ascending=False, kind="stable", ignore_index=True)
            tables.append(table.assign(column=column, value=str(value), number=table.index + 1))
    found = pd.concat(tables[1:] or tables, ignore_index=True)[list(REGIONS_BY.columns)]
    return REGIONS_BY.validate(gpd.GeoDataFrame(found, geometry="geometry", crs=CRS))
