"""Putting a complete set of products in the place of the last one."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from asmgold.errors import InputError
from asmgold.io.checksum import sha256_of
from asmgold.io.transaction import STAGING, replace_together
from asmgold.schemas.products import MANIFEST


def publish(build: Path, folder: Path) -> None:
    """Replace the products of a folder by new ones, together; files of the user beside them stay.

    What stands in the old manifest and is no longer made is removed.

    Parameters
    ----------
    build : where the new products were made, with the `manifest.json` that describes them
    folder : where people find the products, `results/<scenario>`

    Raises
    ------
    InputError : if a file is not what the manifest says, or the folder cannot be written to.
    """
    check_described(build)
    names = published_names(build)
    stale = set(published_names(folder)) - set(names)
    try:
        replace_together(
            folder.parent / STAGING / folder.name,
            {folder / name: build / name for name in names},
            [folder / name for name in sorted(stale)],
        )
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}); the last products are still there") from None


def check_described(folder: Path) -> None:
    """Compare the products in a folder with its manifest. Raises InputError for the first that differs."""
    manifest = folder / MANIFEST
    for name, described in json.loads(manifest.read_text("utf-8"))["products"].items():
        if not (folder / name).is_file() or sha256_of(folder / name) != described["sha256"]:
            raise InputError(f"{folder / name}: is not what {manifest} describes; it was changed after it was made")


def published_names(folder: Path) -> list[str]:
    """The names of the products in a folder by its manifest; none without one."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        return [*json.loads((folder / MANIFEST).read_text("utf-8"))["products"], MANIFEST]
    return []
