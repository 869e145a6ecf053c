"""What a log says: file names, titles and what was found are written by others, and steer no terminal."""

from __future__ import annotations

import logging

from asmgold.errors import printable


class PlainFormatter(logging.Formatter):
    """The message and nothing else, control characters as escapes."""

    def format(self, record: logging.LogRecord) -> str:
        """The text of a record, with the traceback if it has one."""
        return printable(super().format(record))
