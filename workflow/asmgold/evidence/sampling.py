"""Observed mining as many small parts, each with a weight and one point.

Exact polygons would have to be intersected anew for each radius and each random draw. A part counts as inside a region
if its point lies within the radius of a site, so one set of distances answers for all radii, and a k-d tree of the
points for all draws. `docs/evidence.md` compares the result with exact areas. Land is divided in the same manner by
`asmgold.evidence.land`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, csr_array
from scipy.spatial import cKDTree

from asmgold.evidence.observations import Observation, Zones
from asmgold.geodesy.ellipsoid import MEAN_RADIUS_M, Floats, polygon_area, to_ecef
from asmgold.geodesy.polygons import densify, polygonal

MAX_PART_DEG = 0.004
FINE_DEG = 0.002
GROUP_COLUMNS = ["evidence", "period", "zone", "observed", "unit"]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]
Geometries = NDArray[np.object_]


@dataclass(frozen=True)
class WeightedPoints:
    """Observed mining as points with weights: km2 of polygons, those of weighted points, or 1.

    Parameters
    ----------
    lon, lat : degrees, shape (points,)
    weights : what each point counts for in each group, shape (groups, points)
    groups : a row for each group: `evidence`, `period`, `zone`, how much was `observed` in it altogether, also outside
        the area, and the `unit` of that
    """

    lon: Floats
    lat: Floats
    weights: csr_array
    groups: pd.DataFrame

    @cached_property
    def ecef(self) -> Floats:
        """The points, geocentric metres, shape (points, 3)."""
        return to_ecef(self.lon, self.lat)

    @property
    def observed(self) -> Floats:
        """How much was observed in each group."""
        return self.groups["observed"].to_numpy(float)


def weighted_points(observations: Sequence[Observation], zones: Zones, area: shapely.Geometry) -> WeightedPoints:
    """Cut what was observed in the area into parts of at most `MAX_PART_DEG`, some 440 m, each with its weight by zone.

    The point of a part is its centroid, at most 310 m from any place in it. The parts that the edge of a disc cuts err
    to both sides, so the capture of all of them errs much less.

    Parameters
    ----------
    observations : by `collect_observations`
    zones : polygons in EPSG:4326 by name
    area : polygons in EPSG:4326
    """
    points: list[Floats] = [np.empty((0, 2))]
    weights: list[Floats] = []
    groups: list[dict[str, Any]] = []
    entries: list[tuple[Ints, Ints]] = []
    for one in observations:
        parts, of_part = _small_parts(one.within(area))
        first = sum(map(len, points))
        points.append(shapely.get_coordinates(shapely.centroid(parts)))
        for zone, shape in zones.items():
            share = _share_within(parts, shape)
            inside = np.flatnonzero(share)
            entries.append((np.full(inside.size, len(groups)), first + inside))
            weights.append((of_part * share)[inside])
            observed = one.within(shape).amount
            named = {"evidence": one.evidence, "period": one.period, "zone": zone}
            groups.append(named | {"observed": observed, "unit": one.unit})
    lon, lat = np.concatenate(points).T
    row, column = np.hstack(entries) if entries else np.empty((2, 0), np.intp)
    matrix = coo_array((np.concatenate([*weights, []]), (row, column)), shape=(len(groups), lon.size)).tocsr()
    return WeightedPoints(lon, lat, matrix, pd.DataFrame(groups, columns=GROUP_COLUMNS))


def coarser(points: WeightedPoints, step_deg: float) -> WeightedPoints:
    """The same mining with one point, in the middle of the points, for each cell of a grid: fewer for random draws."""
    cells, cell = np.unique(cell_numbers(points.lon, points.lat, step_deg), return_inverse=True)
    count = np.bincount(cell, minlength=len(cells))
    lon, lat = (np.bincount(cell, values, len(cells)) / count for values in (points.lon, points.lat))
    return WeightedPoints(lon, lat, points.weights @ adding_up(cell, len(cells)), points.groups)


def along_edges(shapes: ArrayLike) -> tuple[Floats, Ints]:
    """Points on lines and on the edges of polygons, to which distances are measured; points as they are.

    Parameters
    ----------
    shapes : in EPSG:4326, shape (n,)

    Returns
    -------
    Degrees, shape (m, 2), no farther apart than `FINE_DEG`, and for each the number of its shape, shape (m,).
    """
    parts, shape = shapely.get_parts(np.asarray(shapes, dtype=object), return_index=True)
    flat = (shapely.get_dimensions(parts) == 1) & (shapely.length(parts) == 0)  # which GEOS does not divide
    parts[flat] = shapely.get_point(parts[flat], 0)
    points, part = shapely.get_coordinates(densify(parts, FINE_DEG), return_index=True)
    return points, shape[part]


def cell_numbers(lon: Floats, lat: Floats, step_deg: float, corner: Sequence[float] | Floats = (0, 0)) -> Ints:
    """The number of the cell, square in degrees, that each place lies in; `corner` moves the grid by so much."""
    column, row = np.floor((lon + corner[0]) / step_deg), np.floor((lat + corner[1]) / step_deg)
    return np.asarray(row * 100_000 + column, np.intp)


def adding_up(cell: Ints, n: int, values: Floats | None = None) -> csr_array:
    """A matrix that adds up parts, or values of theirs, by the numbers of their cells, shape (parts, n)."""
    data = np.ones(cell.size) if values is None else values
    return csr_array((data, cell, np.arange(cell.size + 1)), shape=(cell.size, n))


def row_of(matrix: csr_array, number: Any) -> Floats:
    """A row of a sparse matrix, shape (columns,)."""
    return np.asarray(matrix[[number]].toarray()[0])


def pairs_within(lon: Floats, lat: Floats, chord: Floats, places: cKDTree) -> NDArray[np.void]:
    """Which sites have which places within their radius.

    Parameters
    ----------
    lon, lat, chord : of the sites, degrees, and their radii as straight lines, metres, shape (n,)
    places : a tree of geocentric positions, metres

    Returns
    -------
    Records with the numbers of a site (`i`) and of a place (`j`), and the straight line between them (`v`).
    """
    if not len(lon):
        return np.empty(0, [("i", np.intp), ("j", np.intp), ("v", float)])
    pairs = cKDTree(to_ecef(lon, lat)).sparse_distance_matrix(places, chord.max(), output_type="ndarray")
    return np.asarray(pairs[pairs["v"] <= chord[pairs["i"]]])


def _share_within(parts: Geometries, zone: shapely.Geometry) -> Floats:
    """The share of each part that lies in a zone; a point on the zone's edge does."""
    shapely.prepare(zone)
    share = shapely.covers(zone, parts).astype(float)
    cut = np.flatnonzero((share == 0) & shapely.intersects(zone, parts))
    if cut.size and shapely.get_dimensions(parts[0]) == 2:
        inside = np.array([polygonal(part) for part in shapely.intersection(parts[cut], zone)], dtype=object)
        share[cut] = np.minimum(polygon_area(inside) / polygon_area(parts[cut]), 1)
    return share


def _small_parts(one: Observation) -> tuple[Geometries, Floats]:
    """The points of an observation, or its polygons halved until they are small, and their weights."""
    parts = shapely.get_parts(one.shape)
    parts = parts[~shapely.is_empty(parts)]
    if one.is_points:
        return parts, one.point_weights
    small = [np.empty(0, dtype=object)]
    while len(parts):
        west, south, east, north = shapely.bounds(parts).T
        large = np.maximum(east - west, north - south) > MAX_PART_DEG
        small.append(parts[~large])
        parts, west, south, east, north = (values[large] for values in (parts, west, south, east, north))
        wide = (east - west) >= (north - south)
        middle_x, middle_y = np.where(wide, (west + east) / 2, east), np.where(wide, north, (south + north) / 2)
        first = shapely.intersection(parts, shapely.box(west, south, middle_x, middle_y))
        second = shapely.intersection(
            parts, shapely.box(np.where(wide, middle_x, west), np.where(wide, south, middle_y), east, north)
        )
        parts = shapely.get_parts([polygonal(half) for half in np.r_[first, second]])
        parts = parts[~shapely.is_empty(parts)]
    together = np.concatenate(small)
    return together, polygon_area(together) / 1e6


def chord_m(distance_m: ArrayLike) -> Floats:
    """The straight line between two points at a geodesic distance, metres.

    The Earth's curvature varies, so this is wrong by less than a centimetre at 50 km and by less than 30 m at 1,000.
    """
    half_angle = np.minimum(np.asarray(distance_m, float) / (2 * MEAN_RADIUS_M), np.pi / 2)
    return np.asarray(2 * MEAN_RADIUS_M * np.sin(half_angle))


def distances_m(places: Floats, sites: Floats, *, max_m: float = np.inf) -> Floats:
    """Distances from places to the nearest site, as exact as `chord_m`; infinite without any site.

    Parameters
    ----------
    places, sites : geocentric metres, shape (n, 3) and (m, 3)
    max_m : distances that are longer are given as infinite, which takes less time
    """
    distance = np.full(len(places), np.inf)
    if len(sites):
        bound = float(chord_m(max_m)) * (1 + 1e-9) if np.isfinite(max_m) else np.inf
        chord, _ = cKDTree(sites).query(places, distance_upper_bound=bound, workers=-1)
        found = np.isfinite(chord)
        distance[found] = 2 * MEAN_RADIUS_M * np.arcsin(np.minimum(chord[found] / (2 * MEAN_RADIUS_M), 1))
    return distance
