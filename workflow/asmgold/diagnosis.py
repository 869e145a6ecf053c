"""What is remarkable about a record by itself: flags, and how precisely its position is written."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

METRES_PER_DEGREE = 111_320.0
COARSE_M = 500.0
NO_NAME = frozenset({"unknown", "unnamed", "no name"})


def precision_m(longitude_text: pd.Series, latitude_text: pd.Series) -> pd.Series:
    """The step of the last decimal that a position is written with, in metres of latitude; none without a number.

    `-12.34, -70.1` is written to 0.1 degree at worst, so 11,132 m.
    """
    decimals = pd.concat([_decimals(longitude_text), _decimals(latitude_text)], axis=1).min(axis=1, skipna=False)
    return METRES_PER_DEGREE * 10.0**-decimals


def diagnose(records: pd.DataFrame, faults: pd.Series) -> list[list[str]]:
    """The flags of each record, in the order of `asmgold.schemas.FLAGS`.

    Parameters
    ----------
    records : rows with the columns of `asmgold.schemas.RECORDS` up to `url`, and `precision_m`
    faults : why a record's position cannot be used, or none
    """
    position = records[["source", "longitude", "latitude"]]
    usable = faults.isna()
    whole = (records["longitude"] % 1 == 0) & (records["latitude"] % 1 == 0)
    zero = (records["longitude"] == 0) & (records["latitude"] == 0)
    name = records["name"].str.casefold()
    found = {
        "position_unusable": ~usable,
        "position_zero": usable & zero,
        "position_whole_degree": usable & whole & ~zero,
        "position_coarse": usable & (records["precision_m"] >= COARSE_M),
        "position_shared": usable & position.duplicated(keep=False),
        "country_missing": records["country_reported"].isna(),
        "name_missing": name.isna() | name.isin(NO_NAME),
    }
    table: NDArray[np.bool_] = np.column_stack([column.to_numpy(bool) for column in found.values()])
    names = list(found)
    return [[names[column] for column in np.flatnonzero(row)] for row in table]


def _decimals(text: pd.Series) -> pd.Series:
    plain = text.str.extract(r"^[+-]?\d+(?:\.(\d*))?$", expand=False)
    number = text.str.match(r"^[+-]?\d+(?:\.\d*)?$").astype(bool)
    return plain.fillna("").str.len().astype(float).where(number, np.nan)
