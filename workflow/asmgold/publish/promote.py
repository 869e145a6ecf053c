"""Putting a complete set of products in the place of the last one, and seeing that it stays complete."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from asmgold.errors import InputError
from asmgold.io.checksum import sha256_of
from asmgold.io.transaction import STAGING, replace_together, undisturbed
from asmgold.schemas.products import MANIFEST

CHANGED = "changed"


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
    hashes = hashes_of(build)
    stale = set(published_names(folder)) - set(hashes)
    try:
        replace_together(
            folder.parent / STAGING / folder.name,
            {folder / name: build / name for name in hashes},
            [folder / name for name in sorted(stale)],
            hashes={folder / name: value for name, value in hashes.items()},
        )
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}); the last products are still there") from None
    check_described(folder)


def hashes_of(folder: Path) -> dict[str, str]:
    """The sha256 of each product by the manifest of a folder, and that of the manifest itself.

    Raises
    ------
    InputError : if there is no manifest, or it cannot be understood.
    """
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
        described = {name: str(product["sha256"]) for name, product in json.loads(content)["products"].items()}
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{path}: not the manifest of a run") from None
    return {**described, MANIFEST: hashlib.sha256(content).hexdigest()}


def faults_of(folder: Path) -> list[str]:
    """The products in a folder that are missing, or not what its manifest describes; none if all is well.

    Of a manifest that is missing, or cannot be understood, there is no other fault than that.
    """
    try:
        hashes = hashes_of(folder)
    except InputError:
        return [MANIFEST]
    return [name for name, value in hashes.items() if not _is(folder / name, value)]


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256


def check_described(folder: Path) -> None:
    """Compare the products in a folder with its manifest. Raises InputError for the first that differs."""
    hashes_of(folder)
    for name in faults_of(folder):
        raise InputError(
            f"{folder / name}: is not what {folder / MANIFEST} describes; it was changed after it was made"
        )


def published_names(folder: Path) -> list[str]:
    """The names of the products in a folder by its manifest; none without one."""
    try:
        return list(hashes_of(folder))
    except InputError:
        return []


def mend(build: Path, folder: Path) -> list[str]:
    """See whether what is published is whole and what was made last, and have it published again if not.

    What is not as the manifest says is put aside, in `changed/` of the build folder. If the same set is there as it was
    made, it is published at once. Otherwise Snakemake finds that products are missing, and makes them. It goes by the
    age of files, and those that it puts back when their job fails look new to it: the manifest of a set that is not the
    one that was made last gets an older date.

    Parameters
    ----------
    build, folder : where products are made, and where people find them

    Returns
    -------
    The published products that were not what their manifest describes.

    Raises
    ------
    OSError : if a folder cannot be written to.
    """
    published, made = folder / MANIFEST, build / MANIFEST
    if not published.is_file():
        return []
    with undisturbed(folder.parent / STAGING / folder.name):
        faults = faults_of(folder)
        is_last = made.is_file() and sha256_of(made) == sha256_of(published)
        for name in faults:
            if (folder / name).is_file():
                (build / CHANGED / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).replace(build / CHANGED / name)
        if not is_last and made.is_file() and published.is_file():
            before = made.stat().st_mtime - 1
            os.utime(published, (before, before))
    if faults and is_last and not faults_of(build):
        publish(build, folder)
    return faults
