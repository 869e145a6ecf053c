"""All that lies within a geodesic distance of points, lines and polygons, and the zones between several distances.

Lines and the edges of polygons, straight in longitude and latitude as GIS draws them, become rows of points. Where
these are s apart, discs of radius r leave scallops e deep, with s^2 = 4 e (2 r - e): they take a share of the
tolerance, and the discs the rest.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import ArrayLike

from asmgold.geodesy.discs import check_radius
from asmgold.geodesy.ellipsoid import Floats, Metres
from asmgold.geodesy.joining import Geometries, joined
from asmgold.geodesy.polygons import POLYGONAL_TYPES, polygonal
from asmgold.geodesy.union import union_of_discs

SCALLOP_SHARE_OF_TOLERANCE = 0.2
METRES_PER_DEGREE = 111_695.0  # of latitude, where it is longest
MAX_SAMPLES = 5_000_000


def union_around(geometries: ArrayLike, radius_m: Metres, tolerance_m: float = 5.0) -> Geometries:
    """All that lies within a geodesic distance of points, lines or polygons, one geometry for each connected region.

    Parameters
    ----------
    geometries : points, lines, polygons and collections of them, in EPSG:4326, shape (n,). Edges are straight in
        longitude and latitude; what crosses 180 degrees is split there
    radius_m : geodesic radius in metres, more than 0, at most `MAX_RADIUS_M`: one, or one for each geometry
    tolerance_m : no point of an edge is farther than this from the true boundary; with lines 0.0125 or more

    Returns
    -------
    As `asmgold.geodesy.union.union_of_discs`. Parts of a geometry that are far apart are regions of their own.

    Raises
    ------
    ValueError : as `asmgold.geodesy.union.union_of_discs`; or for lines so long, or a radius or tolerance so small,
        that more than `MAX_SAMPLES` points would be needed.
    """
    shapes = np.atleast_1d(shapely.force_2d(np.asarray(geometries, dtype=object)))
    check_radius(radius_m, tolerance_m)
    radius = np.broadcast_to(np.asarray(radius_m, float), shapes.shape)
    if (shapely.get_dimensions(shapes) > 0).any():
        scallop_m = SCALLOP_SHARE_OF_TOLERANCE * tolerance_m
        shapes, radius, tolerance_m = _rows_of_points(shapes, radius, scallop_m), radius, tolerance_m - scallop_m
    lonlat, owner = shapely.get_coordinates(shapes, return_index=True)
    around = union_of_discs(lonlat[:, 0], lonlat[:, 1], radius[owner], tolerance_m)
    parts = shapely.get_parts(shapely.get_parts(shapes))
    polygons = parts[np.isin(shapely.get_type_id(parts), POLYGONAL_TYPES)]
    return joined(np.concatenate([around, polygons])) if polygons.size else around


def rings_around(geometries: ArrayLike, radii_m: Metres, tolerance_m: float = 5.0) -> Geometries:
    """Nested zones: what lies up to the first distance, from there to the second, and so on.

    Parameters
    ----------
    geometries, tolerance_m : as for `union_around`
    radii_m : geodesic distances in metres, each more than the one before by twice the tolerance or more, shape (k,)

    Returns
    -------
    Polygons and MultiPolygons in EPSG:4326 that share edges and do not overlap, shape (k,); an empty one where
    nothing is left for a zone.

    Raises
    ------
    ValueError : as `union_around`; or if the distances do not rise.
    """
    radii = np.atleast_1d(np.asarray(radii_m, float))
    if not (radii.size and (np.diff(radii, prepend=0) > 0).all() and (np.diff(radii) >= 2 * tolerance_m).all()):
        raise ValueError(f"radii_m are {radii.tolist()}: distances that rise by twice the tolerance were expected")
    wholes = [shapely.union_all(union_around(geometries, one, tolerance_m)) for one in radii]
    between = shapely.difference(wholes[1:], wholes[:-1])
    return np.array([wholes[0], *map(polygonal, between)], dtype=object)


def _rows_of_points(shapes: Geometries, radius_m: Floats, scallop_m: float) -> Geometries:
    """The shapes with points so dense along their edges that discs around these leave only such scallops."""
    step_deg = np.sqrt(4 * scallop_m * (2 * radius_m - scallop_m)) / METRES_PER_DEGREE
    needed = float(np.nansum(shapely.length(shapes) / step_deg))
    if needed > MAX_SAMPLES:
        raise ValueError(
            f"edges of that length would need {needed:.3g} points, more than {MAX_SAMPLES}: "
            "a larger radius or tolerance needs fewer"
        )
    return np.asarray(shapely.segmentize(shapes, step_deg))
