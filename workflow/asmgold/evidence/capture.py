"""How much of the observed mining lies in the regions, and what they miss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from asmgold.evidence.observations import Observation, Zones, area_km2, merge, safe_ratio
from asmgold.evidence.sampling import WeightedPoints, along_edges
from asmgold.geodesy.ellipsoid import Floats, NearestSite, polygon_area
from asmgold.geodesy.polygons import polygonal
from asmgold.schemas.evidence import BY_OVERLAY, CAPTURE, MINING_SEEN, MISSED
from asmgold.schemas.tables import CRS
from asmgold.vocabulary.evidence import AREA, UNIONS


def capture(observations: Sequence[Observation], zones: Zones, regions: gpd.GeoDataFrame) -> pd.DataFrame:
    """The share of what was observed that lies in the published regions, beside the share of the land that they cover.

    Parameters
    ----------
    observations : by `collect_observations`
    zones : by `zones_by_name`
    regions : `asmgold.schemas.tables.REGIONS`

    Returns
    -------
    `asmgold.schemas.evidence.CAPTURE`, exact on the ellipsoid for edges straight in longitude and latitude.
    """
    covered = shapely.union_all(regions.geometry.array)
    land = {
        zone: safe_ratio(area_km2(polygonal(shapely.intersection(shape, covered))), area_km2(shape))
        for zone, shape in zones.items()
    }
    rows = []
    for one in observations:
        inside = one.within(covered)
        for zone, shape in zones.items():
            observed, observed_inside = one.within(shape).amount, inside.within(shape).amount
            rows.append(
                {
                    "evidence": one.evidence,
                    "period": one.period,
                    "zone": zone,
                    "observed": observed,
                    "observed_inside": observed_inside,
                    "capture": safe_ratio(observed_inside, observed),
                    "land_share": land[zone],
                    "lift": safe_ratio(safe_ratio(observed_inside, observed), land[zone]),
                    "unit": one.unit,
                }
            )
    # Intervals are measured apart, by `asmgold.evidence.intervals`.
    return CAPTURE.validate(pd.DataFrame(rows, columns=list(CAPTURE.columns)) if rows else CAPTURE.empty())


def with_detector_errors(captured: pd.DataFrame, detectors: Mapping[str, tuple[float, float]]) -> pd.DataFrame:
    """The table of captures with the least and the most that each can be, given the errors of the detectors.

    Of what was detected a share is true (`precision`), and of what is true a share was detected (`sensitivity`).
    Nothing is assumed of where false alarms and missed mines lie, so these are bounds and no interval (Manski 1989).

    Parameters
    ----------
    captured : by `capture`
    detectors : sensitivity and precision, by the name of the evidence; one that is not named has no bounds
    """
    unknown = (np.nan, np.nan)
    sensitivity, precision = np.array([detectors.get(name, unknown) for name in captured["evidence"]]).reshape(-1, 2).T
    inside = captured["capture"].to_numpy(float)
    low = sensitivity * np.maximum(inside - (1 - precision), 0) / precision
    high = sensitivity * np.minimum(inside, precision) / precision + (1 - sensitivity)
    return captured.assign(detector_low=low, detector_high=high)


def mining_seen(points: WeightedPoints, regions: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """What was observed in the area, in small parts with a point each, to be drawn.

    Parameters
    ----------
    points : by `asmgold.evidence.sampling.weighted_points`
    regions : `asmgold.schemas.tables.REGIONS`

    Returns
    -------
    `asmgold.schemas.evidence.MINING_SEEN`; of evidence with periods each of them, not all together.
    """
    covered = shapely.union_all(regions.geometry.array)
    shapely.prepare(covered)
    groups = points.groups[points.groups["zone"] == AREA]
    is_single = ~groups["period"].isin(UNIONS)
    groups = groups[is_single | ~groups["evidence"].isin(groups.loc[is_single, "evidence"])]
    weights = points.weights[groups.index.to_numpy()].tocoo()
    lon, lat = points.lon[weights.col], points.lat[weights.col]
    is_inside = shapely.intersects_xy(covered, lon, lat)
    table = groups.iloc[weights.row][["evidence", "period", "unit"]].assign(
        amount=weights.data, place=np.where(is_inside, "inside", "outside"), geometry=shapely.points(lon, lat)
    )
    table = table.sort_values(["evidence", "period"], kind="stable")[list(MINING_SEEN.columns)]
    return MINING_SEEN.validate(gpd.GeoDataFrame(table, geometry="geometry", crs=CRS).reset_index(drop=True))


def missed_mining(
    observations: Sequence[Observation], area: shapely.Geometry, regions: gpd.GeoDataFrame, sites: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """What was observed in the area and lies in no region, piece by piece.

    Parameters
    ----------
    observations, regions : as for `capture`
    area : polygons in EPSG:4326
    sites : `asmgold.schemas.tables.SITES`

    Returns
    -------
    `asmgold.schemas.evidence.MISSED`, for each evidence and period the farthest piece first.
    """
    covered = shapely.union_all(regions.geometry.array)
    dated = {one.evidence for one in observations if one.period not in UNIONS}
    tables = []
    for one in observations:
        if one.period in UNIONS and one.evidence in dated:
            continue
        rest = one.within(area).outside(covered)
        pieces = shapely.get_parts(rest.shape)
        pieces = pieces[~shapely.is_empty(pieces)]
        distance, nearest = _distances(pieces, sites)
        tables.append(
            pd.DataFrame(
                {
                    "evidence": one.evidence,
                    "period": one.period,
                    "amount": rest.point_weights if rest.is_points else polygon_area(pieces) / 1e6,
                    "unit": one.unit,
                    "distance_km": distance,
                    "nearest_site": nearest,
                    "geometry": pieces,
                }
            ).sort_values("distance_km", ascending=False, kind="stable")
        )
    table = pd.concat(tables, ignore_index=True) if tables else MISSED.empty()
    return MISSED.validate(gpd.GeoDataFrame(table, geometry="geometry", crs=CRS))


def _distances(pieces: NDArray[np.object_], sites: gpd.GeoDataFrame) -> tuple[Floats, NDArray[np.object_]]:
    """The distance from each piece to its nearest site, km, and that site's record."""
    if sites.empty or len(pieces) == 0:
        return np.full(len(pieces), np.nan), np.full(len(pieces), None, dtype=object)
    points, piece = along_edges(pieces)
    metres, site = NearestSite(sites["longitude"], sites["latitude"]).query(points[:, 0], points[:, 1])
    order = np.lexsort((metres, piece))
    first = order[np.r_[True, np.diff(piece[order]) > 0]]
    return metres[first] / 1000, sites["record_id"].to_numpy(dtype=object)[site[first]]


def observed_by_overlay(
    observations: Sequence[Observation],
    zones: Zones,
    parents: Mapping[str, str | None],
    published: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """What was observed inside each overlay that is within another one, and in the rest of that one, by period.

    Parameters
    ----------
    observations, zones : as for `capture`
    parents : for each overlay the one that it is within, or None
    published : shares that others published, by `asmgold.sources.small_tables.read_published`. Before each of them
        stands the union of the periods that it spans

    Returns
    -------
    `asmgold.schemas.evidence.BY_OVERLAY`
    """
    rows: list[dict[str, Any]] = []
    for overlay in (name for name, parent in parents.items() if parent is not None):
        inside, outside = zones[f"{overlay}:inside"], zones[f"{overlay}:outside"]
        rows += [_inside_and_outside(one, overlay, inside, outside) for one in observations]
        others = published[published["overlay"] == overlay] if published is not None else pd.DataFrame()
        for other in others.to_dict("records"):
            spanned = _merged_periods(observations, other["from"], other["to"])
            rows += [_inside_and_outside(one, overlay, inside, outside) for one in spanned]
            rows.append(
                {column: other[column] for column in ("overlay", "series", "period", "share_inside", "definition")}
            )
    return BY_OVERLAY.validate(pd.DataFrame(rows, columns=list(BY_OVERLAY.columns)))


def _inside_and_outside(
    one: Observation, overlay: str, inside: shapely.Geometry, outside: shapely.Geometry
) -> dict[str, Any]:
    amount_inside, amount_outside = one.within(inside).amount, one.within(outside).amount
    return {
        "overlay": overlay,
        "series": one.evidence,
        "period": one.period,
        "inside": amount_inside,
        "outside": amount_outside,
        "unit": one.unit,
        "share_inside": safe_ratio(amount_inside, amount_inside + amount_outside),
    }


def _merged_periods(observations: Sequence[Observation], first: Any, last: Any) -> list[Observation]:
    """For each layer of evidence all periods from a first to a last one as one, if it has these two."""
    if pd.isna(first) or pd.isna(last):
        return []
    merged = []
    for evidence in dict.fromkeys(one.evidence for one in observations):
        spanned = [one for one in observations if one.evidence == evidence and first <= one.period <= last]
        if {first, last} <= {one.period for one in spanned}:
            merged.append(merge(evidence, f"{first}-{last}", spanned))
    return merged
