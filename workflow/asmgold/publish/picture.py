"""A picture of the map: regions, sites and overlays at a glance."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

REGION = "#E6AB02"
REGION_EDGE = "#8C6900"
SITE_COLOURS = {"mrds": "#1B1B1B", "major_deposits": "#C0392B"}
SITE_LABELS = {"mrds": "Site of MRDS", "major_deposits": "Site of major deposits"}
OVERLAY_COLOURS = ("#1F5FA8", "#5B2C83", "#0B7A5B", "#A0522D")


def draw_map(
    path: Path,
    *,
    title: str,
    subtitle: str,
    credit: str,
    area: gpd.GeoDataFrame,
    regions: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    overlays: Mapping[str, gpd.GeoDataFrame],
    overlay_titles: Mapping[str, str],
) -> None:
    """Draw the map as a PNG of 1600 pixels' height, the same bytes for the same tables.

    Longitudes and latitudes are scaled alike at the middle of the area, which is what QGIS shows first.
    """
    west, south, east, north = area.total_bounds
    margin = 0.03 * max(east - west, north - south)
    stretch = 1 / max(np.cos(np.radians((south + north) / 2)), 0.1)
    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 9, "axes.linewidth": 0.6}):
        figure = Figure(figsize=(6.4, 8.0), dpi=200, facecolor="white", layout="constrained")
        axes = figure.add_subplot()
        axes.set_facecolor("#DCE6EE")
        area.plot(ax=axes, facecolor="#F7F4EC", edgecolor="#555555", linewidth=0.8, zorder=1)
        handles: list[Patch | Line2D] = []
        if not regions.empty:
            regions.plot(ax=axes, facecolor=REGION, edgecolor=REGION_EDGE, linewidth=0.5, alpha=0.75, zorder=2)
            handles.append(Patch(facecolor=REGION, edgecolor=REGION_EDGE, alpha=0.75, label="ASM gold region"))
        for number, (name, layer) in enumerate(overlays.items()):
            colour = OVERLAY_COLOURS[number % len(OVERLAY_COLOURS)]
            width = 1.6 - 0.4 * min(number, 2)
            layer.plot(ax=axes, facecolor="none", edgecolor=colour, linewidth=width, zorder=3 + number)
            handles.append(Patch(facecolor="none", edgecolor=colour, linewidth=width, label=overlay_titles[name]))
        for source, of_source in sites.groupby("source", sort=False):
            colour = SITE_COLOURS[str(source)]
            marker, size = ("D", 14) if source == "major_deposits" else ("o", 3)
            of_source.plot(ax=axes, color=colour, marker=marker, markersize=size, linewidth=0, zorder=20)
            handles.append(
                Line2D(
                    [],
                    [],
                    color=colour,
                    marker=marker,
                    markersize=size**0.5 + 1,
                    linestyle="",
                    label=SITE_LABELS[str(source)],
                )
            )
        axes.set_aspect(stretch)
        axes.set_xlim(west - margin * stretch, east + margin * stretch)
        axes.set_ylim(south - margin, north + margin)
        axes.grid(color="#9AA7B1", linewidth=0.3, zorder=0)
        axes.xaxis.set_major_formatter(lambda x, _: f"{abs(x):g}°{'E' if x > 0 else 'W' if x < 0 else ''}")
        axes.yaxis.set_major_formatter(lambda y, _: f"{abs(y):g}°{'N' if y > 0 else 'S' if y < 0 else ''}")
        axes.set(xlabel="", ylabel="")
        axes.set_title(subtitle, loc="left", fontsize=9.5)
        figure.suptitle(textwrap.fill(title, 48), x=0.02, ha="left", fontsize=14, fontweight="bold")
        axes.legend(handles=handles, loc="lower left", frameon=True, framealpha=0.95, edgecolor="#BBBBBB")
        figure.supxlabel(textwrap.fill(credit, 120), fontsize=6.5, color="#444444", x=0.02, ha="left")
        figure.savefig(path, metadata={"Software": None})
