"""Flags, which warn of what is doubtful about a record, and the precision of its position."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from asmgold.geodesy.ellipsoid import METRES_PER_DEGREE
from asmgold.io.text import nameless
from asmgold.records.administrative import shares_its_position_with_names

COARSE_M = 500.0
LIMITS = np.array([180.0, 90.0])
# In English, Spanish, French and Portuguese. `Smelter Creek` is no smelter.
PLANT = re.compile(
    r"\b(?:refinery|smelter|concentrator|(?:processing|cyanide|cyanidation|leach|milling|treatment|gold) plant|"
    r"refiner[ií]a|fundici[oó]n|planta (?:de beneficio|concentradora|procesadora|metal[uú]rgica)|raffinerie|fonderie|"
    r"usine de traitement|refinaria|fundi[cç][aã]o|usina de beneficiamento)\b", re.IGNORECASE,
)  # fmt: skip
NO_PLANT = re.compile(
    r"\b(?:creek|river|gulch|canyon|hill|mountain|ridge|lake|lode|vein|prospect|mine|mina|veta|cerro|quebrada|r[ií]o|"
    r"placer|claim|group|deposit)\b", re.IGNORECASE,
)  # fmt: skip
FACILITY = re.compile(r"\s*\(facility\)", re.IGNORECASE)
LOST_CHARACTER = r"[^\W\d_]\?[^\W\d_]"


def precision_m(longitude_text: pd.Series, latitude_text: pd.Series) -> pd.Series:
    """The step of the last decimal that a position is written with, in metres of latitude; none without a number.

    `-12.34, -70.1` is written to 0.1 degree at worst, so 11,132 m.
    """
    decimals = pd.concat([_decimals(longitude_text), _decimals(latitude_text)], axis=1).min(axis=1, skipna=False)
    return METRES_PER_DEGREE * 10.0**-decimals


def flags_of(
    records: pd.DataFrame,
    faults: pd.Series,
    unreadable: pd.Series,
    places: pd.DataFrame | None,
    centroid: pd.Series,
) -> list[list[str]]:
    """The flags of each record, in the order of `asmgold.schemas.tables.FLAGS`.

    Parameters
    ----------
    records : rows with the columns of `asmgold.schemas.tables.RECORDS` up to `url`, `precision_m` and `deposit_id`
    faults : why a record's position cannot be used; None where it can be
    unreadable : whether the whole row could not be read
    places : the table of `asmgold.records.location.locate` for them, or None if there is no map of countries
    centroid : whether they lie at the middle of a country or division
    """
    position = records[["source", "longitude", "latitude"]]
    usable = faults.isna()
    whole = (records["longitude"] % 1 == 0) & (records["latitude"] % 1 == 0)
    zero = (records["longitude"] == 0) & (records["latitude"] == 0)
    stated = records["country_reported"].notna()
    numbers = records[["longitude_read", "latitude_read"]].to_numpy(float)
    blank = (records[["longitude_text", "latitude_text"]] == "").to_numpy(bool)
    unusable = (~usable & ~unreadable).to_numpy(bool)
    found: dict[str, pd.Series | NDArray[np.bool_]] = {
        "row_unreadable": unreadable,
        "position_missing": unusable & blank.any(axis=1),
        "position_not_a_number": unusable & (np.isnan(numbers) & ~blank).any(axis=1),
        "position_out_of_range": unusable & (np.abs(numbers) > LIMITS).any(axis=1),
        "position_zero": usable & zero,
        "position_whole_degree": usable & whole & ~zero,
        "position_coarse": usable & (records["precision_m"] >= COARSE_M),
        "position_shared": usable & position.duplicated(keep=False),
        "position_shared_by_names": usable & shares_its_position_with_names(records),
        "position_centroid": centroid,
        "duplicate_probable": records["deposit_id"].notna() & records[["source", "deposit_id"]].duplicated(keep=False),
        "country_missing": ~stated,
        "name_missing": _without_name(records["name"]),
        "name_of_a_plant": _named_as_a_plant(records),
        "character_lost": records[["name", "country_reported"]].apply(_has_lost_a_character).any(axis=1),
    }
    if places is not None:
        found |= {
            "country_unknown": stated & places["country_code"].isna(),
            "outside_country": places["outside_km"].notna(),
            "at_sea": places["at_sea"],
            "sign_or_order_suspect": places["suggested_transform"].notna(),
        }
    table: NDArray[np.bool_] = np.column_stack([np.asarray(column, dtype=bool) for column in found.values()])
    names = list(found)
    return [[names[column] for column in np.flatnonzero(row)] for row in table]


def has_flag(records: pd.DataFrame, flag: str) -> pd.Series:
    """Which records have a flag."""
    return records["flags"].map(lambda flags: flag in flags).astype(bool)


def _without_name(names: pd.Series) -> pd.Series:
    return names.map(lambda name: not isinstance(name, str) or nameless(name)).astype(bool)


def _named_as_a_plant(records: pd.DataFrame) -> pd.Series:
    """Records called as a plant, of which neither status nor operation type says anything."""
    silent = records["status"].isna() & records["operation_type"].isna()
    named = records["name"].str.contains(PLANT, na=False) & ~records["name"].str.contains(NO_PLANT, na=False)
    facility = records["name"].str.match(FACILITY, na=False)
    return silent & (named | facility)


def _has_lost_a_character(text: pd.Series) -> pd.Series:
    return text.str.contains(LOST_CHARACTER, na=False)


def _decimals(text: pd.Series) -> pd.Series:
    plain = text.str.extract(r"^[+-]?[0-9]*(?:\.([0-9]*))?$", expand=False)
    number = text.str.match(r"^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$").astype(bool)
    return plain.fillna("").str.len().astype(float).where(number, np.nan)
