"""What the readers of records share: from columns of text to the one table that all sources are read into."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from asmgold.errors import printable
from asmgold.schemas.tables import READ_RECORDS
from asmgold.sources.csv_text import BrokenRow

AS_THEY_ARE = frozenset({"commodities", "commodity_role", "precision_m", "radius_km", "fault", "shape"})


def assemble_records(dataset: str, rows: pd.DataFrame, broken: list[BrokenRow], **columns: Any) -> pd.DataFrame:
    """One table of all rows of a source, in their order; broken ones with their reason as `fault`.

    Parameters
    ----------
    dataset : `mrds`, `major_deposits` or a name of `points`; each `record_id` begins with it
    rows : the rows as text, with `longitude`, `latitude` and `country`, indexed by their number from 1
    broken : the rows that could not be read
    columns : further columns by their names in `asmgold.schemas.tables.READ_RECORDS`, and `official_id`, the id that
        the source gives; a record without one is named by its position
    """
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
        | {key: value if key in AS_THEY_ARE else _filled(value) for key, value in columns.items()},
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
    return table.reindex(columns=list(READ_RECORDS.columns))  # what a source has no column for stays empty


def once_each(columns: pd.DataFrame, function: Callable[..., object]) -> pd.Series:
    """Apply a function of the columns' texts to each distinct combination once: real tables repeat few of them."""
    keys = list(zip(*(columns[name] for name in columns), strict=True))
    answers = {key: function(*key) for key in set(keys)}
    return pd.Series([answers[key] for key in keys], index=columns.index, dtype=object)


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
