"""Reader of Major mineral deposits of the world, of USGS."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from asmgold.errors import InputError
from asmgold.sources.assemble import assemble_records
from asmgold.sources.commodities import listed_commodities, listed_role
from asmgold.sources.csv_text import read_bytes, read_table
from asmgold.vocabulary.commodities import Commodity

NEEDED = ("gid", "dep_name", "country", "latitude", "longitude", "commodity")
OPTIONAL = ("dep_type",)


def read_major_deposits(path: Path, commodity: Commodity) -> pd.DataFrame:
    """The major deposits, for `asmgold.sources.records.read_records`."""
    rows, broken = read_table(read_bytes(path, "deposit.csv"), str(path), NEEDED, OPTIONAL)
    codes = _codes_by_deposit(path)
    return assemble_records(
        "major_deposits", rows, broken,
        official_id=rows["gid"], name=rows["dep_name"],
        commodities=rows["commodity"].map(listed_commodities),
        commodity_role=pd.Series(
            [
                listed_role(text, codes.get(gid.strip(), ()) if codes is not None else None, commodity)
                for text, gid in zip(rows["commodity"], rows["gid"], strict=True)
            ],
            index=rows.index, dtype=object,
        ),
        status=pd.Series("", index=rows.index), deposit_type=rows["dep_type"], url=pd.Series(None, index=rows.index),
    )  # fmt: skip


def _codes_by_deposit(path: Path) -> dict[str, list[str]] | None:
    """The commodity codes of each deposit where the archive has them, or None."""
    if path.suffix.lower() != ".zip":
        return None
    origin = f"{path}/commodity.csv"
    table, broken = read_table(read_bytes(path, "commodity.csv"), origin, ("gid", "value"))
    if broken:
        raise InputError(f"{origin}: row {broken[0].row}: {broken[0].reason}; whether deposits bear gold depends on it")
    return {str(gid): list(values.str.strip()) for gid, values in table.groupby(table["gid"].str.strip())["value"]}
