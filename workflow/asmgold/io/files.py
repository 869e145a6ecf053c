"""Files that are written whole or not at all, and full disks recognised among other failures."""

from __future__ import annotations

import errno
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from asmgold.errors import InputError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# Arrow, SQLite and GDAL give no error number. The last one does not say either why a file could not be written, or only
# misses what it wrote when it reads that again. (Input that cannot be read is an InputError.)
WORDS = (
    "no space left", "disk is full", "quota exceeded", "disk i/o error", "write error", "write failed",
    "failed to commit", "ireadblock failed",
)  # fmt: skip
NO_ROOM = 1_000_000


def to_disk(path: Path) -> None:
    """Have the content of a file, or the names in a folder, on the disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows does that by itself
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def disk_failure(error: BaseException, folder: Path) -> str | None:
    """Find out whether a failure is that of a disk.

    Parameters
    ----------
    error : what was raised
    folder : where files were being written

    Returns
    -------
    The message about the disk, if the exception or one of its causes is about a write that failed; how much room there
    is, if less than a megabyte is left in the folder; otherwise None.
    """
    for one in _chain(error):
        if isinstance(one, OSError) and one.errno in FULL:
            return (one.strerror or str(one)).splitlines()[0]
        if any(words in str(one).casefold() for words in WORDS):
            return str(one).splitlines()[0]
    free = shutil.disk_usage(folder).free
    return f"{free} bytes are free in {folder}: {error}" if free < NO_ROOM else None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The causes of an exception and then itself, the first cause first."""
    if error is not None:
        yield from _chain(error.__cause__ or error.__context__)
        yield error


@contextmanager
def disk_errors_as_input_errors(path: Path) -> Iterator[None]:
    """Turn an OSError of the block into an InputError that names the file and the reason."""
    try:
        yield
    except OSError as error:
        full = error.errno in FULL
        reason = "the disk is full" if full else (error.strerror or str(error)).lower()
        raise InputError(f"{path}: could not be written: {reason}") from None


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that gets its name only when the block ends and all bytes are on the disk.

    Until then it has the ending `.part`; if the block fails, it is removed. An OSError in the block becomes an
    InputError, as if it came from the disk.
    """
    growing = path.with_name(path.name + ".part")
    try:
        with disk_errors_as_input_errors(path):
            with growing.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            growing.replace(path)
            to_disk(path.parent)
    finally:
        growing.unlink(missing_ok=True)


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """Write JSON that reads well and has the same bytes for the same content."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, sort_keys=False) + "\n", encoding="utf-8")


def write_zip(path: Path, members: Mapping[str, str | bytes]) -> None:
    """Write a zip, the same bytes for the same members: no clock time goes into it."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr, entry.compress_type = 0o644 << 16, zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
