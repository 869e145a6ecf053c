"""Readers of records: MRDS, and Major mineral deposits of the world."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd

from asmgold.errors import InputError, printable
from asmgold.schemas.tables import READ_RECORDS
from asmgold.sources.commodities import listed_commodities, listed_role, mrds_commodities, mrds_role
from asmgold.sources.csv_text import BrokenRow, read_bytes, read_table
from asmgold.vocabulary.commodities import GOLD, Commodity

MRDS_NEEDED = ("dep_id", "site_name", "latitude", "longitude", "country", "commod1", "commod2", "commod3")
MRDS_OPTIONAL = ("url", "dep_type", "dev_stat")
MRDS_PAGE = "https://mrdata.usgs.gov/mrds/show-mrds.php?dep_id="
DEPOSITS_NEEDED = ("gid", "dep_name", "country", "latitude", "longitude", "commodity")
DEPOSITS_OPTIONAL = ("dep_type",)


def read_records(path: Path, reader: str, commodity: Commodity = GOLD) -> pd.DataFrame:
    """Read a source of records.

    Parameters
    ----------
    path : a CSV file, or the zip that USGS publishes
    reader : `mrds` or `major_deposits`
    commodity : the one that is asked for; its place among a record's commodities is the `commodity_role`

    Returns
    -------
    One row for each row of the source, in its order, with the columns of `asmgold.schemas.READ_RECORDS`: text as
    the source gives it, and what it says about the commodity. Rows that cannot be read carry a `fault`.

    Raises
    ------
    InputError : if the file is missing, not a table, or lacks a needed column or any row.
    """
    table = _read_mrds(path, commodity) if reader == "mrds" else _read_major_deposits(path, commodity)
    return READ_RECORDS.validate(table.reset_index(drop=True))


def _read_mrds(path: Path, commodity: Commodity) -> pd.DataFrame:
    rows, broken = read_table(read_bytes(path, "mrds.csv"), str(path), MRDS_NEEDED, MRDS_OPTIONAL)
    lists = rows[["commod1", "commod2", "commod3"]]
    roles = _once_each(lists, lambda one, two, three: mrds_role(one, two, three, commodity))
    names = _once_each(
        lists, lambda *texts: [_with_qualifiers(*found) for text in texts for found in mrds_commodities(text)]
    )
    ids, page = rows["dep_id"].str.strip(), rows["url"].astype(object)
    built = (ids != "") & (rows["url"].str.strip() == "")
    page[built] = MRDS_PAGE + ids[built].map(quote)
    page[ids == ""] = None
    return _assembled(
        "mrds", rows, broken,
        official_id=rows["dep_id"], name=rows["site_name"], commodities=names, commodity_role=roles,
        status=rows["dev_stat"], deposit_type=rows["dep_type"], url=page,
    )  # fmt: skip


def _read_major_deposits(path: Path, commodity: Commodity) -> pd.DataFrame:
    rows, broken = read_table(read_bytes(path, "deposit.csv"), str(path), DEPOSITS_NEEDED, DEPOSITS_OPTIONAL)
    codes = _codes_by_deposit(path)
    return _assembled(
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


def _assembled(dataset: str, rows: pd.DataFrame, broken: list[BrokenRow], **columns: Any) -> pd.DataFrame:
    official_id = columns.pop("official_id").str.strip()
    position = "@" + rows["latitude"].str.strip() + "," + rows["longitude"].str.strip()
    table = pd.DataFrame(
        {
            "record_id": dataset + ":" + official_id.where(official_id != "", position),
            "source": dataset,
            "row": rows.index,
            "country_reported": _filled(rows["country"]),
            "longitude_text": rows["longitude"].str.strip(),
            "latitude_text": rows["latitude"].str.strip(),
            "fault": None,
        }
        | {
            key: _filled(value) if key not in ("commodities", "commodity_role") else value
            for key, value in columns.items()
        },
        index=rows.index,
    )
    unread = pd.DataFrame(
        {
            "record_id": [f"{dataset}:row:{row.row}" for row in broken],
            "source": dataset,
            "row": [row.row for row in broken],
            "longitude_text": "",
            "latitude_text": "",
            "commodities": [[] for _ in broken],
            "fault": [row.reason for row in broken],
        }
    )
    if broken:
        table = pd.concat([table, unread]).sort_values("row", kind="stable")
    table["record_id"] = _unique(_on_one_line(table["record_id"]))
    return table[list(READ_RECORDS.columns)]


def _on_one_line(ids: pd.Series) -> pd.Series:
    """Ids with the characters that cannot be shown as escapes: a person has to be able to name a record."""
    odd = ~ids.str.fullmatch("[ -~]*")
    return ids.where(~odd, ids[odd].map(lambda text: printable(text).replace("\n", r"\n")).reindex(ids.index))


def _unique(ids: pd.Series) -> pd.Series:
    """Ids with `#2`, `#3` and so on where one stands again, and that is not the id of another record."""
    again = ids.duplicated().to_numpy()
    if not again.any():
        return ids
    texts = ids.to_numpy(dtype=object, copy=True)
    taken, last = set(texts), dict.fromkeys(texts[again], 1)
    for row in np.flatnonzero(again):
        text = texts[row]
        while texts[row] in taken:
            last[text] += 1
            texts[row] = f"{text}#{last[text]}"
        taken.add(texts[row])
    return pd.Series(texts, index=ids.index, dtype=ids.dtype)


def _filled(text: pd.Series) -> pd.Series:
    """Text without outer blanks, None where nothing stands."""
    stripped = text.astype(object).map(lambda value: value.strip() if isinstance(value, str) else None)
    return stripped.where(stripped.notna() & (stripped != ""), None)


def _once_each(columns: pd.DataFrame, function: Any) -> pd.Series:
    """Apply a function of the columns' texts to each distinct combination once: real tables repeat few of them."""
    keys = list(zip(*(columns[name] for name in columns), strict=True))
    answers = {key: function(*key) for key in set(keys)}
    return pd.Series([answers[key] for key in keys], index=columns.index, dtype=object)


def _with_qualifiers(name: str, qualifiers: frozenset[str]) -> str:
    return f"{name} ({', '.join(sorted(qualifiers))})" if qualifiers else name
