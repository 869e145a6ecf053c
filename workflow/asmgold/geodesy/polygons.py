"""Edges as GIS software draws them: straight in longitude and latitude."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

# The plugin for QGIS may find a shapely of before 2.1. It has one way only, which takes what two parts share from both.
STRUCTURE: dict[str, Any] = (
    {"method": "structure", "keep_collapsed": False} if hasattr(shapely, "orient_polygons") else {}
)
POLYGONAL_TYPES = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def densify(geometries: ArrayLike, max_segment_deg: float) -> NDArray[np.object_]:
    """Add vertices so that no edge is longer than ``max_segment_deg`` degrees, without moving the edge."""
    return np.asarray(shapely.segmentize(np.asarray(geometries, dtype=object), max_segment_deg))


def make_valid(geometry: BaseGeometry) -> BaseGeometry:
    """The geometry itself if it is valid; otherwise GEOS unties its edges where they cross.

    Edges can cross where a neck or a gap is thinner than the tolerance they are drawn with.
    """
    if geometry.is_valid:
        return geometry
    return polygonal(shapely.make_valid(geometry, **STRUCTURE))


def polygonal(geometry: BaseGeometry) -> BaseGeometry:
    """The polygons of a geometry, without the points and lines that an intersection leaves."""
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    parts = shapely.get_parts(geometry)
    union: BaseGeometry = shapely.union_all(parts[np.isin(shapely.get_type_id(parts), POLYGONAL_TYPES)])
    return union
