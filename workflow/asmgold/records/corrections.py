"""Declared corrections: applied to records where they still hold, and told in words."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from asmgold.config.models import POSITION_LIMITS, Correction

log = logging.getLogger(__name__)


def apply_corrections(records: pd.DataFrame, corrections: Sequence[Correction]) -> None:
    """Set, in place, what each correction says, if the source still says what the correction expects.

    The record then has the id of the correction in `correction` and the flag `corrected`. If the source says something
    else, the correction has lapsed: it is not applied, the record gets the flag `correction_lapsed`, and a warning is
    logged. A correction of a record that is not there has no effect.
    """
    rows = {record_id: row for row, record_id in enumerate(records["record_id"])}
    flags: list[list[str]] = records["flags"].tolist()
    for correction in corrections:
        row = rows.get(correction.record)
        if row is None:
            continue
        found = {field: _source_value(records.iloc[row], field) for field in correction.expect}
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


def moved(records: pd.DataFrame) -> pd.Series:
    """Which records a correction has moved from one place on the globe to another one."""
    read_on_globe = (records["longitude_read"].abs() <= 180) & (records["latitude_read"].abs() <= 90)
    apart = (records["longitude_read"] != records["longitude"]) | (records["latitude_read"] != records["latitude"])
    return records["correction"].notna() & read_on_globe & records["longitude"].notna() & apart


def values_in_words(values: Mapping[Any, float | str | None]) -> str:
    """Fields with their values, as a correction expects or sets them."""
    return ", ".join(f"{field} {'none' if value is None else value}" for field, value in values.items())


def _source_value(record: pd.Series, field: str) -> float | str | None:
    """What the source says of a record: a number for a position, a text for all else, or None."""
    value: Any = record[f"{field}_read" if field in POSITION_LIMITS else field]
    return None if pd.isna(value) else value
