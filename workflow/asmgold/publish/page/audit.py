"""The audit page: what became of the records, what is wrong with them, and what was or could be put right."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
from asmgold.publish.messages import Numbers
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
ENGLISH = ("reason", "evidence", "strength")  # columns whose texts stand so in files too
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

    Reasons and evidence of corrections stay in the language in which they are declared, English.

    Parameters
    ----------
    path : the file to write
    context : what every product says of its scenario
    records : `asmgold.schemas.tables.RECORDS`
    countries : `asmgold.schemas.tables.COUNTRIES`, the background of the map of flags, if there are any
    corrections : the declared corrections
    proposals : those that could be declared, `asmgold.records.proposals.propose`
    """
    audit = _Audit(context, context.phrases("audit"), records)
    sections = [
        audit.fates(),
        audit.flags(countries),
        audit.worst_cases(proposals),
        audit.proposals(proposals),
        audit.corrections(corrections),
        audit.deposits(),
    ]
    page = render("audit.html.j2", context, styles=[own_style()], words=audit.words, sections=sections)
    path.write_text(page, encoding="utf-8", newline="\n")


@dataclass(frozen=True)
class _Audit:
    """The sections of the page, in the language of the scenario."""

    context: Context
    words: Mapping[str, str]
    records: gpd.GeoDataFrame

    @property
    def numbers(self) -> Numbers:
        return self.context.numbers

    def section(self, name: str, *blocks: Block, **values: object) -> Section:
        """A section with its text, and below it the blocks."""
        texts = self.words[f"{name}_text"].format(**values).splitlines()
        return Section(name, self.words[name], [*texts, *blocks])

    def table(self, caption: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Block]:
        """A table: whole numbers as such, texts and links as they are; none without rows."""
        if not rows:
            return []
        described = [
            TableColumn(key, self.words.get(f"column_{key}", key), _kind(values), "en" if key in ENGLISH else None)
            for key, values in zip(columns, zip(*rows, strict=True), strict=True)
        ]
        return [Table(self.words[caption], described, [dict(zip(columns, row, strict=True)) for row in rows])]

    def fates(self) -> Section:
        counts = count_by_fate(self.records).astype(int)
        sources = [str(source) for source in counts.index]
        rows = [[fate, self.context.meaning("fate", fate), *counts.loc[sources, fate].tolist()] for fate in FATES]
        rows.append(["", self.words["rows_read"], *counts.loc[sources, "rows_read"].tolist()])
        return self.section("fates", *self.table("fates_table", ["fate", "meaning", *sources], rows))

    def flags(self, countries: gpd.GeoDataFrame | None) -> Section:
        sources = sorted(self.records["source"].unique())
        flags = self.records[["source", "commodity_role", "flags"]].explode("flags").dropna(subset="flags")
        counts = pd.crosstab(flags["flags"], flags["source"]).reindex(index=list(FLAGS), columns=sources, fill_value=0)
        gold: dict[str, int] = flags[flags["commodity_role"].notna()]["flags"].value_counts().to_dict()
        rows = [
            [flag, self.context.meaning("flag", flag), *counts.T[flag].tolist(), gold.get(flag, 0)] for flag in FLAGS
        ]
        unknown = self.records.loc[has_flag(self.records, "country_unknown"), "country_reported"].value_counts()
        names = ", ".join(f"{isolated(name)} ({n})" for name, n in unknown.items())
        return self.section(
            "flags",
            *self.table("flags_table", ["flag", "meaning", *sources, "bear_gold"], rows),
            *([] if countries is None else [self.map_of_flags(countries)]),
            names=names or self.words["none"],
        )

    def map_of_flags(self, countries: gpd.GeoDataFrame) -> Figure:
        records, meaning = self.records, self.context.meaning
        with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 9, "axes.linewidth": 0.6}):
            figure = Drawing(figsize=(11, 4.75), dpi=130, layout="constrained")
            axes = figure.add_subplot()
            axes.set_facecolor(palette.SEA)
            countries.plot(ax=axes, facecolor=palette.AREA, edgecolor=palette.NEIGHBOUR_EDGE, linewidth=0.3)
            ends = ["longitude_read", "longitude", "latitude_read", "latitude"]
            ways = records.loc[moved(records), ends].to_numpy(float)
            colour = DRAWN["corrected"][1]
            axes.plot(ways[:, :2].T, ways[:, 2:].T, color=colour, linewidth=0.5, alpha=0.45, zorder=2)
            for flag, (mark, colour, size) in DRAWN.items():
                these = records[has_flag(records, flag) & records["longitude"].notna()]
                axes.scatter(
                    these["longitude"], these["latitude"], marker=mark, s=size, color=colour, edgecolors=palette.HALO,
                    linewidths=0.3, label=f"{meaning('flag', flag)} ({self.numbers.count(len(these))})", zorder=3,
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
            axes.legend(loc="lower left", framealpha=0.95, fontsize=7)
            image = io.BytesIO()
            figure.savefig(image, metadata={"Software": None})
        caption = self.words["flags_map"]
        return Figure(image.getvalue(), "image/png", caption, caption)

    def worst_cases(self, proposals: Sequence[Proposal]) -> Section:
        found = {proposal.record_id: f"{proposal.evidence} ({proposal.strength})" for proposal in proposals}
        outside = self.records[self.records["outside_km"].notna()]
        worst = outside.assign(gold=outside["commodity_role"].notna()).sort_values(
            ["gold", "outside_km", "record_id"], ascending=[False, False, True]
        )
        rows = [
            [
                record["label"], _page_of(record), self.gold(record["gold"]), record["fate"],
                record["country_reported"], self.located(record["country_located"]),
                round(float(record["outside_km"])), _place((float(record["longitude"]), float(record["latitude"]))),
                found.get(record["record_id"], "–"),
            ]
            for _, record in worst.head(WORST_CASES).iterrows()
        ]  # fmt: skip
        columns = ["name", "record", "gold", "fate", "states", "lies_in", "km_outside", "at", "evidence"]
        return self.section(
            "worst", *self.table("worst_table", columns, rows),
            n=self.numbers.count(len(rows)), all=self.numbers.count(len(outside)),
        )  # fmt: skip

    def proposals(self, proposals: Sequence[Proposal]) -> Section:
        ids = [proposal.record_id for proposal in proposals]
        proposed = self.records[self.records["record_id"].isin(ids)]
        pages = {record["record_id"]: _page_of(record) for _, record in proposed.iterrows()}
        rows = [
            [
                proposal.strength, proposal.name or "", pages[proposal.record_id], self.gold(proposal.bears_gold),
                proposal.country, round(proposal.outside_km), _place(proposal.read), _place(proposal.proposed),
                proposal.evidence,
            ]
            for proposal in proposals
        ]  # fmt: skip
        columns = ["strength", "name", "record", "gold", "states", "km_outside", "at", "would_lie_at", "evidence"]
        text = self.words["proposals_how" if rows else "proposals_none"]
        return self.section("proposals", *self.table("proposals_table", columns, rows), text=text)

    def corrections(self, corrections: Sequence[Correction]) -> Section:
        corrected = self.records[self.records["correction"].notna()]
        applied = {record["correction"]: record for _, record in corrected.iterrows()}
        rows = [
            [
                record["label"], _page_of(record), correction.id, record["fate"], *_change(record, correction),
                correction.reason, correction.evidence,
            ]
            for correction in corrections
            if (record := applied.get(correction.id)) is not None
        ]  # fmt: skip
        columns = ["name", "record", "id", "fate", "before", "after", "reason", "evidence"]
        return self.section(
            "corrections", *self.table("corrections_table", columns, rows),
            n=self.numbers.count(len(rows)), all=self.numbers.count(len(corrections)),
            lapsed=self.numbers.count(int(has_flag(self.records, "correction_lapsed").sum())),
        )  # fmt: skip

    def deposits(self) -> Section:
        gold = self.records[self.records["deposit_id"].notna()]
        sites = gold[gold["fate"] == "site"]
        size = gold.groupby("deposit_id").size()
        several = size[size > 1].sort_values(ascending=False, kind="stable")
        touched = several[several.index.isin(sites["deposit_id"])] if not sites.empty else several
        rows = [
            [deposit, int(n), "; ".join(_names(gold[gold["deposit_id"] == deposit]))]
            for deposit, n in touched.head(LARGEST_DEPOSITS).items()
        ]
        return self.section(
            "deposits", *self.table("deposits_table", ["deposit", "records", "which"], rows),
            records=self.numbers.count(len(gold)), deposits=self.numbers.count(size.size),
            sites=self.numbers.count(len(sites)), own=self.numbers.count(sites["deposit_id"].nunique()),
        )  # fmt: skip

    def gold(self, bears: object) -> str:
        return self.words["gold"] if bears else ""

    def located(self, code: object) -> str:
        if not isinstance(code, str):
            return self.words["the_sea"]
        return country_name(code, self.context.language) or code


def _kind(values: Sequence[Any]) -> Literal["count", "link"]:
    return "count" if all(isinstance(value, int) for value in values) else "link"


def _names(records: pd.DataFrame) -> Iterable[str]:
    names = zip(records["label"], records["record_id"], strict=True)
    return (f"{isolated(name)} ({record_id})" for name, record_id in names)


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
