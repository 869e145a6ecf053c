"""Edges as GIS software draws them: straight in longitude and latitude."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

RAGGED_DEG = 1e-3  # what is cut at 180 degrees ends there as precisely as this, some 100 m
POLYGONAL_TYPES = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def densify(geometries: ArrayLike, max_segment_deg: float) -> NDArray[Any]:
    """Add vertices so that no edge is longer than ``max_segment_deg`` degrees, without moving the edge."""
    return np.asarray(shapely.segmentize(np.asarray(geometries, dtype=object), max_segment_deg))


def make_valid(geometry: BaseGeometry) -> BaseGeometry:
    """The geometry itself if it is valid; otherwise GEOS unties its edges where they cross.

    Edges can cross where a neck or a gap is thinner than the tolerance they are drawn with.
    """
    if geometry.is_valid:
        return geometry
    valid: BaseGeometry = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    return valid


def crosses_180(geometry: BaseGeometry) -> bool:
    """Whether a geometry was cut at 180 degrees: it ends there, or nearly so, on both sides."""
    west, _, east, _ = geometry.bounds
    return bool(west < RAGGED_DEG - 180 and east > 180 - RAGGED_DEG)


def drawn_to_180(geometry: BaseGeometry, reach_deg: float = RAGGED_DEG) -> BaseGeometry:
    """Polygons with every vertex this close to 180 degrees at 180 degrees, so that both sides meet on a map.

    Natural Earth, for one, cuts Fiji up to 90 m beside it. For pictures, not for measuring.
    """

    def draw(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        near = 180 - np.abs(xy[:, 0]) < reach_deg
        return np.column_stack([np.where(near, np.copysign(180.0, xy[:, 0]), xy[:, 0]), xy[:, 1]])

    return make_valid(shapely.transform(geometry, draw))


def polygonal(geometry: BaseGeometry) -> BaseGeometry:
    """The polygons of a geometry, without the points and lines that an intersection leaves."""
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    parts = shapely.get_parts(geometry)
    union: BaseGeometry = shapely.union_all(parts[np.isin(shapely.get_type_id(parts), POLYGONAL_TYPES)])
    return union
