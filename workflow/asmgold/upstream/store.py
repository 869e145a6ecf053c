"""Where fetched bytes live, and the lock that says which of them are meant.

A file lives where `asmgold.config.paths.stored_file` says: other bytes never take its place, and what was there before
stays until someone prunes it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import yaml

from asmgold.config.loading import load_lock
from asmgold.config.models import Lock, Source
from asmgold.config.paths import DIGITS, LOCK_FILE, ROOT, stored_file
from asmgold.errors import BusyError, InputError
from asmgold.io.checksum import check_bytes, sha256_of
from asmgold.io.files import disk_errors_as_input_errors, to_disk, whole_file
from asmgold.io.locks import locked

PREFIX = ".incoming-"


def is_stored(name: str, source: Source, lock: Lock, root: Path = ROOT) -> bool:
    """Whether the bytes that the lock pins are in the store, unaltered.

    Parameters
    ----------
    name, source, lock, root : as for `asmgold.config.paths.stored_file`
    """
    try:
        check_bytes(stored_file(name, source, lock, root), lock)
    except InputError:
        return False
    return True


@contextmanager
def incoming(name: str, root: Path = ROOT) -> Iterator[Path]:
    """A folder of one's own in the store, for a file that is not accepted yet. It is gone when the block ends.

    Folders of programs that were killed are removed on this occasion.
    """
    folder = root / name
    # Who works in a folder holds a lock on its file `owner`; the system lets go of it when the program ends, however.
    with _alone(root):
        for left in folder.glob(f"{PREFIX}*"):
            _remove_if_abandoned(left)
        with disk_errors_as_input_errors(folder):
            folder.mkdir(exist_ok=True)
            own = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
            owner = ExitStack()
            owner.enter_context(locked(own / "owner"))
    try:
        yield own
    finally:
        with _alone(root):
            owner.close()
            shutil.rmtree(own, ignore_errors=True)
            with suppress(OSError):
                folder.rmdir()  # if nothing ever came


def accept(path: Path, name: str, source: Source, root: Path = ROOT) -> tuple[Path, Lock]:
    """Move a checked file to its place in the store.

    Parameters
    ----------
    path : the file, on the file system of the store
    name, source : the source and its registration
    root : the folder of the store

    Returns
    -------
    Its place, and a lock entry with its hash and size.
    """
    entry = Lock(sha256=sha256_of(path), bytes=path.stat().st_size)
    place = stored_file(name, source, entry, root)
    with disk_errors_as_input_errors(place):
        place.parent.mkdir(exist_ok=True)
        path.replace(place)
        to_disk(place.parent)
        to_disk(place.parent.parent)
    return place, entry


def prune(name: str, keep: Collection[str], root: Path = ROOT) -> list[Path]:
    """Remove files of a source from the store.

    Parameters
    ----------
    name : the source
    keep : the sha256 of the files that stay
    root : the folder of the store

    Returns
    -------
    The folders that were removed.
    """
    kept = {sha256[:DIGITS] for sha256 in keep}
    removed = []
    for folder in sorted((root / name).glob("[0-9a-f]" * DIGITS)):
        if folder.name not in kept:
            shutil.rmtree(folder)
            removed.append(folder)
    return removed


def write_lock(entries: Mapping[str, Lock], lock_file: Path = LOCK_FILE, like: Path | None = None) -> None:
    """Write the lock: all entries, sorted by source, below the comment that the file begins with. All or nothing.

    Parameters
    ----------
    entries : the source and its entry
    lock_file : where they are written
    like : another lock, whose comment it gets
    """
    commented = like or lock_file
    lines = commented.read_text(encoding="utf-8").splitlines(keepends=True) if commented.exists() else []
    header = ""
    for line in lines:
        if not line.startswith("#"):
            break
        header += line
    blocks = [_as_yaml(name, entries[name]) for name in sorted(entries)]
    content = (header + "\n" if header else "") + "\n".join(blocks or ["{}\n"])
    with whole_file(lock_file) as file:
        file.write(content.encode("utf-8"))


def update_lock(changes: Mapping[str, Lock | None], lock_file: Path = LOCK_FILE, root: Path = ROOT) -> None:
    """Change some entries of the lock and keep the others as they are on the disk.

    Parameters
    ----------
    changes : for each source its new entry, or None to remove its entry
    lock_file, root : the lock, and the folder of the store
    """
    with _alone(root):
        entries = {**load_lock(lock_file), **changes}
        write_lock({name: entry for name, entry in entries.items() if entry is not None}, lock_file)


def _as_yaml(name: str, entry: Lock) -> str:
    text: str = yaml.safe_dump(
        {name: entry.model_dump(mode="json", exclude_none=True)},
        sort_keys=False,
        allow_unicode=True,
        width=10_000,
    )
    return text


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Let one program at a time in, for a moment."""
    with ExitStack() as stack:
        with disk_errors_as_input_errors(root):
            root.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(root / ".lock"))
        yield


def _remove_if_abandoned(folder: Path) -> None:
    with suppress(BusyError):
        with locked(folder / "owner", f"{folder}: is in use"):
            pass
        shutil.rmtree(folder, ignore_errors=True)
