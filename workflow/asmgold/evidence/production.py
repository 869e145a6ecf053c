"""The 2019 report's two series of gold production: what arithmetic can settle about their ounces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from asmgold.errors import InputError
from asmgold.evidence.capture import read_small_table
from asmgold.schemas.evidence import PRODUCTION

TROY_G = 31.1034768
AVOIRDUPOIS_G = 28.349523125
COLUMNS = ("year", "ministry_koz", "unep_koz", "unep_oz_in_text")
ROUND_KG = 100.0


def read_production(path: Path) -> pd.DataFrame:
    """Read the series, numbers by year. Raises InputError for another table."""
    table = read_small_table(path, COLUMNS)
    numbers = table[[*COLUMNS]].apply(pd.to_numeric, errors="coerce")
    odd = (numbers.isna() & table[[*COLUMNS]].notna()).any(axis=1)
    if odd.any() or numbers["year"].isna().any():
        row = int(np.flatnonzero(odd | numbers["year"].isna())[0]) + 1
        raise InputError(f"{path}: row {row} holds what is no number, numbers were expected")
    series: pd.DataFrame = numbers.astype({"year": "int64"})
    return series


def production(series: pd.DataFrame) -> pd.DataFrame:
    """Both series in both kinds of ounces: `asmgold.evidence.tables.PRODUCTION`, for the years that have both."""
    both = series.dropna(subset=["ministry_koz", "unep_koz"]).reset_index(drop=True)
    ministry, unep = both["ministry_koz"], both["unep_koz"]
    table = both[["year", "ministry_koz", "unep_koz"]].assign(
        ratio=unep / ministry,
        ministry_kg_troy=ministry * TROY_G,
        ministry_kg_avoirdupois=ministry * AVOIRDUPOIS_G,
        unep_kg_troy=unep * TROY_G,
        unep_kg_avoirdupois=unep * AVOIRDUPOIS_G,
        unep_koz_if_troy=unep * AVOIRDUPOIS_G / TROY_G,
        ratio_if_troy=unep * AVOIRDUPOIS_G / TROY_G / ministry,
    )
    return PRODUCTION.validate(table)


def returns_to_round_kilograms(ounces: pd.Series, precision_oz: float) -> dict[str, list[bool]]:
    """For each figure, whether a multiple of 100 kg lies within its rounding, by kind of ounce.

    UNEP's figures were in kilograms and are printed in ounces. If they were round, only the ounce that they were
    divided by brings them back to round numbers.
    """
    found = {}
    for kind, grams in (("troy", TROY_G), ("avoirdupois", AVOIRDUPOIS_G)):
        kg, half = ounces * grams / 1000, precision_oz / 2 * grams / 1000
        found[kind] = [bool(abs(value - ROUND_KG * round(value / ROUND_KG)) <= half) for value in kg]
    return found
