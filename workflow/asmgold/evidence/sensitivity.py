"""What the map becomes when one choice changes and all else stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from asmgold.config.models import ALL_PERIODS, Correction
from asmgold.evidence.observations import AREA, Seen, amount, ratio, within
from asmgold.geodesy.union import union_of_discs
from asmgold.records.classify import classify
from asmgold.schemas.evidence import SENSITIVITY
from asmgold.schemas.tables import CRS

RADII_KM = (5.0, 10.0, 20.0, 30.0, 50.0)
STATUSES = ("producer", "past producer", "prospect", "occurrence")
CONFIGURED = "configured"
PLANAR = "planar buffer"
NEAR_DEG = 2.0


@dataclass(frozen=True)
class Choices:
    """One way to draw the map."""

    buffer_km: float
    tolerance_m: float
    include_refineries: bool
    corrections: tuple[Correction, ...]
    planar_crs: Any = None


def sensitivity(
    rows: pd.DataFrame,
    records: pd.DataFrame,
    zones: Mapping[str, Any],
    seen: Sequence[Seen],
    configured: Choices,
) -> pd.DataFrame:
    """Draw the map once for each variant of each choice, and measure it.

    Parameters
    ----------
    rows : rows of all sources, as `asmgold.sources.records.read_records` gives them
    records : what became of them, `asmgold.schemas.RECORDS`
    zones : by `asmgold.evidence.seen.zones_by_name`
    seen : by `asmgold.evidence.seen.collect`; the capture of all periods is measured
    configured : the choices of the scenario

    Returns
    -------
    `asmgold.evidence.tables.SENSITIVITY`, the scenario as configured first.
    """
    bearing = _near_gold(rows, records, zones[AREA])
    together = [one for one in seen if one.period == ALL_PERIODS]
    observed = {(one.evidence, zone): within(one.shape, shape) for one in together for zone, shape in zones.items()}
    area = gpd.GeoDataFrame(geometry=[zones[AREA]], crs=CRS)
    table: list[dict[str, Any]] = []
    for choice, variant, some, chosen in _variants(bearing, configured):
        sites = _sites(some, area, chosen)
        regions = _regions(sites, zones[AREA], chosen)
        for zone, shape in zones.items():
            km2 = amount(within(regions, shape))
            row = {
                "choice": choice,
                "variant": variant,
                "zone": zone,
                "sites": len(sites) if zone == AREA else int(shapely.intersects(shape, sites.geometry.array).sum()),
                "regions_km2": km2,
                "land_share": ratio(km2, amount(shape)),
            }
            table += [row | _captured(one, observed[one.evidence, zone], regions, row) for one in together] or [
                row | {"evidence": None, "period": None, "capture": np.nan, "lift": np.nan}
            ]
    return SENSITIVITY.validate(pd.DataFrame(table))


def _captured(one: Seen, seen_there: Any, regions: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    captured = ratio(amount(within(seen_there, regions)), amount(seen_there))
    return {
        "evidence": one.evidence,
        "period": one.period,
        "capture": captured,
        "lift": ratio(captured, row["land_share"]),
    }


def _near_gold(rows: pd.DataFrame, records: pd.DataFrame, area: Any) -> pd.DataFrame:
    """The rows that may be a site in some variant: they bear gold, and lie near the area, as read or as used."""
    west, south, east, north = shapely.bounds(area) + NEAR_DEG * np.array([-1, -1, 1, 1])
    classified = records.set_index("record_id").loc[rows["record_id"]].reset_index()
    near = pd.Series(False, index=classified.index)
    for suffix in ("", "_read"):
        near |= classified[f"longitude{suffix}"].between(west, east) & classified[f"latitude{suffix}"].between(
            south, north
        )
    usable = classified["commodity_role"].notna() & (classified["fate"] != "rejected")
    return rows[(near & usable).to_numpy()].reset_index(drop=True)


def _variants(rows: pd.DataFrame, configured: Choices) -> Iterator[tuple[str, str, pd.DataFrame, Choices]]:
    """Each variant: the choice, how it is made, the rows that count, and the choices."""
    yield CONFIGURED, "", rows, configured
    for radius in RADII_KM:
        yield "radius", f"{radius:g} km", rows, replace(configured, buffer_km=radius)
    yield "gold", "primary product only", rows[rows["commodity_role"] == "primary"], configured
    sources = rows["source"].drop_duplicates()
    for source in sources if len(sources) > 1 else []:
        yield "records", f"{source} only", rows[rows["source"] == source], configured
    if configured.corrections:
        yield "corrections", "off", rows, replace(configured, corrections=())
    other = not configured.include_refineries
    yield "refineries", "in" if other else "out", rows, replace(configured, include_refineries=other)
    status = rows["status"].str.casefold()
    for name in STATUSES:
        if (status == name).any():
            yield "status", f"{name} only", rows[status == name], configured
    yield PLANAR, "EPSG:3857", rows, replace(configured, planar_crs="EPSG:3857")
    yield PLANAR, "UTM zone", rows, replace(configured, planar_crs="UTM")


def _sites(rows: pd.DataFrame, area: gpd.GeoDataFrame, chosen: Choices) -> gpd.GeoDataFrame:
    if rows.empty:
        return gpd.GeoDataFrame({"longitude": [], "latitude": []}, geometry=[], crs=CRS)
    records = classify(
        rows.reset_index(drop=True),
        area,
        None,
        chosen.corrections,
        buffer_m=1000 * chosen.buffer_km,
        tolerance_m=chosen.tolerance_m,
        include_refineries=chosen.include_refineries,
    )
    return records[records["fate"] == "site"]


def _regions(sites: gpd.GeoDataFrame, area: Any, chosen: Choices) -> Any:
    """All land of the area within the radius of a site, as one shape."""
    if sites.empty:
        return shapely.Polygon()
    if chosen.planar_crs is None:
        discs = union_of_discs(sites["longitude"], sites["latitude"], 1000 * chosen.buffer_km, chosen.tolerance_m)
        return within(shapely.union_all(discs), area)
    planar = sites.geometry.estimate_utm_crs() if chosen.planar_crs == "UTM" else chosen.planar_crs
    drawn = sites.geometry.to_crs(planar).buffer(1000 * chosen.buffer_km).union_all()
    return within(gpd.GeoSeries([drawn], crs=planar).to_crs(CRS).iloc[0], area)
