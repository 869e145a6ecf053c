"""Draws the flow of the rules as Snakemake plans it: `python docs/site/flow.py`, which `make docs` calls.

The scenario that is planned has one of everything, so that every rule is in the picture. An arrow that follows from
others is left out (transitive reduction). Rules stand in layers by their longest way from the start, in an order
that keeps arrows from crossing (the barycentres of Sugiyama, Tagawa and Toda 1981), below what they use.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from html import escape
from itertools import combinations, pairwise
from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parents[2]
PICTURE = PROJECT / "docs/flow.svg"
EVERYTHING = {
    "scenario": "peru-upstream",  # fetches its sources, and has evidence
    "exposure": {"people": {"source": "worldpop_peru", "unit": "people"}},
    "area": {"country": "PER"},
    "countries": {"source": "world", "code_field": "iso_n3", "name_field": "name"},
    "per_country": True,
}
NOTHING = {"sha256": "0" * 64, "bytes": 1}  # no source is read to plan
FILLS = ("#e8eef7", "#fdf0d5", "#e3f1e4", "#f9e2df", "#ece4f3", "#dff1f3", "#f4eedd", "#eeeeee", "#e9ecd2", "#dfe3f5")
HEIGHT, NARROWEST, GAP, ROW, LETTER = 30, 75, 14, 60, 7
SWEEPS = 24

Edges = set[tuple[str, str]]


def rule_graph() -> Edges:
    """Which rule uses what another one makes: pairs of the two."""
    with tempfile.TemporaryDirectory() as folder:
        pins = dict.fromkeys(yaml.safe_load((PROJECT / "config/sources.yaml").read_text("utf-8")), NOTHING)
        settings = EVERYTHING | {"lock_file": "pins.yaml"}
        for name, content in (("pins.yaml", pins), ("settings.yaml", settings)):
            Path(folder, name).write_text(yaml.safe_dump(content), encoding="utf-8")
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(PROJECT / "workflow/Snakefile")]
        command += ["--configfile", "settings.yaml", "--rulegraph", "dot"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"Snakemake could not plan the flow:\n{done.stderr}")
    # Rules that differ by a number alone are one: each makes a batch of countries.
    names = dict(re.findall(r'^\s*(\d+)\[label = "(\w+?)(?:_\d+)?"', done.stdout, re.MULTILINE))
    return {(names[a], names[b]) for a, b in re.findall(r"^\s*(\d+) -> (\d+)", done.stdout, re.MULTILINE)}


def stages() -> dict[str, str]:
    """The stage of each rule: the file in workflow/rules that it stands in, in the order of the flow."""
    rules = (PROJECT / "workflow/rules/one.smk").read_text("utf-8")
    found = {}
    for stage in re.findall(r'^include: "(\w+)\.smk"', rules, re.MULTILINE):
        text = (PROJECT / f"workflow/rules/{stage}.smk").read_text("utf-8")
        found |= dict.fromkeys(re.findall(r"^\s*(?:rule|checkpoint) (\w+):", text, re.MULTILINE), stage)
        found |= dict.fromkeys(re.findall(r'^\s*f"(\w+)_\{\w+\}"$', text, re.MULTILINE), stage)
    return found


def reduced(edges: Edges) -> Edges:
    """The edges that do not follow from others."""
    after = {node: {b for a, b in edges if a == node} for edge in edges for node in edge}

    def reaches(node: str, target: str) -> bool:
        return any(follower == target or reaches(follower, target) for follower in after[node])

    return {(a, b) for a, b in edges if not any(reaches(c, b) for c in after[a] - {b})}


def ranks(edges: Edges) -> dict[str, int]:
    """The layer of each node: the number of edges on the longest way to it, or as near to what uses it as can be."""
    nodes = sorted({node for edge in edges for node in edge})
    rank = dict.fromkeys(nodes, 0)
    for _ in nodes:
        for a, b in edges:
            rank[b] = max(rank[b], rank[a] + 1)
    for node in nodes:
        if not any(b == node for _, b in edges):
            rank[node] = min(rank[b] for a, b in edges if a == node) - 1
    return rank


def layered(edges: Edges) -> tuple[list[list[str]], list[list[str]]]:
    """The layers from top to bottom, each in order; and each edge as the points that it passes, one in each layer."""
    rank = ranks(edges)
    paths = []
    layers: list[list[str]] = [[] for _ in range(max(rank.values()) + 1)]
    for node in sorted(rank):
        layers[rank[node]].append(node)
    for a, b in sorted(edges):
        between = [f"{a} {b} {level}" for level in range(rank[a] + 1, rank[b])]
        for level, point in enumerate(between, rank[a] + 1):
            layers[level].append(point)
        paths.append([a, *between, b])
    beside: dict[str, list[list[str]]] = {}
    for path in paths:
        for a, b in pairwise(path):
            beside.setdefault(a, [[], []])[1].append(b)
            beside.setdefault(b, [[], []])[0].append(a)
    tried = [layers]
    for sweep in range(SWEEPS):
        layers = [list(layer) for layer in layers]
        _sort_by_neighbours(layers if sweep % 2 == 0 else layers[::-1], beside, sweep % 2)
        tried.append(layers)
    return min(tried, key=lambda order: _crossings(order, paths)), paths


def _crossings(layers: list[list[str]], paths: list[list[str]]) -> int:
    place = {node: (level, index) for level, layer in enumerate(layers) for index, node in enumerate(layer)}
    steps = sorted((*place[a], place[b][1]) for path in paths for a, b in pairwise(path))
    return sum(one[0] == other[0] and one[1] < other[1] and one[2] > other[2] for one, other in combinations(steps, 2))


def _sort_by_neighbours(layers: list[list[str]], beside: Mapping[str, list[list[str]]], side: int) -> None:
    for above, layer in pairwise(layers):
        place = {node: (index + 0.5) / len(above) for index, node in enumerate(above)}
        own = {node: (index + 0.5) / len(layer) for index, node in enumerate(layer)}
        layer.sort(key=lambda node: (_mean([place[n] for n in beside[node][side]]) or own[node], node))


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def drawn(edges: Edges, stage_of: Mapping[str, str]) -> str:
    """The picture, as SVG."""
    layers, paths = layered(reduced(edges))
    across = _placed(layers, paths)
    width = max(across[layer[-1]] + _width(layer[-1]) / 2 for layer in layers) + GAP
    places = {node: (across[node], ROW * level + ROW / 2) for level, layer in enumerate(layers) for node in layer}
    fill = dict(zip(dict.fromkeys(stage_of.values()), FILLS, strict=False))
    parts = [_arrow([places[point] for point in path]) for path in paths]
    parts += [_box(node, places[node], stage_of.get(node, ""), fill) for layer in layers for node in layer
              if " " not in node]  # fmt: skip
    height = ROW * len(layers) + 40
    legend, legend_width = _legend(fill, height - 30)
    parts, width = parts + legend, max(width, legend_width)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="12" role="img">',
        "<title>The rules, and which uses what another one makes</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="#666"/></marker></defs>',
        f'<rect width="{width:.0f}" height="{height}" fill="#ffffff"/>',
        *parts, "</svg>", "",
    ])  # fmt: skip


def _placed(layers: list[list[str]], paths: list[list[str]]) -> dict[str, float]:
    """Where each node stands across: as near to the middle of its neighbours as its own layer lets it."""
    beside: dict[str, list[str]] = {}
    for path in paths:
        for a, b in pairwise(path):
            beside.setdefault(a, []).append(b)
            beside.setdefault(b, []).append(a)
    across = {node: 0.0 for layer in layers for node in layer}
    for sweep in range(2 * SWEEPS):
        for layer in layers if sweep % 2 == 0 else layers[::-1]:
            wanted = [_mean([across[n] for n in beside[node]]) for node in layer]
            right, left = list(wanted), list(wanted)
            for i in range(1, len(layer)):
                right[i] = max(wanted[i], right[i - 1] + _apart(layer[i - 1], layer[i]))
                left[-i - 1] = min(wanted[-i - 1], left[-i] - _apart(layer[-i - 1], layer[-i]))
            across |= {node: (a + b) / 2 for node, a, b in zip(layer, left, right, strict=True)}
    start = min(across[layer[0]] - _width(layer[0]) / 2 for layer in layers) - GAP
    return {node: x - start for node, x in across.items()}


def _apart(a: str, b: str) -> float:
    return (_width(a) + _width(b)) / 2 + GAP


def _width(node: str) -> float:
    return GAP if " " in node else max(len(node) * LETTER + 16, NARROWEST)


def _arrow(points: list[tuple[float, float]]) -> str:
    half = HEIGHT / 2
    x, y = points[0][0], points[0][1] + half
    curve = f"M{x:.0f} {y:.0f}"
    for level, (next_x, centre) in enumerate(points[1:], 1):
        next_y = centre - half
        curve += f" C{x:.0f} {(y + next_y) / 2:.0f} {next_x:.0f} {(y + next_y) / 2:.0f} {next_x:.0f} {next_y:.0f}"
        x, y = next_x, centre + half
        if level < len(points) - 1:
            curve += f" V{y:.0f}"  # straight past the boxes of that layer
    return f'<path d="{curve}" fill="none" stroke="#999" marker-end="url(#tip)"/>'


def _box(node: str, place: tuple[float, float], stage: str, fill: Mapping[str, str]) -> str:
    (x, y), width, height = place, _width(node), HEIGHT
    return (
        f'<rect x="{x - width / 2:.0f}" y="{y - height / 2:.0f}" width="{width:.0f}" height="{height}" rx="5" '
        f'fill="{fill.get(stage, "#ffffff")}" stroke="#666"/>'
        f'<text x="{x:.0f}" y="{y + 4:.0f}" text-anchor="middle">{escape(node)}</text>'
    )


def _legend(fill: Mapping[str, str], y: float) -> tuple[list[str], float]:
    parts, x = [], float(GAP)
    for stage, colour in fill.items():
        name = f"{stage}.smk"
        parts.append(f'<rect x="{x:.0f}" y="{y:.0f}" width="14" height="14" fill="{colour}" stroke="#666"/>'
                     f'<text x="{x + 20:.0f}" y="{y + 11:.0f}">{escape(name)}</text>')  # fmt: skip
        x += 34 + len(name) * LETTER
    return parts, x


def picture() -> str:
    """The text of `docs/flow.svg`."""
    return drawn(rule_graph(), stages())


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
