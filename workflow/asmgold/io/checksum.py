"""The bytes of a source, compared with its lock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from asmgold.config.content import sha256_of as sha256_of  # which those who check bytes want too
from asmgold.errors import InputError

LFS_POINTER = b"version https://git-lfs.github.com/spec/"

if TYPE_CHECKING:
    from asmgold.config.models import Lock


def refuse_pointer(path: Path) -> None:
    """Refuse what Git LFS leaves in the place of a file that was not fetched.

    Raises
    ------
    InputError : it says how to get the file.
    """
    with path.open("rb") as file:
        if file.read(len(LFS_POINTER)) == LFS_POINTER:
            raise InputError(f"{path}: is a pointer of Git LFS in the place of the file; `git lfs pull` fetches it")


def check_bytes(path: Path, lock: Lock) -> None:
    """Refuse a file that is not the one the lock pins.

    Raises
    ------
    InputError : if the file is missing, or has another size or hash.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    refuse_pointer(path)
    size = path.stat().st_size
    if size != lock.bytes:
        raise InputError(f"{path}: {size} bytes were found, {lock.bytes} are pinned in config/sources.lock.yaml")
    found = sha256_of(path)
    if found != lock.sha256:
        raise InputError(f"{path}: sha256 {found} was found, {lock.sha256} is pinned in config/sources.lock.yaml")
