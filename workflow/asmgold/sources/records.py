"""Readers of records, by the name that the configuration gives them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from asmgold.schemas.tables import READ_RECORDS
from asmgold.sources.major_deposits import read_major_deposits
from asmgold.sources.mrds import read_mrds
from asmgold.vocabulary.commodities import GOLD, Commodity

READERS = {"mrds": read_mrds, "major_deposits": read_major_deposits}


def read_records(path: Path, reader: str, commodity: Commodity = GOLD) -> pd.DataFrame:
    """Read a source of records.

    Parameters
    ----------
    path : a CSV file, or the zip that USGS publishes
    reader : `mrds` or `major_deposits`
    commodity : the one that is asked for; its place among a record's commodities is the `commodity_role`

    Returns
    -------
    One row for each row of the source, in its order, with the columns of `asmgold.schemas.tables.READ_RECORDS`: text as
    the source gives it, and what it says about the commodity. Rows that cannot be read carry a `fault`.

    Raises
    ------
    InputError : if the file is missing, not a table, or lacks a needed column or any row.
    """
    return READ_RECORDS.validate(READERS[reader](path, commodity).reset_index(drop=True))
