"""Columns of entries beside the map: the legend, with its symbols, and the key figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from matplotlib.axes import Axes

from asmgold.publish import palette
from asmgold.publish.map.lettering import LINE_SPACING, PrintedPage, broken, mm, text_width

DrawSymbol = Callable[[Axes, float, float], None]

SYMBOL_WIDTH = 9.0
MAX_TEXT_SIZE = 7.6
TEXT_SIZES = (MAX_TEXT_SIZE, 6.8, 6.0, 5.2)


@dataclass(frozen=True)
class ColumnEntry:
    """A line of a column: a text, and before it a symbol or a value.

    Attributes
    ----------
    symbol : draws it about a point of the page, millimetres
    """

    text: str
    symbol: DrawSymbol | None = None
    value: str = ""


@dataclass(frozen=True)
class TextColumn:
    """A heading, entries below it, and a note below them.

    Attributes
    ----------
    size : of the text, points
    """

    heading: str
    entries: tuple[ColumnEntry, ...]
    note: str = ""
    size: float = MAX_TEXT_SIZE

    def sized(self, size: float) -> TextColumn:
        """The same in another size of text."""
        return replace(self, size=size)

    def shortened(self, width: float, height: float, more: Callable[[int], str]) -> TextColumn:
        """The same with as many entries as there is room for, and a last one that counts those left out.

        Parameters
        ----------
        width, height : of the room, millimetres
        more : the text of that entry, for a number of entries left out
        """
        for kept in range(len(self.entries), -1, -1):
            left_out = len(self.entries) - kept
            rest = (ColumnEntry(more(left_out)),) if left_out else ()
            column = replace(self, entries=self.entries[:kept] + rest)
            if column.height(width) <= height:
                return column
        return replace(self, entries=())

    def height(self, width: float) -> float:
        """What it takes up in a column of this width, millimetres."""
        lines = sum(len(self._lines(entry, width)) for entry in self.entries)
        return self._step * (1.3 + lines) + self._gap * len(self.entries) + self._note_height(width)

    def draw(self, page: PrintedPage, left: float, top: float, width: float) -> None:
        """Write it on a page.

        Parameters
        ----------
        page : it notes what room the text takes
        left, top : of the column, millimetres from the lower left corner of the page
        width : of the column, millimetres
        """
        y = top - mm(self.size)
        page.write(left, y, self.heading, self.size, weight="bold")
        y -= 1.3 * self._step
        lead = self._lead
        for entry in self.entries:
            lines = self._lines(entry, width)
            if entry.symbol is not None:
                entry.symbol(page.axes, left + SYMBOL_WIDTH / 2 - 1, y + 0.35 * mm(self.size))
            if entry.value:
                page.write(left + lead - 2, y, entry.value, self.size, weight="bold", ha="right")
            for line in lines:
                page.write(left + lead, y, line, self.size)
                y -= self._step
            y -= self._gap
        for line in self._note_lines(width):
            page.write(left, y - 0.3 * self._step, line, self.size - 0.6, style="italic", color=palette.TEXT_MUTED)
            y -= self._step * 0.95

    @property
    def _step(self) -> float:
        return LINE_SPACING * mm(self.size)

    @property
    def _gap(self) -> float:
        return 0.35 * mm(self.size)

    @property
    def _lead(self) -> float:
        values = [text_width(entry.value, self.size, "bold") + 2 for entry in self.entries if entry.value]
        return max([*values, SYMBOL_WIDTH if any(entry.symbol for entry in self.entries) else 0.0])

    def _lines(self, entry: ColumnEntry, width: float) -> list[str]:
        return broken(entry.text, self.size, width - self._lead)

    def _note_lines(self, width: float) -> list[str]:
        return broken(self.note, self.size - 0.6, width * 0.97) if self.note else []

    def _note_height(self, width: float) -> float:
        return self._step * (0.95 * len(self._note_lines(width)) + (0.3 if self.note else 0))
