"""Reader of polygon layers: any vector format that GDAL knows, brought to valid polygons in EPSG:4326."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from pyproj.exceptions import CRSError

from asmgold.config import Layer
from asmgold.errors import InputError
from asmgold.geodesy import densify, polygon_area
from asmgold.geodesy.planar import POLYGONAL_TYPES
from asmgold.schemas import CRS

log = logging.getLogger(__name__)

MENDING_MAY_CHANGE = 0.001  # of a layer's area
LONGEST_EDGE_REPROJECTED_M = 10_000.0


def read_polygons(path: Path, layer: Layer) -> gpd.GeoDataFrame:
    """Read the polygons of a layer.

    Parameters
    ----------
    path : the file, or a zip that holds one
    layer : which layer of it, which features, and the CRS of a layer that states none

    Returns
    -------
    The features that match, with their fields, as valid polygons in EPSG:4326.

    Raises
    ------
    InputError : if the file cannot be read, no feature matches, the CRS is unknown, there is no polygon, a
        coordinate is off the globe, or mending invalid geometry would change the layer's area by more than 0.1 %.
    """
    if not path.exists():
        raise InputError(f"{path}: there is no such file")
    features = _read(path, layer)
    features = _matching(features, path, layer)
    features = _in_wgs84(features, path, layer)
    features = _polygons_only(features, path)
    return _valid(features, path)


def _read(path: Path, layer: Layer) -> gpd.GeoDataFrame:
    try:
        features = gpd.read_file(path, layer=layer.layer, engine="pyogrio")
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise InputError(f"{path}: not a layer that GDAL can read ({error})") from None
    if not isinstance(features, gpd.GeoDataFrame):
        raise InputError(f"{path}: a table without geometry, polygons were expected")
    if features.empty:
        raise InputError(f"{path}: holds no feature, polygons were expected")
    return features


def _matching(features: gpd.GeoDataFrame, path: Path, layer: Layer) -> gpd.GeoDataFrame:
    for field, value in layer.where.items():
        if field not in features.columns:
            fields = ", ".join(name for name in features.columns if name != "geometry")
            raise InputError(f"{path}: has no field {field!r}, its fields are {fields}")
        found = features[field]
        features = features[found.astype(str) == str(value)]
        if features.empty:
            values = ", ".join(repr(item) for item in found.drop_duplicates().astype(str).head(5))
            raise InputError(f"{path}: no feature has {field} = {value!r}; it has {values} and others")
    return features.reset_index(drop=True)


def _in_wgs84(features: gpd.GeoDataFrame, path: Path, layer: Layer) -> gpd.GeoDataFrame:
    if features.crs is None:
        if layer.crs is None:
            raise InputError(f"{path}: states no CRS; give it as `crs: EPSG:...` beside the layer's source or file")
        try:
            features = features.set_crs(layer.crs)
        except CRSError:
            raise InputError(f"{path}: crs is {layer.crs!r}, a CRS such as EPSG:4326 was expected") from None
    if features.crs != CRS:
        if features.crs.is_projected:
            # A long straight edge of a map projection is a curve on the globe: give it points to bend at.
            metres = features.crs.axis_info[0].unit_conversion_factor or 1.0
            features.geometry = densify(features.geometry.array, LONGEST_EDGE_REPROJECTED_M / metres)
        features = features.to_crs(CRS)
    west, south, east, north = features.total_bounds
    if not (west >= -180.0001 and east <= 180.0001 and south >= -90.0001 and north <= 90.0001):
        raise InputError(
            f"{path}: reaches from {west:.6g} {south:.6g} to {east:.6g} {north:.6g}, "
            "longitudes within 180 and latitudes within 90 degrees were expected; is the CRS right?"
        )
    return features


def _polygons_only(features: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    geometry = shapely.force_2d(features.geometry.array)
    kinds = shapely.get_type_id(geometry)
    areal = np.isin(kinds, POLYGONAL_TYPES)
    areal &= ~(shapely.is_empty(geometry) | shapely.is_missing(geometry))
    if not areal.any():
        found = ", ".join(sorted(set(features.geom_type.dropna()))) or "no geometry"
        raise InputError(f"{path}: holds {found}, polygons were expected")
    if not areal.all():
        log.warning("%s: %d of %d features are no polygons and are left out", path, (~areal).sum(), areal.size)
    features = features.assign(geometry=gpd.array.from_shapely(geometry, crs=CRS))
    return features[areal].reset_index(drop=True)


def _valid(features: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    geometry: Any = np.asarray(features.geometry.array, dtype=object)
    invalid = np.flatnonzero(~shapely.is_valid(geometry))
    if invalid.size == 0:
        return features
    reason = f"feature {invalid[0] + 1}: {shapely.is_valid_reason(geometry[invalid[0]])}"
    before = polygon_area(geometry)
    mended = geometry.copy()
    mended[invalid] = shapely.make_valid(geometry[invalid], method="structure", keep_collapsed=False)
    change = np.abs(polygon_area(mended) - before).sum() / max(before.sum(), 1.0)
    if change > MENDING_MAY_CHANGE:
        raise InputError(
            f"{path}: {invalid.size} of {geometry.size} geometries are invalid ({reason}) and mending them would "
            f"change the area by {change:.2%}; mend them by hand"
        )
    log.warning(
        "%s: mended %d of %d geometries (%s), the area changed by %.6f %%",
        path, invalid.size, geometry.size, reason, 100 * change,
    )  # fmt: skip
    return features.assign(geometry=gpd.array.from_shapely(mended, crs=CRS))
