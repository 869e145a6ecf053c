"""Pictures of the tables of evidence: radius curve, sensitivity, null models, overlays by period, production."""

from __future__ import annotations

import functools
import io
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter
from PIL import Image

from asmgold.evidence.production import AVOIRDUPOIS_G, TROY_G
from asmgold.publish.context import Context
from asmgold.publish.letters import FONT, make_drawable
from asmgold.publish.messages import NO_BREAK, Numbers
from asmgold.vocabulary.evidence import ALL_PERIODS, NEW

DRAWN_NULL_MODELS = ("area", "strata", "clumps")  # the table has them all
P = ParamSpec("P")
R = TypeVar("R")
STYLE: Any = {
    "font.family": FONT,
    "text.parse_math": False,
    "font.size": 9,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "svg.hashsalt": "asmgold",
}
# Okabe and Ito (2008): colours that people with any common colour blindness can tell apart.
COLOURS = ("#1B1B1B", "#0072B2", "#882255", "#007A5A", "#D55E00")
REAL, LAND, RANDOM, MUTED, INSIDE, OUTSIDE = "#D55E00", "#0072B2", "#B8C4CC", "#6B6B6B", "#CC5500", "#BDBDBD"
LINES = "#E3E3E3"
DPI = 150
PUBLISHED_BAR: Any = {"facecolor": "white", "edgecolor": INSIDE, "hatch": "////"}


@dataclass(frozen=True)
class Wording:
    """The words of this stage in a language, and how its numbers are written."""

    words: Mapping[str, str]
    numbers: Numbers

    @classmethod
    def of(cls, context: Context) -> Wording:
        """Those of a scenario."""
        return cls(context.phrases("evidence"), context.numbers)

    def per_cent(self, value: float, _: Any = None) -> str:
        """A fraction of 1 as whole per cent, for the ticks of an axis."""
        return f"{self.numbers.count(100 * value)}{NO_BREAK}%"


def _styled(function: Callable[P, R]) -> Callable[P, R]:
    """Draw in the style of this project, whatever that of the machine is."""

    @functools.wraps(function)
    def styled(*arguments: P.args, **options: P.kwargs) -> R:
        with mpl.rc_context(STYLE):
            return function(*arguments, **options)

    return styled


@_styled
def draw_radius(
    curve: pd.DataFrame, titles: Mapping[str, str], wording: Wording, *, buffer_km: float, evidence: str | None = None
) -> Figure:
    """Capture and covered land by radius, and the lift, for the area and each overlay.

    Parameters
    ----------
    curve : `asmgold.schemas.evidence.RADIUS_CURVE`
    titles : how to call the zones
    wording : the language
    buffer_km : the radius of the map, marked
    evidence : which layer of evidence; without one, the covered land alone
    """
    words = wording.words
    rows = _of_all_periods(curve, evidence) if evidence else curve
    zones = [zone for zone in rows["zone"].unique() if zone in titles]
    figure, panels = _figure(3.9, 2 if evidence else 1)
    for number, zone in enumerate(zones):
        of_zone, colour, title = rows[rows["zone"] == zone], COLOURS[number % len(COLOURS)], titles[zone]
        radius = of_zone["radius_km"]
        panels[0].plot(radius, of_zone["land_share"], "--", color=colour, lw=1.3, label=f"{title}: {words['land']}")
        if evidence:
            label = f"{title}: {words['mining_seen']}"
            panels[0].plot(radius, of_zone["capture"], color=colour, lw=2, label=label)
            panels[1].plot(radius, of_zone["lift"], color=colour, lw=2, label=title)
    for panel in panels:
        _mark_radius(panel, buffer_km, wording)
        panel.set(xlim=(0, rows["radius_km"].max()), xlabel=words["radius_axis"])
        panel.grid(color=LINES, lw=0.5)
        panel.set_ylim(bottom=0)
    panels[0].set_ylim(0, 1.02)
    panels[0].yaxis.set_major_formatter(FuncFormatter(wording.per_cent))
    panels[0].set_title(words["radius_shares"])
    _legend(figure, panels[0].get_legend_handles_labels()[0], columns=2)
    if evidence:
        panels[1].yaxis.set_major_formatter(FuncFormatter(lambda value, _: wording.numbers.general(value)))
        panels[1].set_title(textwrap.fill(words["radius_lift"], 44))
    return figure


def _mark_radius(panel: Axes, buffer_km: float, wording: Wording) -> None:
    """A line at the radius of the map."""
    panel.axvline(buffer_km, color=MUTED, lw=0.8, ls=":")
    panel.annotate(
        f"{wording.numbers.general(buffer_km)} km", (buffer_km, 1), xycoords=("data", "axes fraction"),
        xytext=(3, -2), textcoords="offset points", va="top", fontsize=8, color=MUTED,
    )  # fmt: skip


@_styled
def draw_sensitivity(
    table: pd.DataFrame,
    bands: pd.DataFrame,
    titles: Mapping[str, str],
    wording: Wording,
    *,
    evidence: str | None = None,
) -> Figure:
    """What each variant of each choice makes of the land covered in the area and each overlay, and of the capture.

    Parameters
    ----------
    table, bands : `asmgold.schemas.evidence.SENSITIVITY` and `POSITION_BANDS`
    titles, wording, evidence : as for `draw_radius`
    """
    words = wording.words
    rows = table[table["evidence"] == evidence] if evidence else table.drop_duplicates(["choice", "variant", "zone"])
    rows = rows.fillna({"variant": ""})
    variants = list(rows[["choice", "variant"]].drop_duplicates().itertuples(index=False, name=None))
    zones = [zone for zone in rows["zone"].unique() if zone in titles]
    labels = [variant_label(choice, variant, words) for choice, variant in variants] + [words["choice_positions"]]
    places = np.arange(len(labels))[::-1]
    shown = {"land_share": (LAND, "o", words["land"])}
    if evidence:
        shown["capture"] = (REAL, "D", words["mining_seen"])
    figure, panels = _figure(1.9 + 0.24 * len(labels), len(zones), sharey=True)
    for panel, zone in zip(panels, zones, strict=True):
        of_zone = rows[rows["zone"] == zone].set_index(["choice", "variant"])
        for name, (colour, marker, _) in shown.items():
            values = np.array([of_zone.loc[key, name] for key in variants])
            band = _band(bands, name, zone, evidence)
            panel.axvline(values[0], color=colour, lw=0.8, ls=":", zorder=1)
            panel.plot(values, places[:-1], marker, color=colour, ms=5.5, ls="", clip_on=False, zorder=3)
            panel.plot([band["p05"], band["p95"]], [places[-1]] * 2, "|-", color=colour, lw=4, ms=10, mew=2, zorder=3)
        panel.set_title(textwrap.fill(titles[zone], 48 // len(zones)))
        _share_axis(panel, wording, ticks=(0, 1) if len(zones) > 3 else (0, 0.5, 1))
        panel.grid(color=LINES, lw=0.5)
        panel.tick_params(axis="both", length=0)
    panels[0].set_yticks(places, labels)
    handles = [
        Line2D([], [], color=colour, marker=marker, ls="", ms=5.5, label=label)
        for colour, marker, label in shown.values()
    ]
    _legend(figure, handles, columns=2)
    return figure


@_styled
def draw_baselines(
    ranking: pd.DataFrame,
    boyce: pd.DataFrame,
    covered: float,
    titles: Mapping[str, str],
    wording: Wording,
    *,
    evidence: str,
    zone: str,
) -> Figure:
    """The map beside simpler ones in a zone: mining on the best land, how much of that is mined, and by distance.

    How much is mined is not known of points.

    Parameters
    ----------
    ranking, boyce : `asmgold.schemas.evidence.RANKING` and `BOYCE`
    covered : the share of the zone that the regions cover, marked
    titles : how to call the maps
    wording, evidence : as for `draw_radius`
    """
    words = wording.words
    ranking, boyce = (table[(table["evidence"] == evidence) & (table["zone"] == zone)] for table in (ranking, boyce))
    period = NEW if (ranking["period"] == NEW).any() else ALL_PERIODS
    ranking, boyce = ranking[ranking["period"] == period], boyce[boyce["period"] == period]
    is_km2 = bool(ranking["precision"].notna().any())
    figure, panels = _figure(3.4, 3 if is_km2 else 2)
    success, precision, ratio = panels[0], panels[1] if is_km2 else None, panels[-1]
    for number, (name, of_map) in enumerate(ranking.groupby("baseline", sort=False)):
        colour, width = COLOURS[number % len(COLOURS)], 2.2 if name == "regions" else 1.2
        land, capture = np.r_[0, of_map["land_share"]], np.r_[0, of_map["capture"]]
        success.plot(land, capture, color=colour, lw=width, label=titles[str(name)])
        if precision:
            precision.semilogy(of_map["capture"], of_map["precision"], color=colour, lw=width)
    own = boyce[boyce["baseline"] == "regions"]
    ratio.plot(own["score"], own["ratio"], color=COLOURS[0], lw=2.2)
    ratio.axhline(1, color=MUTED, lw=0.8)
    success.plot([0, 1], [0, 1], color=MUTED, lw=0.8)
    success.axvline(covered, color=MUTED, lw=0.8, ls=":")
    shown = {"success": "land", **({"precision": "captured"} if is_km2 else {}), "ratio": "distance"}
    for panel, (title, across) in zip(panels, shown.items(), strict=True):
        panel.set_title(textwrap.fill(words[f"baselines_{title}"], 26))
        panel.set_xlabel(textwrap.fill(words[f"{across}_axis"], 26))
        panel.grid(color=LINES, lw=0.5)
    for axis in (success.xaxis, success.yaxis):
        axis.set_major_formatter(FuncFormatter(wording.per_cent))
    general = wording.numbers.general
    if precision:
        precision.xaxis.set_major_formatter(FuncFormatter(wording.per_cent))
        precision.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{general(100 * value)}{NO_BREAK}%"))
    ratio.yaxis.set_major_formatter(FuncFormatter(lambda value, _: general(value)))
    _legend(figure, success.get_legend_handles_labels()[0], columns=3)
    return figure


@_styled
def draw_null_models(
    table: pd.DataFrame, titles: Mapping[str, str], placed: Mapping[str, str], wording: Wording, *, evidence: str
) -> Figure:
    """The capture of the real sites beside that of sites placed at random.

    Parameters
    ----------
    table : `asmgold.schemas.evidence.CHANCE`
    titles, wording, evidence : as for `draw_radius`
    placed : how to call the ways of placing them
    """
    rows = _of_all_periods(table[table["statistic"] == "capture"], evidence)
    rows = rows[rows["zone"].isin(titles) & rows["value"].notna()]
    zones = list(rows["zone"].unique())[::-1]
    ways = [way for way in rows["null_model"].unique() if way in placed and way in DRAWN_NULL_MODELS]
    figure, panels = _figure(1.7 + 0.42 * len(zones), max(len(ways), 1), sharey=True)
    for panel, way in zip(panels, ways, strict=False):
        for row in rows[rows["null_model"] == way].to_dict("records"):
            _draw_null_model(panel, row, zones.index(row["zone"]), wording)
        panel.set_title(textwrap.fill(placed[way], 26))
    for panel in panels:
        panel.set(ylim=(-0.6, len(zones) - 0.4), xlabel=textwrap.fill(wording.words["capture_axis"], 22))
        _share_axis(panel, wording)
        panel.grid(axis="x", color=LINES, lw=0.5)
        panel.tick_params(axis="y", length=0)
    panels[0].set_yticks(range(len(zones)), [textwrap.fill(titles[zone], 22) for zone in zones])
    handles = [
        Line2D([], [], color=REAL, marker="D", ls="", ms=6, label=wording.words["real_sites"]),
        Line2D([], [], color=RANDOM, lw=8, label=wording.words["chance_band"]),
    ]
    _legend(figure, handles, columns=1)
    return figure


def _draw_null_model(panel: Axes, row: Mapping[Any, Any], place: int, wording: Wording) -> None:
    """The capture of the real sites, that of the draws from 5 to 95 % and at most, and the p-value."""
    panel.plot([row["p05"], row["p95"]], [place, place], color=RANDOM, lw=9, solid_capstyle="butt", zorder=1)
    panel.plot([row["p95"], row["highest"]], [place, place], color=RANDOM, lw=1.2, zorder=1)
    panel.plot(row["p50"], place, "|", color="white", ms=9, mew=1.6, zorder=2)
    panel.plot(row["value"], place, "D", color=REAL, ms=6, zorder=3)
    panel.annotate(
        f"p = {wording.numbers.count(row['p_value'], 3)}", (1.02, place), xycoords=("axes fraction", "data"),
        va="center", fontsize=8,
    )  # fmt: skip


@_styled
def draw_by_overlay(table: pd.DataFrame, titles: Mapping[str, str], wording: Wording, *, note: str = "") -> Figure:
    """The share observed inside each overlay by period, and what was published.

    Parameters
    ----------
    table : `asmgold.schemas.evidence.BY_OVERLAY`
    titles : how to call overlays and layers of evidence
    wording : the language
    note : what has to be known of the evidence
    """
    words = wording.words
    lines = textwrap.wrap(note, 80)
    figure, (panel,) = _figure(1.4 + 0.34 * len(table) + 0.16 * len(lines), 1)
    labels = []
    for place, row in enumerate(table.to_dict("records")):
        _draw_share(panel, row, place, wording)
        period = {ALL_PERIODS: words["all_periods"], NEW: words["new_periods"]}.get(row["period"], row["period"])
        name = f"{titles.get(row['series'], row['series'])}, {period}" if pd.notna(period) else row["series"]
        labels.append(textwrap.fill(name, 36))
    panel.set_yticks(range(len(table)), labels)
    panel.set(xlim=(0, 1), ylim=(len(table) - 0.4, -0.6))
    panel.xaxis.set_major_formatter(FuncFormatter(wording.per_cent))
    panel.tick_params(axis="y", length=0)
    overlays = ", ".join(titles.get(f"{name}:inside", name) for name in table["overlay"].unique())
    handles = [
        Patch(facecolor=INSIDE, label=f"{words['inside']}: {overlays}"),
        Patch(facecolor=OUTSIDE, label=words["outside"]),
        Patch(**PUBLISHED_BAR, label=words["published"]),
    ]
    _legend(figure, handles, columns=3)
    panel.set_xlabel("\n".join(lines), fontsize=7.5, color=MUTED, loc="left", linespacing=1.3)
    return figure


def _draw_share(panel: Axes, row: Mapping[Any, Any], place: int, wording: Wording) -> None:
    """A bar with the share inside and the rest; hatched where others published it."""
    share, is_measured = row["share_inside"], pd.notna(row["inside"])
    if pd.isna(share):
        return
    bar = {"color": INSIDE} if is_measured else PUBLISHED_BAR
    panel.barh(place, share, height=0.62, lw=0.8, **bar)
    panel.barh(place, 1 - share, left=share, height=0.62, color=OUTSIDE if is_measured else "#F3F3F3")
    panel.annotate(
        wording.numbers.share(share) + (f"   {_total(row, wording)}" if is_measured else ""), (0.012, place),
        va="center", fontsize=8, bbox={"facecolor": "white", "alpha": 0.85, "lw": 0, "pad": 1.2},
    )  # fmt: skip


def _total(row: Mapping[Any, Any], wording: Wording) -> str:
    """How much was observed, inside and outside."""
    unit = f"{NO_BREAK}km²" if row["unit"] == "km2" else ""
    return wording.words["of_total"].format(total=wording.numbers.count(row["inside"] + row["outside"])) + unit


@_styled
def draw_production(table: pd.DataFrame, wording: Wording) -> Figure:
    """Both series in kilograms by both kinds of ounces, and their ratios (`asmgold.schemas.evidence.PRODUCTION`)."""
    words = wording.words
    figure, panels = _figure(3.6, 2)
    years, width = table["year"].to_numpy(), 0.2
    for shift, column, colour in (
        (-1.5, "ministry_kg_avoirdupois", "#56B4E9"),
        (-0.5, "ministry_kg_troy", COLOURS[1]),
        (0.5, "unep_kg_avoirdupois", "#E6AB02"),
        (1.5, "unep_kg_troy", "#8C6900"),
    ):
        series, _, ounces = column.partition("_kg_")
        label = f"{words[series]}, {words[ounces]}"
        panels[0].bar(years + shift * width, table[column] / 1000, width, color=colour, label=label)
    panels[0].set_title(words["production_tonnes"])
    panels[1].plot(years, table["ratio"], "o-", color=COLOURS[0], label=words["ratio_printed"])
    panels[1].axhline(TROY_G / AVOIRDUPOIS_G, color=REAL, lw=1.2, ls="--", label=words["ratio_of_ounces"])
    panels[1].axhline(1, color=MUTED, lw=0.8)
    panels[1].set_ylim(bottom=0)
    panels[1].set_title(words["production_ratio"])
    panels[1].legend(frameon=False, fontsize=8)
    _legend(figure, panels[0].get_legend_handles_labels()[0], columns=2)
    for panel in panels:
        panel.grid(axis="y", color=LINES, lw=0.5)
        panel.set_axisbelow(True)
    return figure


@_styled
def headed(figure: Figure, heading: str) -> Figure:
    """The figure with a heading, such as the layer of evidence that it is about."""
    figure.suptitle(heading, x=0.01, ha="left", weight="bold")
    return figure


@_styled
def save_png(figures: Sequence[Figure], path: Path) -> None:
    """Write figures as one picture, one below the other, the same bytes for the same tables."""
    drawn = [io.BytesIO() for _ in figures]
    for figure, content in zip(figures, drawn, strict=True):
        make_drawable(figure)
        figure.savefig(content, dpi=DPI, metadata={"Software": None})
    if len(drawn) == 1:
        path.write_bytes(drawn[0].getvalue())
        return
    pictures = [Image.open(content) for content in drawn]
    together = Image.new("RGB", (max(each.width for each in pictures), sum(each.height for each in pictures)), "white")
    for number, each in enumerate(pictures):
        together.paste(each, (0, sum(above.height for above in pictures[:number])))
    together.save(path, dpi=(DPI, DPI))


@_styled
def as_svg(figure: Figure) -> str:
    """The picture as the text of an SVG, the same for the same tables."""
    make_drawable(figure)
    with io.StringIO() as text:
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
        return text.getvalue()


def _figure(height: float, panels: int, *, sharey: bool = False) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(7.6, height), facecolor="white", layout="constrained")
    return figure, list(np.atleast_1d(figure.subplots(1, panels, sharey=sharey)))


def _legend(figure: Figure, handles: Sequence[Artist], *, columns: int) -> None:
    figure.legend(handles=handles, loc="outside lower left", ncols=columns, frameon=False, fontsize=8)


def _share_axis(panel: Axes, wording: Wording, ticks: Sequence[float] = (0, 0.5, 1)) -> None:
    """Shares from 0 to 100 % along x."""
    panel.set(xlim=(0, 1), xticks=ticks)
    panel.xaxis.set_major_formatter(FuncFormatter(wording.per_cent))


def _of_all_periods(table: pd.DataFrame, evidence: str | None) -> pd.DataFrame:
    return table[(table["evidence"] == evidence) & (table["period"] == ALL_PERIODS)]


def _band(bands: pd.DataFrame, name: str, zone: str, evidence: str | None) -> pd.Series:
    rows = bands[(bands["figure"] == name) & (bands["zone"] == zone)]
    band: pd.Series = (_of_all_periods(rows, evidence) if name == "capture" else rows).iloc[0]
    return band


def variant_label(choice: str, variant: str, words: Mapping[str, str]) -> str:
    """How to call a variant of a choice."""
    name = words["choice_" + choice.replace(" ", "_")]
    shown = words.get("variant_" + variant.replace(" ", "_"), variant)
    return f"{name}: {shown}" if variant else name
