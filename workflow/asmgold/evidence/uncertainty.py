"""What the precision of the positions allows: every figure, and every cell, over many draws."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from asmgold.evidence.sampling import Ints, Land, Pieces, chord_m, over
from asmgold.geodesy.ellipsoid import Floats, to_ecef
from asmgold.rasters.cog import field_of_array, write_raster
from asmgold.rasters.grid import Grid
from asmgold.records.flags import METRES_PER_DEGREE
from asmgold.schemas.evidence import POSITION_BANDS
from asmgold.schemas.rasters import NODATA, RasterSpecification


def vary_positions(
    land: Land, pieces: Pieces, candidates: pd.DataFrame, *, radius_m: float, draws: int, seed: int
) -> tuple[pd.DataFrame, Floats]:
    """Move every record within the precision of its position, many times, and measure again.

    Each of its coordinates moves by up to half a step of the last decimal that it is written with, uniformly. Cells
    and pieces that lie within the radius of a record wherever it moves, or of none, are settled once; for the others
    the distances to the few records that may reach them are measured in each draw.

    Parameters
    ----------
    land, pieces : by `asmgold.evidence.pieces`
    candidates : every record that would be a site if its disc reached into the area, with `longitude`, `latitude` and
        `precision_m`
    radius_m : the radius of the discs
    draws, seed : how often, and from where the random numbers start

    Returns
    -------
    `asmgold.evidence.tables.POSITION_BANDS`, and for each cell of the land the share of draws in which its centre lies
    in a region.
    """
    rng = np.random.default_rng(seed)
    lon, lat = candidates["longitude"].to_numpy(float), candidates["latitude"].to_numpy(float)
    half_deg = candidates["precision_m"].fillna(0.0).to_numpy(float) / METRES_PER_DEGREE / 2
    moved_m = half_deg * METRES_PER_DEGREE * np.sqrt(2) * 1.01
    reach_lon, reach_lat = np.r_[land.lon, pieces.lon], np.r_[land.lat, pieces.lat]
    points = to_ecef(reach_lon, reach_lat)
    settled, point, record = _open_pairs(points, to_ecef(lon, lat), radius_m, moved_m)
    open_points, first = np.unique(point, return_index=True)
    limit = float(chord_m(radius_m)) ** 2

    def inside(at_lon: Floats, at_lat: Floats) -> NDArray[np.bool_]:
        """Which of the open points lie within the radius of a record."""
        apart = points[point] - to_ecef(at_lon, at_lat)[record]
        near = np.einsum("ij,ij->i", apart, apart) <= limit
        return np.logical_or.reduceat(near, first) if first.size else np.empty(0, bool)

    times = np.zeros(len(points))
    figures = np.empty((draws, len(land.zones) + len(pieces.groups)))
    stated = _measured(settled, open_points, inside(lon, lat), land, pieces)
    for draw in range(draws):
        shift = rng.uniform(-1, 1, (2, lon.size)) * half_deg
        reached = inside(lon + shift[0], np.clip(lat + shift[1], -90, 90))
        times[open_points] += reached
        figures[draw] = _measured(settled, open_points, reached, land, pieces)
    often = np.where(settled, 1.0, times / draws)[: land.cell.size]
    return _bands(land, pieces, stated, figures), often


def _open_pairs(
    points: Floats, records: Floats, radius_m: float, moved_m: Floats
) -> tuple[NDArray[np.bool_], Ints, Ints]:
    """The points that are inside wherever the records move; and pairs of other points and records that may reach."""
    settled = np.zeros(len(points), bool)
    if len(points) == 0 or len(records) == 0:
        return settled, np.empty(0, np.intp), np.empty(0, np.intp)
    tree = cKDTree(points)
    surely = np.where(moved_m < radius_m, chord_m(np.maximum(radius_m - moved_m, 0)), -1.0)
    for near in tree.query_ball_point(records[surely >= 0], surely[surely >= 0], return_sorted=False):
        settled[near] = True
    maybe = tree.query_ball_point(records, chord_m(radius_m + moved_m), return_sorted=False)
    counts = [len(near) for near in maybe]
    point = np.concatenate(maybe).astype(np.intp)
    record = np.repeat(np.arange(len(records)), counts)
    still_open = ~settled[point]
    point, record = point[still_open], record[still_open]
    order = np.lexsort((record, point))
    return settled, point[order], record[order]


def _measured(
    settled: NDArray[np.bool_], open_points: Ints, reached: NDArray[np.bool_], land: Land, pieces: Pieces
) -> Floats:
    """The shares of the zones' land, then the captures."""
    chosen = settled.copy()
    chosen[open_points[reached]] = True
    shares: Floats = np.r_[land.shares(chosen[: land.cell.size]), pieces.shares(chosen[land.cell.size :])]
    return shares


def _bands(land: Land, pieces: Pieces, stated: Floats, figures: Floats) -> pd.DataFrame:
    columns = ["evidence", "period", "zone"]
    zones = pd.DataFrame({"evidence": None, "period": None, "zone": land.zones})
    groups = pieces.groups[columns]
    names = pd.concat(
        [
            zones.assign(figure="regions_km2"),
            zones.assign(figure="land_share"),
            groups.assign(figure="capture"),
            groups.assign(figure="lift"),
        ],
        ignore_index=True,
    )
    zone_of_group = [land.zones.index(zone) for zone in groups["zone"]]

    def values(measured: Floats) -> Floats:
        shares, captures = np.split(measured, [len(land.zones)], axis=-1)
        lifts = over(captures, shares[..., zone_of_group])
        return np.concatenate([shares * land.zone_km2, shares, captures, lifts], axis=-1)

    p05, p50, p95 = np.quantile(values(figures), [0.05, 0.5, 0.95], axis=0)
    return POSITION_BANDS.validate(
        names[["figure", *columns]].assign(draws=len(figures), stated=values(stated), p05=p05, p50=p50, p95=p95)
    )


def write_probability(
    often: Floats, land: Land, path: Path, specification: RasterSpecification, tags: Mapping[str, str]
) -> None:
    """Write how often each cell was inside as a cloud-optimised GeoTIFF, the same bytes for the same values.

    Parameters
    ----------
    often : by `vary_positions`, shape (cells,)
    land : its cells; those that it does not reach have no data, -9999
    path : the file
    specification : what the raster shows
    tags : metadata of the file besides what the specification says, by name
    """
    values = np.full(land.shape, NODATA, np.float32)
    values.ravel()[land.cell] = often
    height, width = land.shape
    grid = Grid(round(3600 * land.step), round(land.west / land.step), round(land.north / land.step), width, height)
    write_raster(path, grid, specification, field_of_array(values, grid), tags)
