"""Regions around any points, lines or polygons of one's own, for a notebook or another program."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from asmgold.geodesy.around import union_around
from asmgold.geodesy.discs import MAX_RADIUS_M, edge_error_bound
from asmgold.geodesy.ellipsoid import Floats, polygon_area
from asmgold.schemas.tables import CRS
from asmgold.sources.to_degrees import Geometries, to_degrees


def regions_of(
    points: gpd.GeoDataFrame,
    radius_km: float | str | ArrayLike,
    tolerance_m: float = 5.0,
    dissolve_by: str | Sequence[str] | None = None,
) -> gpd.GeoDataFrame:
    """All that lies within a geodesic distance of points, lines or polygons, one row a connected region.

    Parameters
    ----------
    points : geometries in any CRS; rows without one are not counted
    radius_km : geodesic radius in kilometres: a number, the name of a column, or one number for each row, shape (n,)
    tolerance_m : no point of an edge is farther than this from the true boundary
    dissolve_by : a column or several; rows with different values make regions of their own, which may overlap

    Returns
    -------
    In EPSG:4326, the largest first: `region` (1 is the largest), the columns of `dissolve_by`, `n_features` (rows that
    lie in it, wholly or in part), `area_km2` (geodesic), `edge_error_max_m`, `geometry`.

    Raises
    ------
    ValueError : for a radius that is none, naming row and value; without a CRS, or without rows; as `union_around`.
    InputError, pyproj.exceptions.ProjError : as `asmgold.sources.to_degrees.to_degrees`.
    """
    if points.crs is None:
        raise ValueError("the points have no CRS: set_crs says what their coordinates are")
    points = points.assign(_radius_m=_radii_m(points, radius_km))
    points = points[points.geometry.notna() & ~points.geometry.is_empty]
    if points.empty:
        raise ValueError("there are no points: at least one row with a geometry was expected")
    shapes, radii = to_degrees(points.geometry), points["_radius_m"].to_numpy(float)
    columns = [dissolve_by] if isinstance(dissolve_by, str) else [*(dissolve_by or [])]
    groups = points.groupby(columns, dropna=False).indices if columns else {(): np.arange(len(points))}
    tables = []
    for value, rows in groups.items():
        values = value if isinstance(value, tuple) else (value,)
        named = dict(zip(columns, values, strict=True))
        tables.append(_regions(shapes[rows], radii[rows], tolerance_m).assign(**named))
    found = pd.concat(tables).sort_values(["area_km2", *columns], ascending=[False, *(True for _ in columns)])
    found = found.assign(region=np.arange(1, len(found) + 1))
    order = ["region", *columns, "n_features", "area_km2", "edge_error_max_m", "geometry"]
    return gpd.GeoDataFrame(found[order].reset_index(drop=True), geometry="geometry", crs=CRS)


def _radii_m(points: gpd.GeoDataFrame, radius_km: float | str | ArrayLike) -> Floats:
    """The radius of each row."""
    given = points[radius_km].to_numpy(object) if isinstance(radius_km, str) else np.asarray(radius_km, object)
    if given.shape not in ((), (len(points),)):
        raise ValueError(f"radius_km has the shape {given.shape}: one number, or one for each of {len(points)} rows")
    given = np.broadcast_to(given, len(points))
    radii = 1000 * pd.to_numeric(pd.Series(given), errors="coerce").to_numpy(float)
    for row in np.flatnonzero(~((radii > 0) & (radii <= MAX_RADIUS_M)))[:1]:
        raise ValueError(
            f"row {points.index[row]}: the radius is {given[row]!r}: more than 0 and at most "
            f"{MAX_RADIUS_M / 1000:.0f} km was expected"
        )
    return radii


def _regions(shapes: Geometries, radii_m: Floats, tolerance_m: float) -> pd.DataFrame:
    regions = union_around(shapes, radii_m, tolerance_m)
    return pd.DataFrame(
        {
            "n_features": _number_in(shapes, regions),
            "area_km2": polygon_area(regions) / 1e6,
            "edge_error_max_m": round(edge_error_bound(radii_m, tolerance_m), 3),
            "geometry": regions,
        }
    )


def _number_in(shapes: Geometries, regions: Geometries) -> NDArray[np.intp]:
    """How many of the shapes lie in each region: a shape is a radius away from the edges of those it lies in."""
    _, region = shapely.STRtree(shapes).query(regions, predicate="intersects")[::-1]
    return np.bincount(region, minlength=regions.size)
