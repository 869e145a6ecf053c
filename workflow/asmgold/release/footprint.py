"""Where a release is on the globe: the outline that a catalogue searches by, and its box."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike
from shapely.geometry.base import BaseGeometry

from asmgold.geodesy.antimeridian import span_of_longitudes, split_at_antimeridian

DECIMALS = 6


@dataclass(frozen=True)
class Footprint:
    """An outline in EPSG:4326, as GeoJSON asks for it: split at the antimeridian; where it crosses it, west > east.

    Parameters
    ----------
    geometry : as GeoJSON
    bbox : west, south, east, north in degrees
    """

    geometry: dict[str, Any]
    bbox: list[float]


def footprint_of(shapes: ArrayLike) -> Footprint:
    """The convex hull of polygons in EPSG:4326, drawn across the antimeridian where that makes it smaller."""
    parts = shapely.get_parts(np.asarray(shapes, dtype=object))
    boxes = shapely.bounds(parts)
    west, _ = span_of_longitudes(boxes[:, 0], boxes[:, 2])
    points = shapely.get_coordinates(parts)
    # A part ends at 180 degrees at the latest, so its points go on together.
    turned = np.repeat((boxes[:, 2] <= west) * 360.0, shapely.get_num_coordinates(parts))
    turned -= np.repeat((boxes[:, 0] >= west + 360) * 360.0, shapely.get_num_coordinates(parts))
    return _footprint(shapely.MultiPoint(points + np.column_stack([turned, np.zeros(turned.size)])).convex_hull)


def footprint_of_box(west: float, south: float, east: float, north: float) -> Footprint:
    """The footprint of a rectangle.

    Parameters
    ----------
    west, south, east, north : degrees; across the antimeridian, longitudes go on beyond 180 or below -180
    """
    return _footprint(shapely.box(west, south, east, north))


def footprint_of_products(products: Path) -> Footprint:
    """That of the regions, or, where there is none, of the area that they would lie in."""
    regions = gpd.read_parquet(products / "regions.parquet", columns=["geometry"])
    if regions.empty:
        regions = gpd.read_file(products / "asm_gold_regions.gpkg", layer="area")
    return footprint_of(regions.geometry.array)


def _footprint(outline: BaseGeometry) -> Footprint:
    west, south, east, north = (round(float(edge), DECIMALS) for edge in outline.bounds)
    rounded = shapely.transform(split_at_antimeridian(outline), lambda points: np.round(points, DECIMALS))
    geometry = json.loads(shapely.to_geojson(shapely.orient_polygons(rounded)))
    if east - west >= 360:
        west, east = -180.0, 180.0
    box = [west + 360 if west < -180 else west, south, east - 360 if east > 180 else east, north]
    return Footprint(geometry, [round(edge, DECIMALS) for edge in box])
