"""The audit page: what became of the records, what is wrong with them, and what was or could be put right."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure as Drawing

from asmgold.config.models import Correction
from asmgold.io.text import isolated, web_address
from asmgold.publish import palette
from asmgold.publish.context import Context
from asmgold.publish.page.blocks import Block, Figure, Link, Section, Table, TableColumn
from asmgold.publish.page.html import own_style, render
from asmgold.records.accounting import count_by_fate
from asmgold.records.corrections import moved, values_in_words
from asmgold.records.flags import has_flag
from asmgold.records.proposals import Proposal
from asmgold.schemas.tables import FATES, FLAGS
from asmgold.vocabulary.iso import country_name

WORST_CASES = 60
LARGEST_DEPOSITS = 30
# What is drawn on the map of flags: the mark, and how large.
DRAWN = {
    "at_sea": ("o", "#0072B2", 16),
    "outside_country": ("D", "#D55E00", 18),
    "sign_or_order_suspect": ("*", "#1B1B1B", 70),
    "corrected": ("^", "#882255", 26),
}


def write_audit_page(
    path: Path,
    context: Context,
    *,
    records: gpd.GeoDataFrame,
    countries: gpd.GeoDataFrame | None,
    corrections: Sequence[Correction],
    proposals: Sequence[Proposal],
) -> None:
    """Write the audit page, one HTML file that asks nothing of the network, the same bytes for the same records.

    Parameters
    ----------
    path : the file to write
    context : what every product says of its scenario
    records : `asmgold.schemas.tables.RECORDS`
    countries : `asmgold.schemas.tables.COUNTRIES`, the background of the map of flags, if there are any
    corrections : the declared corrections
    proposals : those that could be declared, `asmgold.records.proposals.propose`
    """
    sections = [
        _fates(records),
        _flags(records, countries),
        _worst_cases(records, proposals),
        _proposals(records, proposals),
        _corrections(records, corrections),
        _deposits(records),
    ]
    page = render("audit.html.j2", context, styles=[own_style()], title=context.area, sections=sections)
    path.write_text(page, encoding="utf-8", newline="\n")


def _table(caption: str, titles: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Block]:
    """A table: whole numbers as such, texts and links as they are; none without rows."""
    if not rows:
        return []
    columns = [
        TableColumn(title, title, _kind(values)) for title, values in zip(titles, zip(*rows, strict=True), strict=True)
    ]
    return [Table(caption, columns, [dict(zip(titles, row, strict=True)) for row in rows])]


def _kind(values: Sequence[Any]) -> Literal["count", "link"]:
    return "count" if all(isinstance(value, int) for value in values) else "link"


def _fates(records: pd.DataFrame) -> Section:
    counts = count_by_fate(records).astype(int)
    sources = [str(source) for source in counts.index]
    rows = [[fate, meaning.replace("`", ""), *counts.loc[sources, fate].tolist()] for fate, meaning in FATES.items()]
    rows.append(["rows read", "Their sum.", *counts.loc[sources, "rows_read"].tolist()])
    return Section(
        "fates",
        "What became of them",
        [
            "Each record that was read ends with exactly one fate; the fates add up to the rows read.",
            *_table("Records by fate and source", ["fate", "meaning", *sources], rows),
        ],
    )


def _flags(records: gpd.GeoDataFrame, countries: gpd.GeoDataFrame | None) -> Section:
    sources = sorted(records["source"].unique())
    flags = records[["source", "commodity_role", "flags"]].explode("flags").dropna(subset="flags")
    counts = pd.crosstab(flags["flags"], flags["source"]).reindex(index=list(FLAGS), columns=sources, fill_value=0)
    gold = flags[flags["commodity_role"].notna()]["flags"].value_counts().reindex(list(FLAGS), fill_value=0).to_dict()
    rows = [
        [flag, meaning.replace("`", ""), *numbers, gold[flag]]
        for (flag, meaning), numbers in zip(FLAGS.items(), counts.itertuples(index=False), strict=True)
    ]
    unknown = records.loc[has_flag(records, "country_unknown"), "country_reported"]
    names = ", ".join(f"{isolated(name)} ({n})" for name, n in unknown.value_counts().items()) or "none"
    return Section(
        "flags",
        "What is remarkable",
        [
            "A record can have several flags, or none. A flag is a reason to look, not a verdict: borders and coasts "
            "of the map of countries are some kilometres off, and deposits can lie on the sea bed or on small islands.",
            f"Names of countries that are not known: {names}.",
            "The map shows where such records lie, and as a line where a corrected one lies in the source.",
            *_table("Records by flag", ["flag", "meaning", *sources, "bear gold"], rows),
            *([] if countries is None else [_map_of_flags(records, countries)]),
        ],
    )


def _map_of_flags(records: gpd.GeoDataFrame, countries: gpd.GeoDataFrame) -> Figure:
    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 9, "axes.linewidth": 0.6}):
        figure = Drawing(figsize=(11, 4.75), dpi=130, layout="constrained")
        axes = figure.add_subplot()
        axes.set_facecolor(palette.SEA)
        countries.plot(ax=axes, facecolor=palette.AREA, edgecolor=palette.NEIGHBOUR_EDGE, linewidth=0.3)
        ways = records.loc[moved(records), ["longitude_read", "longitude", "latitude_read", "latitude"]].to_numpy(float)
        axes.plot(ways[:, :2].T, ways[:, 2:].T, color=DRAWN["corrected"][1], linewidth=0.5, alpha=0.45, zorder=2)
        for flag, (mark, colour, size) in DRAWN.items():
            these = records[has_flag(records, flag) & records["longitude"].notna()]
            axes.scatter(
                these["longitude"], these["latitude"], marker=mark, s=size, color=colour, edgecolors=palette.HALO,
                linewidths=0.3, label=f"{flag} ({len(these):,})", zorder=3,
            )  # fmt: skip
        axes.set(
            xlabel="",
            ylabel="",
            xlim=(-180, 180),
            ylim=(-60, 85),
            xticks=range(-180, 181, 60),
            yticks=range(-60, 90, 30),
        )
        axes.tick_params(length=2, colors=palette.TEXT_MUTED)
        axes.legend(loc="lower left", framealpha=0.95)
        image = io.BytesIO()
        figure.savefig(image, metadata={"Software": None})
    return Figure(
        image.getvalue(),
        "image/png",
        "World map of the records in the sea, outside the country they state, or corrected",
        "Records in the sea, outside the country they state, or corrected",
    )


def _corrections(records: pd.DataFrame, corrections: Sequence[Correction]) -> Section:
    applied = {record["correction"]: record for _, record in records[records["correction"].notna()].iterrows()}
    rows = [
        [
            record["label"], _page_of(record), correction.id, record["fate"], *_change(record, correction),
            correction.reason, correction.evidence,
        ]
        for correction in corrections
        if (record := applied.get(correction.id)) is not None
    ]  # fmt: skip
    lapsed = int(has_flag(records, "correction_lapsed").sum())
    return Section(
        "corrections",
        "What was put right",
        [
            f"{len(rows)} of {len(corrections)} declared corrections were applied; the others are of records that this "
            f"run did not read, or lapsed ({lapsed}) because the source says something else now.",
            "They are declared in config/corrections.yaml. With corrections: false the data stay as published.",
            *_table(
                "Corrections applied", ["name", "record", "id", "fate", "before", "after", "reason", "evidence"], rows
            ),
        ],
    )


def _proposals(records: pd.DataFrame, proposals: Sequence[Proposal]) -> Section:
    proposed = records[records["record_id"].isin([proposal.record_id for proposal in proposals])]
    pages = {record["record_id"]: _page_of(record) for _, record in proposed.iterrows()}
    rows = [
        [
            proposal.strength, proposal.name or "", pages[proposal.record_id], "gold" if proposal.bears_gold else "",
            proposal.country, round(proposal.outside_km), _place(proposal.read), _place(proposal.proposed),
            proposal.evidence,
        ]
        for proposal in proposals
    ]  # fmt: skip
    header = ["strength", "name", "record", "gold", "states", "km outside", "lies at", "would lie at", "evidence"]
    text = "proposed_corrections.yaml has them in the form of config/corrections.yaml, to be reviewed and pasted."
    return Section(
        "proposals",
        "What could be put right",
        [
            text if rows else "No record that is left as it is could evidently be put right.",
            *_table("Proposed corrections, the strongest evidence first", header, rows),
        ],
    )


def _worst_cases(records: pd.DataFrame, proposals: Sequence[Proposal]) -> Section:
    found = {proposal.record_id: f"{proposal.evidence} ({proposal.strength})" for proposal in proposals}
    outside = records[records["outside_km"].notna()]
    worst = outside.assign(gold=outside["commodity_role"].notna()).sort_values(
        ["gold", "outside_km", "record_id"], ascending=[False, False, True]
    )
    rows = [
        [
            record["label"], _page_of(record), "gold" if record["gold"] else "", record["fate"],
            record["country_reported"], _located(record["country_located"]), round(float(record["outside_km"])),
            _place((float(record["longitude"]), float(record["latitude"]))),
            found.get(record["record_id"], "–"),
        ]
        for _, record in worst.head(WORST_CASES).iterrows()
    ]  # fmt: skip
    header = ["name", "record", "gold", "fate", "states", "lies in", "km outside", "at", "evidence"]
    return Section(
        "worst",
        "The worst cases",
        [
            f"Records outside the country they state, gold first, then by distance: {len(rows)} of {len(outside)}.",
            "A dash as evidence: no other reading of the coordinates, and no record of the same name, lies in that "
            "country.",
            *_table("Records outside their country", header, rows),
        ],
    )


def _deposits(records: pd.DataFrame) -> Section:
    gold = records[records["deposit_id"].notna()]
    sites = gold[gold["fate"] == "site"]
    size = gold.groupby("deposit_id").size()
    several = size[size > 1].sort_values(ascending=False, kind="stable")
    touched = several[several.index.isin(sites["deposit_id"])] if not sites.empty else several
    rows = [
        [deposit, int(n), "; ".join(_names(gold[gold["deposit_id"] == deposit]))]
        for deposit, n in touched.head(LARGEST_DEPOSITS).items()
    ]
    return Section(
        "deposits",
        "Which records are the same deposit",
        [
            f"{len(gold):,} gold records with a position are {size.size:,} deposits, as far as names, "
            f"commodities and distances tell; the {len(sites):,} sites are {sites['deposit_id'].nunique():,}. "
            "What is in doubt stays apart.",
            *_table("Deposits of the sites with most records", ["deposit", "records", "which"], rows),
        ],
    )


def _names(records: pd.DataFrame) -> Iterable[str]:
    names = zip(records["label"], records["record_id"], strict=True)
    return (f"{isolated(name)} ({record_id})" for name, record_id in names)


def _located(code: object) -> str:
    if not isinstance(code, str):
        return "the sea"
    return country_name(code, "en") or code


def _page_of(record: pd.Series) -> str | Link:
    """The record's id, which leads to its page at the producer if it has one."""
    address = web_address(record["url"])
    return Link(record["record_id"], address) if address is not None else str(record["record_id"])


def _change(record: pd.Series, correction: Correction) -> tuple[str, str]:
    """What was there before a correction and after: a place, or the fields with their values."""
    if {*correction.expect} <= {"longitude", "latitude"} and pd.notna(record["longitude_read"]):
        read, used = (record[[f"longitude{end}", f"latitude{end}"]].astype(float).tolist() for end in ("_read", ""))
        return _place(read, digits=8), _place(used, digits=8)
    return values_in_words(correction.expect), values_in_words(correction.set)


def _place(place: Sequence[float], digits: int = 5) -> str:
    return f"{place[1]:.{digits}g}, {place[0]:.{digits}g}"
