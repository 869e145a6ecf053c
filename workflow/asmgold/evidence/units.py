"""How much of the mining of each unit of an overlay, such as a department or a country, lies in the regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from asmgold.evidence.capture import capture
from asmgold.evidence.intervals import intervals, with_intervals, with_verdicts
from asmgold.evidence.observations import Observation, Zones, area_km2, safe_ratio
from asmgold.evidence.sampling import weighted_points
from asmgold.geodesy.polygons import polygonal
from asmgold.schemas.evidence import EVIDENCE_UNITS
from asmgold.vocabulary.evidence import ALL_PERIODS, AREA, searched_zone

KEY = "\0"  # between overlay and unit in the name of a zone


def capture_by_unit(
    observations: Sequence[Observation],
    zones: Zones,
    units: Mapping[tuple[str, str], shapely.Geometry],
    regions: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    seed: int,
) -> pd.DataFrame:
    """The capture of all periods in each unit within the area, with its interval, and the land where was looked.

    Parameters
    ----------
    observations : by `collect_observations`
    zones : by `read_zones_and_observations`, with the area and what of it was searched
    units : by `asmgold.regions.overlays.units_of`: polygons in EPSG:4326 by overlay and unit
    regions, sites : `asmgold.schemas.tables.REGIONS` and `SITES`
    seed : of the random numbers

    Returns
    -------
    `asmgold.schemas.evidence.EVIDENCE_UNITS`
    """
    area = zones[AREA]
    within = {KEY.join(key): polygonal(shapely.intersection(shape, area)) for key, shape in units.items()}
    of_all = [one.within(area) for one in observations if one.period == ALL_PERIODS]
    points = weighted_points(of_all, {AREA: area, **within}, area)
    blocks, _ = intervals(points, {AREA: area, **within}, regions, seed=seed, blocks_deg=())
    n_sites = {zone: _sites_in(sites, shape) for zone, shape in within.items()}
    table = capture(of_all, within, regions)
    table = table.assign(sites=table["zone"].map(n_sites))
    searched = {one.evidence: zones.get(searched_zone(one.evidence)) for one in of_all}
    table = _where_searched(table, within, searched, shapely.union_all(regions.geometry.array))
    table = with_verdicts(with_intervals(table, blocks), table["sites"])
    keys = table["zone"].str.split(KEY, n=1)
    table = table.rename(columns={"unit": "amount_unit"}).assign(overlay=keys.str[0], unit=keys.str[1])
    return EVIDENCE_UNITS.validate(table[list(EVIDENCE_UNITS.columns)])


def _sites_in(sites: gpd.GeoDataFrame, shape: shapely.Geometry) -> int:
    return int(shapely.intersects_xy(shape, sites["longitude"], sites["latitude"]).sum())


def _where_searched(
    table: pd.DataFrame,
    units: Mapping[str, shapely.Geometry],
    searched: Mapping[str, shapely.Geometry | None],
    covered: shapely.Geometry,
) -> pd.DataFrame:
    """With the searched share of each unit, the share of that which the regions cover, and the lift on it."""
    rows = []
    for evidence, zone in zip(table["evidence"], table["zone"], strict=True):
        footprint = searched[evidence]
        if footprint is None:
            rows.append((np.nan, np.nan))
            continue
        land = polygonal(shapely.intersection(units[zone], footprint))
        km2 = area_km2(land)
        rows.append(
            (
                safe_ratio(km2, area_km2(units[zone])),
                safe_ratio(area_km2(polygonal(shapely.intersection(land, covered))), km2),
            )
        )
    share, land_share = np.array(rows, float).reshape(-1, 2).T
    return table.assign(
        searched_share=share, land_share_searched=land_share, lift_searched=safe_ratio(table["capture"], land_share)
    )
