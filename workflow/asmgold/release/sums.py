"""SHA256SUMS: the hash of every file of a release, as `sha256sum -c` reads it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from asmgold.errors import InputError, excerpt
from asmgold.io.checksum import sha256_of

SUMS = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


def files_in(folder: Path) -> list[str]:
    """Every file in a folder and those below it, by its path there, sorted; a link counts as a file, never followed."""
    found = []
    for base, folders, files in os.walk(folder):
        found += [Path(base, name) for name in files]
        found += [Path(base, name) for name in folders if Path(base, name).is_symlink()]
    return sorted(path.relative_to(folder).as_posix() for path in found)


def write_sums(folder: Path) -> dict[str, str]:
    """Write `SHA256SUMS` of all other files of a folder; gives the hashes by path."""
    sums = {name: sha256_of(folder / name) for name in files_in(folder) if name != SUMS}
    (folder / SUMS).write_text("".join(f"{sha256}  {name}\n" for name, sha256 in sums.items()), encoding="utf-8")
    return sums


def read_sums(folder: Path) -> dict[str, str]:
    """The hashes that stand in `SHA256SUMS`, by path.

    Raises
    ------
    InputError : if there is none, or a line is no hash and path, or a path leaves the folder or stands twice.
    """
    path = folder / SUMS
    try:
        lines = path.read_bytes().decode("utf-8").removesuffix("\n").split("\n")
    except FileNotFoundError:
        raise InputError(f"{path}: there is none, so this is no release") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from None
    sums: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        matched = _LINE.fullmatch(line)
        if matched is None or not _stays_inside(matched[2]) or matched[2] in sums:
            raise InputError(f"{path}: line {number} is {excerpt(line)!r}, a hash and the path of another file in the "
                             "folder were expected")  # fmt: skip
        sums[matched[2]] = matched[1]
    return sums


def faults_of_sums(folder: Path, sums: Mapping[str, str]) -> dict[str, str]:
    """The files that are not as the sums say: changed, missing or too many, each with what is wrong with it."""
    there = set(files_in(folder)) - {SUMS}
    faults = {name: "is missing" for name in sums if name not in there}
    faults |= {name: f"is not in {SUMS}" for name in there if name not in sums}
    for name in there & sums.keys():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            faults[name] = "is no ordinary file"
        elif (found := sha256_of(path)) != sums[name]:
            faults[name] = f"has sha256 {found}, {sums[name]} stands in {SUMS}"
    return dict(sorted(faults.items()))


def _stays_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and path.as_posix() == name
