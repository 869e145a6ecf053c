"""Pictures of the tables of evidence: the radius, the choices, chance, the overlays by period, production."""

from __future__ import annotations

import functools
import io
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from asmgold.config import ALL_PERIODS
from asmgold.evidence.context import AVOIRDUPOIS_G, TROY_G
from asmgold.evidence.seen import AREA

P = ParamSpec("P")
R = TypeVar("R")
Words = Mapping[str, str]
STYLE: Any = {
    "font.family": "DejaVu Sans",
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
REAL, CHANCE, MUTED, INSIDE, OUTSIDE = "#D55E00", "#B8C4CC", "#6B6B6B", "#CC5500", "#BDBDBD"


def _styled(function: Callable[P, R]) -> Callable[P, R]:
    """Draw in the style of this project, whatever that of the machine is."""

    @functools.wraps(function)
    def styled(*arguments: P.args, **options: P.kwargs) -> R:
        with mpl.rc_context(STYLE):
            return function(*arguments, **options)

    return styled


@_styled
def draw_radius(
    curve: pd.DataFrame, titles: Mapping[str, str], words: Words, *, buffer_km: float, evidence: str | None = None
) -> Figure:
    """Capture and covered land by radius, and the lift, for the area and each overlay.

    Parameters
    ----------
    curve : `asmgold.evidence.tables.RADIUS_CURVE`
    titles : how to call the zones
    words : of the section `evidence`
    buffer_km : the radius of the map, marked
    evidence : which layer of evidence; without one, the covered land alone
    """
    rows = curve[(curve["evidence"] == evidence) & (curve["period"] == ALL_PERIODS)] if evidence else curve
    zones = [zone for zone in rows["zone"].unique() if zone in titles]
    figure, panels = _figure(3.9, 2 if evidence else 1)
    for number, zone in enumerate(zones):
        of_zone, colour = rows[rows["zone"] == zone], COLOURS[number % len(COLOURS)]
        radius = of_zone["radius_km"]
        panels[0].plot(
            radius, of_zone["land_share"], "--", color=colour, lw=1.3, label=f"{titles[zone]}: {words['land']}"
        )
        if evidence:
            panels[0].plot(
                radius, of_zone["capture"], color=colour, lw=2, label=f"{titles[zone]}: {words['mining_seen']}"
            )
            panels[1].plot(radius, of_zone["lift"], color=colour, lw=2, label=titles[zone])
    for panel in panels:
        panel.axvline(buffer_km, color=MUTED, lw=0.8, ls=":")
        panel.annotate(
            f"{buffer_km:g} km", (buffer_km, 1), xycoords=("data", "axes fraction"), xytext=(3, -2),
            textcoords="offset points", va="top", fontsize=8, color=MUTED,
        )  # fmt: skip
        panel.set(xlim=(0, rows["radius_km"].max()), xlabel=words["radius_axis"])
        panel.grid(color="#E3E3E3", lw=0.5)
        panel.set_ylim(bottom=0)
    panels[0].set_ylim(0, 1.02)
    panels[0].yaxis.set_major_formatter(PercentFormatter(1))
    panels[0].set_title(words["radius_shares"])
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower left", ncols=2, frameon=False, fontsize=8)
    if evidence:
        panels[1].set_title(words["radius_lift"])
    return figure


@_styled
def draw_choices(
    table: pd.DataFrame, bands: pd.DataFrame, titles: Mapping[str, str], words: Words, *, evidence: str | None = None
) -> Figure:
    """What each variant of each choice makes of the regions, of the overlays, and of the capture.

    Parameters
    ----------
    table, bands : `asmgold.evidence.tables.SENSITIVITY` and `POSITION_BANDS`
    titles, words, evidence : as for `draw_radius`
    """
    rows = table[table["evidence"] == evidence] if evidence else table.drop_duplicates(["choice", "variant", "zone"])
    rows = rows.fillna({"variant": ""})
    variants = list(rows[["choice", "variant"]].drop_duplicates().itertuples(index=False, name=None))
    zones = [zone for zone in rows["zone"].unique() if zone in titles]
    panels_of = [("land_share", zone, f"{titles[zone]}: {words['land']}") for zone in zones]
    if evidence:
        panels_of += [("capture", zone, f"{titles[zone]}: {words['mining_seen']}") for zone in zones]
    figure, panels = _figure(1.6 + 0.24 * (len(variants) + 1), len(panels_of), sharey=True)
    labels = [_variant_label(choice, variant, words) for choice, variant in variants] + [words["choice_positions"]]
    places = np.arange(len(labels))[::-1]
    for panel, (figure_name, zone, title) in zip(panels, panels_of, strict=True):
        of_zone = rows[rows["zone"] == zone].set_index(["choice", "variant"])[figure_name]
        values = np.array([of_zone.loc[key] for key in variants])
        panel.axvline(values[0], color=MUTED, lw=0.8, ls=":")
        colours = [REAL if row == 0 else COLOURS[1] for row in range(len(values))]
        panel.scatter(values, places[:-1], s=24, color=colours, clip_on=False, zorder=3)
        band = _band(bands, figure_name, zone, evidence)
        panel.plot([band["p05"], band["p95"]], [places[-1]] * 2, "|-", color=COLOURS[2], lw=3, ms=8, zorder=3)
        panel.set_title(textwrap.fill(title, 24), fontsize=8.5)
        panel.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        panel.set_xlim(0, max(1.05 * np.nan_to_num([*values, band["p95"]]).max(), 0.01))
        panel.grid(color="#E3E3E3", lw=0.5)
        panel.tick_params(axis="both", length=0)
    panels[0].set_yticks(places, labels)
    return figure


@_styled
def draw_chance(table: pd.DataFrame, titles: Mapping[str, str], words: Words, *, evidence: str) -> Figure:
    """The capture of the real sites beside that of sites placed at random (`asmgold.evidence.tables.CHANCE`)."""
    rows = table[(table["evidence"] == evidence) & (table["period"] == ALL_PERIODS) & table["zone"].isin(titles)]
    rows = rows[rows["capture"].notna()].iloc[::-1]
    figure, (panel,) = _figure(1.5 + 0.42 * len(rows), 1)
    labels = []
    for place, row in enumerate(rows.to_dict("records")):
        labels.append(f"{textwrap.fill(titles[row['zone']], 40)}\n{words['placed_' + row['placed']]}")
        panel.plot([row["p05"], row["p95"]], [place, place], color=CHANCE, lw=9, solid_capstyle="butt", zorder=1)
        panel.plot([row["p95"], row["highest"]], [place, place], color=CHANCE, lw=1.2, zorder=1)
        panel.plot(row["p50"], place, "|", color="white", ms=9, mew=1.6, zorder=2)
        panel.plot(row["capture"], place, "D", color=REAL, ms=6, zorder=3)
        panel.annotate(
            f"p = {row['p_value']:.3f}", (1.01, place), xycoords=("axes fraction", "data"), va="center", fontsize=8
        )
    panel.set_yticks(range(len(rows)), labels)
    panel.set(xlim=(0, 1), ylim=(-0.6, len(rows) - 0.4), xlabel=words["capture_axis"])
    panel.xaxis.set_major_formatter(PercentFormatter(1))
    panel.grid(axis="x", color="#E3E3E3", lw=0.5)
    handles = [
        mpl.lines.Line2D([], [], color=REAL, marker="D", ls="", ms=6, label=words["real_sites"]),
        mpl.lines.Line2D([], [], color=CHANCE, lw=8, label=words["chance_band"]),
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=2, frameon=False, fontsize=8)
    return figure


@_styled
def draw_by_overlay(table: pd.DataFrame, titles: Mapping[str, str], words: Words) -> Figure:
    """The share seen inside each overlay by period, and what was published (`asmgold.evidence.tables.BY_OVERLAY`)."""
    rows = table.iloc[::-1]
    figure, (panel,) = _figure(1.4 + 0.34 * len(rows), 1)
    labels = []
    for place, row in enumerate(rows.to_dict("records")):
        found, share = pd.notna(row["inside"]), row["share_inside"]
        if pd.notna(share):
            bar: dict[str, Any] = (
                {"color": INSIDE} if found else {"color": "white", "edgecolor": INSIDE, "hatch": "////"}
            )
            panel.barh(place, share, height=0.62, lw=0.8, **bar)
            panel.barh(place, 1 - share, left=share, height=0.62, color=OUTSIDE if found else "#F3F3F3")
            unit = " km²" if row["unit"] == "km2" else ""
            total = "   " + words["of_total"].format(total=row["inside"] + row["outside"]) + unit if found else ""
            panel.annotate(
                f"{share:.1%}{total}", (0.012, place), va="center", fontsize=8,
                bbox={"facecolor": "white", "alpha": 0.85, "lw": 0, "pad": 1.2},
            )  # fmt: skip
        period = words["all_periods"] if row["period"] == ALL_PERIODS else row["period"]
        name = f"{titles.get(row['series'], row['series'])}, {period}" if pd.notna(period) else row["series"]
        labels.append(textwrap.fill(name, 36))
    panel.set_yticks(range(len(rows)), labels)
    panel.set(xlim=(0, 1))
    panel.xaxis.set_major_formatter(PercentFormatter(1))
    panel.tick_params(axis="y", length=0)
    overlays = ", ".join(titles.get(f"{name}:inside", name) for name in table["overlay"].unique())
    handles = [
        mpl.patches.Patch(facecolor=INSIDE, label=f"{words['inside']}: {overlays}"),
        mpl.patches.Patch(facecolor=OUTSIDE, label=words["outside"]),
        mpl.patches.Patch(facecolor="white", edgecolor=INSIDE, hatch="////", label=words["published"]),
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=3, frameon=False, fontsize=8)
    return figure


@_styled
def draw_production(table: pd.DataFrame, words: Words) -> Figure:
    """Both series in kilograms by both kinds of ounces, and their ratios (`asmgold.evidence.tables.PRODUCTION`)."""
    figure, panels = _figure(3.6, 2)
    years, width = table["year"].to_numpy(), 0.27
    for shift, column, colour, label in (
        (-1, "ministry_kg_troy", COLOURS[1], f"{words['ministry']}, {words['troy']}"),
        (0, "unep_kg_avoirdupois", "#E6AB02", f"{words['unep']}, {words['avoirdupois']}"),
        (1, "unep_kg_troy", "#8C6900", f"{words['unep']}, {words['troy']}"),
    ):
        panels[0].bar(years + shift * width, table[column] / 1000, width, color=colour, label=label)
    panels[0].set_title(words["production_tonnes"])
    panels[1].plot(years, table["ratio"], "o-", color=COLOURS[0], label=words["ratio_printed"])
    panels[1].axhline(TROY_G / AVOIRDUPOIS_G, color=REAL, lw=1.2, ls="--", label=words["ratio_of_ounces"])
    panels[1].axhline(1, color=MUTED, lw=0.8)
    panels[1].set_ylim(bottom=0)
    panels[1].set_title(words["production_ratio"])
    panels[1].legend(frameon=False, fontsize=8)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower left", ncols=3, frameon=False, fontsize=8)
    for panel in panels:
        panel.grid(axis="y", color="#E3E3E3", lw=0.5)
        panel.set_axisbelow(True)
    return figure


@_styled
def save_png(figure: Figure, path: Path) -> None:
    """Write a picture, the same bytes for the same tables."""
    figure.savefig(path, dpi=150, metadata={"Software": None})


@_styled
def as_svg(figure: Figure) -> str:
    """The picture as the text of an SVG, the same for the same tables."""
    with io.StringIO() as text:
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
        return text.getvalue()


def _figure(height: float, panels: int, *, sharey: bool = False) -> tuple[Figure, list[Any]]:
    figure = Figure(figsize=(7.6, height), facecolor="white", layout="constrained")
    return figure, list(np.atleast_1d(figure.subplots(1, panels, sharey=sharey)))


def _band(bands: pd.DataFrame, name: str, zone: str, evidence: str | None) -> pd.Series:
    rows = bands[(bands["figure"] == name) & (bands["zone"] == zone)]
    if name == "capture":
        rows = rows[(rows["evidence"] == evidence) & (rows["period"] == ALL_PERIODS)]
    band: pd.Series = rows.iloc[0]
    return band


def _variant_label(choice: str, variant: str, words: Words) -> str:
    name = words["choice_" + choice.replace(" ", "_")]
    shown = words.get("variant_" + variant.replace(" ", "_"), variant)
    return f"{name}: {shown}" if variant else name


def shown_zones(
    zones: Sequence[str],
    overlay_titles: Mapping[str, str],
    parents: Mapping[str, str | None],
    area_title: str,
    words: Words,
) -> dict[str, str]:
    """How to call the zones: the area, each overlay, and the rest of the one that it is within."""
    titles = {}
    for zone in zones:
        overlay, _, part = zone.partition(":")
        title = overlay_titles.get(overlay, overlay)
        around = overlay_titles.get(parents.get(overlay) or "", "")
        outside = words["outside_of"].format(overlay=title, parent=around)
        titles[zone] = area_title if zone == AREA else title if part == "inside" else outside
    return titles
