"""Putting a complete set of products in the place of the last one."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from asmgold.errors import InputError
from asmgold.sources import sha256_of

MANIFEST = "manifest.json"
INCOMING = ".incoming"


def publish(products: Sequence[Path], folder: Path) -> None:
    """Replace the products of a folder by new ones; files of the user beside them stay.

    All of them are copied beside their places first, so that a full disk or a kill harms nothing; only then they
    are moved in, the manifest last. What stands in the old manifest and is no longer made is removed.

    Parameters
    ----------
    products : complete files, one of them `manifest.json` that describes the others
    folder : where people find the products

    Raises
    ------
    InputError : if a file is not what the manifest says, or the folder cannot be written to.
    """
    manifest = next(path for path in products if path.name == MANIFEST)
    described = json.loads(manifest.read_text(encoding="utf-8"))["products"]
    for path in products:
        if path != manifest and sha256_of(path) != described[path.name]["sha256"]:
            raise InputError(f"{path}: is not what {manifest} describes; it was changed after it was made")
    incoming = folder / INCOMING
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stale = set(_published(folder)) - {path.name for path in products}
        shutil.rmtree(incoming, ignore_errors=True)
        incoming.mkdir()
        for path in products:
            _copy_whole(path, incoming / path.name)
        for path in sorted(products, key=lambda path: path.name == MANIFEST):
            (incoming / path.name).replace(folder / path.name)
        for name in stale:
            (folder / name).unlink(missing_ok=True)
        incoming.rmdir()
    except OSError as error:
        shutil.rmtree(incoming, ignore_errors=True)
        raise InputError(f"{folder}: cannot be written ({error.strerror}); the last products are still there") from None


def _published(folder: Path) -> list[str]:
    with contextlib.suppress(OSError, ValueError, KeyError):
        return list(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["products"])
    return []


def _copy_whole(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    with target.open("rb") as file:
        os.fsync(file.fileno())
