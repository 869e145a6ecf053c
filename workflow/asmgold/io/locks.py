"""Locks on files: one program at a time. The system lets go of a lock when the program that holds it ends, however."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from asmgold.errors import BusyError


@contextmanager
def locked(path: Path, busy: str | None = None) -> Iterator[IO[str]]:
    """Hold the lock on a file, which is made if it is not there. Gives the open file.

    On Linux and macOS a process that inherits the file's descriptor holds the lock as well, until it ends itself.

    Parameters
    ----------
    path : the file
    busy : what to say if another program holds the lock; without it, that program is waited for

    Raises
    ------
    BusyError : if another program holds the lock and is not to be waited for.
    """
    from filelock import lock_descriptor  # a tenth of a second, which most jobs can do without

    with path.open("a", encoding="utf-8") as file:
        if not lock_descriptor(file.fileno(), blocking=busy is None):
            raise BusyError(busy)
        yield file
