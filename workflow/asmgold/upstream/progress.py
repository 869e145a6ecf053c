"""How far a download is: a bar at a terminal, plain lines in a log."""

from __future__ import annotations

import logging
import shutil
import sys
import time
from types import TracebackType
from typing import TextIO

log = logging.getLogger(__name__)

BAR_EVERY_S = 0.1
LINE_EVERY_S = 10.0


class Progress:
    """Tells how far a download is; use it as a context manager."""

    def __init__(self, label: str, total: int | None = None, bar: TextIO | None = None) -> None:
        """Begin.

        Parameters
        ----------
        label : what is downloaded
        total : how many bytes are expected, if that is known
        bar : where to draw a bar; by default standard error if it is a terminal, otherwise lines go to the log
        """
        self.label = label
        self.total = total
        self.bar = bar if bar is not None else (sys.stderr if sys.stderr.isatty() else None)
        self.done = 0
        self._told = time.monotonic()

    def __enter__(self) -> Progress:
        """Begin to count."""
        return self

    def advance(self, amount: int) -> None:
        """So many more bytes have come."""
        self.done += amount
        now = time.monotonic()
        if now - self._told < (BAR_EVERY_S if self.bar else LINE_EVERY_S):
            return
        self._told = now
        if self.bar:
            self._draw(self.bar)
        else:
            log.info("%s: %s", self.label, self._amount())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the bar, however the download ended."""
        if self.bar:
            self._draw(self.bar)
            self.bar.write("\n")
            self.bar.flush()

    def _amount(self) -> str:
        if self.total:
            return f"{self.done / 1e6:.1f} of {self.total / 1e6:.1f} MB ({min(self.done / self.total, 1):.0%})"
        return f"{self.done / 1e6:.1f} MB"

    def _draw(self, bar: TextIO) -> None:
        text = f"{self.label}: {self._amount()}"
        width = min(40, shutil.get_terminal_size().columns - len(text) - 5)
        if self.total and width >= 10:
            full = round(width * min(self.done / self.total, 1))
            text += f" [{'#' * full}{'.' * (width - full)}]"
        bar.write(f"\r\x1b[K{text}")
        bar.flush()
