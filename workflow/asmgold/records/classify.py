"""From rows as read to records, each with a position, a country, flags, and exactly one fate."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from asmgold.config.models import Correction, DepositSettings
from asmgold.errors import AccountingError, InputError
from asmgold.geodesy.discs import discs, may_reach
from asmgold.io.text import decoded, readable
from asmgold.records.deduplicate import deposit_ids
from asmgold.records.flags import diagnose, precision_m
from asmgold.records.location import Countries, locate
from asmgold.schemas.tables import CRS, FATES, RECORDS

log = logging.getLogger(__name__)

POSITION = ("longitude", "latitude")
POSITION_TEXTS = ("longitude_text", "latitude_text")
TEXTS = ("name", "country_reported", "status", "deposit_type", "url")
Geometries = NDArray[np.object_]


def classify(
    rows: pd.DataFrame,
    area: gpd.GeoDataFrame,
    countries: gpd.GeoDataFrame | None,
    corrections: Sequence[Correction],
    *,
    buffer_m: float,
    tolerance_m: float,
    include_refineries: bool,
    commodity: str = "gold",
    deposits: DepositSettings | None = None,
) -> gpd.GeoDataFrame:
    """Give every row its fate.

    Parameters
    ----------
    rows : rows of all sources, as `asmgold.sources.read_records` gives them
    area : polygons in EPSG:4326
    countries : a table of `asmgold.schemas.COUNTRIES` to locate records in, or None
    corrections : declared corrections; those of records that are not among the rows have no effect
    buffer_m, tolerance_m : radius of the discs and the tolerance of their edges, metres
    include_refineries : whether gold that is only refined counts
    commodity : the one whose place among a record's commodities is its `commodity_role`, for the reasons given
    deposits : when records are taken for the same deposit, if not by default

    Returns
    -------
    A table of `asmgold.schemas.RECORDS` with one row for each row given, in their order.

    Raises
    ------
    InputError : if not a single row of a source has a position.
    """
    records = rows.drop(columns="fault").assign(correction=pd.Series(None, index=rows.index, dtype=object))
    records["flags"] = pd.Series([[] for _ in range(len(rows))], index=rows.index, dtype=object)
    records["longitude_read"] = _numbers(rows["longitude_text"])
    records["latitude_read"] = _numbers(rows["latitude_text"])
    records["longitude"], records["latitude"] = records["longitude_read"], records["latitude_read"]
    _mend_texts(records)
    _correct(records, corrections)
    faults = rows["fault"].where(rows["fault"].notna(), _position_faults(records, rows))
    _check_some_are_usable(records, faults)
    records["precision_m"] = precision_m(rows["longitude_text"], rows["latitude_text"])
    records.loc[faults.notna(), ["longitude", "latitude"]] = np.nan
    records["deposit_id"] = deposit_ids(records, deposits or DepositSettings())
    places = None if countries is None else locate(records, Countries(countries))
    for name in ("country_code", "country_located", "outside_km", "suggested_transform"):
        records[name] = None if places is None else places[name]
    found = zip(records["flags"], diagnose(records, faults, rows["fault"].notna(), places), strict=True)
    records["flags"] = pd.Series([declared + seen for declared, seen in found], index=records.index, dtype=object)
    points = gpd.array.from_shapely(_points(records), crs=CRS)
    records["fate"], records["fate_reason"] = _fates(
        records, faults, points, area, buffer_m, tolerance_m, include_refineries, commodity
    )
    columns = [name for name in RECORDS.columns if name != "geometry"]
    return RECORDS.validate(gpd.GeoDataFrame(records[columns], geometry=points).reset_index(drop=True))


def reclassify(
    records: gpd.GeoDataFrame, area: gpd.GeoDataFrame, *, buffer_m: float, tolerance_m: float, commodity: str = "gold"
) -> gpd.GeoDataFrame:
    """Records that were classified for one area, classified for another one: only what depends on the place changes.

    Parameters
    ----------
    records : a table of `asmgold.schemas.RECORDS`
    area : the other area, polygons in EPSG:4326
    buffer_m, tolerance_m : radius of the discs and the tolerance of their edges, metres
    commodity : as for `classify`
    """
    placed = records["fate"].isin(["site", "outside_area"]).to_numpy()
    classified = records.copy()
    fate, reason = _fates_by_place(np.asarray(records.geometry.array)[placed], area, buffer_m, tolerance_m, commodity)
    classified.loc[placed, "fate"], classified.loc[placed, "fate_reason"] = fate, reason
    return classified


def count_by_fate(records: pd.DataFrame) -> pd.DataFrame:
    """How many records of each source met each fate: sources down, fates across, with the rows read."""
    order = list(FATES)
    counts = pd.crosstab(records["source"], records["fate"]).reindex(columns=order, fill_value=0)
    return counts.assign(rows_read=records.groupby("source").size())


def account_for(records: pd.DataFrame, rows_read: Mapping[str, int]) -> pd.DataFrame:
    """As `count_by_fate`, checked: each row that was read is one record with one fate.

    Parameters
    ----------
    records : a table of `asmgold.schemas.RECORDS`
    rows_read : how many rows the reader found in each source

    Raises
    ------
    AccountingError : naming the source, the rows read and the sum of the fates.
    """
    counts = count_by_fate(records).reindex(sorted({*rows_read, *records["source"]}), fill_value=0)
    for source, row in counts[list(FATES)].iterrows():
        fates, read = int(row.sum()), rows_read.get(str(source), 0)
        rows = records.loc[records["source"] == source, "row"]
        if fates != read or rows.nunique() != read:
            raise AccountingError(
                f"{source}: {read:,} rows were read, and {rows.nunique():,} of them are records whose fates add up to "
                f"{fates:,}; the three were expected to be the same"
            )
    return counts


def _numbers(text: pd.Series) -> pd.Series:
    """Plain decimal numbers; everything else (nan, inf, 1e308, other scripts, hexadecimal) is none."""
    plain = text.str.fullmatch(r"[+-]?[0-9]{1,12}(\.[0-9]{0,30})?|[+-]?\.[0-9]{1,30}")
    return pd.to_numeric(text.where(plain.astype(bool), None).astype(object), errors="coerce").astype(float)


def _correct(records: pd.DataFrame, corrections: Sequence[Correction]) -> None:
    """Apply the corrections whose guard holds; flag them, and those that lapsed."""
    where = {record_id: row for row, record_id in enumerate(records["record_id"])}
    flags: list[list[str]] = records["flags"].tolist()
    for correction in corrections:
        row = where.get(correction.record)
        if row is None:
            continue
        found = {field: _said(records.iloc[row], field) for field in correction.expect}
        if found == correction.expect:
            for field, value in correction.set.items():
                records.loc[records.index[row], field] = value
            records.loc[records.index[row], "correction"] = correction.id
            flags[row].append("corrected")
        else:
            log.warning(
                "correction %s lapsed: record %s says %s, %s was expected; declare it anew or drop it",
                correction.id, correction.record, found, dict(correction.expect),
            )  # fmt: skip
            flags[row].append("correction_lapsed")


def _said(record: pd.Series, field: str) -> float | str | None:
    """What the source says of a record: a number for a position, a text for all else, or None."""
    value: Any = record[f"{field}_read" if field in POSITION else field]
    return None if pd.isna(value) else value


def moved(records: pd.DataFrame) -> pd.Series:
    """Which records a correction has brought from one place on the globe to another one."""
    read = [records["longitude_read"].abs() <= 180, records["latitude_read"].abs() <= 90]
    apart = (records["longitude_read"] != records["longitude"]) | (records["latitude_read"] != records["latitude"])
    return records["correction"].notna() & read[0] & read[1] & records["longitude"].notna() & apart


def _mend_texts(records: pd.DataFrame) -> None:
    """Decode what was read in a wrong encoding and take out control characters; flag both."""
    for function, names, flag in (
        (decoded, TEXTS, "encoding_mended"),
        (readable, (*TEXTS, *POSITION_TEXTS), "control_characters"),
    ):
        mended = np.zeros(len(records), bool)
        for name in names:
            text = records[name]
            new = _each(text, function)
            changed = (new != text) & text.notna()
            if changed.any():
                records[name] = new.mask(changed & (new == ""), None) if name in TEXTS else new
                mended |= changed.to_numpy(bool)
        lists = records["commodities"]
        new_lists = [[name for name in map(function, names) if name] for names in lists]
        mended |= [list(old) != new for old, new in zip(lists, new_lists, strict=True)]
        records["commodities"] = pd.Series(new_lists, index=records.index, dtype=object)
        for flags, dirty in zip(records["flags"], mended, strict=True):
            if dirty:
                flags.append(flag)


def _each(text: pd.Series, function: Callable[[str], str]) -> pd.Series:
    """Apply a function to each distinct text once."""
    answers = {value: function(value) for value in text.dropna().unique()}
    return text.astype(object).map(lambda value: answers.get(value) if isinstance(value, str) else None)


def _position_faults(records: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    """Why a position cannot be used, or None; the texts are those of the rows as read."""
    fault = pd.Series(None, index=records.index, dtype=object)
    for name, limit in (("latitude", 90.0), ("longitude", 180.0)):
        text, number = rows[f"{name}_text"], records[name]
        beyond = number.abs() > limit
        fault = fault.where(
            ~beyond,
            name + " " + text.str.slice(0, 40) + f" is out of range, -{limit:.0f} to {limit:.0f} was expected",
        )
        fault = fault.where(number.notna(), name + " " + text.str.slice(0, 40).map(repr) + " is not a number")
        fault = fault.where((text != "") | number.notna(), f"{name} is missing")
    return fault


def _check_some_are_usable(records: pd.DataFrame, faults: pd.Series) -> None:
    for source, of_source in faults.groupby(records["source"]):
        if of_source.notna().all():
            raise InputError(
                f"{source}: none of its {len(of_source)} rows has a usable position (the first: {of_source.iloc[0]})"
            )


def _points(records: pd.DataFrame) -> Geometries:
    points = np.empty(len(records), dtype=object)
    placed = records["longitude"].notna().to_numpy()
    points[placed] = shapely.points(records.loc[placed, ["longitude", "latitude"]].to_numpy(float))
    return points


def _fates(
    records: pd.DataFrame,
    faults: pd.Series,
    points: gpd.array.GeometryArray,
    area: gpd.GeoDataFrame,
    buffer_m: float,
    tolerance_m: float,
    include_refineries: bool,
    commodity: str,
) -> tuple[pd.Series, pd.Series]:
    role = records["commodity_role"]
    fate = pd.Series("", index=records.index, dtype=object)
    reason = pd.Series("", index=records.index, dtype=object)

    def decide(which: pd.Series, name: str, why: pd.Series | str) -> None:
        open_ones = which & (fate == "")
        fate[open_ones] = name
        reason[open_ones] = why[open_ones] if isinstance(why, pd.Series) else why

    decide(faults.notna(), "rejected", faults)
    decide(role.isna(), "not_gold", f"{commodity} is not among its commodities")
    if not include_refineries:
        decide(role == "refinery", "refinery_only", f"{commodity} is only refined there")
    candidates = (fate == "").to_numpy()
    fate[candidates], reason[candidates] = _fates_by_place(
        np.asarray(points)[candidates], area, buffer_m, tolerance_m, commodity
    )
    return fate, reason


def _fates_by_place(
    points: Geometries, area: gpd.GeoDataFrame, buffer_m: float, tolerance_m: float, commodity: str
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Fate and reason of records that bear the commodity and have a position."""
    inside, reaches = reach_of_discs(points, area, buffer_m, tolerance_m)
    radius = f"{buffer_m / 1000:g} km"
    fate = np.where(reaches, "site", "outside_area").astype(object)
    reason = np.select(
        [inside, reaches],
        [f"bears {commodity}, inside the area", f"bears {commodity}, outside the area but within {radius} of it"],
        f"bears {commodity}, farther than {radius} from the area",
    ).astype(object)
    return fate, reason


def reach_of_discs(
    points: Geometries, area: gpd.GeoDataFrame, buffer_m: float, tolerance_m: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which points lie inside the area, and the discs of which reach into it.

    Parameters
    ----------
    points : in EPSG:4326, shape (n,)
    area : polygons in EPSG:4326
    buffer_m, tolerance_m : radius of the discs and the tolerance of their edges, metres
    """
    polygons = shapely.STRtree(area.geometry.array)
    inside = np.zeros(points.size, bool)
    inside[polygons.query(points, predicate="intersects")[0]] = True
    reaches = inside.copy()
    near = may_reach(shapely.get_x(points), shapely.get_y(points), buffer_m, np.asarray(area.geometry.array))
    outside = near[~inside[near]]
    around = discs(shapely.get_x(points[outside]), shapely.get_y(points[outside]), buffer_m, tolerance_m)
    reaches[outside[polygons.query(around, predicate="intersects")[0]]] = True
    return inside, reaches
