"""The 2019 report's two series of gold production: what arithmetic can settle about their ounces."""

from __future__ import annotations

import pandas as pd

TROY_G = 31.1034768
AVOIRDUPOIS_G = 28.349523125
ROUND_KG = 100.0


def production(series: pd.DataFrame) -> pd.DataFrame:
    """Both series in both kinds of ounces, for the years that have both: `asmgold.schemas.evidence.PRODUCTION`."""
    both = series.dropna(subset=["ministry_koz", "unep_koz"]).reset_index(drop=True)
    ministry, unep = both["ministry_koz"], both["unep_koz"]
    return both[["year", "ministry_koz", "unep_koz"]].assign(
        ratio=unep / ministry,
        ministry_kg_troy=ministry * TROY_G,
        ministry_kg_avoirdupois=ministry * AVOIRDUPOIS_G,
        unep_kg_troy=unep * TROY_G,
        unep_kg_avoirdupois=unep * AVOIRDUPOIS_G,
        unep_koz_if_troy=unep * AVOIRDUPOIS_G / TROY_G,
        ratio_if_troy=unep * AVOIRDUPOIS_G / TROY_G / ministry,
    )


def returns_to_round_kilograms(ounces: pd.Series, precision_oz: float) -> dict[str, list[bool]]:
    """For each figure, whether a multiple of 100 kg lies within its rounding error, by kind of ounce.

    UNEP's figures were in kilograms and are printed in ounces. If the kilograms were round numbers, only the kind of
    ounce that was used then turns the ounces back into round numbers.
    """
    found = {}
    for kind, grams in (("troy", TROY_G), ("avoirdupois", AVOIRDUPOIS_G)):
        kg, half = ounces * grams / 1000, precision_oz / 2 * grams / 1000
        found[kind] = [bool(abs(value - ROUND_KG * round(value / ROUND_KG)) <= half) for value in kg]
    return found
