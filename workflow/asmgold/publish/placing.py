"""Putting a complete set of products in the place of the last one."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path

from asmgold.errors import InputError
from asmgold.inplace import STAGING, replace_together
from asmgold.sources import sha256_of

MANIFEST = "manifest.json"


def publish(products: Sequence[Path], folder: Path) -> None:
    """Replace the products of a folder by new ones, together; files of the user beside them stay.

    What stands in the old manifest and is no longer made is removed.

    Parameters
    ----------
    products : complete files, one of them `manifest.json` that describes the others
    folder : where people find the products, `results/<scenario>`

    Raises
    ------
    InputError : if a file is not what the manifest says, or the folder cannot be written to.
    """
    check_described(products)
    stale = set(published_names(folder)) - {path.name for path in products}
    try:
        replace_together(
            folder.parent / STAGING / folder.name,
            {folder / path.name: path for path in products},
            [folder / name for name in sorted(stale)],
        )
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}); the last products are still there") from None


def check_described(products: Sequence[Path]) -> None:
    """Compare products with the manifest among them. Raises InputError for the first that differs."""
    manifest = next(path for path in products if path.name == MANIFEST)
    described = json.loads(manifest.read_text("utf-8"))["products"]
    for path in products:
        if path != manifest and sha256_of(path) != described[path.name]["sha256"]:
            raise InputError(f"{path}: is not what {manifest} describes; it was changed after it was made")


def published_names(folder: Path) -> list[str]:
    """The names of the products in a folder by its manifest; none without one."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        return [*json.loads((folder / MANIFEST).read_text("utf-8"))["products"], MANIFEST]
    return []
