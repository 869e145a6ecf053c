"""The radius of each record's disc: its own, that of its source or class, or that of all."""

from __future__ import annotations

import numpy as np
import pandas as pd

from asmgold.config.models import Radii
from asmgold.errors import InputError
from asmgold.io.values import as_text, text_of

NO_RADIUS = "it has no radius of its own, and buffer_km has no default"


def radii_km(rows: pd.DataFrame, radii: Radii) -> pd.Series:
    """The radius of each record's disc, in kilometres; not a number where nothing says it.

    Parameters
    ----------
    rows : rows of all sources, as `asmgold.sources.records.read_records` gives them; `where` of a rule asks for what
        the source states
    radii : the configuration's

    Raises
    ------
    InputError : if a rule is about a source that is not among the rows, or about values that no record of it has.
    """
    km = pd.Series(np.nan if radii.default is None else radii.default, index=rows.index)
    for source, rules in radii.by_source.items():
        of_source = rows["source"] == source
        if not of_source.any():
            known = ", ".join(rows["source"].unique())
            raise InputError(f"configuration: buffer_km names {source!r}, one of {known} was expected")
        for rule in rules:
            meant = of_source.copy()
            for column, value in rule.where.items():
                meant &= as_text(rows[column]).str.casefold() == text_of(value).casefold()
            if not meant.any():
                raise InputError(f"configuration: buffer_km.{source}.where is {rule.where}, which no record has")
            km[meant] = rule.km
    return rows["radius_km"].fillna(km)
