"""A word where a layer lies nowhere near the area, which is mostly a mistake of its CRS or of the order of its axes."""

from __future__ import annotations

import logging

import geopandas as gpd
import shapely

log = logging.getLogger(__name__)


def note_elsewhere(what: str, layer: gpd.GeoDataFrame, area: gpd.GeoDataFrame) -> None:
    """Log a warning if nothing of a layer lies within the bounds of the area, and which reading of it would.

    Parameters
    ----------
    what : how to call the layer, such as its key in the configuration
    layer, area : in EPSG:4326
    """
    if layer.empty:
        return
    west, south, east, north = layer.total_bounds
    home = shapely.box(*area.total_bounds)
    if home.intersects(shapely.box(west, south, east, north)):
        return
    swapped = home.intersects(shapely.box(south, west, north, east))
    remedy = "with longitude and latitude swapped it would" if swapped else "is its CRS right?"
    log.warning(
        "%s: nothing of it lies near the area: it reaches from %.6g %.6g to %.6g %.6g, the area from "
        "%.6g %.6g to %.6g %.6g; %s", what, west, south, east, north, *home.bounds, remedy,
    )  # fmt: skip
