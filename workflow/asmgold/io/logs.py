"""What a log says: file names, titles and what was found are written by others, and steer no terminal."""

from __future__ import annotations

import logging

from asmgold.errors import printable


def log_plainly(*handlers: logging.Handler) -> None:
    """Send what is logged to these handlers, without what libraries say of their own work."""
    for handler in handlers:
        handler.setFormatter(PlainFormatter())
    logging.basicConfig(level=logging.INFO, handlers=handlers)
    for talkative in ("pyogrio", "fontTools"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # that a font is not bold is no matter


class PlainFormatter(logging.Formatter):
    """The message and nothing else, control characters as escapes."""

    def format(self, record: logging.LogRecord) -> str:
        """The text of a record, with the traceback if it has one."""
        return printable(super().format(record))
