"""Exposure: counts and amounts of a raster, such as people, summed inside regions and zones."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from exactextract import exact_extract
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from asmgold.config.models import Exposure
from asmgold.errors import InputError
from asmgold.geodesy.antimeridian import wrap_longitudes
from asmgold.geodesy.polygons import densify, make_valid, polygonal
from asmgold.schemas.tables import CRS, EXPOSURE, EXPOSURE_REGIONS
from asmgold.sources.raster import Band, open_raster

log = logging.getLogger(__name__)

MAX_EDGE_REPROJECTED_DEG = 0.01
TORN_M = 1e6  # no such edge is as long as this in a map projection, unless it runs from one end of the map to the other
CELLS_AT_ONCE = 10_000_000
LITTLE_DATA = 0.9


def expose(
    name: str,
    path: Path,
    exposure: Exposure,
    area: gpd.GeoDataFrame,
    regions: gpd.GeoDataFrame,
    zones: Mapping[tuple[str, str], BaseGeometry],
    intersections: gpd.GeoDataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sum a raster inside the area, the zones of overlays, and the regions within them.

    Cells that lie partly inside count by the part of their area in the raster's own CRS. The raster is never
    resampled, so that amounts in disjoint zones add up to the amount in both.

    Parameters
    ----------
    name : what the exposure is called in the configuration
    path, exposure : the raster and how to read it
    area : polygons in EPSG:4326
    regions, intersections : `asmgold.schemas.tables.REGIONS`, `asmgold.schemas.tables.OVERLAYS`
    zones : polygons in EPSG:4326 by overlay and zone, as `asmgold.regions.overlays.zones_of` gives them

    Returns
    -------
    The sums (`asmgold.schemas.tables.EXPOSURE`) and those of each region (`asmgold.schemas.tables.EXPOSURE_REGIONS`).

    Raises
    ------
    InputError : if the raster cannot be read or has no data in the area.
    """
    whole = {"area": shapely.union_all(area.geometry.array)}
    whole |= {f"{overlay}:{zone}": shape for (overlay, zone), shape in zones.items()}
    pieces = intersections["overlay"].astype(object) + ":" + intersections["zone"].astype(object)
    with open_raster(path, exposure) as band:
        totals, shares = _sums(band, np.array(list(whole.values()), dtype=object))
        of_regions, _ = _sums(band, regions.geometry.array)
        of_pieces, _ = _sums(band, intersections.geometry.array)
    if shares[0] == 0:
        raise InputError(f"{path}: has no data in the area; is it of the right place, and is its CRS right?")
    for zone, share in zip(whole, shares, strict=True):
        if share < LITTLE_DATA:
            log.warning("%s: has data on %.1f %% of %s; what lies elsewhere is not counted", path, 100 * share, zone)
    inside = pd.Series(of_pieces).groupby(pieces.to_numpy(dtype=object)).sum().reindex(list(whole), fill_value=0.0)
    inside["area"] = of_regions.sum()
    summary = pd.DataFrame(
        {
            "exposure": name,
            "unit": exposure.unit,
            "zone": list(whole),
            "total": totals,
            "inside": inside.to_numpy(float),
            "share": np.divide(inside, totals, out=np.zeros(len(whole)), where=totals > 0),
            "share_with_data": shares,
        }
    )
    by_region = pd.DataFrame(
        {
            "exposure": name,
            "unit": exposure.unit,
            "region_id": regions["region_id"],
            "region_name": regions["region_name"],
            "amount": of_regions,
        }
    )
    return EXPOSURE.validate(summary), EXPOSURE_REGIONS.validate(by_region)


def _sums(band: Band, polygons: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The amount inside each polygon, and the share of its area where the raster has data."""
    shapes: NDArray[np.object_] = np.asarray(polygons, dtype=object)
    on_raster, owner = _on_raster(band, shapes)
    amount, cells = np.zeros(shapes.size), np.zeros(shapes.size)
    if owner.size:
        found = exact_extract(
            band, gpd.GeoDataFrame(geometry=on_raster, crs=band.crs), ["sum", "count"],
            output="pandas", max_cells_in_memory=CELLS_AT_ONCE,
        )  # fmt: skip
        np.add.at(amount, owner, np.nan_to_num(found["sum"].to_numpy(float)))
        np.add.at(cells, owner, np.nan_to_num(found["count"].to_numpy(float)))
    width, height = band.res()
    area = np.zeros(shapes.size)
    np.add.at(area, owner, shapely.area(on_raster))
    covered = np.divide(cells * width * height, area, out=np.zeros(shapes.size), where=area > 0)
    return amount, np.minimum(covered, 1.0)


def _on_raster(band: Band, shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Polygons in the CRS of a raster and in its range of longitudes, and the index of the one each comes from."""
    owner = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    there = shapes[owner]
    if not band.crs.equals(CRS, ignore_axis_order=True):
        there = _projected(band, there)
    west, _, east, _ = band.extent()
    cell, _ = band.res()
    if not band.crs.is_geographic or (west >= -180 - cell and east <= 180 + cell):
        return there, owner
    # A raster from 0 to 360 degrees, or across the antimeridian.
    return np.array([wrap_longitudes(shape, west) for shape in there], dtype=object), owner


def _projected(band: Band, shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    edges = densify(shapes, MAX_EDGE_REPROJECTED_DEG)
    projected = np.asarray(gpd.GeoSeries(edges, crs=CRS).to_crs(band.crs).array, dtype=object)
    xy, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(projected)), return_index=True)
    steps = np.hypot(*np.diff(xy, axis=0).T)[np.diff(ring) == 0]
    metres = band.crs.axis_info[0].unit_conversion_factor or 1.0
    longest = 180.0 if band.crs.is_geographic else TORN_M / metres
    if not (np.isfinite(xy).all() and (steps < longest).all()):
        raise InputError(
            f"{band.path}: the area or a zone cannot be drawn in its CRS ({band.crs.name}), whose map ends "
            "within it or does not reach it; a raster in another CRS is needed"
        )
    return np.array([polygonal(make_valid(shape)) for shape in projected], dtype=object)
