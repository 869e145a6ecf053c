"""Classifies the rows that were read: each becomes a record with a position, a country, flags, and one fate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from asmgold.config.models import Correction, DepositSettings
from asmgold.errors import InputError
from asmgold.geodesy.around import union_around
from asmgold.geodesy.discs import discs, may_reach
from asmgold.geodesy.ellipsoid import Floats
from asmgold.io.text import decoded, readable
from asmgold.records.administrative import at_centroid
from asmgold.records.corrections import apply_corrections
from asmgold.records.deduplicate import deposit_ids
from asmgold.records.flags import flags_of, precision_m
from asmgold.records.labels import labels
from asmgold.records.location import CountryLocator, locate
from asmgold.records.radii import NO_RADIUS
from asmgold.schemas.tables import BEARING, CRS, RECORDS

POSITION_TEXTS = ("longitude_text", "latitude_text")
TEXTS = ("name", "country_reported", "status", "deposit_type", "operation_type", "url", "category")
Geometries = NDArray[np.object_]


def classify(
    rows: pd.DataFrame,
    area: gpd.GeoDataFrame,
    countries: gpd.GeoDataFrame | None,
    corrections: Sequence[Correction],
    *,
    buffer_m: float | pd.Series,
    tolerance_m: float,
    include_plants: bool,
    exclude_administrative: bool = True,
    divisions: Mapping[str, gpd.GeoDataFrame] | None = None,
    commodity: str = "gold",
    deposits: DepositSettings | None = None,
    language: str = "en",
) -> gpd.GeoDataFrame:
    """Give every row its fate.

    Parameters
    ----------
    rows : rows of all sources, as `asmgold.sources.records.read_records` gives them
    area : polygons in EPSG:4326
    countries : a table of `asmgold.schemas.tables.COUNTRIES` to locate records in, or None
    corrections : declared corrections; those of records that are not among the rows have no effect
    buffer_m : radius of the discs, metres: one, or one for each row, which is rejected where it is missing
    tolerance_m : the tolerance of their edges, metres
    include_plants : whether places where gold is only refined, and other plants, count
    exclude_administrative : whether records at the middle of a country or division are no sites
    divisions : layers of divisions such as departments, with the column `name`, to know their middles by
    commodity : the one whose place among a record's commodities is its `commodity_role`, for the reasons given
    deposits : when records are taken for the same deposit, if not by default
    language : of the labels of records without a name, `en` or `es`

    Returns
    -------
    A table of `asmgold.schemas.tables.RECORDS` with one row for each row given, in their order.

    Raises
    ------
    InputError : if not a single row of a source has a position.
    """
    records = _with_positions_read(rows)
    _repair_texts(records)
    apply_corrections(records, corrections)
    records["buffer_km"] = pd.Series(buffer_m, index=records.index, dtype=float) / 1000
    faults = rows["fault"].where(rows["fault"].notna(), _position_faults(records, rows))
    faults = faults.where(faults.notna() | records["buffer_km"].notna(), NO_RADIUS)
    _check_some_are_usable(records, faults)
    written = precision_m(rows["longitude_text"], rows["latitude_text"])
    records["precision_m"] = rows["precision_m"].fillna(written)
    records.loc[faults.notna(), ["longitude", "latitude"]] = np.nan
    records["deposit_id"] = deposit_ids(records, deposits or DepositSettings())
    places = None if countries is None else locate(records, CountryLocator(countries))
    for name in ("country_code", "country_located", "outside_km", "suggested_transform"):
        records[name] = None if places is None else places[name]
    centroid = at_centroid(records, countries, divisions or {})
    found = flags_of(records, faults, rows["fault"].notna(), places, centroid.notna())
    both = [earlier + new for earlier, new in zip(records["flags"], found, strict=True)]
    records["flags"] = pd.Series(both, index=records.index, dtype=object)
    records["label"] = labels(records, divisions or {}, language)
    points = _points(records)
    shapes = shapes_of(records, points)
    fate, reason = _fates_by_content(
        records, faults, commodity, None if include_plants else plants(records, commodity),
        centroid if exclude_administrative else None,
    )  # fmt: skip
    candidates = (fate == "").to_numpy()
    fate[candidates], reason[candidates] = _fates_by_place(
        shapes[candidates], records["buffer_km"][candidates], area, tolerance_m, commodity
    )
    records["fate"], records["fate_reason"] = fate, reason
    columns = [name for name in RECORDS.columns if name != "geometry"]
    return RECORDS.validate(gpd.GeoDataFrame(records[columns], geometry=points, crs=CRS).reset_index(drop=True))


def reclassify(
    records: gpd.GeoDataFrame, area: gpd.GeoDataFrame, *, tolerance_m: float, commodity: str = "gold"
) -> gpd.GeoDataFrame:
    """Classify records anew for another area. Only the fates `site` and `outside_area` depend on the area.

    Parameters
    ----------
    records : a table of `asmgold.schemas.tables.RECORDS`
    area : the other area, polygons in EPSG:4326
    tolerance_m : the tolerance of the discs' edges, metres
    commodity : as for `classify`
    """
    placed = records["fate"].isin(BEARING).to_numpy()
    classified = records.copy()
    shapes = shapes_of(records, np.asarray(records.geometry.array))[placed]
    fate, reason = _fates_by_place(shapes, records["buffer_km"][placed], area, tolerance_m, commodity)
    classified.loc[placed, "fate"], classified.loc[placed, "fate_reason"] = fate, reason
    return classified


def _with_positions_read(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with their positions as numbers, as yet without flags and corrections."""
    records = rows.drop(columns="fault").assign(correction=pd.Series(None, index=rows.index, dtype=object))
    records["flags"] = pd.Series([[] for _ in range(len(rows))], index=rows.index, dtype=object)
    for name in ("longitude", "latitude"):
        records[f"{name}_read"] = _numbers(rows[f"{name}_text"])
    records["longitude"], records["latitude"] = records["longitude_read"], records["latitude_read"]
    return records


def _numbers(text: pd.Series) -> pd.Series:
    """The numbers that are written as plain decimals; not a number for nan, inf, 1e308, hexadecimal and the like."""
    plain = text.str.fullmatch(r"[+-]?[0-9]{1,12}(\.[0-9]{0,30})?|[+-]?\.[0-9]{1,30}")
    return pd.to_numeric(text.where(plain.astype(bool), None).astype(object), errors="coerce").astype(float)


def _repair_texts(records: pd.DataFrame) -> None:
    """Decode what was read in a wrong encoding and take out control characters; flag both."""
    for function, names, flag in (
        (decoded, TEXTS, "encoding_mended"),
        (readable, (*TEXTS, *POSITION_TEXTS), "control_characters"),
    ):
        repaired = np.zeros(len(records), bool)
        for name in names:
            text = records[name]
            new = _each(text, function)
            changed = (new != text) & text.notna()
            if changed.any():
                records[name] = new.mask(changed & (new == ""), None) if name in TEXTS else new
                repaired |= changed.to_numpy(bool)
        lists = records["commodities"]
        new_lists = [[name for name in map(function, names) if name] for names in lists]
        repaired |= [list(old) != new for old, new in zip(lists, new_lists, strict=True)]
        records["commodities"] = pd.Series(new_lists, index=records.index, dtype=object)
        for flags, was_repaired in zip(records["flags"], repaired, strict=True):
            if was_repaired:
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


def shapes_of(records: pd.DataFrame, points: Geometries) -> Geometries:
    """What each record is: its line or polygon, or else its point."""
    shapes, extended = points.copy(), records["shape"].notna().to_numpy() & (points != None)  # noqa: E711  each of them
    shapes[extended] = shapely.from_wkt(records["shape"].to_numpy(dtype=object)[extended])
    return shapes


def _points(records: pd.DataFrame) -> Geometries:
    points = np.empty(len(records), dtype=object)
    placed = records["longitude"].notna().to_numpy()
    points[placed] = shapely.points(records.loc[placed, ["longitude", "latitude"]].to_numpy(float))
    return points


def plants(records: pd.DataFrame, commodity: str = "gold") -> pd.Series:
    """Why each record is a plant and no mine, in words; None where it is none.

    MRDS says it by a qualifier of the commodity (`Gold, Refinery`), by `dev_stat` (`Plant`) or by `oper_type`
    (`Processing Plant`); an operation of several types that include another one is a mine with a plant.
    """
    why = pd.Series([None] * len(records), index=records.index, dtype=object)
    types = records["operation_type"].fillna("").str.casefold().str.split(r"[,;/]").map(
        lambda parts: {part.strip() for part in parts} - {""}
    )  # fmt: skip
    status = records["status"].fillna("").str.strip().str.casefold()
    for holds, reason in (
        (types.map(lambda found: found == {"processing plant"}), "its operation is a processing plant"),
        (status == "plant", "its status is Plant"),
        (records["commodity_role"] == "refinery", f"{commodity} is only refined there"),
    ):
        why[holds.astype(bool)] = reason
    return why


def _fates_by_content(
    records: pd.DataFrame, faults: pd.Series, commodity: str, plant: pd.Series | None, centroid: pd.Series | None
) -> tuple[pd.Series, pd.Series]:
    """Fate and reason of the records that cannot be sites wherever they lie; "" for the others."""
    none = pd.Series(None, index=records.index, dtype=object)
    plant = none if plant is None else plant
    filed = none if centroid is None else "its position is " + centroid.astype(object)
    fate = pd.Series("", index=records.index, dtype=object)
    reason = pd.Series("", index=records.index, dtype=object)
    role = records["commodity_role"]
    # The first that holds counts.
    for holds, name, why in (
        (faults.notna(), "rejected", faults),
        (role.isna(), "not_gold", f"{commodity} is not among its commodities"),
        (plant.notna(), "plant", plant),
        (filed.notna(), "administrative_position", filed),
    ):
        undecided = holds & (fate == "")
        fate[undecided] = name
        reason[undecided] = why[undecided] if isinstance(why, pd.Series) else why
    return fate, reason


def _fates_by_place(
    shapes: Geometries, buffer_km: pd.Series, area: gpd.GeoDataFrame, tolerance_m: float, commodity: str
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Fate and reason of records that bear the commodity and have a position."""
    inside, reaches = reach_of_discs(shapes, area, 1000 * buffer_km.to_numpy(float), tolerance_m)
    radius = buffer_km.map("{:g} km".format).to_numpy(dtype=object)
    fate = np.where(reaches, "site", "outside_area").astype(object)
    reason = np.select(
        [inside, reaches],
        [f"bears {commodity}, inside the area", f"bears {commodity}, outside the area but within " + radius + " of it"],
        f"bears {commodity}, farther than " + radius + " from the area",
    ).astype(object)
    return fate, reason


def reach_of_discs(
    shapes: Geometries, area: gpd.GeoDataFrame, buffer_m: Floats, tolerance_m: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which points, lines or polygons lie inside the area, wholly or in part, and from which a radius reaches into it.

    Parameters
    ----------
    shapes : in EPSG:4326, shape (n,)
    area : polygons in EPSG:4326
    buffer_m : radius of each disc, metres, shape (n,)
    tolerance_m : the tolerance of their edges, metres
    """
    polygons = shapely.STRtree(area.geometry.array)
    inside = np.zeros(shapes.size, bool)
    inside[polygons.query(shapes, predicate="intersects")[0]] = True
    reaches = inside.copy()
    for extended in np.flatnonzero(~inside & (shapely.get_dimensions(shapes) > 0)):
        around = union_around(shapes[extended], buffer_m[extended], tolerance_m)
        reaches[extended] = polygons.query(around, predicate="intersects").size > 0
    points = np.where(shapely.get_dimensions(shapes) == 0, shapes, shapely.point_on_surface(shapes))
    near = may_reach(shapely.get_x(points), shapely.get_y(points), buffer_m, np.asarray(area.geometry.array))
    outside = near[~reaches[near] & (shapely.get_dimensions(shapes[near]) == 0)]
    around = discs(shapely.get_x(points[outside]), shapely.get_y(points[outside]), buffer_m[outside], tolerance_m)
    reaches[outside[polygons.query(around, predicate="intersects")[0]]] = True
    return inside, reaches
