"""How many records there are by source and fate, and the check that none was lost or counted twice."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from asmgold.errors import AccountingError
from asmgold.schemas.tables import FATES


def count_by_fate(records: pd.DataFrame) -> pd.DataFrame:
    """How many records of each source met each fate: sources down, fates across, with the rows read."""
    order = list(FATES)
    counts = pd.crosstab(records["source"], records["fate"]).reindex(columns=order, fill_value=0)
    return counts.assign(rows_read=records.groupby("source").size())


def account_for(records: pd.DataFrame, rows_read: Mapping[str, int]) -> pd.DataFrame:
    """As `count_by_fate`, checked: each row that was read is one record with one fate.

    Parameters
    ----------
    records : a table of `asmgold.schemas.tables.RECORDS`
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
