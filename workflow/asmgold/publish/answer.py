"""What the observed mining says of the map, in a few sentences: the same on page, print and terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from asmgold.publish.context import Context
from asmgold.publish.messages import NO_BREAK, Numbers
from asmgold.vocabulary.evidence import (
    ALL_PERIODS,
    AREA,
    KM2,
    MEASURED,
    MIN_SITES,
    NEW,
    POINTS,
    UNIONS,
    new_periods,
    searched_zone,
)

CONCENTRATED = 0.5  # from which share of all that was observed on, one unit carries the figures
SAME = 0.02  # two lifts that differ by less are one to a reader
BEYOND_KM = 5.0  # so far from older mining, what is new is no more of the same field


def amount_in_words(numbers: Numbers, value: float, unit: str) -> str:
    """An amount of observed mining with its unit."""
    if unit == KM2:
        return numbers.km2(value)
    return numbers.count(value) if unit == POINTS else f"{numbers.general(value)}{NO_BREAK}{unit}"


def answer_of_land(regions_km2: float, area_km2: float, context: Context) -> str:
    """How much of the area is region, as a sentence."""
    return context.phrases("answer")["land"].format(
        share=context.numbers.share(regions_km2 / area_km2), area=context.area,
        km2=context.numbers.km2(regions_km2), radius=context.radius,
    )  # fmt: skip


def traceable(sites: pd.DataFrame, context: Context) -> str:
    """How many of the sites have a page of their own at their producer, as a sentence."""
    words, count = context.phrases("answer"), context.numbers.count
    n, of_usgs = int(sites["url"].notna().sum()), not sites["source"].isin(context.points).any()
    return words["traceable" if of_usgs else "traceable_own"].format(n=count(n), sites=count(len(sites)))


def answer_of_evidence(tables: Mapping[str, pd.DataFrame], context: Context) -> list[str]:
    """How much of the mining seen the regions hold, how sure that is, and where it is.

    Parameters
    ----------
    tables : those of `asmgold.vocabulary.evidence.ANSWER_TABLES` that there are, by name
    context : titles and phrases

    Returns
    -------
    Sentences; none without evidence, or where nothing was observed in the area.
    """
    if "evidence" not in tables or not context.evidence_titles:
        return []
    words, numbers = context.phrases("answer"), context.numbers
    title = next(iter(context.evidence_titles.values()))
    found = headline(tables, context)
    if found is None or not found["observed"] > 0:
        return [words["nothing_seen"].format(evidence=title, area=context.area)]
    whole = of_evidence(tables, context, zone=AREA).iloc[0]
    told = {"evidence": title, "area": context.area, "period": _span(_periods(tables, context))}
    told["observed"] = amount_in_words(numbers, found["observed"], found["unit"])
    if found["verdict"] != MEASURED:
        return [words[found["verdict"]].format(**told, least=numbers.count(MIN_SITES))]
    is_partial = abs(found["lift"] - whole["lift"]) > SAME * whole["lift"]  # where was looked is not all of the area
    return [
        words["seen_searched" if is_partial else "seen"].format(
            **told, capture=numbers.share(found["capture"]), land=numbers.share(found["land_share"]),
            lift=numbers.count(found["lift"], 1), land_of_area=numbers.share(whole["land_share"]),
            lift_of_area=numbers.count(whole["lift"], 1),
        ),
        *_interval(found, context),
        *_concentration(tables, whole, context),
        *_carried(tables, context),
    ]  # fmt: skip


def tests_of_evidence(tables: Mapping[str, pd.DataFrame], context: Context) -> list[str]:
    """What the map holds of new mining, beside older mining and beside chance, in sentences; none if not measured.

    Parameters
    ----------
    tables, context : as for `answer_of_evidence`
    """
    found = measured(tables, context)
    if found is None:
        return []
    words, numbers = context.phrases("answer"), context.numbers
    sentences = _forward(tables, found, context)
    chance = of_evidence(tables, context, "chance", zone=AREA, statistic="capture")
    chance = chance[chance["null_model"].isin(["area", "strata"])]
    if len(chance):
        hardest = chance.iloc[-1]  # within strata, where there are any
        strata = context.layers.get("strata")
        how = words["chance_strata"] if hardest["null_model"] == "strata" else words["chance_area"]
        how = how.format(area=context.area, strata=strata["title"] if strata else "")
        sentences.append(
            words["chance"].format(draws=numbers.count(hardest["draws"]), how=how,
                                   highest=numbers.share(hardest["highest"]))
        )  # fmt: skip
    return [*sentences, *_primary_test(tables, context)]


def _primary_test(tables: Mapping[str, pd.DataFrame], context: Context) -> list[str]:
    """What moving whole clumps gives: for new mining, which is the test chosen beforehand, or else for all of it."""
    wanted = {"zone": AREA, "null_model": "clumps", "statistic": "lift"}
    for period, phrase in ((NEW, "chance_primary"), (ALL_PERIODS, "chance_clumps")):
        asked = of_evidence(tables, context, "chance", period=period, **wanted)
        if len(asked):
            return [
                context.phrases("answer")[phrase].format(p=context.numbers.general(round(p, 3)), area=context.area)
                for p in asked["p_value"].dropna().astype(float)
            ]
    return []


def headline(tables: Mapping[str, pd.DataFrame], context: Context, evidence: str | None = None) -> pd.Series | None:
    """The row of `evidence.csv` that is quoted, if any: of all periods, where was looked, or else in the area.

    Of a layer of evidence, or else of the first one.
    """
    evidence = evidence or next(iter(context.evidence_titles), "")
    if "evidence" not in tables:
        return None
    found = of_evidence(tables, context, evidence=evidence)
    for zone in (searched_zone(evidence), AREA):
        rows = found[found["zone"] == zone]
        if len(rows):
            return rows.iloc[0]
    return None


def measured(tables: Mapping[str, pd.DataFrame], context: Context) -> pd.Series | None:
    """The row that is quoted, if mining was seen and the records suffice to say how much of it the regions hold."""
    found = headline(tables, context)
    return None if found is None or found["verdict"] != MEASURED else found


def _interval(whole: pd.Series, context: Context) -> list[str]:
    """How sure the share and the lift are."""
    words, numbers = context.phrases("answer"), context.numbers
    if pd.isna(whole["block_deg"]):
        return []
    size = numbers.general(whole["block_deg"])
    if pd.isna(whole["lift_low"]):
        return [words["interval_none"].format(size=size)]
    return [
        words["interval"].format(
            low=numbers.share(whole["capture_low"]), high=numbers.share(whole["capture_high"]),
            lift=numbers.count(whole["lift"], 1), lift_low=numbers.count(whole["lift_low"], 1),
            lift_high=numbers.count(whole["lift_high"], 1), blocks=numbers.count(whole["blocks_effective"]), size=size,
        )
    ]  # fmt: skip


def _concentration(tables: Mapping[str, pd.DataFrame], whole: pd.Series, context: Context) -> list[str]:
    """A warning where most of what was observed lies in one unit, with the figures of the rest."""
    if not {"evidence_units", "overlay_units"} <= tables.keys():
        return []
    units = of_evidence(tables, context, "evidence_units")
    units = units[units["overlay"].map(context.is_units_only).astype(bool)]  # those that cover the area
    if units.empty:
        return []
    most = units.sort_values("observed").iloc[-1]
    share = most["observed"] / whole["observed"]
    if share < CONCENTRATED:
        return []
    words, numbers = context.phrases("answer"), context.numbers
    elsewhere = whole["observed"] - most["observed"]
    if not elsewhere > 0:
        return [words["all_in_unit"].format(unit=most["unit"])]
    inside = (whole["observed_inside"] - most["observed_inside"]) / elsewhere
    rest = tables["overlay_units"]
    rest = rest[(rest["overlay"] == most["overlay"]) & (rest["unit"] != most["unit"])]
    return [
        words["concentrated"].format(
            share=numbers.share(share), unit=most["unit"], capture=numbers.share(inside),
            land=numbers.share(rest["regions_km2"].sum() / rest["unit_km2"].sum()),
        )
    ]  # fmt: skip


def _carried(tables: Mapping[str, pd.DataFrame], context: Context) -> list[str]:
    """A warning where one region carries more than half of the capture."""
    if "influence" not in tables:
        return []
    table = tables["influence"]
    first = table[(table["evidence"] == next(iter(context.evidence_titles))) & (table["without"] == "region")]
    if first.empty or not first["lost_share"].iloc[0] > CONCENTRATED:
        return []
    most, numbers = first.iloc[0], context.numbers
    return [
        context.phrases("answer")["carried"].format(
            share=numbers.share(most["lost_share"]), region=most["name"], sites=numbers.count(most["sites"]),
            capture=numbers.share(most["capture"]),
        )
    ]  # fmt: skip


def _forward(tables: Mapping[str, pd.DataFrame], found: pd.Series, context: Context) -> list[str]:
    """What the map holds of new mining, beside a map of older mining alone, and far from that."""
    if not {"baselines", "new_mining"} <= tables.keys():
        return []
    words, numbers, title = context.phrases("answer"), context.numbers, next(iter(context.evidence_titles))
    new, older, beyond = (
        of_evidence(tables, context, name, period=NEW, zone=found["zone"], **wanted)
        for name, wanted in (
            ("evidence", {}), ("baselines", {"baseline": "persistence"}), ("new_mining", {"beyond_km": BEYOND_KM}),
        )
    )  # fmt: skip
    if older.empty or not new["observed"].iloc[0] > 0:
        return []
    held_out = next(layer["held_out"] for layer in context.layers.values() if layer.get("evidence") == title)
    period = _span(new_periods(_periods(tables, context), held_out))
    told = {"period": period, "capture": numbers.share(new["capture"].iloc[0])}
    told["older"] = numbers.share(older["capture"].iloc[0])
    sentences = [words["forward"].format(**told)]
    if beyond["observed"].iloc[0] > 0:
        far = beyond.iloc[0]
        amount = amount_in_words(numbers, far["observed"], far["unit"])
        sentences.append(
            words["forward_beyond"].format(
                km=numbers.general(BEYOND_KM), observed=amount, capture=numbers.share(far["capture"]),
                land=numbers.share(far["land_share"]),
            )
        )  # fmt: skip
    return sentences


def of_evidence(
    tables: Mapping[str, pd.DataFrame],
    context: Context,
    name: str = "evidence",
    *,
    evidence: str | None = None,
    period: str = ALL_PERIODS,
    **wanted: object,
) -> pd.DataFrame:
    """The rows of a table about a layer of evidence, or else the first, in a period; none where there is no table."""
    if name not in tables:
        return pd.DataFrame(columns=["capture", "null_model", "p_value", *wanted])
    table = tables[name]
    evidence = evidence or next(iter(context.evidence_titles), None)
    rows = table[(table["evidence"] == evidence) & (table["period"] == period)]
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    return rows


def _periods(tables: Mapping[str, pd.DataFrame], context: Context) -> list[str]:
    """The periods of the first layer of evidence, in their order."""
    table = tables["evidence"]
    return sorted({*table.loc[table["evidence"] == next(iter(context.evidence_titles)), "period"]} - {*UNIONS})


def _span(periods: Sequence[str]) -> str:
    """From the first period to the last one; empty where none is known."""
    return f"{periods[0]}–{periods[-1]}" if len(periods) > 1 else "".join(periods)
