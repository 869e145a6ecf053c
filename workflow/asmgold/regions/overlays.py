"""Regions intersected with overlays: how much of a zone is region, and how much of the regions is in a zone."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from asmgold.errors import InputError
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.geodesy.polygons import polygonal
from asmgold.io.values import as_text
from asmgold.schemas.tables import CRS, OVERLAY_SUMMARY, OVERLAY_UNITS, OVERLAYS

log = logging.getLogger(__name__)

MAX_SHARE_BEYOND_PARENT = 0.001
NO_UNIT = "none"


def intersect(
    regions: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    overlays: Mapping[str, gpd.GeoDataFrame],
    within: Mapping[str, str | None],
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Intersect the published regions with the zones of each overlay.

    Parameters
    ----------
    regions : `asmgold.schemas.tables.REGIONS`
    sites : `asmgold.schemas.tables.SITES`
    overlays : polygons in EPSG:4326 by name
    within : for each overlay to intersect with, the one that it is a part of, or None

    Returns
    -------
    The intersections (`asmgold.schemas.tables.OVERLAYS`) and their summary (`asmgold.schemas.tables.OVERLAY_SUMMARY`).
    """
    zones = zones_of(overlays, within)
    pieces = [_pieces(regions, name, zone, shape) for (name, zone), shape in zones.items()]
    table = pd.concat(pieces, ignore_index=True) if pieces else OVERLAYS.empty()
    intersections = OVERLAYS.validate(gpd.GeoDataFrame(table, geometry="geometry", crs=CRS))
    return intersections, _summary(intersections, zones, within, regions, sites)


def zones_of(
    overlays: Mapping[str, gpd.GeoDataFrame], within: Mapping[str, str | None]
) -> dict[tuple[str, str], shapely.Geometry]:
    """The polygons of each zone, by overlay and zone: `inside`, and `outside` for an overlay within another one.

    Parameters
    ----------
    overlays, within : as for `intersect`
    """
    shapes: dict[str, Any] = {name: shapely.union_all(overlays[name].geometry.array) for name in within}
    zones: dict[tuple[str, str], shapely.Geometry] = {}
    for name, shape in shapes.items():
        zones[name, "inside"] = shape
        parent = within[name]
        if parent is None:
            continue
        zones[name, "outside"] = polygonal(shapely.difference(shapes[parent], shape))
        left_over = polygonal(shapely.difference(shape, shapes[parent]))
        whole, beyond = float(polygon_area(shape)[0]), float(polygon_area(left_over)[0])
        if beyond > MAX_SHARE_BEYOND_PARENT * whole:
            log.warning("%.2f %% of overlay %s lie outside %s, which it is within", 100 * beyond / whole, name, parent)
    return zones


def measure_units(
    regions: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, overlays: Mapping[str, gpd.GeoDataFrame], by: Mapping[str, str]
) -> pd.DataFrame:
    """How much region and how many sites there are in each unit of an overlay, such as each province.

    Parameters
    ----------
    regions, sites, overlays : as for `intersect`
    by : for some of the overlays, the field whose values are the units

    Returns
    -------
    A table of `asmgold.schemas.tables.OVERLAY_UNITS`, the units of each overlay by name.

    Raises
    ------
    InputError : if an overlay has no such field.
    """
    points = shapely.STRtree(np.asarray(sites.geometry.array, dtype=object))
    rows = []
    for name, field in by.items():
        layer = overlays[name]
        for unit, shape in units_of(layer, name, field).items():
            unit_km2 = float(polygon_area(shape)[0]) / 1e6
            regions_km2 = float(_pieces(regions, name, "inside", shape)["area_km2"].sum())
            inside = sites.iloc[points.query(shape, predicate="intersects")]
            rows.append(
                {
                    "overlay": name,
                    "unit": unit,
                    "unit_km2": unit_km2,
                    "regions_km2": regions_km2,
                    "share_of_unit": _share(regions_km2, unit_km2),
                    "sites": len(inside),
                    "deposits": inside["deposit_id"].nunique(),
                }
            )
    table = pd.DataFrame(rows) if rows else OVERLAY_UNITS.empty()
    return OVERLAY_UNITS.validate(table)


def units_of(layer: gpd.GeoDataFrame, name: str, field: str) -> dict[str, shapely.Geometry]:
    """The polygons of each unit of an overlay, by the values of a field, in order.

    Features without a value are one unit more, `none`, and a warning names the first of them.

    Raises
    ------
    InputError : if the overlay has no such field.
    """
    if field not in layer.columns:
        fields = ", ".join(layer.columns.drop("geometry"))
        raise InputError(
            f"configuration: overlays.{name}.group_by is {field!r}, one of its fields was expected: {fields}"
        )
    units = as_text(layer[field])
    if (nameless := np.flatnonzero(units.isna())).size:
        log.warning(
            "overlay %s: %d of %d features have no value of %s, feature %d the first; they are together the unit %r",
            name, nameless.size, len(layer), field, nameless[0] + 1, NO_UNIT,
        )  # fmt: skip
    return {str(unit): shapely.union_all(some.geometry.array) for unit, some in layer.groupby(units.fillna(NO_UNIT))}


def _pieces(regions: gpd.GeoDataFrame, name: str, zone: str, shape: shapely.Geometry) -> pd.DataFrame:
    shapely.prepare(shape)
    cut = np.asarray(shapely.intersection(np.asarray(regions.geometry.array, dtype=object), shape), dtype=object)
    cut = np.array([polygonal(geometry) for geometry in cut], dtype=object)
    area = polygon_area(cut) / 1e6
    hit = area > 0
    return pd.DataFrame(
        {
            "overlay": name,
            "zone": zone,
            "region_id": regions["region_id"].to_numpy(dtype=object)[hit],
            "region_name": regions["region_name"].to_numpy(dtype=object)[hit],
            "area_km2": area[hit],
            "geometry": cut[hit],
        }
    )


def _summary(
    intersections: gpd.GeoDataFrame,
    zones: Mapping[tuple[str, str], shapely.Geometry],
    within: Mapping[str, str | None],
    regions: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
) -> pd.DataFrame:
    inside = intersections.groupby(["overlay", "zone"])["area_km2"].sum()
    total = regions["area_km2"].sum()
    points = shapely.STRtree(np.asarray(sites.geometry.array, dtype=object))
    rows = []
    for (name, zone), shape in zones.items():
        zone_km2 = float(polygon_area(shape)[0]) / 1e6
        regions_km2 = float(inside.get((name, zone), 0.0))
        parent = within[name]
        rows.append(
            {
                "overlay": name,
                "zone": zone,
                "zone_km2": zone_km2,
                "regions_km2": regions_km2,
                "share_of_zone": _share(regions_km2, zone_km2),
                "share_of_regions": _share(regions_km2, total),
                "share_of_parent_regions": _share(regions_km2, float(inside.get((parent, "inside"), 0.0)))
                if parent
                else np.nan,
                "sites": points.query(shape, predicate="intersects").size,
            }
        )
    table = pd.DataFrame(rows) if rows else OVERLAY_SUMMARY.empty()
    return OVERLAY_SUMMARY.validate(table)


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0
