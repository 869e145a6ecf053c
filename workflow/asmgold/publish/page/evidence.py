"""What the page says about evidence and context: title, paragraphs, tables and figures, in the scenario's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from matplotlib.figure import Figure as Drawing

from asmgold.evidence.production import returns_to_round_kilograms
from asmgold.publish.answer import headline
from asmgold.publish.context import Context
from asmgold.publish.figures import (
    Wording,
    as_svg,
    draw_baselines,
    draw_by_overlay,
    draw_null_models,
    draw_production,
    draw_radius,
    draw_sensitivity,
    headed,
    variant_label,
)
from asmgold.publish.messages import NO_BREAK, Numbers
from asmgold.publish.page.blocks import Block, Figure, Folded, Points, Section, Table, TableColumn
from asmgold.schemas.evidence import MAPS, VERDICTS
from asmgold.vocabulary.evidence import ALL_PERIODS, ANSWER_TABLES, AREA, MEASURED, NEW, SEARCHED, searched_zone

MAX_PANELS = 4
TABLES = (*ANSWER_TABLES, "ranking", "boyce", "overlay_by_period", "radius_curve", "radius_of_capture", "sensitivity",
          "position_bands", "context_production")  # fmt: skip
SHARES = (
    "capture",
    "capture_low",
    "capture_high",
    "detector_low",
    "detector_high",
    "land_share",
    "share_inside",
    "p50",
    "p05",
    "p95",
    "highest",
)
DECIMALS = dict.fromkeys(("lift", "lift_low", "lift_high", "blocks_effective", "radius_km"), 1)
DECIMALS |= {"auc": 2, "auc_low": 2, "auc_high": 2, "boyce": 2, "beyond_km": 0}
DECIMALS |= {"ratio": 2, "ratio_if_troy": 2, "p_value": 3, "p_adjusted": 3, "p_lift": 3, "p_lift_adjusted": 3}
"""Of the numbers that are neither shares nor counts."""
Titles = Mapping[str, Mapping[str, str]]
"""How to call the values of a column, by the names of the columns."""


def read_tables(paths: Iterable[Path]) -> dict[str, pd.DataFrame]:
    """The tables of this stage among some files, by their names without `.csv`."""
    return {path.stem: pd.read_csv(path, dtype={"period": "str"}) for path in paths if path.stem in TABLES}


def figures(tables: Mapping[str, pd.DataFrame], context: Context) -> dict[str, list[Drawing]]:
    """The figures that can be drawn from the tables, by the names of the pictures: one for each layer of evidence."""
    wording = Wording.of(context)
    drawn: dict[str, list[Drawing]] = {}
    if "context_production" in tables:
        drawn["context_production"] = [draw_production(tables["context_production"], wording)]
    for evidence in _layers(context):
        for name, figure in _figures_of(evidence, tables, context, wording).items():
            drawn.setdefault(name, []).append(figure)
    if "chance" in tables and len(tables["overlay_by_period"]):
        titles = _zone_titles(tables["chance"]["zone"], context) | context.evidence_titles
        notes = " ".join(filter(None, context.evidence_notes.values()))
        drawn["overlay_by_period"] = [draw_by_overlay(tables["overlay_by_period"], titles, wording, note=notes)]
    return drawn


def _layers(context: Context) -> list[str | None]:
    """The layers of evidence; where there is none, figures are of the land alone."""
    return [*context.evidence_titles] or [None]


def _figures_of(
    evidence: str | None, tables: Mapping[str, pd.DataFrame], context: Context, wording: Wording
) -> dict[str, Drawing]:
    """The figures about one layer of evidence, headed by its name where there are several."""
    drawn: dict[str, Drawing] = {}
    if "sensitivity" in tables:
        titles = _own_zones(tables["radius_curve"], evidence, context)
        heads = {zone: title for zone, title in titles.items() if _is_head(zone, context)}
        whole = {zone: title for zone, title in titles.items() if not zone.endswith(":outside")}
        drawn["radius_curve"] = draw_radius(
            tables["radius_curve"], heads, wording, buffer_km=context.buffer_km, evidence=evidence
        )
        drawn["sensitivity"] = draw_sensitivity(
            tables["sensitivity"], tables["position_bands"], dict([*whole.items()][:MAX_PANELS]), wording,
            evidence=evidence,
        )  # fmt: skip
    if evidence is not None and "chance" in tables:
        titles, placed = _own_zones(tables["chance"], evidence, context), _placed(context, wording.words)
        drawn["chance"] = draw_null_models(tables["chance"], titles, placed, wording, evidence=evidence)
        if "ranking" in tables and (found := headline(tables, context, evidence)) is not None:
            drawn["baselines"] = draw_baselines(
                tables["ranking"], tables["boyce"], found["land_share"], _maps(wording.words), wording,
                evidence=evidence, zone=found["zone"],
            )  # fmt: skip
    heading = _heading(evidence, context)
    return {name: headed(figure, heading) for name, figure in drawn.items()} if heading else drawn


def _heading(evidence: str | None, context: Context) -> str:
    """What the layer of evidence is called where there are several, so that one has to tell them apart."""
    return context.evidence_titles[str(evidence)] if len(context.evidence_titles) > 1 else ""


def _own_zones(table: pd.DataFrame, evidence: str | None, context: Context) -> dict[str, str]:
    """What the zones are called where it is clear which layer of evidence is meant: of the searched ones, its own."""
    own = searched_zone(str(evidence))
    titles = _zone_titles(table["zone"], context)
    titles = {zone: title for zone, title in titles.items() if not zone.endswith(f":{SEARCHED}") or zone == own}
    return titles | ({own: context.searched_title} if own in titles else {})


def evidence_section(tables: Mapping[str, pd.DataFrame], context: Context) -> Section | None:
    """The section on evidence and sensitivity, or None where these are left out.

    Parameters
    ----------
    tables : the tables of the stage by name, as `read_tables` gives them
    context : titles and phrases
    """
    measured = next((tables[name] for name in ("evidence", "radius_curve") if name in tables), None)
    if measured is None:
        return None
    wording = Wording.of(context)
    words = wording.words
    zones = _zone_titles(measured["zone"], context)
    drawn = figures(tables, context)
    titles = {
        "zone": zones,
        "evidence": context.evidence_titles,
        "series": context.evidence_titles,
        "period": {ALL_PERIODS: words["all_periods"], NEW: words["new_periods"]},
        "null_model": _placed(context, words),
        "baseline": _maps(words),
        "verdict": {name: words[f"verdict_{name}"] for name in VERDICTS if name != MEASURED},
    }
    blocks: list[Block] = []
    if "evidence" in tables:
        blocks += [
            _headline(tables["evidence"], zones, context, wording),
            *filter(None, context.evidence_notes.values()),
        ]
        blocks += _in_all_and_by_period(_quotable(tables["evidence"]), "evidence", words, titles)
        chance = _null_models(_of_all_periods(tables["chance"]))
        blocks += [words["chance_text"], Points([words[f"null_{name}"] for name in chance["null_model"].unique()])]
        blocks += [*_pictures(drawn, "chance", words), _folded(_table(chance, "chance", words, titles))]
        if "baselines" in drawn:
            blocks += _baseline_blocks(tables, drawn, words, titles)
        if "overlay_by_period" in drawn:
            blocks += _overlay_blocks(tables["overlay_by_period"], drawn, context, wording, titles)
        blocks.append(_quantiles(tables["radius_of_capture"], wording, titles))
    else:
        blocks.append(words["no_evidence"])
    if "sensitivity" in tables:
        blocks += [*_pictures(drawn, "radius_curve", words), words["choices_text"]]
        blocks += _pictures(drawn, "sensitivity", words)
        blocks += [_folded(_sensitivity(tables["sensitivity"], one, context, zones)) for one in _layers(context)]
        blocks.append(words["positions_text"])
        blocks += [_folded(_positions(tables["position_bands"], one, context, zones)) for one in _layers(context)]
    return Section("evidence", words["title"], [*blocks, words["limits_text"]])


def context_section(tables: Mapping[str, pd.DataFrame], context: Context) -> Section | None:
    """The section on the report's own production figures, or None where they are not asked for."""
    if "context_production" not in tables:
        return None
    wording = Wording.of(context)
    words, numbers = wording.words, wording.numbers
    table = tables["context_production"]
    figures = _pictures({"context_production": [draw_production(table, wording)]}, "context_production", words)
    round_ones = returns_to_round_kilograms(1000 * table["unep_koz"], 1000)
    verdict = words["context_verdict"].format(
        years=len(table), avoirdupois=sum(round_ones["avoirdupois"]), troy=sum(round_ones["troy"]),
        low=numbers.count(table["ratio"].min(), 2), high=numbers.count(table["ratio"].max(), 2),
        last=numbers.count(table["ratio_if_troy"].iloc[-1], 2),
    )  # fmt: skip
    blocks: list[Block] = [words["context_text"], _table(table, "context_production", words, {}), *figures, verdict]
    return Section("context", words["context_title"], blocks)


def _zone_titles(zones: Iterable[str], context: Context) -> dict[str, str]:
    """What each zone is called, by its name."""
    return {zone: context.zone_title(zone) for zone in dict.fromkeys(zones)}


def _is_head(zone: str, context: Context) -> bool:
    """Whether a zone is the area, the searched part of it, or an overlay that is within no other one."""
    overlay, _, part = zone.partition(":")
    return zone == AREA or part == SEARCHED or (part == "inside" and context.parent_of(overlay) is None)


def _headline(table: pd.DataFrame, zones: Mapping[str, str], context: Context, wording: Wording) -> str:
    numbers, heads = wording.numbers, _of_all_periods(table)
    heads = heads[heads["zone"].map(lambda zone: _is_head(zone, context)) & heads["capture"].notna()]
    too_few = heads[heads["verdict"] != MEASURED]
    heads = heads[heads["verdict"] == MEASURED]
    sentences = [
        wording.words["headline"].format(
            zone=zones[row["zone"]], land=numbers.share(row["land_share"]), capture=numbers.share(row["capture"]),
            lift=numbers.count(row["lift"], 1), evidence=context.evidence_titles.get(row["evidence"], row["evidence"]),
        )
        for row in heads.to_dict("records")
    ]  # fmt: skip
    sentences += [wording.words["too_few"].format(zone=zones[zone]) for zone in too_few["zone"]]
    return " ".join(sentences) or wording.words["nothing_seen"]


def _maps(words: Mapping[str, str]) -> dict[str, str]:
    """How to call the map and the simpler ones beside it."""
    return {name: words[f"map_{name}"] for name in MAPS}


def _baseline_blocks(
    tables: Mapping[str, pd.DataFrame], drawn: Mapping[str, Sequence[Drawing]], words: Mapping[str, str], titles: Titles
) -> list[Block]:
    """The map beside simpler ones, and new mining by how far it is from older."""
    period = words["new_periods" if (tables["ranking"]["period"] == NEW).any() else "all_periods"]
    named = {**words, "baselines_caption": words["baselines_caption"].format(period=period)}
    blocks: list[Block] = [words["baselines_text"], *_pictures(drawn, "baselines", named)]
    blocks.append(_folded(_table(tables["baselines"], "baselines", words, titles)))
    new = tables["new_mining"]
    if len(new := new[new["period"] == NEW]):
        blocks += [words["new_mining_text"], _table(new.drop(columns="period"), "new_mining", words, titles)]
    return blocks


def _placed(context: Context, words: Mapping[str, str]) -> dict[str, str]:
    """How to call the ways of placing sites at random."""
    strata = context.layers.get("strata")
    within = words["placed_strata"].format(strata=strata["title"]) if strata else words["placed_strata_unnamed"]
    named = {name: words[f"placed_{name}"] for name in ("clumps", "shift", "thomas")}
    return {"area": words["placed_area"].format(area=context.area), "strata": within, **named}


def _null_models(table: pd.DataFrame) -> pd.DataFrame:
    """A row for each zone and null model: its captures, and p of capture and of lift."""
    keys = ["evidence", "zone", "null_model"]
    capture, lift = (table[table["statistic"] == name] for name in ("capture", "lift"))
    of_lift = lift.rename(columns={"p_value": "p_lift", "p_adjusted": "p_lift_adjusted"})
    of_lift = of_lift[[*keys, "p_lift", "p_lift_adjusted"]]
    return capture.rename(columns={"value": "capture"}).drop(columns="period").merge(of_lift, on=keys)


def _quotable(table: pd.DataFrame) -> pd.DataFrame:
    """The table of captures without the figures that the records do not bear, and a word where that is so."""
    may_be = table["verdict"] == MEASURED
    figures = [name for name in table.columns if name.startswith(("capture", "lift", "detector"))]
    verdict = table["verdict"].mask(may_be)  # after the figures that it is about
    return table.drop(columns="verdict").assign(**table[figures].where(may_be), verdict=verdict)


def _in_all_and_by_period(table: pd.DataFrame, name: str, words: Mapping[str, str], titles: Titles) -> list[Block]:
    of_all = _table(_of_all_periods(table).drop(columns="period"), name, words, titles)
    if len(table) == len(of_all.rows):
        return [of_all]
    by_period = _table(table[table["period"] != ALL_PERIODS], name, words, titles)
    return [of_all, Folded(words["by_period"], [by_period])]


def _overlay_blocks(
    table: pd.DataFrame, drawn: Mapping[str, Sequence[Drawing]], context: Context, wording: Wording, titles: Titles
) -> list[Block]:
    """Mining observed inside the overlays, by period, and beside it what others published."""
    names = list(table["overlay"].unique())
    parents = dict.fromkeys(context.parent_of(name) or "" for name in names)
    called = [", ".join(context.overlay_phrases.get(name, name) for name in some) for some in (names, parents)]
    return [
        context.say(wording.words["overlay_text"], overlays=called[0], parents=called[1]),
        *_pictures(drawn, "overlay_by_period", wording.words),
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
    columns = [TableColumn(key, wording.words[f"column_{key}"]) for key in keys if not _says_nothing(wide[key])]
    columns += [TableColumn(str(share), wording.per_cent(float(share)), "number") for share in shares]
    rows = [
        {key: titles[key].get(row[key], row[key]) for key in keys}
        | {str(share): round(row[share], DECIMALS["radius_km"]) for share in shares if pd.notna(row[share])}
        for row in wide.to_dict("records")
    ]
    return Table(wording.words["radius_of_capture_table"], columns, rows)


def _sensitivity(table: pd.DataFrame, evidence: str | None, context: Context, zones: Mapping[str, str]) -> Table:
    """A row for each variant; what it covers and captures in the area and each overlay."""
    words = Wording.of(context).words
    table = _of_layer(table, evidence).fillna({"variant": ""})
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
        TableColumn("variant", words["column_variant"]),
        TableColumn("sites", words["column_sites"], "count"),
        TableColumn("regions_km2", words["column_regions_km2"], "count"),
        *(
            TableColumn(f"{kind} {zone}", f"{zones[zone]}: {words[title]}", "share")
            for kind, title in (("land", "land"), ("observed", "mining_seen"))
            if kind == "land" or evidence
            for zone in shown
        ),
    ]
    return Table(_about(words["sensitivity_table"], evidence, context), columns, rows)


def _positions(table: pd.DataFrame, evidence: str | None, context: Context, zones: Mapping[str, str]) -> Table:
    """The figures as stated and their bands."""
    wording = Wording.of(context)
    words = wording.words
    rows = [
        {"figure": words[f"column_{row['figure']}"], "zone": zones[row["zone"]]}
        | {key: _written(row["figure"], row[key], wording.numbers) for key in ("stated", "p05", "p95")}
        for row in _of_layer(table, evidence).to_dict("records")
        if pd.notna(row["stated"])
    ]
    columns = [TableColumn(key, words[f"column_{key}"]) for key in ("figure", "zone", "stated")]
    columns += [TableColumn(key, f"{int(key[1:])}{NO_BREAK}%") for key in ("p05", "p95")]
    return Table(_about(words["position_bands_table"], evidence, context), columns, rows)


def _about(caption: str, evidence: str | None, context: Context) -> str:
    """A caption, with the layer of evidence where there are several."""
    return ": ".join(filter(None, [caption, _heading(evidence, context)]))


def _written(figure: str, value: float, numbers: Numbers) -> str:
    if figure == "regions_km2":
        return numbers.km2(value)
    return numbers.count(value, DECIMALS[figure]) if figure in DECIMALS else numbers.share(value)


def _of_layer(table: pd.DataFrame, evidence: str | None) -> pd.DataFrame:
    """The rows of land and of a layer of evidence in all periods."""
    is_of_layer = (table["evidence"] == evidence) & (table["period"] == ALL_PERIODS)
    return table[is_of_layer | table["evidence"].isna()]


def _of_all_periods(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["period"] == ALL_PERIODS]


def _table(table: pd.DataFrame, name: str, words: Mapping[str, str], titles: Titles) -> Table:
    shown = [str(name) for name in table.columns if f"column_{name}" in words and not _says_nothing(table[name])]
    columns = [TableColumn(column, words[f"column_{column}"], _kind(table[column])) for column in shown]
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
    """Whether a column names the one layer of evidence in each row, or nothing at all."""
    return bool(values.isna().all()) or (values.name == "evidence" and values.nunique() == 1)


def _folded(table: Table) -> Folded:
    return Folded(table.caption, [table])


def _pictures(drawn: Mapping[str, Sequence[Drawing]], name: str, words: Mapping[str, str]) -> list[Figure]:
    """The figures of a name, each with what it shows."""
    return [
        Figure(
            as_svg(figure).encode(), "image/svg+xml",
            ". ".join(filter(None, [figure.get_suptitle(), words[f"{name}_description"]])), words[f"{name}_caption"],
        )
        for figure in drawn[name]
    ]  # fmt: skip
