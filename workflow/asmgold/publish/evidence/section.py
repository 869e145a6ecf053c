"""What the page says about evidence and context: title, paragraphs, tables and figures, in the scenario's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from asmgold.config import ALL_PERIODS
from asmgold.evidence.context import returns_to_round_kilograms
from asmgold.evidence.seen import AREA
from asmgold.publish.evidence.figures import (
    as_svg,
    draw_by_overlay,
    draw_chance,
    draw_choices,
    draw_production,
    draw_radius,
    shown_zones,
)
from asmgold.publish.language import load_words
from asmgold.publish.page.blocks import Block, Column, Figure, Section, Table

MOST_PANELS = 4
TABLES = ("evidence", "corridor_by_year", "chance", "radius_curve", "radius_of_capture", "sensitivity",
          "position_bands", "context_production")  # fmt: skip
NUMBERS = ("observed", "observed_inside", "inside", "outside", "regions_km2", "radius_km", "sites", "ministry_koz",
           "unep_koz")  # fmt: skip
SHARES = ("capture", "land_share", "share_inside", "share", "mean", "p05", "p95")


@dataclass(frozen=True)
class Naming:
    """How to call things: the area, the overlays and the layers of evidence, and what to know of the latter."""

    area: str
    overlays: Mapping[str, str]
    evidence: Mapping[str, str]
    notes: Mapping[str, str]
    parents: Mapping[str, str | None]


def read_tables(paths: Iterable[Path]) -> dict[str, pd.DataFrame]:
    """The tables of this stage among some files, by their names without `.csv`."""
    return {path.stem: pd.read_csv(path, dtype={"period": "str"}) for path in paths if path.stem in TABLES}


def figures(tables: Mapping[str, pd.DataFrame], naming: Naming, language: str, buffer_km: float) -> dict[str, Any]:
    """The figures that can be drawn from the tables, by the names of the pictures.

    Of several layers of evidence the first one is drawn; the tables hold all of them.
    """
    words = load_words(language, "evidence")
    zones = list(tables["radius_curve"]["zone"].unique())
    titles = shown_zones(zones, naming.overlays, naming.parents, naming.area, words)
    heads = {zone: title for zone, title in titles.items() if _is_head(zone, naming)}
    first = next(iter(naming.evidence), None)
    few = dict(list(heads.items())[: MOST_PANELS // 2 if first else MOST_PANELS])
    drawn = {
        "radius_curve": draw_radius(tables["radius_curve"], heads, words, buffer_km=buffer_km, evidence=first),
        "sensitivity": draw_choices(tables["sensitivity"], tables["position_bands"], few, words, evidence=first),
    }
    if first is not None:
        drawn["chance"] = draw_chance(tables["chance"], titles, words, evidence=first)
        if len(tables["corridor_by_year"]):
            named = {**titles, **naming.evidence}
            drawn["corridor_by_year"] = draw_by_overlay(tables["corridor_by_year"], named, words)
    if "context_production" in tables:
        drawn["context_production"] = draw_production(tables["context_production"], words)
    return drawn


def evidence_section(tables: Mapping[str, pd.DataFrame], naming: Naming, language: str, buffer_km: float) -> Section:
    """The section on evidence and sensitivity.

    Parameters
    ----------
    tables : the tables of the stage by name, as `read_tables` gives them
    naming : how to call things
    language : a language of the project's words
    buffer_km : the radius of the map
    """
    words = load_words(language, "evidence")
    zones = shown_zones(
        list(tables["radius_curve"]["zone"].unique()), naming.overlays, naming.parents, naming.area, words
    )
    drawn = figures(tables, naming, language, buffer_km)
    titles = {
        "zone": zones,
        "evidence": naming.evidence,
        "series": naming.evidence,
        "period": {ALL_PERIODS: words["all_periods"]},
    }
    blocks: list[Block] = []
    if "evidence" in tables:
        blocks += [_headline(tables["evidence"], zones, naming, words), *filter(None, naming.notes.values())]
        blocks += [_table(tables["evidence"], "evidence", words, titles)]
        blocks += [words["chance_text"], _figure(drawn, "chance", words)]
        if "corridor_by_year" in drawn:
            blocks += [words["overlay_text"], _figure(drawn, "corridor_by_year", words)]
            blocks += [_table(tables["corridor_by_year"], "corridor_by_year", words, titles)]
        quantiles = tables["radius_of_capture"]
        quantiles = quantiles[quantiles["period"] == ALL_PERIODS]
        blocks += [_figure(drawn, "radius_curve", words), _table(quantiles, "radius_of_capture", words, titles)]
    else:
        blocks += [words["no_evidence"], _figure(drawn, "radius_curve", words)]
    blocks += [words["choices_text"], _figure(drawn, "sensitivity", words), words["limits_text"]]
    return Section("evidence", words["title"], blocks)


def context_section(tables: Mapping[str, pd.DataFrame], language: str) -> Section | None:
    """The section on the report's own production figures, or None where they are not asked for."""
    if "context_production" not in tables:
        return None
    words = load_words(language, "evidence")
    table = tables["context_production"]
    figure = _figure({"context_production": draw_production(table, words)}, "context_production", words)
    round_ones = returns_to_round_kilograms(1000 * table["unep_koz"], 1000)
    verdict = words["context_verdict"].format(
        years=len(table), avoirdupois=sum(round_ones["avoirdupois"]), troy=sum(round_ones["troy"]),
        low=table["ratio"].min(), high=table["ratio"].max(), last=table["ratio_if_troy"].iloc[-1],
    )  # fmt: skip
    blocks: list[Block] = [words["context_text"], _table(table, "context_production", words, {}), figure, verdict]
    return Section("context", words["context_title"], blocks)


def _is_head(zone: str, naming: Naming) -> bool:
    overlay, _, part = zone.partition(":")
    return zone == AREA or (part == "inside" and naming.parents.get(overlay) is None)


def _headline(table: pd.DataFrame, zones: Mapping[str, str], naming: Naming, words: Mapping[str, str]) -> str:
    together = table[(table["period"] == ALL_PERIODS) & table["zone"].map(lambda zone: _is_head(zone, naming))]
    sentences = [
        words["headline"].format(
            zone=zones[row["zone"]], land=row["land_share"], capture=row["capture"], lift=row["lift"],
            evidence=naming.evidence.get(row["evidence"], row["evidence"]),
        )
        for row in together[together["capture"].notna()].to_dict("records")
    ]  # fmt: skip
    return " ".join(sentences) or words["nothing_seen"]


def _table(table: pd.DataFrame, name: str, words: Mapping[str, str], titles: Mapping[str, Mapping[str, str]]) -> Table:
    shown = [column for column in table.columns if f"column_{column}" in words]
    columns = [Column(column, words[f"column_{column}"], _kind(column, table)) for column in shown]
    rows = [
        {str(key): titles.get(str(key), {}).get(str(value), value) for key, value in row.items() if not pd.isna(value)}
        for row in table[shown].to_dict("records")
    ]
    return Table(words[f"{name}_table"], columns, rows)


def _kind(column: str, table: pd.DataFrame) -> Literal["text", "count", "number", "share"]:
    if not pd.api.types.is_numeric_dtype(table[column]) or column == "year":
        return "text"
    return "share" if column in SHARES else "count" if column in NUMBERS and column != "radius_km" else "number"


def _figure(drawn: Mapping[str, Any], name: str, words: Mapping[str, str]) -> Figure:
    svg = as_svg(drawn[name]).encode()
    return Figure(svg, "image/svg+xml", words[f"{name}_description"], words[f"{name}_caption"])
