"""From sites to regions: connected parts of the union of their discs."""

from __future__ import annotations

import hashlib
from typing import get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from asmgold.config.models import DatasetName
from asmgold.geodesy.around import union_around
from asmgold.geodesy.discs import edge_error_bound
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.geodesy.polygons import polygonal
from asmgold.records.classify import shapes_of
from asmgold.regions.names import region_names
from asmgold.schemas.schema import Schema
from asmgold.schemas.tables import CRS, REGIONS, SITES


def dissolve(
    records: gpd.GeoDataFrame,
    area: gpd.GeoDataFrame,
    *,
    tolerance_m: float,
    towns: gpd.GeoDataFrame | None = None,
    language: str = "en",
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Dissolve the discs of all sites into regions, and clip these to the area.

    Parameters
    ----------
    records : a table of `asmgold.schemas.tables.RECORDS`; the sites among them count, each with its `buffer_km`
    area : polygons in EPSG:4326
    tolerance_m : the tolerance of the discs' edges, metres
    towns : `asmgold.schemas.tables.TOWNS`, to name regions after, or None
    language : of the names, `en` or `es`

    Returns
    -------
    Regions (`asmgold.schemas.tables.REGIONS`), the largest first, and sites (`asmgold.schemas.tables.SITES`); both
    empty if no record is a site.
    """
    sites = records[records["fate"] == "site"].reset_index(drop=True)
    if sites.empty:
        return _table(REGIONS.empty(), REGIONS), _table(SITES.empty(), SITES)
    buffer_m = 1000 * sites["buffer_km"].to_numpy(float)
    unclipped = union_around(shapes_of(sites, np.asarray(sites.geometry.array)), buffer_m, tolerance_m)
    number = _region_of(np.asarray(sites.geometry.array), unclipped)
    ids = sites.groupby(number)["record_id"].agg(region_id)
    sites["region_id"] = pd.Series(number).map(ids)
    # Those that every table has, and then the user's own.
    datasets = get_args(DatasetName)
    sources = [*datasets, *sorted({*records["source"]} - {*datasets})]
    clipped = clip(unclipped, shapely.union_all(area.geometry.array))
    by_region = sites.groupby(number)
    regions = pd.DataFrame(
        {
            "region_id": ids,
            "area_km2": polygon_area(clipped) / 1e6,
            "area_unclipped_km2": polygon_area(unclipped) / 1e6,
            "n_sites": by_region.size(),
            **{f"n_{name}": sites["source"].eq(name).groupby(number).sum() for name in sources},
            "n_deposits": by_region["deposit_id"].nunique(),
            "countries": _countries(sites, number),
            "buffer_km": by_region["buffer_km"].max(),
            "edge_error_max_m": round(edge_error_bound(buffer_m, tolerance_m), 3),
            "geometry": clipped,
            "geometry_unclipped": unclipped,
        }
    ).sort_values(["area_km2", "region_id"], ascending=[False, True], ignore_index=True)
    sites = sites.sort_values("record_id", ignore_index=True)
    named = region_names(gpd.GeoDataFrame(regions, geometry="geometry"), sites, towns, language)
    regions.insert(1, "region_name", named)
    sites["region_name"] = sites["region_id"].map(regions.set_index("region_id")["region_name"])
    return _table(regions, REGIONS), _table(sites[list(SITES.columns)], SITES)


def region_id(record_ids: pd.Series) -> str:
    """The id of a region: it follows from the ids of its sites, whatever their order, and from nothing else."""
    joined = "\n".join(sorted(record_ids))
    return "R" + hashlib.sha256(joined.encode()).hexdigest()[:10]


def _region_of(points: NDArray[np.object_], regions: NDArray[np.object_]) -> NDArray[np.intp]:
    """The region that each site is in, by its position, which is a whole radius away from any edge."""
    site, region = shapely.STRtree(regions).query(points, predicate="intersects")
    number = np.full(points.size, -1)
    number[site] = region
    if (number < 0).any() or site.size != points.size:
        raise ArithmeticError("a site does not lie in exactly one region")
    return number


def clip(regions: NDArray[np.object_], area: shapely.Geometry) -> NDArray[np.object_]:
    """The parts of regions that lie in an area, polygons both."""
    shapely.prepare(area)
    clipped = regions.copy()
    cut = ~shapely.contains_properly(area, regions)
    clipped[cut] = shapely.intersection(regions[cut], area)
    return np.array([polygonal(geometry) for geometry in clipped], dtype=object)


def _countries(sites: pd.DataFrame, number: NDArray[np.intp]) -> pd.Series:
    country = sites["country_located"].where(sites["country_located"].notna(), sites["country_reported"])
    return country.groupby(number).agg(lambda names: sorted(set(names.dropna())))


def _table(frame: pd.DataFrame, schema: Schema) -> gpd.GeoDataFrame:
    geometry = [name for name in frame.columns if name.startswith("geometry")]
    table = gpd.GeoDataFrame(frame, geometry="geometry", crs=CRS)
    for name in geometry[1:]:
        table[name] = gpd.GeoSeries(table[name].to_numpy(dtype=object), crs=CRS)
    return schema.validate(table)
