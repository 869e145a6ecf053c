"""Position uncertainty: how figures and cells vary with the positions of the records, by Monte Carlo simulation.

Each coordinate of a record is drawn from the uniform distribution of its rounding error, as the GUM proposes for a
rounded reading (JCGM 100:2008, 4.3.7 and F.2.2.1; by simulation, JCGM 101:2008).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import block_diag
from scipy.spatial import cKDTree

from asmgold.evidence.land import LandCells
from asmgold.evidence.observations import safe_ratio
from asmgold.evidence.sampling import Bools, Ints, WeightedPoints, chord_m
from asmgold.geodesy.ellipsoid import METRES_PER_DEGREE, Floats, to_ecef
from asmgold.rasters.cog import field_of_array, write_raster
from asmgold.rasters.grid import Grid
from asmgold.schemas.evidence import POSITION_BANDS
from asmgold.schemas.rasters import NODATA, RasterSpecification

MAX_MARKS = 2**22  # marks of places in draws that are held at once
QUANTILES = (0.05, 0.5, 0.95)


def position_uncertainty(
    cells: LandCells, points: WeightedPoints, candidates: pd.DataFrame, *, draws: int, seed: int
) -> tuple[pd.DataFrame, Floats]:
    """Move every record within the precision of its position, many times, and measure again.

    Each coordinate moves by up to half a step of the last decimal that it is written with, uniformly. Most cells and
    points lie within the radius of a record wherever it moves, or of none; only the others are measured in each draw.

    Parameters
    ----------
    cells, points : by `land_cells` and `weighted_points`, for the same zones
    candidates : every record that would be a site if its disc reached into the area: `longitude`, `latitude`
        (degrees), `precision_m` (metres) and `buffer_km`
    draws, seed : how many draws, and the seed of the random numbers

    Returns
    -------
    `asmgold.schemas.evidence.POSITION_BANDS`, and for each cell the share of draws in which its centre lies in a
    region.
    """
    rng = np.random.default_rng(seed)
    lon, lat = candidates["longitude"].to_numpy(float), candidates["latitude"].to_numpy(float)
    half_deg = candidates["precision_m"].fillna(0.0).to_numpy(float) / METRES_PER_DEGREE / 2
    max_moved_m = half_deg * METRES_PER_DEGREE * np.sqrt(2) * 1.01
    radius_m = 1000 * candidates["buffer_km"].to_numpy(float)
    always_inside, reach = _reach(np.concatenate([cells.ecef, points.ecef]), to_ecef(lon, lat), radius_m, max_moved_m)

    weights = block_diag((cells.km2, points.weights), format="csc")
    totals = np.r_[cells.zone_km2, points.observed]
    always, sometimes = weights @ always_inside, weights[:, reach.open_places]

    def shares(inside: Bools) -> Floats:
        """The share of each zone's land and of each group, shape (draws, zones and groups)."""
        return np.asarray(safe_ratio((always[:, None] + sometimes @ inside.astype(float)).T, totals))

    stated = shares(reach.inside(reach.records[None]))[0]
    times_inside = np.zeros(reach.open_places.size)
    drawn = []
    lon, lat, half_deg = lon[reach.movable], lat[reach.movable], half_deg[reach.movable]
    at_once = max(MAX_MARKS // max(times_inside.size, 1), 1)
    for first in range(0, draws, at_once):
        random = rng.uniform(-1, 1, (min(at_once, draws - first), 2, len(candidates)))
        shift = random[..., reach.movable] * half_deg
        inside = reach.inside(to_ecef(lon + shift[:, 0], np.clip(lat + shift[:, 1], -90, 90)))
        times_inside += np.count_nonzero(inside, axis=1)
        drawn.append(shares(inside))
    probability = always_inside.astype(float)
    probability[reach.open_places] = times_inside / draws
    return _bands(cells, points, stated, np.concatenate(drawn)), probability[: cells.cell.size]


@dataclass(frozen=True)
class _Reach:
    """Which records may reach which places, where that depends on how the records move.

    Pairs of a record and a place stand in the order of the records.

    Parameters
    ----------
    open_places : the places, ascending
    movable : the records that have a pair, ascending
    place : for each pair, the number of its place among the open ones
    start : for each of these records its first pair, then the number of pairs, shape (records + 1,)
    offset : for each pair, from the record as stated to the place, geocentric metres, shape (pairs, 3)
    records : these records as stated, geocentric metres, shape (records, 3)
    chord : their radii as straight lines, metres, shape (records,)
    """

    open_places: Ints
    movable: Ints
    place: Ints
    start: Ints
    offset: Floats
    records: Floats
    chord: Floats

    def inside(self, moved: Floats) -> Bools:
        """Whether each open place lies within the radius of a record, shape (places, draws).

        Parameters
        ----------
        moved : the records in each draw, geocentric metres, shape (draws, records, 3)
        """
        inside = np.zeros((self.open_places.size, len(moved)), bool)
        chord = np.repeat(self.chord, np.diff(self.start))
        beyond = np.einsum("ij,ij->i", self.offset, self.offset) - chord**2
        for record in range(len(self.records)):
            pairs = slice(self.start[record], self.start[record + 1])
            shift = moved[:, record] - self.records[record]
            # Within the radius is |offset - shift| <= chord; squared, it is one product of matrices for all draws.
            left = np.column_stack([2 * self.offset[pairs], -beyond[pairs], np.ones(pairs.stop - pairs.start)])
            right = np.column_stack([shift, np.ones(len(shift)), -np.einsum("ij,ij->i", shift, shift)])
            inside[self.place[pairs]] |= left @ right.T >= 0
        return inside


def _reach(places: Floats, records: Floats, radius_m: Floats, max_moved_m: Floats) -> tuple[Bools, _Reach]:
    """The places that are inside wherever the records move, and what may reach the others."""
    tree = cKDTree(places, balanced_tree=False, compact_nodes=False)  # built in half the time
    near = tree.query_ball_point(records, chord_m(radius_m + max_moved_m), return_sorted=False)
    counts = np.array([len(each) for each in near], np.intp)
    always_inside = np.zeros(len(places), bool)
    sure = (counts > 0) & (max_moved_m < radius_m)
    for inside in tree.query_ball_point(records[sure], chord_m((radius_m - max_moved_m)[sure]), return_sorted=False):
        always_inside[inside] = True
    place, record = np.concatenate([*near[counts > 0], []]).astype(np.intp), np.repeat(np.arange(len(records)), counts)
    is_open = ~always_inside[place]
    place, record = place[is_open], record[is_open]
    open_places, place_number = np.unique(place, return_inverse=True)
    movable, first = np.unique(record, return_index=True)
    return always_inside, _Reach(
        open_places=open_places,
        movable=movable,
        place=place_number,
        start=np.r_[first, record.size],
        offset=places[place] - records[record],
        records=records[movable],
        chord=chord_m(radius_m[movable]),
    )


def _bands(cells: LandCells, points: WeightedPoints, stated: Floats, drawn: Floats) -> pd.DataFrame:
    """The 5, 50 and 95 % quantiles of each figure over the draws."""
    columns = ["evidence", "period", "zone"]
    zones = pd.DataFrame({"evidence": None, "period": None, "zone": cells.zones})
    groups = points.groups[columns]
    tables = {"regions_km2": zones, "land_share": zones, "capture": groups, "lift": groups}
    names = pd.concat([table.assign(figure=figure) for figure, table in tables.items()], ignore_index=True)
    zone_of_group = [cells.zones.index(zone) for zone in groups["zone"]]

    def figures(shares: Floats) -> Floats:
        land, capture = np.split(shares, [len(cells.zones)], axis=-1)
        lift = safe_ratio(capture, land[..., zone_of_group])
        return np.concatenate([land * cells.zone_km2, land, capture, lift], axis=-1)

    p05, p50, p95 = np.quantile(figures(drawn), QUANTILES, axis=0)
    return POSITION_BANDS.validate(
        names[["figure", *columns]].assign(draws=len(drawn), stated=figures(stated), p05=p05, p50=p50, p95=p95)
    )


def write_probability(
    often: Floats, land: LandCells, path: Path, specification: RasterSpecification, tags: Mapping[str, str]
) -> None:
    """Write how often each cell was inside as a cloud-optimised GeoTIFF, the same bytes for the same values.

    Parameters
    ----------
    often : by `position_uncertainty`, shape (cells,)
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
