"""Files that are there whole or not at all, and one clear message when the disk does not take them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from asmgold.disk import FULL, to_disk
from asmgold.errors import InputError


@contextmanager
def disk_failures_told(path: Path) -> Iterator[None]:
    """Turn what the operating system says against a file into one clear message, an InputError."""
    try:
        yield
    except OSError as error:
        full = error.errno in FULL
        reason = "the disk is full" if full else (error.strerror or str(error)).lower()
        raise InputError(f"{path}: could not be written: {reason}") from None


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write. It takes its name when the block ends and its bytes are on the disk; otherwise it is removed.

    Until then it stands beside its place, under the same name and `.part`. OSErrors of the block are taken for those
    of the disk.
    """
    growing = path.with_name(path.name + ".part")
    try:
        with disk_failures_told(path):
            with growing.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            growing.replace(path)
            to_disk(path.parent)
    finally:
        growing.unlink(missing_ok=True)
