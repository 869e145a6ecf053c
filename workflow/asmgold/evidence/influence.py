"""What carries the capture: each region and each site left out, as in a jackknife (Miller 1974)."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from asmgold.evidence.observations import safe_ratio
from asmgold.evidence.sampling import Ints, WeightedPoints, chord_m, pairs_within, row_of
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.schemas.evidence import EVIDENCE_REGIONS, INFLUENCE
from asmgold.vocabulary.evidence import ALL_PERIODS, AREA

MOST = 20  # of the regions and of the sites that hold something alone, the most influential ones


def influence(
    points: WeightedPoints, regions: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, area_km2: float
) -> pd.DataFrame:
    """How much of the capture in the area goes when one region or one site goes.

    Parameters
    ----------
    points : what was observed, by `weighted_points`
    regions, sites : `asmgold.schemas.tables.REGIONS` and `SITES`
    area_km2 : the size of the area

    Returns
    -------
    `asmgold.schemas.evidence.INFLUENCE`: of each layer of evidence, in all periods, the regions and then the sites
    whose loss costs most. A place that another site reaches too is not lost with one of them.
    """
    land = polygon_area(regions.geometry.array) / 1e6
    without_land = np.full(len(sites), np.nan)
    in_regions, only_in_sites = _in_regions(points, regions), _only_in_sites(points, sites)
    rows: list[dict[Hashable, Any]] = []
    for number in _asked(points):
        group = points.groups.iloc[number]
        weight = row_of(points.weights, number)
        for kind, ids, names, holder, sizes, km2 in (
            ("region", regions["region_id"], regions["region_name"], in_regions, regions["n_sites"], land),
            ("site", sites["record_id"], sites["label"], only_in_sites, np.ones(len(sites), int), without_land),
        ):
            held = np.bincount(holder[holder >= 0], weight[holder >= 0], minlength=len(ids))
            inside = weight[in_regions >= 0].sum()
            share = safe_ratio(np.maximum(inside - held, 0), group["observed"])  # not a rounding error below 0
            table = pd.DataFrame(
                {
                    "evidence": group["evidence"],
                    "without": kind,
                    "id": np.asarray(ids, object),
                    "name": np.asarray(names, object),
                    "sites": np.asarray(sizes, int),
                    "lost": held,
                    "lost_share": safe_ratio(held, inside),
                    "capture": share,
                    "lift": safe_ratio(share, (land.sum() - km2) / area_km2),
                    "unit": group["unit"],
                }
            )
            rows += table[held > 0].sort_values("lost", ascending=False, kind="stable").head(MOST).to_dict("records")
    return INFLUENCE.validate(pd.DataFrame(rows, columns=list(INFLUENCE.columns)) if rows else INFLUENCE.empty())


def capture_by_region(points: WeightedPoints, regions: gpd.GeoDataFrame, area_km2: float) -> pd.DataFrame:
    """What each region holds of all that was observed in the area, on which share of its land.

    Parameters
    ----------
    points, regions, area_km2 : as for `influence`

    Returns
    -------
    `asmgold.schemas.evidence.EVIDENCE_REGIONS`: all regions, in their order, for each layer of evidence.
    """
    share = polygon_area(regions.geometry.array) / 1e6 / area_km2
    holder = _in_regions(points, regions)
    tables = []
    for number in _asked(points):
        group, weight = points.groups.iloc[number], row_of(points.weights, number)
        held = np.bincount(holder[holder >= 0], weight[holder >= 0], minlength=len(regions))
        capture = safe_ratio(held, np.full(len(regions), group["observed"]))
        tables.append(
            pd.DataFrame(
                {
                    "evidence": group["evidence"],
                    "region_id": regions["region_id"].to_numpy(object),
                    "name": regions["region_name"].to_numpy(object),
                    "sites": regions["n_sites"].to_numpy(int),
                    "observed": held,
                    "capture": capture,
                    "land_share": share,
                    "lift": safe_ratio(capture, share),
                    "unit": group["unit"],
                }
            )
        )
    return EVIDENCE_REGIONS.validate(pd.concat(tables, ignore_index=True) if tables else EVIDENCE_REGIONS.empty())


def _asked(points: WeightedPoints) -> Ints:
    """The numbers of the groups of all periods in the area."""
    return np.flatnonzero((points.groups["period"] == ALL_PERIODS) & (points.groups["zone"] == AREA))


def _in_regions(points: WeightedPoints, regions: gpd.GeoDataFrame) -> Ints:
    """The number of the region that each point lies in; -1 if it is in none."""
    found = np.full(points.lon.size, -1)
    tree = shapely.STRtree(regions.geometry.array)
    point, region = tree.query(shapely.points(points.lon, points.lat), predicate="intersects")
    found[point[::-1]] = region[::-1]
    return found


def _only_in_sites(points: WeightedPoints, sites: gpd.GeoDataFrame) -> Ints:
    """The number of the only site whose disc holds each point; -1 if there is none, or more than one."""
    found, times = np.full(points.lon.size, -1), np.zeros(points.lon.size, int)
    lon, lat, km = (sites[name].to_numpy(float) for name in ("longitude", "latitude", "buffer_km"))
    pairs = pairs_within(lon, lat, chord_m(1000 * km), cKDTree(points.ecef))
    np.add.at(times, pairs["j"], 1)
    found[pairs["j"]] = pairs["i"]
    found[times != 1] = -1
    return found
