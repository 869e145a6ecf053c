"""The units of the overlays, such as departments: the same figures for the table, the map and its panel.

The countries of a scenario with products of each are units, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from shapely.geometry.base import BaseGeometry

from asmgold.publish import palette
from asmgold.publish.context import Context
from asmgold.publish.messages import Numbers
from asmgold.publish.page.blocks import TableColumn
from asmgold.publish.page.results import Results
from asmgold.regions.overlays import units_of
from asmgold.schemas.products import PAGE_OF_COUNTRY
from asmgold.vocabulary.evidence import KM2, MEASURED
from asmgold.vocabulary.iso import country_name

CAPTURE = ["capture", "capture_low", "capture_high"]
COUNTRIES = "per-country"  # no overlay can have a hyphen in its name


def units(results: Results, context: Context) -> tuple[list[TableColumn], pd.DataFrame]:
    """The columns to show, and a row for each unit in the order of `overlay_units`, with what was seen there.

    A country has the address of its `page`, and the largest regions come first.
    """
    words = {**context.phrases("page"), **context.phrases("answer")}
    columns = [
        TableColumn("unit_km2", words["unit_km2"], "count"),
        TableColumn("regions_km2", words["unit_regions_km2"], "count"),
        TableColumn("share_of_unit", words["share_of_unit"], "share"),
        TableColumn("sites", words["n_sites"], "count"),
    ]
    tables, seen = _tables(results, context), results.tables.get("evidence_units")
    if not tables:
        return columns, pd.DataFrame(columns=["overlay", "unit"])
    table = pd.concat(tables, ignore_index=True)
    if seen is not None and len(seen):
        seen = seen[seen["evidence"] == next(iter(context.evidence_titles))]
        too_few = ~seen["verdict"].isin([MEASURED, "nothing_seen"])
        seen = seen.assign(**seen[CAPTURE].mask(too_few))
        unit = str(seen["amount_unit"].iloc[0]).replace(KM2, "km²")
        columns.append(TableColumn("observed", words["unit_observed"].format(unit=unit), "number"))
        columns += [TableColumn(figure, words[f"unit_{figure}"], "share") for figure in CAPTURE]
        table = table.merge(seen[["overlay", "unit", "observed", *CAPTURE]], on=["overlay", "unit"], how="left")
        table = table.assign(observed=table["observed"].round(1))
    return columns, table


def _tables(results: Results, context: Context) -> list[pd.DataFrame]:
    found = [results.tables["overlay_units"]] if "overlay_units" in results.tables else []
    if results.is_per_country:
        rows = results.tables["countries"].rename(columns={"area_km2": "unit_km2", "share_of_country": "share_of_unit"})
        names = [
            country_name(code, context.language) or name for code, name in zip(rows["code"], rows["name"], strict=True)
        ]
        pages = [PAGE_OF_COUNTRY.format(code=code) for code in rows["code"]]
        rows = rows.assign(overlay=COUNTRIES, unit=names, page=pages).drop(columns="name")
        found.append(rows.sort_values(["regions_km2", "unit"], ascending=[False, True], kind="stable"))
    return found


def colours_of_units(overlay: str) -> Sequence[str]:
    """The colours of the classes of shares; the regions lie on top of the countries."""
    return palette.COUNTRY_SHARE_COLOURS if overlay == COUNTRIES else palette.SHARE_COLOURS


def title_of_units(overlay: str, context: Context) -> str:
    """What the overlay is called that the units are of."""
    return context.phrases("page")["countries"] if overlay == COUNTRIES else context.overlay_titles[overlay]


def shapes_of_units(overlay: str, rows: pd.DataFrame, results: Results, context: Context) -> list[BaseGeometry]:
    """The polygons of the units in some rows of the table, in their order."""
    if overlay == COUNTRIES:
        assert results.countries is not None  # which the table was made from
        by_code: Any = results.countries.dissolve("code").geometry
        return list(by_code[rows["code"]])
    shapes: Any = units_of(results.overlays[overlay], overlay, context.overlays[f"overlay_{overlay}"]["group_by"])
    return [shapes[unit] for unit in rows["unit"]]


def facts(columns: Iterable[TableColumn], row: Mapping[Any, Any], numbers: Numbers) -> Sequence[tuple[str, str]]:
    """The figures of a row in words, without those that are missing."""
    write = {"count": numbers.count, "number": numbers.general, "share": numbers.share}
    return [(column.title, write[column.kind](row[column.key])) for column in columns if pd.notna(row.get(column.key))]
