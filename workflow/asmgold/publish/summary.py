"""The short table that a person wants to read when a run is done."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping

import pandas as pd

from asmgold.publish.answer import answer_of_evidence, tests_of_evidence, traceable
from asmgold.publish.context import Context
from asmgold.records.accounting import count_by_fate
from asmgold.schemas.products import MANIFEST, PAGE, PROJECT


def summarise(
    context: Context,
    records: pd.DataFrame,
    regions: pd.DataFrame,
    overlay_summary: pd.DataFrame,
    *,
    area_km2: float,
    folder: str,
    products: Collection[str],
    tables: Mapping[str, pd.DataFrame],
) -> str:
    """Records by fate, regions, overlays and where the files are, as text of at most 100 columns.

    Parameters
    ----------
    context : what every product says of its scenario
    records, regions, overlay_summary : tables of `asmgold.schemas.tables`
    area_km2 : the area that the regions are clipped to
    folder : where the products are
    products : the names of the files in it
    tables : those of `asmgold.vocabulary.evidence.ANSWER_TABLES` that the scenario has, by name
    """
    words, numbers = context.phrases("summary"), context.numbers
    counts = count_by_fate(records).rename(columns=words)
    lines = [
        words["title"].format(area=context.area, radius=context.radius),
        "",
        counts.rename_axis(None).to_string(),
        "",
        words["accounted"].format(rows=numbers.count(len(records))),
    ]
    if corrected := int(records["correction"].notna().sum()):
        lines.append(words["corrected"].format(n=numbers.count(corrected)))
    lines.append("")
    if regions.empty:
        lines += [words["no_site"], ""]
    else:
        covered = float(regions["area_km2"].sum())
        deposits = records.loc[records["fate"] == "site", "deposit_id"].nunique()
        lines += [
            words["regions_found"].format(
                regions=numbers.count(len(regions)), sites=numbers.count(int(regions["n_sites"].sum())),
                km2=numbers.count(covered), share=numbers.share(covered / area_km2),
            ),
            words["deposits"].format(n=numbers.count(deposits)),
            traceable(records[records["fate"] == "site"], context),
            "",
        ]  # fmt: skip
    if seen := answer_of_evidence(tables, context):
        lines += [*textwrap.wrap(" ".join([*seen, *tests_of_evidence(tables, context)]), 100), ""]
    if not overlay_summary.empty:
        lines += [_overlays(context, overlay_summary).to_string(index=False), ""]
    shown = [words[key].format(file=name) for key, name in (("page", PAGE), ("project", PROJECT)) if name in products]
    return "\n".join([*lines, f"{folder}/: {', '.join([*shown, words['manifest'].format(file=MANIFEST)])}", ""])


def _overlays(context: Context, summary: pd.DataFrame) -> pd.DataFrame:
    """The summary of overlays with its numbers as text."""
    words, numbers = context.phrases("summary"), context.numbers
    return pd.DataFrame(
        {
            words["overlay"]: summary["overlay"],
            words["zone"]: summary["zone"],
            words["zone_km2"]: summary["zone_km2"].map(numbers.count),
            words["regions_km2"]: summary["regions_km2"].map(numbers.count),
            words["share_of_zone"]: summary["share_of_zone"].map(numbers.share),
            words["of_parent"]: summary["share_of_parent_regions"].map(numbers.share, na_action="ignore").fillna(""),
            words["sites"]: summary["sites"].map(numbers.count),
        }
    )
