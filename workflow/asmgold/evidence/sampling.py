"""Distances instead of overlays: land and what was seen as many small pieces, each with a weight and a place.

Whether a piece lies within a radius of a site is a question of one distance, however the sites are placed and whatever
the radius is. So one set of distances answers for all radii, and a tree of the pieces for all draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from asmgold.evidence.observations import Seen, amount, is_points, within
from asmgold.geodesy.ellipsoid import MEAN_RADIUS_M, Floats, polygon_area, to_ecef
from asmgold.geodesy.polygons import polygonal
from asmgold.schemas.tables import CRS

LARGEST_PIECE_DEG = 0.004
CELLS_PER_DEGREE = 120
COARSER = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 40, 60, 120)
MOST_CELLS = 4_000_000
Ints = NDArray[np.intp]


@dataclass(frozen=True)
class Pieces:
    """Places with weights in groups.

    ``group`` is the row of ``groups`` that a piece belongs to, ``groups`` says what that is (`evidence`, `period`,
    `zone`), and how much was ``observed`` in it altogether, also outside the area.
    """

    lon: Floats
    lat: Floats
    weight: Floats
    group: Ints
    groups: pd.DataFrame

    def shares(self, chosen: NDArray[np.bool_]) -> Floats:
        """The share of each group that the chosen pieces make up, no number for a group of nothing."""
        sums = np.bincount(self.group[chosen], self.weight[chosen], minlength=len(self.groups)).astype(float)
        return over(sums, self.groups["observed"].to_numpy(float))


@dataclass(frozen=True)
class Land:
    """The area in cells of a grid of longitude and latitude, those that no land of it reaches left out.

    ``cell`` counts the cells of the whole grid by rows from the north-west corner; ``km2`` holds the land of each zone
    within the area that lies in each cell, shape (zones, cells), and ``zone_km2`` all land of each zone.
    """

    west: float
    north: float
    step: float
    shape: tuple[int, int]
    cell: Ints
    lon: Floats
    lat: Floats
    zones: list[str]
    km2: Floats
    zone_km2: Floats

    def shares(self, chosen: NDArray[np.bool_]) -> Floats:
        """The share of each zone's land that the chosen cells make up."""
        return over(self.km2 @ chosen, self.zone_km2)


def pieces_of(seen: Sequence[Seen], zones: Mapping[str, Any], area: Any) -> Pieces:
    """Cut what was seen in each zone, within the area, into pieces of at most `LARGEST_PIECE_DEG`, some 440 m.

    A piece that the edge of a zone cuts has the weight of its part within.
    A piece counts where its centroid lies, which is at most 310 m from any of its points. Pieces that the edge of a
    disc cuts err to both sides, so the capture of all of them errs much less (docs/evidence.md).
    """
    lon, lat, weight, group = [], [], [], []
    groups: list[dict[str, Any]] = []
    for one in seen:
        parts, weights = _cut(within(one.shape, area))
        centre = shapely.get_coordinates(shapely.centroid(parts))
        for zone, shape in zones.items():
            share = _share_within(parts, shape)
            lies = share > 0
            lon.append(centre[lies, 0])
            lat.append(centre[lies, 1])
            weight.append((weights * share)[lies])
            group.append(np.full(np.count_nonzero(lies), len(groups)))
            groups.append(
                {
                    "evidence": one.evidence,
                    "period": one.period,
                    "zone": zone,
                    "observed": amount(within(one.shape, shape)),
                }
            )
    columns = ["evidence", "period", "zone", "observed"]
    if not groups:
        nothing = np.empty(0)
        return Pieces(nothing, nothing, nothing, np.empty(0, np.intp), pd.DataFrame(columns=columns))
    return Pieces(
        np.concatenate(lon), np.concatenate(lat), np.concatenate(weight), np.concatenate(group), pd.DataFrame(groups)
    )


def _share_within(parts: NDArray[Any], zone: Any) -> Floats:
    """The share of each part that lies in a zone; a point on its edge does."""
    shapely.prepare(zone)
    share = shapely.covers(zone, parts).astype(float)
    cut = np.flatnonzero((share == 0) & shapely.intersects(zone, parts))
    if cut.size and shapely.get_dimensions(parts[0]) == 2:
        pieces = np.array([polygonal(piece) for piece in shapely.intersection(parts[cut], zone)], dtype=object)
        share[cut] = np.minimum(polygon_area(pieces) / polygon_area(parts[cut]), 1)
    return share


def _cut(shape: Any) -> tuple[NDArray[Any], Floats]:
    """The points of a shape, or its polygons halved until they are small, and their weights."""
    parts = shapely.get_parts(shape)
    parts = parts[~shapely.is_empty(parts)]
    if is_points(shape):
        return parts, np.ones(len(parts))
    small = []
    while len(parts):
        west, south, east, north = shapely.bounds(parts).T
        width, height = east - west, north - south
        large = np.maximum(width, height) > LARGEST_PIECE_DEG
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
    together = np.concatenate(small) if small else np.empty(0, dtype=object)
    return together, polygon_area(together) / 1e6


def land_of(zones: Mapping[str, Any], area: Any) -> Land:
    """The area in cells of 1/120 degree, aligned to whole multiples; coarser by a whole factor if they are too many.

    The share of each cell that lies in a zone is exact in longitude and latitude (by exactextract).
    """
    west, south, east, north = shapely.bounds(area)
    step = _step((east - west) * (north - south))
    columns = np.array([np.floor(west / step + 1e-9), np.ceil(east / step - 1e-9)])
    rows = np.array([np.floor(south / step + 1e-9), np.ceil(north / step - 1e-9)])
    width, height = int(np.diff(columns)[0]), int(np.diff(rows)[0])
    left, top = columns[0] * step, rows[1] * step
    edges = (rows[1] - np.arange(height + 1)) * step
    boxes: Any = shapely.box(0, edges[1:], step, edges[:-1])
    strips = polygon_area(boxes) / 1e6
    grid = NumPyRasterSource(
        np.broadcast_to(np.zeros(1, np.uint8), (height, width)), left, rows[0] * step, columns[1] * step, top
    )
    shapes = [polygonal(shapely.intersection(shape, area)) for shape in zones.values()]
    found = [_coverage(grid, shape) for shape in [area, *shapes]]
    cell = np.sort(found[0][0])
    km2 = np.zeros((len(shapes), cell.size))
    for zone, (cells, share) in enumerate(found[1:]):
        at = np.minimum(np.searchsorted(cell, cells), cell.size - 1)
        known = cell[at] == cells
        km2[zone, at[known]] = (share * strips[cells // width])[known]
    return Land(
        left,
        top,
        step,
        (height, width),
        cell,
        (columns[0] + cell % width + 0.5) * step,
        (rows[1] - cell // width - 0.5) * step,
        list(zones),
        km2,
        np.array([amount(shape) for shape in zones.values()]),
    )


def _step(square_degrees: float) -> float:
    for factor in COARSER:
        if square_degrees * (CELLS_PER_DEGREE / factor) ** 2 <= MOST_CELLS:
            break
    return factor / CELLS_PER_DEGREE


def _coverage(grid: NumPyRasterSource, shape: Any) -> tuple[Ints, Floats]:
    """The cells of a grid that a shape reaches, and the share of each that it covers."""
    if shape.is_empty:
        return np.empty(0, np.intp), np.empty(0)
    layer = gpd.GeoDataFrame(geometry=[shape], crs=CRS)
    found = exact_extract(grid, layer, ["cell_id", "coverage"], output="pandas", max_cells_in_memory=100_000_000)
    cells, share = np.asarray(found["cell_id"][0], np.intp), np.asarray(found["coverage"][0], float)
    return cells[share > 0], share[share > 0]


def chord_m(distance_m: ArrayLike) -> Floats:
    """The straight line between two points at a geodesic distance, metres.

    The Earth's curvature varies, so this is wrong by less than a centimetre at 50 km and by less than 30 m at 1,000.
    """
    half_angle = np.minimum(np.asarray(distance_m, float) / (2 * MEAN_RADIUS_M), np.pi / 2)
    return np.asarray(2 * MEAN_RADIUS_M * np.sin(half_angle))


def distances_m(lon: Floats, lat: Floats, site_lon: ArrayLike, site_lat: ArrayLike) -> Floats:
    """Distances to the nearest site, as exact as `chord_m`; infinite without any site."""
    if np.size(site_lon) == 0:
        return np.full(lon.size, np.inf)
    tree = cKDTree(to_ecef(site_lon, site_lat))
    chord, _ = tree.query(to_ecef(lon, lat), workers=-1)
    return np.asarray(2 * MEAN_RADIUS_M * np.arcsin(np.minimum(chord / (2 * MEAN_RADIUS_M), 1)))


def over(parts: Floats, wholes: Floats) -> Floats:
    """The ones over the others, no number where there is nothing to compare with."""
    shares: Floats = np.divide(parts, wholes, out=np.full(parts.shape, np.nan), where=wholes > 0)
    return shares
