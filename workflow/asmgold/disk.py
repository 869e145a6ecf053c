"""A full disk, told from other failures by what the libraries that write say of it."""

from __future__ import annotations

import errno
from collections.abc import Iterator

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# Arrow, SQLite and GDAL give no error number. The last one does not say either why a file could not be written.
WORDS = ("no space left", "disk is full", "quota exceeded", "disk i/o error", "write error", "write failed")


def disk_failure(error: BaseException) -> str | None:
    """Say what a library said of the disk if an exception, or one that it came from, is about a write that failed."""
    for one in _chain(error):
        if isinstance(one, OSError) and one.errno in FULL:
            return (one.strerror or str(one)).splitlines()[0]
        if any(words in str(one).casefold() for words in WORDS):
            return str(one).splitlines()[0]
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception after those that it came from, so that the first cause comes first."""
    if error is not None:
        yield from _chain(error.__cause__ or error.__context__)
        yield error
