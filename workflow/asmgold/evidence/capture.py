"""How much of the mining that was seen lies in the regions, and what they miss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from asmgold.config.models import ALL_PERIODS
from asmgold.errors import InputError
from asmgold.evidence.observations import Seen, amount, is_points, merged, ratio, within
from asmgold.geodesy.ellipsoid import NearestSite, polygon_area
from asmgold.schemas.evidence import BY_OVERLAY, CAPTURE, MISSED
from asmgold.schemas.tables import CRS, empty_like

FINE_DEG = 0.002  # the nearest point of an edge is no farther than half of this from a point that is measured
PUBLISHED_COLUMNS = ("overlay", "series", "period", "from", "to", "share_inside", "definition")


def capture(seen: Sequence[Seen], zones: Mapping[str, Any], regions: gpd.GeoDataFrame) -> pd.DataFrame:
    """The share of what was seen that lies in the published regions, beside the share of the land that they cover.

    Parameters
    ----------
    seen : what was seen in each period, by `collect`
    zones : the zones to measure in, by `zones_by_name`
    regions : `asmgold.schemas.REGIONS`

    Returns
    -------
    `asmgold.evidence.tables.CAPTURE`, exact on the ellipsoid for edges straight in longitude and latitude.
    """
    covered = shapely.union_all(regions.geometry.array)
    land = {zone: ratio(amount(within(shape, covered)), amount(shape)) for zone, shape in zones.items()}
    rows = []
    for one in seen:
        inside = within(one.shape, covered)
        for zone, shape in zones.items():
            observed, observed_inside = amount(within(one.shape, shape)), amount(within(inside, shape))
            rows.append(
                {
                    "evidence": one.evidence,
                    "period": one.period,
                    "zone": zone,
                    "observed": observed,
                    "observed_inside": observed_inside,
                    "capture": ratio(observed_inside, observed),
                    "land_share": land[zone],
                    "lift": ratio(ratio(observed_inside, observed), land[zone]),
                }
            )
    return CAPTURE.validate(pd.DataFrame(rows) if rows else empty_like(CAPTURE))


def missed(seen: Sequence[Seen], area: Any, regions: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """What was seen in the area and lies in no region, piece by piece.

    Parameters
    ----------
    seen, regions : as for `capture`
    area : the area's shape
    sites : `asmgold.schemas.SITES`

    Returns
    -------
    `asmgold.evidence.tables.MISSED`, for each evidence and period the farthest piece first.
    """
    covered = shapely.union_all(regions.geometry.array)
    dated = {one.evidence for one in seen if one.period != ALL_PERIODS}
    tables = []
    for one in seen:
        if one.period == ALL_PERIODS and one.evidence in dated:
            continue
        rest = shapely.difference(within(one.shape, area), covered)
        pieces = shapely.get_parts(rest)
        pieces = pieces[~shapely.is_empty(pieces)]
        distance, nearest = _distances(pieces, sites)
        tables.append(
            pd.DataFrame(
                {
                    "evidence": one.evidence,
                    "period": one.period,
                    "area_km2": np.nan if is_points(one.shape) else polygon_area(pieces) / 1e6,
                    "distance_km": distance,
                    "nearest_site": nearest,
                    "geometry": pieces,
                }
            ).sort_values("distance_km", ascending=False, kind="stable")
        )
    table = pd.concat(tables, ignore_index=True) if tables else empty_like(MISSED)
    return MISSED.validate(gpd.GeoDataFrame(table, geometry="geometry", crs=CRS))


def _distances(pieces: Any, sites: gpd.GeoDataFrame) -> tuple[Any, Any]:
    """From the nearest point of each piece to its nearest site, in km, and that site's record."""
    if sites.empty or len(pieces) == 0:
        return np.full(len(pieces), np.nan), np.full(len(pieces), None, dtype=object)
    points, piece = shapely.get_coordinates(shapely.segmentize(pieces, FINE_DEG), return_index=True)
    metres, site = NearestSite(sites["longitude"], sites["latitude"]).query(points[:, 0], points[:, 1])
    order = np.lexsort((metres, piece))
    first = order[np.r_[True, np.diff(piece[order]) > 0]]
    return metres[first] / 1000, sites["record_id"].to_numpy(dtype=object)[site[first]]


def by_overlay(
    seen: Sequence[Seen],
    zones: Mapping[str, Any],
    parents: Mapping[str, str | None],
    published: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """What was seen inside each overlay that is within another one, and in the rest of that one, by period.

    Parameters
    ----------
    seen, zones : as for `capture`
    parents : for each overlay the one that it is within, or None
    published : shares that others published, by `read_published`; the union of the periods that each of them spans
        is measured too, and stands before it

    Returns
    -------
    `asmgold.evidence.tables.BY_OVERLAY`
    """
    rows: list[dict[str, Any]] = []
    for overlay in (name for name, parent in parents.items() if parent is not None):
        inside, outside = zones[f"{overlay}:inside"], zones[f"{overlay}:outside"]
        rows += [_inside_and_outside(one, overlay, inside, outside) for one in seen]
        others = published[published["overlay"] == overlay] if published is not None else pd.DataFrame()
        for _, other in others.iterrows():
            rows += [_inside_and_outside(one, overlay, inside, outside) for one in _joined(seen, other)]
            rows.append(
                {column: other[column] for column in ("overlay", "series", "period", "share_inside", "definition")}
            )
    return BY_OVERLAY.validate(pd.DataFrame(rows, columns=list(BY_OVERLAY.columns)))


def _inside_and_outside(one: Seen, overlay: str, inside: Any, outside: Any) -> dict[str, Any]:
    seen_inside, seen_outside = amount(within(one.shape, inside)), amount(within(one.shape, outside))
    return {
        "overlay": overlay,
        "series": one.evidence,
        "period": one.period,
        "inside": seen_inside,
        "outside": seen_outside,
        "unit": "points" if is_points(one.shape) else "km2",
        "share_inside": ratio(seen_inside, seen_inside + seen_outside),
    }


def _joined(seen: Sequence[Seen], published: pd.Series) -> list[Seen]:
    """For each layer of evidence the periods that a published share spans as one, if its first and last are there."""
    if pd.isna(published["from"]) or pd.isna(published["to"]):
        return []
    first, last = str(published["from"]), str(published["to"])
    joined = []
    for evidence in dict.fromkeys(one.evidence for one in seen):
        members = [one for one in seen if one.evidence == evidence and first <= one.period <= last]
        if {first, last} <= {one.period for one in members}:
            joined.append(Seen(evidence, f"{first}-{last}", merged(evidence, [one.shape for one in members])))
    return joined


def read_published(path: Path) -> pd.DataFrame:
    """Read a table of published shares of mining inside an overlay.

    Raises
    ------
    InputError : if it is no table, or lacks a column, or a share is no number from 0 to 1.
    """
    table = read_small_table(path, PUBLISHED_COLUMNS)
    share = pd.to_numeric(table["share_inside"], errors="coerce")
    if not share.between(0, 1).all():
        raise InputError(f"{path}: share_inside is {table['share_inside'][~share.between(0, 1)].iloc[0]!r}, a number "
                         "from 0 to 1 was expected")  # fmt: skip
    return table.assign(share_inside=share)


def read_small_table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read a small CSV table as text.

    Raises
    ------
    InputError : if it is no table, or lacks a column.
    """
    try:
        table = pd.read_csv(path, dtype="str")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a table ({' '.join(str(error).split())})") from None
    lacking = [name for name in columns if name not in table.columns]
    if lacking:
        raise InputError(f"{path}: has no column {lacking[0]!r}, {', '.join(columns)} were expected")
    return table
