"""One-at-a-time sensitivity analysis: what the map becomes when one choice changes and all else stays as configured."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from asmgold.evidence.observations import Observation, Zones, area_km2, safe_ratio
from asmgold.geodesy.around import union_around
from asmgold.geodesy.ellipsoid import Floats, polygon_area
from asmgold.geodesy.polygons import polygonal
from asmgold.records.classify import plants, reach_of_discs, shapes_of
from asmgold.records.flags import has_flag
from asmgold.schemas.evidence import SENSITIVITY
from asmgold.schemas.tables import CRS
from asmgold.vocabulary.evidence import ALL_PERIODS, AREA, PRIMARY_ONLY

log = logging.getLogger(__name__)

RADII_KM = (5.0, 10.0, 20.0, 30.0, 50.0)
STATUSES = ("producer", "past producer", "prospect", "occurrence")
CONFIGURED = "configured"
PLANAR = "planar buffer"
NEAR_DEG = 2.0
Geometries = NDArray[np.object_]


@dataclass(frozen=True)
class Configuration:
    """The choices that the map depends on."""

    buffer_km: float | None
    """One for all discs, or None where each record has its own."""
    tolerance_m: float
    include_plants: bool
    exclude_administrative: bool
    with_corrections: bool
    planar_crs: str | None = None
    """Where discs are drawn as a GIS would in a plane: EPSG:3857 or UTM."""


def sensitivity(
    records: pd.DataFrame, zones: Zones, observations: Sequence[Observation], configured: Configuration
) -> pd.DataFrame:
    """Draw the map once for each variant of each choice, and measure it.

    Parameters
    ----------
    rows : rows of all sources, as `asmgold.sources.records.read_records` gives them
    records : what became of them, `asmgold.schemas.tables.RECORDS`
    zones : by `zones_by_name`
    observations : by `collect_observations`; the capture of all periods is measured
    configured : the choices of the scenario

    Returns
    -------
    `asmgold.schemas.evidence.SENSITIVITY`, the scenario as configured first.
    """
    candidates = _candidates(records, zones[AREA])
    area = gpd.GeoDataFrame(geometry=[zones[AREA]], crs=CRS)
    measure = _Measure(zones, [one for one in observations if one.period == ALL_PERIODS])
    tables: dict[tuple[bytes, bytes, str | None], pd.DataFrame] = {}
    rows = []
    for choice, variant, some, configuration in _variants(candidates, configured):
        sites, radii_m = _sites(some, area, configuration)
        # Several variants may come to the same map, which is drawn once.
        key = shapely.get_coordinates(sites).tobytes(), radii_m.tobytes(), configuration.planar_crs
        if key not in tables:
            tables[key] = measure(sites, _regions(sites, radii_m, zones[AREA], configuration))
        rows.append(tables[key].assign(choice=choice, variant=variant))
    return SENSITIVITY.validate(pd.concat(rows, ignore_index=True)[list(SENSITIVITY.columns)])


def _candidates(records: pd.DataFrame, area: shapely.Geometry) -> pd.DataFrame:
    """The records that may be a site in some variant: they bear gold, and lie near the area, as read or as used."""
    west, south, east, north = shapely.bounds(area) + NEAR_DEG * np.array([-1, -1, 1, 1])
    near = np.zeros(len(records), bool)
    for suffix in ("", "_read"):
        near |= records[f"longitude{suffix}"].between(west, east) & records[f"latitude{suffix}"].between(south, north)
    return records[near & records["commodity_role"].notna() & (records["fate"] != "rejected")]


def _variants(
    records: pd.DataFrame, configured: Configuration
) -> Iterator[tuple[str, str, pd.DataFrame, Configuration]]:
    """Each variant: the choice, how it is made, the records that count, and the configuration."""
    yield CONFIGURED, "", records, configured
    for radius in RADII_KM:
        yield "radius", f"{radius:g} km", records, replace(configured, buffer_km=radius)
    yield "gold", PRIMARY_ONLY, records[records["commodity_role"] == "primary"], configured
    sources = records["source"].drop_duplicates()
    for source in sources if len(sources) > 1 else []:
        yield "records", f"{source} only", records[records["source"] == source], configured
    if configured.with_corrections:
        yield "corrections", "off", records, replace(configured, with_corrections=False)
    yield "gold", "without commod3", records[records["commodity_role"] != "tertiary"], configured
    other = not configured.include_plants
    yield "plants", "in" if other else "out", records, replace(configured, include_plants=other)
    other = not configured.exclude_administrative
    variant = "out" if other else "in"
    yield "administrative positions", variant, records, replace(configured, exclude_administrative=other)
    status = records["status"].str.casefold()
    for name in STATUSES:
        if (status == name).any():
            yield "status", f"{name} only", records[status == name], configured
    types = records["operation_type"].fillna("") + " " + records["deposit_type"].fillna("")
    if (is_placer := types.str.contains("placer", case=False)).any():
        yield "type", "placer only", records[is_placer], configured
    silent = [what for what in ("status", "operation_type") if records[what].isna().all()]
    if silent:
        log.warning("no record states its %s: there are no variants by that", " or ".join(silent).replace("_", " "))
    yield PLANAR, "EPSG:3857", records, replace(configured, planar_crs="EPSG:3857")
    yield PLANAR, "UTM zone", records, replace(configured, planar_crs="UTM")


def _sites(records: pd.DataFrame, area: gpd.GeoDataFrame, configuration: Configuration) -> tuple[Geometries, Floats]:
    """The points, lines and polygons of the records that are sites, and the radius of each, metres."""
    if not configuration.include_plants:
        records = records[plants(records).isna()]
    if configuration.exclude_administrative:
        records = records[~has_flag(records, "position_centroid")]
    suffix = "" if configuration.with_corrections else "_read"
    lon, lat = records[f"longitude{suffix}"].to_numpy(float), records[f"latitude{suffix}"].to_numpy(float)
    usable = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    points = shapes_of(records[usable], np.asarray(shapely.points(lon[usable], lat[usable])))
    radii_m = 1000 * records["buffer_km"].to_numpy(float)[usable]
    if configuration.buffer_km is not None:
        radii_m = np.full(radii_m.size, 1000 * configuration.buffer_km)
    _, reaches = reach_of_discs(points, area, radii_m, configuration.tolerance_m)
    return np.asarray(points[reaches], dtype=object), radii_m[reaches]


def _regions(sites: Geometries, radii_m: Floats, area: shapely.Geometry, configuration: Configuration) -> Geometries:
    """The polygons of all land in the area within the radius of a site."""
    if configuration.planar_crs is None or not sites.size:
        return _clip(union_around(sites, radii_m, configuration.tolerance_m), area)
    points = gpd.GeoSeries(sites, crs=CRS)
    crs = points.estimate_utm_crs() if configuration.planar_crs == "UTM" else configuration.planar_crs
    drawn = points.to_crs(crs).buffer(radii_m).union_all()
    return _clip(shapely.get_parts(gpd.GeoSeries([drawn], crs=crs).to_crs(CRS).to_numpy()), area)


def _clip(polygons: Geometries, zone: shapely.Geometry) -> Geometries:
    """The parts of polygons that lie in a zone; those wholly inside are taken as they are."""
    shapely.prepare(zone)
    whole = shapely.contains_properly(zone, polygons)
    cut = shapely.intersection(polygons[~whole & shapely.intersects(zone, polygons)], zone)
    return np.array([*polygons[whole], *map(polygonal, cut)], dtype=object)


class _Measure:
    """Measures regions in the zones, and their capture of what was observed.

    Parameters
    ----------
    zones : polygons in EPSG:4326 by name
    observations : one for each layer of evidence
    """

    def __init__(self, zones: Zones, observations: Sequence[Observation]) -> None:
        self._zones = zones
        self._zone_km2 = {zone: area_km2(shape) for zone, shape in zones.items()}
        self._observed = {(one, zone): one.within(shape) for one in observations for zone, shape in zones.items()}
        self._observations = observations

    def __call__(self, sites: Geometries, regions: Geometries) -> pd.DataFrame:
        """A row for each zone and layer of evidence, as in `asmgold.schemas.evidence.SENSITIVITY`."""
        together = shapely.union_all(regions) if self._observations else shapely.Polygon()
        rows: list[dict[str, Any]] = []
        for zone, shape in self._zones.items():
            inside = regions if zone == AREA else _clip(regions, shape)
            km2 = float(polygon_area(inside).sum()) / 1e6
            row = {
                "zone": zone,
                "sites": sites.size if zone == AREA else int(shapely.intersects(shape, sites).sum()),
                "regions_km2": km2,
                "land_share": safe_ratio(km2, self._zone_km2[zone]),
            }
            captures: list[tuple[str | None, str | None, float]] = [
                (one.evidence, one.period, _capture(self._observed[one, zone], together)) for one in self._observations
            ]
            for evidence, period, capture in captures or [(None, None, np.nan)]:
                lift = safe_ratio(capture, row["land_share"])
                rows.append(row | {"evidence": evidence, "period": period, "capture": capture, "lift": lift})
        return pd.DataFrame(rows)


def _capture(observed: Observation, regions: shapely.Geometry) -> Any:
    """The share of what was observed that lies in the regions."""
    if observed.is_points:
        return safe_ratio(observed.within(regions).amount, observed.amount)
    # One by one, since most polygons lie wholly inside or outside.
    polygons = shapely.get_parts(observed.shape)
    return safe_ratio(polygon_area(_clip(polygons, regions)).sum(), polygon_area(polygons).sum())
