"""What the page says about evidence and context: title, paragraphs, tables and figures, in the scenario's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from asmgold.evidence.production import returns_to_round_kilograms
from asmgold.publish.figures import (
    Wording,
    as_svg,
    draw_by_overlay,
    draw_null_models,
    draw_production,
    draw_radius,
    draw_sensitivity,
    variant_label,
)
from asmgold.publish.messages import NO_BREAK, Numbers
from asmgold.publish.page.blocks import Block, Column, Figure, Folded, Points, Section, Table
from asmgold.vocabulary.commodities import GOLD
from asmgold.vocabulary.evidence import ALL_PERIODS, AREA

MAX_PANELS = 4
TABLES = ("evidence", "overlay_by_period", "chance", "radius_curve", "radius_of_capture", "sensitivity",
          "position_bands", "context_production")  # fmt: skip
SHARES = ("capture", "land_share", "share_inside", "p50", "p05", "p95", "highest")
DECIMALS = {"lift": 1, "radius_km": 1, "ratio": 2, "ratio_if_troy": 2, "p_value": 3}
"""Of the numbers that are neither shares nor counts."""
Titles = Mapping[str, Mapping[str, str]]
"""How to call the values of a column, by the names of the columns."""


@dataclass(frozen=True)
class Naming:
    """Titles, and what has to be known of the layers of evidence.

    Parameters
    ----------
    area : the title of the area
    overlays, evidence : the titles of overlays and of layers of evidence, by name
    notes : what has to be known of each layer of evidence
    parents : for each overlay the one that it is within, or None
    strata : the title of the strata, if there are any
    commodity : whose sites these are
    """

    area: str
    overlays: Mapping[str, str]
    evidence: Mapping[str, str]
    notes: Mapping[str, str]
    parents: Mapping[str, str | None]
    strata: str | None = None

    @property
    def first(self) -> str | None:
        """The layer of evidence that is drawn; the tables hold all of them."""
        return next(iter(self.evidence), None)

    def zones(self, names: Iterable[str], words: Mapping[str, str]) -> dict[str, str]:
        """How to call zones: the area, each overlay, and the rest of the one that it is within."""
        return {name: self._zone(name, words) for name in dict.fromkeys(names)}

    def _zone(self, name: str, words: Mapping[str, str]) -> str:
        overlay, _, part = name.partition(":")
        title = self.overlays.get(overlay, overlay)
        if name == AREA:
            return self.area
        if part == "inside":
            return title
        parent = self.parents.get(overlay) or ""
        return words["outside_of"].format(overlay=title, parent=self.overlays.get(parent, parent))

    def is_head(self, zone: str) -> bool:
        """Whether a zone is the area, or an overlay that is within no other one."""
        overlay, _, part = zone.partition(":")
        return zone == AREA or (part == "inside" and self.parents.get(overlay) is None)

    commodity: str = GOLD.name


def read_tables(paths: Iterable[Path]) -> dict[str, pd.DataFrame]:
    """The tables of this stage among some files, by their names without `.csv`."""
    return {path.stem: pd.read_csv(path, dtype={"period": "str"}) for path in paths if path.stem in TABLES}


def figures(tables: Mapping[str, pd.DataFrame], naming: Naming, language: str, buffer_km: float) -> dict[str, Any]:
    """The figures that can be drawn from the tables, by the names of the pictures."""
    wording = Wording.of(language, naming.commodity)
    words, first = wording.words, naming.first
    drawn: dict[str, Any] = {}
    if "context_production" in tables:
        drawn["context_production"] = draw_production(tables["context_production"], wording)
    if "sensitivity" not in tables:  # nor is there evidence then, which needs it
        return drawn
    titles = naming.zones(tables["radius_curve"]["zone"], words)
    heads = {zone: title for zone, title in titles.items() if naming.is_head(zone)}
    whole = {zone: title for zone, title in titles.items() if not zone.endswith(":outside")}
    drawn["radius_curve"] = draw_radius(tables["radius_curve"], heads, wording, buffer_km=buffer_km, evidence=first)
    drawn["sensitivity"] = draw_sensitivity(
        tables["sensitivity"], tables["position_bands"], dict([*whole.items()][:MAX_PANELS]), wording, evidence=first
    )
    if first is not None:
        drawn["chance"] = draw_null_models(tables["chance"], titles, _placed(naming, words), wording, evidence=first)
        if len(tables["overlay_by_period"]):
            named, note = {**titles, **naming.evidence}, naming.notes.get(first, "")
            drawn["overlay_by_period"] = draw_by_overlay(tables["overlay_by_period"], named, wording, note=note)
    return drawn


def evidence_section(
    tables: Mapping[str, pd.DataFrame], naming: Naming, language: str, buffer_km: float
) -> Section | None:
    """The section on evidence and sensitivity, or None where these are left out.

    Parameters
    ----------
    tables : the tables of the stage by name, as `read_tables` gives them
    naming : how to call things
    language : a language of the project's words
    buffer_km : the radius of the map
    """
    if "sensitivity" not in tables:
        return None
    wording = Wording.of(language, naming.commodity)
    words = wording.words
    zones = naming.zones(tables["radius_curve"]["zone"], words)
    drawn = figures(tables, naming, language, buffer_km)
    titles = {
        "zone": zones,
        "evidence": naming.evidence,
        "series": naming.evidence,
        "period": {ALL_PERIODS: words["all_periods"]},
        "placed": _placed(naming, words),
    }
    blocks: list[Block] = []
    if "evidence" in tables:
        blocks += [_headline(tables["evidence"], zones, naming, wording), *filter(None, naming.notes.values())]
        blocks += _in_all_and_by_period(tables["evidence"], "evidence", words, titles)
        blocks += [words["chance_text"], _figure(drawn, "chance", words)]
        blocks += [_folded(_table(_of_all_periods(tables["chance"]).drop(columns="period"), "chance", words, titles))]
        if "overlay_by_period" in drawn:
            blocks += _overlay_blocks(tables["overlay_by_period"], drawn, naming, wording, titles)
        blocks += [_figure(drawn, "radius_curve", words), _quantiles(tables["radius_of_capture"], wording, titles)]
    else:
        blocks += [words["no_evidence"], _figure(drawn, "radius_curve", words)]
    blocks += [words["choices_text"], _figure(drawn, "sensitivity", words)]
    blocks += [_folded(_sensitivity(tables["sensitivity"], naming, wording, zones))]
    blocks += [words["positions_text"], _folded(_positions(tables["position_bands"], naming, wording, zones))]
    return Section("evidence", words["title"], [*blocks, words["limits_text"]])


def context_section(tables: Mapping[str, pd.DataFrame], language: str) -> Section | None:
    """The section on the report's own production figures, or None where they are not asked for."""
    if "context_production" not in tables:
        return None
    wording = Wording.of(language)
    words, numbers = wording.words, wording.numbers
    table = tables["context_production"]
    figure = _figure({"context_production": draw_production(table, wording)}, "context_production", words)
    round_ones = returns_to_round_kilograms(1000 * table["unep_koz"], 1000)
    verdict = words["context_verdict"].format(
        years=len(table), avoirdupois=sum(round_ones["avoirdupois"]), troy=sum(round_ones["troy"]),
        low=numbers.count(table["ratio"].min(), 2), high=numbers.count(table["ratio"].max(), 2),
        last=numbers.count(table["ratio_if_troy"].iloc[-1], 2),
    )  # fmt: skip
    blocks: list[Block] = [words["context_text"], _table(table, "context_production", words, {}), figure, verdict]
    return Section("context", words["context_title"], blocks)


def _headline(table: pd.DataFrame, zones: Mapping[str, str], naming: Naming, wording: Wording) -> str:
    numbers, heads = wording.numbers, _of_all_periods(table)
    heads = heads[heads["zone"].map(naming.is_head) & heads["capture"].notna()]
    sentences = [
        wording.words["headline"].format(
            zone=zones[row["zone"]], land=numbers.share(row["land_share"]), capture=numbers.share(row["capture"]),
            lift=numbers.count(row["lift"], 1), evidence=naming.evidence.get(row["evidence"], row["evidence"]),
        )
        for row in heads.to_dict("records")
    ]  # fmt: skip
    return " ".join(sentences) or wording.words["nothing_seen"]


def _placed(naming: Naming, words: Mapping[str, str]) -> dict[str, str]:
    """How to call the ways of placing sites at random."""
    within = words["placed_strata"].format(strata=naming.strata) if naming.strata else words["placed_strata_unnamed"]
    return {"area": words["placed_area"].format(area=naming.area), "strata": within}


def _in_all_and_by_period(table: pd.DataFrame, name: str, words: Mapping[str, str], titles: Titles) -> list[Block]:
    of_all = _table(_of_all_periods(table).drop(columns="period"), name, words, titles)
    if len(table) == len(of_all.rows):
        return [of_all]
    by_period = _table(table[table["period"] != ALL_PERIODS], name, words, titles)
    return [of_all, Folded(words["by_period"], [by_period])]


def _overlay_blocks(
    table: pd.DataFrame, drawn: Mapping[str, Any], naming: Naming, wording: Wording, titles: Titles
) -> list[Block]:
    """Mining observed inside the overlays, by period, and beside it what others published."""
    names = list(table["overlay"].unique())
    parents = dict.fromkeys(naming.parents.get(name) or "" for name in names)
    called = [", ".join(naming.overlays.get(name, name) for name in some) for some in (names, parents)]
    return [
        wording.words["overlay_text"].format(overlays=called[0], parents=called[1]),
        _figure(drawn, "overlay_by_period", wording.words),
        Points(_definitions(table, wording)),
        _folded(_table(table.drop(columns="definition"), "overlay_by_period", wording.words, titles)),
    ]


def _definitions(table: pd.DataFrame, wording: Wording) -> list[str]:
    """What each published share is a share of."""
    return [
        f"{row['series']} ({row['period']}): {wording.numbers.share(row['share_inside'])}. {row['definition']}"
        for row in table[table["definition"].notna()].to_dict("records")
    ]


def _quantiles(table: pd.DataFrame, wording: Wording, titles: Titles) -> Table:
    """A row for each zone, a column for each share."""
    keys = ["evidence", "zone"]
    wide = _of_all_periods(table).pivot_table("radius_km", keys, "share", sort=False, dropna=False).reset_index()
    shares = [column for column in wide.columns if column not in keys]
    columns = [Column(key, wording.words[f"column_{key}"]) for key in keys if not _says_nothing(wide[key])]
    columns += [Column(str(share), wording.per_cent(float(share)), "number") for share in shares]
    rows = [
        {key: titles[key].get(row[key], row[key]) for key in keys}
        | {str(share): round(row[share], DECIMALS["radius_km"]) for share in shares if pd.notna(row[share])}
        for row in wide.to_dict("records")
    ]
    return Table(wording.words["radius_of_capture_table"], columns, rows)


def _sensitivity(table: pd.DataFrame, naming: Naming, wording: Wording, zones: Mapping[str, str]) -> Table:
    """A row for each variant; what it covers and captures in the area and each overlay. Of the first evidence."""
    words = wording.words
    table = _of_first(table, naming).fillna({"variant": ""})
    shown = [zone for zone in zones if not zone.endswith(":outside")]
    rows = []
    for (choice, variant), of_variant in table.groupby(["choice", "variant"], sort=False):
        of_zone = of_variant.set_index("zone")
        row: dict[str, Any] = {
            "variant": variant_label(str(choice), str(variant), words),
            "sites": of_zone.loc[AREA, "sites"],
            "regions_km2": of_zone.loc[AREA, "regions_km2"],
        }
        for zone in shown:
            row[f"land {zone}"] = of_zone.loc[zone, "land_share"]
            row[f"observed {zone}"] = of_zone.loc[zone, "capture"]
        rows.append({key: value for key, value in row.items() if not pd.isna(value)})
    columns = [
        Column("variant", words["column_variant"]),
        Column("sites", words["column_sites"], "count"),
        Column("regions_km2", words["column_regions_km2"], "count"),
        *(
            Column(f"{kind} {zone}", f"{zones[zone]}: {words[title]}", "share")
            for kind, title in (("land", "land"), ("observed", "mining_seen"))
            if kind == "land" or naming.first
            for zone in shown
        ),
    ]
    return Table(words["sensitivity_table"], columns, rows)


def _positions(table: pd.DataFrame, naming: Naming, wording: Wording, zones: Mapping[str, str]) -> Table:
    """The figures as stated and their bands, of the first evidence."""
    words = wording.words
    rows = [
        {"figure": words[f"column_{row['figure']}"], "zone": zones[row["zone"]]}
        | {key: _written(row["figure"], row[key], wording.numbers) for key in ("stated", "p05", "p95")}
        for row in _of_first(table, naming).to_dict("records")
        if pd.notna(row["stated"])
    ]
    columns = [Column(key, words[f"column_{key}"]) for key in ("figure", "zone", "stated")]
    columns += [Column(key, f"{int(key[1:])}{NO_BREAK}%") for key in ("p05", "p95")]
    return Table(words["position_bands_table"], columns, rows)


def _written(figure: str, value: float, numbers: Numbers) -> str:
    if figure == "regions_km2":
        return numbers.km2(value)
    return numbers.count(value, DECIMALS[figure]) if figure in DECIMALS else numbers.share(value)


def _of_first(table: pd.DataFrame, naming: Naming) -> pd.DataFrame:
    """The rows of land and of the first evidence in all periods."""
    is_first = (table["evidence"] == naming.first) & (table["period"] == ALL_PERIODS)
    return table[is_first | table["evidence"].isna()]


def _of_all_periods(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["period"] == ALL_PERIODS]


def _table(table: pd.DataFrame, name: str, words: Mapping[str, str], titles: Titles) -> Table:
    shown = [str(name) for name in table.columns if f"column_{name}" in words and not _says_nothing(table[name])]
    columns = [Column(column, words[f"column_{column}"], _kind(table[column])) for column in shown]
    rows = [
        {str(key): _shown(str(key), value, titles) for key, value in row.items() if not pd.isna(value)}
        for row in table[shown].to_dict("records")
    ]
    return Table(words[f"{name}_table"], columns, rows)


def _shown(column: str, value: Any, titles: Titles) -> Any:
    if column in DECIMALS:
        return round(value, DECIMALS[column])
    return titles.get(column, {}).get(str(value), value)


def _kind(values: pd.Series) -> Literal["text", "count", "number", "share"]:
    if not pd.api.types.is_numeric_dtype(values) or values.name == "year":
        return "text"
    return "share" if values.name in SHARES else "number" if values.name in DECIMALS else "count"


def _says_nothing(values: pd.Series) -> bool:
    """Whether a column names the one layer of evidence in each row."""
    return values.name == "evidence" and values.nunique() == 1


def _folded(table: Table) -> Folded:
    return Folded(table.caption, [table])


def _figure(drawn: Mapping[str, Any], name: str, words: Mapping[str, str]) -> Figure:
    svg = as_svg(drawn[name]).encode()
    return Figure(svg, "image/svg+xml", words[f"{name}_description"], words[f"{name}_caption"])
