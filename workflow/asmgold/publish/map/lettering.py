"""Text on a page: measured, broken into lines, and never on top of other text.

A page is measured in millimetres from its lower left corner.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patheffects import Stroke
from matplotlib.text import Text
from shapely.geometry.base import BaseGeometry

from asmgold.publish import palette
from asmgold.publish.letters import carried_over, drawable, families

MM_PER_POINT = 25.4 / 72
LINE_SPACING = 1.34
A4_MM = (210.0, 297.0)
A3_MM = (297.0, 420.0)
_RESOLUTION = 300


def mm(points: float) -> float:
    """Millimetres of a number of points."""
    return points * MM_PER_POINT


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, weight: str = "normal") -> float:
    """The width of one line of text, millimetres.

    Parameters
    ----------
    text : one line
    size : of the letters, points
    weight : of the letters, `normal` or `bold`
    """
    shown = drawable(text, weight)
    font = FontProperties(family=families(shown, weight), size=size, weight=weight)
    width, _, _ = _renderer().get_text_width_height_descent(shown, font, ismath=False)  # type: ignore[no-untyped-call]
    return float(width) * 25.4 / _RESOLUTION


@lru_cache(maxsize=1)
def _renderer() -> RendererAgg:
    return RendererAgg(10, 10, _RESOLUTION)  # type: ignore[no-untyped-call]


def broken(text: str, size: float, width: float, weight: str = "normal") -> list[str]:
    """Text broken into lines at blanks, not at no-break spaces; a word that is wider than a line is broken, too.

    Parameters
    ----------
    text : of any length
    size : of the letters, points
    width : that no line exceeds, millimetres
    weight : of the letters, `normal` or `bold`
    """
    lines: list[str] = [""]
    for word in drawable(text, weight).split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size, weight) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        while text_width(word, size, weight) > width and len(word) > 1:
            fitting = max(n for n in range(1, len(word)) if n == 1 or text_width(word[:n], size, weight) <= width)
            lines[-1:] = [word[:fitting], ""]
            word = word[fitting:]
        lines[-1] = word
    return carried_over(lines)


@dataclass
class PrintedPage:
    """A sheet of paper: a figure, its axes in millimetres, and the room that text has taken."""

    figure: Figure
    axes: Axes
    width: float
    height: float
    _taken: list[BaseGeometry] = field(default_factory=list)

    @classmethod
    def of(cls, width: float, height: float) -> PrintedPage:
        """An empty page of this size in millimetres."""
        figure = Figure(figsize=(width / 25.4, height / 25.4), dpi=_RESOLUTION, facecolor="white")
        axes = figure.add_axes((0, 0, 1, 1), zorder=10)
        axes.set(xlim=(0, width), ylim=(0, height))
        axes.set_axis_off()
        return cls(figure, axes, width, height)

    @property
    def paper(self) -> str:
        """The name of its size."""
        return "A3" if sorted((self.width, self.height)) == sorted(A3_MM) else "A4"

    def inner_axes(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """Axes for a map on a part of the page.

        Parameters
        ----------
        left, bottom, width, height : of the part, millimetres
        """
        axes = self.figure.add_axes((left / self.width, bottom / self.height, width / self.width, height / self.height))
        axes.set(xticks=[], yticks=[])
        axes.set_axis_off()
        return axes

    def write(self, x: float, y: float, text: str, size: float, **style: Any) -> Text:
        """Write text at a place that the caller knows to be free.

        Parameters
        ----------
        x, y : of its anchor, millimetres; by default its left end and its base line
        text : one line
        size : of the letters, points
        style : what else `matplotlib.text.Text` takes
        """
        written = self._text(x, y, text, size, **style)
        self.take(self.box_of(written))
        return written

    def write_if_free(self, x: float, y: float, text: str, size: float, *, halo: bool = False, **style: Any) -> bool:
        """Write text at a place if it lies on the page there and covers no other text.

        Parameters
        ----------
        x, y : of its anchor, millimetres; by default its left end and its base line
        text : one line
        size : of the letters, points
        halo : whether a light border sets it off from the map
        style : what else `matplotlib.text.Text` takes

        Returns
        -------
        Whether it was written.
        """
        written = self._text(x, y, text, size, **style)
        box = self.box_of(written)
        if self.is_free(box):
            self.take(box)
            if halo:
                # A text apart: with an effect of its own it would be a drawing in the PDF, where nobody can search it.
                effect = [Stroke(linewidth=size / 4, foreground=palette.HALO)]
                self._text(x, y, text, size, path_effects=effect, zorder=written.get_zorder() - 0.1, **style)
            return True
        written.remove()
        return False

    def is_free(self, box: BaseGeometry) -> bool:
        """Whether a part of the page lies on it and holds no text."""
        sheet = shapely.box(0, 0, self.width, self.height)
        return bool(sheet.contains(box)) and not any(box.intersects(other) for other in self._taken)

    def take(self, box: BaseGeometry) -> None:
        """Keep text away from a part of the page."""
        self._taken.append(box)

    def box_of(self, text: Text) -> BaseGeometry:
        """The part of the page that a text takes up, with a hair's breadth around it."""
        extent = text.get_window_extent(_renderer(), dpi=_RESOLUTION)
        scale = 25.4 / _RESOLUTION
        west, south, east, north = (scale * edge for edge in extent.extents)
        box: BaseGeometry = shapely.box(west - 0.3, south - 0.3, east + 0.3, north + 0.3)
        return box

    def _text(self, x: float, y: float, text: str, size: float, **style: Any) -> Text:
        weight = style.get("weight", "normal")
        shown = drawable(text, weight)
        usual = {"family": families(shown, weight), "color": palette.TEXT, "va": "baseline"}
        return self.axes.text(x, y, shown, size=size, parse_math=False, **usual | style)


def places_within(shape: BaseGeometry, width: float, height: float) -> Iterator[tuple[float, float]]:
    """Middles for a box that lies within a shape, the ones with most room around them first.

    Parameters
    ----------
    shape : polygons on the page, millimetres
    width, height : of the box, millimetres
    """
    if shape.is_empty:
        return
    shapely.prepare(shape)
    west, south, east, north = shape.bounds
    x, y = (grid.ravel() for grid in np.meshgrid(np.linspace(west, east, 40), np.linspace(south, north, 40)))
    boxes = shapely.box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    fits = shapely.contains(shape, boxes)
    room = shapely.distance(boxes[fits], shape.boundary)
    for number in np.argsort(-np.round(room, 3), kind="stable"):
        yield float(x[fits][number]), float(y[fits][number])


def write_at_first_free(
    page: PrintedPage, places: Iterator[tuple[float, float]], text: str, size: float, **style: Any
) -> bool:
    """Write a text about the first of some places where it covers no other text.

    Parameters
    ----------
    page : it knows what room is taken
    places : middles to try, millimetres, in this order
    text : one line
    size : of the letters, points
    style : what else `PrintedPage.write_if_free` takes

    Returns
    -------
    Whether there was such a place.
    """
    return any(page.write_if_free(x, y, text, size, ha="center", va="center", **style) for x, y in places)
