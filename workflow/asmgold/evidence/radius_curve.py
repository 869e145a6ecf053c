"""The radius curve: covered land, capture and lift as functions of the radius, from one set of distances."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from asmgold.evidence.land import LandCells
from asmgold.evidence.observations import safe_ratio
from asmgold.evidence.sampling import WeightedPoints, along_edges, distances_m
from asmgold.geodesy.ellipsoid import Floats, to_ecef
from asmgold.geodesy.joining import Geometries
from asmgold.schemas.evidence import RADIUS_CURVE, RADIUS_OF_CAPTURE

RADII_KM = tuple(float(radius) for radius in range(1, 51))
SHARES = (0.5, 0.8, 0.9, 0.95)


def radius_curve(
    cells: LandCells, points: WeightedPoints, shapes: ArrayLike, radii_km: Sequence[float] = RADII_KM
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What is covered and captured at each radius: the cumulative distribution of the distances to the nearest site.

    Parameters
    ----------
    cells, points : by `land_cells` and `weighted_points`, for the same zones
    shapes : every record that would be a site if its disc reached into the area: points, lines and polygons in
        EPSG:4326, shape (n,). Distances to edges are measured to points on them (`along_edges`)
    radii_km : in any order

    Returns
    -------
    `asmgold.schemas.evidence.RADIUS_CURVE`, with rows without evidence where there is none, and
    `asmgold.schemas.evidence.RADIUS_OF_CAPTURE`.
    """
    radii = np.asarray(radii_km, float)
    shapes = np.asarray(shapes, dtype=object)
    to_cells = distances_km(cells, shapes, max_km=radii.max())
    to_points = distances_km(points, shapes)
    covered = safe_ratio(_weight_within(to_cells, cells.km2, radii), cells.zone_km2[:, None])
    if points.groups.empty:
        groups = pd.DataFrame({"evidence": None, "period": None, "zone": cells.zones})
        captured = np.full(covered.shape, np.nan)
    else:
        groups = points.groups
        captured = safe_ratio(_weight_within(to_points, points.weights, radii), points.observed[:, None])
        covered = covered[[cells.zones.index(zone) for zone in groups["zone"]]]
    names = groups[["evidence", "period", "zone"]].loc[groups.index.repeat(radii.size)].reset_index(drop=True)
    curve = names.assign(
        radius_km=np.tile(radii, len(groups)),
        land_share=covered.ravel(),
        capture=captured.ravel(),
        lift=safe_ratio(captured, covered).ravel(),
    )
    return RADIUS_CURVE.validate(curve), _radius_of_capture(points, to_points)


def distances_km(places: LandCells | WeightedPoints, shapes: Geometries, *, max_km: float = np.inf) -> Floats:
    """Distances from places to the nearest of some shapes, 0 within a polygon, shape (places,).

    Parameters
    ----------
    places : land or mining
    shapes : points, lines and polygons in EPSG:4326, shape (n,)
    max_km : distances that are longer are given as infinite
    """
    edges, _ = along_edges(shapes)
    distance = distances_m(places.ecef, to_ecef(*edges.T), max_m=1000 * max_km) / 1000
    for polygon in shapely.get_parts(shapes[shapely.get_dimensions(shapes) == 2]):
        shapely.prepare(polygon)
        distance[shapely.intersects_xy(polygon, places.lon, places.lat)] = 0
    return distance


def _weight_within(distance: Floats, weights: csr_array, radii: Floats) -> Floats:
    """The weight of each row that lies within each radius, shape (rows, radii)."""
    order = np.argsort(radii, kind="stable")
    ring = np.searchsorted(radii[order], distance)  # the number of the first radius that reaches so far
    width = radii.size + 1
    sums = np.empty((weights.shape[0], radii.size))
    for row, (start, end) in enumerate(pairwise(weights.indptr)):
        in_ring = np.bincount(ring[weights.indices[start:end]], weights.data[start:end], minlength=width)
        sums[row, order] = np.cumsum(in_ring[:-1])
    return sums


def _radius_of_capture(points: WeightedPoints, distance: Floats) -> pd.DataFrame:
    """The smallest radius that captures each of `SHARES` of each group."""
    rows = []
    for number, group in enumerate(points.groups.to_dict("records")):
        start, end = points.weights.indptr[number : number + 2]
        of_group = distance[points.weights.indices[start:end]]
        order = np.argsort(of_group, kind="stable")
        sums = np.cumsum(points.weights.data[start:end][order])
        for share in SHARES:
            needed = share * group["observed"]
            first = np.searchsorted(sums, needed * (1 - 1e-9))
            radius = of_group[order][first] if needed > 0 and first < sums.size else np.nan
            rows.append(
                {key: group[key] for key in ("evidence", "period", "zone")} | {"share": share, "radius_km": radius}
            )
    return RADIUS_OF_CAPTURE.validate(pd.DataFrame(rows) if rows else RADIUS_OF_CAPTURE.empty())
