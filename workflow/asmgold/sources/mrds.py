"""Reader of MRDS, the Mineral Resources Data System of USGS."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pandas as pd

from asmgold.sources.assemble import assemble_records, once_each
from asmgold.sources.commodities import mrds_commodities, mrds_role
from asmgold.sources.csv_text import read_bytes, read_table
from asmgold.vocabulary.commodities import Commodity

NEEDED = ("dep_id", "site_name", "latitude", "longitude", "country", "commod1", "commod2", "commod3")
OPTIONAL = ("url", "dep_type", "dev_stat", "oper_type")
PAGE = "https://mrdata.usgs.gov/mrds/show-mrds.php?dep_id="


def read_mrds(path: Path, commodity: Commodity) -> pd.DataFrame:
    """The records of MRDS, for `asmgold.sources.records.read_records`."""
    rows, broken = read_table(read_bytes(path, "mrds.csv"), str(path), NEEDED, OPTIONAL)
    lists = rows[["commod1", "commod2", "commod3"]]
    roles = once_each(lists, lambda one, two, three: mrds_role(one, two, three, commodity))
    names = once_each(
        lists, lambda *texts: [_with_qualifiers(*found) for text in texts for found in mrds_commodities(text)]
    )
    ids, page = rows["dep_id"].str.strip(), rows["url"].astype(object)
    built = (ids != "") & (rows["url"].str.strip() == "")
    page[built] = PAGE + ids[built].map(quote)
    page[ids == ""] = None
    return assemble_records(
        "mrds", rows, broken,
        official_id=rows["dep_id"], name=rows["site_name"], commodities=names, commodity_role=roles,
        status=rows["dev_stat"], deposit_type=rows["dep_type"], operation_type=rows["oper_type"],
        url=page,
    )  # fmt: skip


def _with_qualifiers(name: str, qualifiers: frozenset[str]) -> str:
    return f"{name} ({', '.join(sorted(qualifiers))})" if qualifiers else name
