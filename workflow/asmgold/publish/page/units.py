"""The units of the overlays, such as departments: the same figures for the table, the map and its panel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from asmgold.publish.context import Context
from asmgold.publish.messages import Numbers
from asmgold.publish.page.blocks import TableColumn
from asmgold.publish.page.results import Results
from asmgold.vocabulary.evidence import KM2


def units(results: Results, context: Context) -> tuple[list[TableColumn], pd.DataFrame]:
    """The columns to show, and a row for each unit in the order of `overlay_units`, with what was seen there."""
    words = {**context.phrases("page"), **context.phrases("answer")}
    columns = [
        TableColumn("unit_km2", words["unit_km2"], "count"),
        TableColumn("regions_km2", words["unit_regions_km2"], "count"),
        TableColumn("share_of_unit", words["share_of_unit"], "share"),
        TableColumn("sites", words["n_sites"], "count"),
    ]
    table, seen = results.tables.get("overlay_units"), results.tables.get("evidence_units")
    if table is None:
        return columns, pd.DataFrame(columns=["overlay", "unit"])
    if seen is not None and len(seen):
        seen = seen[seen["evidence"] == next(iter(context.evidence_titles))]
        unit = str(seen["amount_unit"].iloc[0]).replace(KM2, "km²")
        columns.append(TableColumn("observed", words["unit_observed"].format(unit=unit), "number"))
        columns.append(TableColumn("capture", words["unit_capture"], "share"))
        table = table.merge(seen[["overlay", "unit", "observed", "capture"]], on=["overlay", "unit"], how="left")
        table = table.assign(observed=table["observed"].round(1))
    return columns, table


def facts(columns: Iterable[TableColumn], row: Mapping[Any, Any], numbers: Numbers) -> Sequence[tuple[str, str]]:
    """The figures of a row in words, without those that are missing."""
    write = {"count": numbers.count, "number": numbers.general, "share": numbers.share}
    return [(column.title, write[column.kind](row[column.key])) for column in columns if pd.notna(row.get(column.key))]
