"""What changed on the map between two sets of products."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from asmgold.geodesy.ellipsoid import WGS84, polygon_area
from asmgold.io.tables import read_table
from asmgold.schemas.tables import CRS, RECORDS, REGIONS

MOVED_M = 1.0
COMPARED = ("name", "country_reported", "commodity_role", "status", "deposit_type", "fate", "correction")
SAME_AREA = 1e-6


@dataclass
class Changes:
    """The changes between two sets of products, as tables.

    ``records``: record_id, source, change (`added`, `removed`, `moved`, `changed`), name, fate_before, fate_after,
    moved_m, fields, geometry. ``regions``: change, ids_before, ids_after (lists), area_before_km2, area_after_km2,
    geometry. ``overlays``: the overlay summary before and after. ``counts``: totals.
    """

    records: gpd.GeoDataFrame
    regions: gpd.GeoDataFrame
    overlays: pd.DataFrame
    counts: dict[str, Any]


def compare(before: Path, after: Path) -> Changes:
    """Compare two folders of products.

    Parameters
    ----------
    before, after : folders with `records.parquet`, `regions.parquet` and `overlay_summary.csv`

    Raises
    ------
    InputError : if one of the tables cannot be read.
    """
    old_records, new_records = (read_table(folder / "records.parquet", RECORDS) for folder in (before, after))
    old_regions, new_regions = (read_table(folder / "regions.parquet", REGIONS) for folder in (before, after))
    records = _records(old_records, new_records)
    regions = _regions(old_regions, new_regions)
    summaries = [
        pd.read_csv(folder / "overlay_summary.csv").set_index(["overlay", "zone"]) for folder in (before, after)
    ]
    overlays = _side_by_side(summaries[0], summaries[1], ("_before", "_after")).reset_index()
    return Changes(
        records, regions, overlays, _counts(old_records, new_records, old_regions, new_regions, records, regions)
    )


def _side_by_side(one: pd.DataFrame, other: pd.DataFrame, suffixes: tuple[str, str]) -> pd.DataFrame:
    """The rows of two tables by their index, in its order; those of one alone have nothing on the other side."""
    return one.merge(other, how="outer", left_index=True, right_index=True, suffixes=suffixes)


def _records(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    both = _side_by_side(old.set_index("record_id"), new.set_index("record_id"), ("_old", "_new"))
    was, stays = both["fate_old"].notna(), both["fate_new"].notna()
    here = both[["longitude_old", "longitude_new"]].notna().all(axis=1).to_numpy()
    moved_m = np.full(len(both), np.nan)
    lon_old, lat_old, lon_new, lat_new = (both.loc[here, column].to_numpy(float) for column in _POSITIONS)
    moved_m[here] = WGS84.inv(lon_old, lat_old, lon_new, lat_new)[2]
    appeared = both["longitude_old"].isna() != both["longitude_new"].isna()
    fields = _changed_fields(both)
    change = np.select(
        [~was, ~stays, (moved_m > MOVED_M) | appeared, fields.map(len) > 0],
        ["added", "removed", "moved", "changed"],
        "",
    )
    table = pd.DataFrame(
        {
            "record_id": both.index,
            "source": both["source_new"].where(stays, both["source_old"]),
            "change": change,
            "name": both["name_new"].where(stays, both["name_old"]),
            "fate_before": both["fate_old"],
            "fate_after": both["fate_new"],
            "moved_m": np.round(moved_m, 1),
            "fields": fields,
            "geometry": both["geometry_new"].where(stays, both["geometry_old"]),
        }
    ).reset_index(drop=True)
    return gpd.GeoDataFrame(table[table["change"] != ""].reset_index(drop=True), geometry="geometry", crs=CRS)


_POSITIONS = ("longitude_old", "latitude_old", "longitude_new", "latitude_new")


def _changed_fields(both: pd.DataFrame) -> pd.Series:
    changed = pd.DataFrame(
        {
            field: (both[f"{field}_old"] != both[f"{field}_new"])
            & ~(both[f"{field}_old"].isna() & both[f"{field}_new"].isna())
            for field in COMPARED
        }
    )
    old, new = both["commodities_old"], both["commodities_new"]
    changed["commodities"] = [_as_list(one) != _as_list(two) for one, two in zip(old, new, strict=True)]
    return changed.apply(lambda row: [field for field in changed.columns if row[field]], axis=1).reindex(both.index)


def _as_list(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | np.ndarray) else []


def _regions(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Old and new regions that overlap before clipping belong together: the bridge from old to new ids."""
    tree = shapely.STRtree(_shapes(old))
    of_new, of_old = tree.query(_shapes(new), predicate="intersects")
    n = len(old) + len(new)
    links = coo_array((np.ones(of_new.size), (of_old, len(old) + of_new)), shape=(n, n))
    groups, label = connected_components(links, directed=False) if n else (0, np.empty(0, int))
    rows = []
    for group in range(groups):
        befores = old[label[: len(old)] == group]
        afters = new[label[len(old) :] == group]
        rows.append(_bridge(befores, afters))
    columns = ["change", "ids_before", "ids_after", "area_before_km2", "area_after_km2", "geometry"]
    table = pd.DataFrame(rows, columns=columns).sort_values(
        ["change", "area_after_km2", "area_before_km2"], ascending=[True, False, False], ignore_index=True
    )
    return gpd.GeoDataFrame(table, geometry="geometry", crs=CRS)


def _bridge(befores: gpd.GeoDataFrame, afters: gpd.GeoDataFrame) -> dict[str, Any]:
    area_before, area_after = befores["area_unclipped_km2"].sum(), afters["area_unclipped_km2"].sum()
    match (len(befores), len(afters)):
        case (0, _):
            change = "new"
        case (_, 0):
            change = "gone"
        case (1, 1) if abs(area_after - area_before) <= SAME_AREA * area_before:
            change = "same" if befores["region_id"].iloc[0] == afters["region_id"].iloc[0] else "renamed"
        case (1, 1):
            change = "grown" if area_after > area_before else "shrunk"
        case (_, 1):
            change = "merged"
        case (1, _):
            change = "split"
        case _:
            change = "rearranged"
    drawn = afters if len(afters) else befores
    return {
        "change": change,
        "ids_before": sorted(befores["region_id"]),
        "ids_after": sorted(afters["region_id"]),
        "area_before_km2": befores["area_km2"].sum(),
        "area_after_km2": afters["area_km2"].sum(),
        "geometry": shapely.union_all(drawn.geometry.array),
    }


def _shapes(regions: gpd.GeoDataFrame) -> NDArray[np.object_]:
    return np.asarray(regions["geometry_unclipped"], dtype=object)


def _counts(
    old_records: pd.DataFrame,
    new_records: pd.DataFrame,
    old_regions: gpd.GeoDataFrame,
    new_regions: gpd.GeoDataFrame,
    records: pd.DataFrame,
    regions: pd.DataFrame,
) -> dict[str, Any]:
    sites_old = set(old_records.loc[old_records["fate"] == "site", "record_id"])
    sites_new = set(new_records.loc[new_records["fate"] == "site", "record_id"])
    covers = shapely.union_all(old_regions.geometry.array), shapely.union_all(new_regions.geometry.array)
    changed: shapely.Geometry = shapely.symmetric_difference(*covers)
    changed_area = polygon_area(changed) / 1e6
    return {
        "records_before": len(old_records),
        "records_after": len(new_records),
        "records": {change: int(n) for change, n in records["change"].value_counts().sort_index().items()},
        "rejected_before": int((old_records["fate"] == "rejected").sum()),
        "rejected_after": int((new_records["fate"] == "rejected").sum()),
        "sites_before": len(sites_old),
        "sites_after": len(sites_new),
        "sites_gained": len(sites_new - sites_old),
        "sites_lost": len(sites_old - sites_new),
        "regions_before": len(old_regions),
        "regions_after": len(new_regions),
        "regions": {change: int(n) for change, n in regions["change"].value_counts().sort_index().items()},
        "area_before_km2": round(float(old_regions["area_km2"].sum()), 3),
        "area_after_km2": round(float(new_regions["area_km2"].sum()), 3),
        "area_changed_km2": round(float(changed_area[0]), 3),
    }
