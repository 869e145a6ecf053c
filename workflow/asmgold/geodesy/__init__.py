"""Geodesy on WGS84: discs and their unions, what is near lines and polygons, areas, distances, the antimeridian.

A small library that stands by itself: arrays of degrees and metres in, shapely out. It needs numpy, scipy, shapely and
pyproj, and knows nothing of the records, the tables or the workflow above it. What is named here is imported when it
is first used; the function `discs` is in the module of that name.

>>> from asmgold.geodesy import polygon_area, union_of_discs
>>> regions = union_of_discs([-70.0, -69.9, 179.95], [-13.0, -13.1, 0.0], 20_000)
>>> len(regions)  # two discs that overlap, and one that crosses 180 degrees
2
>>> [region.geom_type for region in regions]
['Polygon', 'MultiPolygon']
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asmgold.geodesy.antimeridian import split_at_antimeridian
    from asmgold.geodesy.around import rings_around, union_around
    from asmgold.geodesy.discs import MAX_RADIUS_M, edge_error_bound, may_reach
    from asmgold.geodesy.ellipsoid import WGS84, NearestSite, distance_of_chord, polygon_area, to_ecef
    from asmgold.geodesy.polygons import densify, polygonal
    from asmgold.geodesy.union import union_of_discs, unions_of_discs

__all__ = [
    "MAX_RADIUS_M",
    "WGS84",
    "NearestSite",
    "densify",
    "distance_of_chord",
    "edge_error_bound",
    "may_reach",
    "polygon_area",
    "polygonal",
    "rings_around",
    "split_at_antimeridian",
    "to_ecef",
    "union_around",
    "union_of_discs",
    "unions_of_discs",
]
_MODULES = ("ellipsoid", "polygons", "antimeridian", "discs", "union", "around")  # those that import least come first


def __getattr__(name: str) -> Any:
    """The public name of one of the modules."""
    if name in __all__:
        for module in _MODULES:
            found = vars(import_module(f"{__name__}.{module}"))
            if name in found:
                return found[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
