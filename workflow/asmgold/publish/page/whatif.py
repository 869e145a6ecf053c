"""What if the radius were another: the run's own figures for it, for the sliders of the page."""

from __future__ import annotations

from typing import Any

import pandas as pd

from asmgold.publish.context import Context
from asmgold.publish.page.results import Results, missing_as_none
from asmgold.vocabulary.evidence import ALL_PERIODS, NEW, PRIMARY_ONLY, UNIONS

MIN_KM, MAX_KM = 5, 50
FIGURES = ("land_share", "capture", "lift")


def what_if(results: Results, context: Context) -> dict[str, Any] | None:
    """Land, capture and lift by radius, as the run's tables have them; None where there are none.

    Returns
    -------
    The `radii`, the map's own `radius`, the `periods` of what was seen if there are several, and `zones`: the title of
    each and its figures, by period a row for each radius, and one (`primary`) for sites with the commodity as the main
    one, at the map's own.
    """
    if "radius_curve" not in results.tables or results.regions.empty:
        return None
    first = next(iter(context.evidence_titles), None)
    curve = _of(results.tables["radius_curve"], first)
    curve = curve[curve["radius_km"].between(MIN_KM, MAX_KM)].sort_values("radius_km", kind="stable")
    variants = results.tables.get("sensitivity", curve.assign(variant=None))
    primary = _of(variants[variants["variant"] == PRIMARY_ONLY], first)
    periods = sorted({*curve["period"]} - {*UNIONS})
    return {
        "radius": context.buffer_km,
        "radii": curve["radius_km"].unique().tolist(),
        "periods": periods if len(periods) > 1 else [],
        "zones": [
            {
                "title": context.zone_title(str(zone)),
                "curve": {str(period): _rows(rows) for period, rows in of_zone.groupby("period") if period != NEW},
                "primary": next(iter(_rows(primary[primary["zone"] == zone])), None),
            }
            for zone, of_zone in curve.groupby("zone", sort=False)
        ],
    }


def _of(table: pd.DataFrame, evidence: str | None) -> pd.DataFrame:
    """The rows of a layer of evidence; without one, those of the land alone, as if of all periods."""
    rows = table[table["evidence"].isna() if evidence is None else table["evidence"] == evidence]
    return rows.fillna({"period": ALL_PERIODS})


def _rows(table: pd.DataFrame) -> list[list[float | None]]:
    columns = [missing_as_none(table[name].round(4)) for name in FIGURES]
    return [list(row) for row in zip(*columns, strict=True)]
