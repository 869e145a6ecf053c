"""What regions are called: their rank by area, and a place in each or near it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from asmgold.geodesy.ellipsoid import NearestSite
from asmgold.records.flags import has_flag

NEAR = {"en": "near {place}", "es": "cerca de {place}"}


def region_names(
    regions: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, towns: gpd.GeoDataFrame | None = None, language: str = "en"
) -> list[str]:
    """Names such as `4 · Huepetuhe`: the rank of a region, and the settlement in it where most people live.

    Where there is no settlement in it, its first site that has a name takes that place, or else the nearest settlement:
    `28 · near Conduriri`. Without any of them the rank stands alone.

    Parameters
    ----------
    regions : `asmgold.schemas.tables.REGIONS` in their order, which need not have the names yet
    sites : `asmgold.schemas.tables.SITES`
    towns : `asmgold.schemas.tables.TOWNS`, or None
    language : of the words, `en` or `es`
    """
    places = _named_site(regions, sites)
    if towns is not None and len(towns):
        places = _largest_town(regions, towns).fillna(places)
        if places.isna().any():
            places = places.fillna(_nearest_town(regions, towns, language))
    return [f"{rank} · {place}" if isinstance(place, str) else str(rank) for rank, place in enumerate(places, 1)]


def _largest_town(regions: gpd.GeoDataFrame, towns: gpd.GeoDataFrame) -> pd.Series:
    by_size = towns.sort_values(["population", "name"], ascending=[False, True], kind="stable")
    region, town = shapely.STRtree(by_size.geometry.array).query(regions.geometry.array, predicate="intersects")
    largest = pd.Series(town, index=region).groupby(level=0).min()
    names = pd.Series(by_size["name"].to_numpy(dtype=object)[largest], index=largest.index, dtype=object)
    return names.reindex(range(len(regions)))


def _named_site(regions: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> pd.Series:
    named = sites[~has_flag(sites, "name_missing")].drop_duplicates("region_id").set_index("region_id")["name"]
    return pd.Series(regions["region_id"].map(named).to_numpy(dtype=object), dtype=object)


def _nearest_town(regions: gpd.GeoDataFrame, towns: gpd.GeoDataFrame, language: str) -> pd.Series:
    lon, lat = shapely.get_coordinates(towns.geometry.array).T
    inside = shapely.get_coordinates(shapely.point_on_surface(np.asarray(regions.geometry.array)))
    _, nearest = NearestSite(lon, lat).query(inside[:, 0], inside[:, 1])
    names = [NEAR[language].format(place=name) for name in towns["name"].to_numpy(dtype=object)[nearest]]
    return pd.Series(names, dtype=object)
