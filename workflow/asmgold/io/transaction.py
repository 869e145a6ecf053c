"""Replacing a set of files by new ones together, or none of them, also when the process is killed half-way.

The new files are copied whole into a staging folder. A journal that lists where each belongs is then put there by one
rename: that is the moment when the replacement counts. Whoever comes next finishes what it lists (`recover`), from the
start and with all files, since others may have put back old ones meanwhile: Snakemake does so when the job that it
started for this is killed. Before that moment nothing was touched.
"""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from asmgold.errors import InputError
from asmgold.io.checksum import sha256_of
from asmgold.io.files import to_disk
from asmgold.io.locks import locked

JOURNAL = "journal.json"
STAGING = ".incoming"
GONE = "gone"


def replace_together(
    staging: Path,
    moves: Mapping[Path, Path],
    removals: Iterable[Path] = (),
    *,
    hashes: Mapping[Path, str] | None = None,
    renames: Mapping[Path, Path] | None = None,
    what: str = "",
) -> None:
    """Put files in the place of others.

    Parameters
    ----------
    staging : a folder for this replacement alone
    moves : for each target the file that its new content is copied from
    removals : files that go, and folders, if they are on the file system of the staging folder
    hashes : the sha256 of the content that a target has to get, where it is known
    renames : folders that get another name, on the same file system, by their name now
    what : a word for this replacement, which `recover` gives back

    Raises
    ------
    OSError : if something cannot be written; nothing was replaced then.
    InputError : if a new file has not its hash; nothing was replaced then.
    """
    with undisturbed(staging):
        if (staging / JOURNAL).is_file():  # of a process that was killed: what counted then counts, whatever follows
            _finish(staging)
        try:
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir(parents=True)
            journal = {
                "what": what,
                "moves": _stage(staging, moves, hashes or {}),
                "renames": {str(old): str(new) for old, new in (renames or {}).items()},
                "removals": [str(path) for path in removals],
            }
            partial = staging / f"{JOURNAL}.partial"
            partial.write_text(json.dumps(journal), "utf-8")
            to_disk(partial)
            partial.replace(staging / JOURNAL)
            to_disk(staging)
        except (OSError, InputError):
            shutil.rmtree(staging, ignore_errors=True)
            raise
        _finish(staging)


def recover(results: Path) -> dict[str, str]:
    """Finish what a killed process had begun to put in place. What it had only begun to copy counts for nothing.

    Parameters
    ----------
    results : the folder of all results; each scenario has its staging folder in `.incoming`

    Returns
    -------
    For each scenario that was finished the word that the replacement was given.
    """
    finished = {}
    for journal in sorted((results / STAGING).glob(f"*/{JOURNAL}")):
        with undisturbed(journal.parent):
            if journal.is_file():  # otherwise whoever had begun it was alive, and has finished it
                finished[journal.parent.name] = _finish(journal.parent)
    return finished


@contextmanager
def undisturbed(staging: Path) -> Iterator[None]:
    """Keep other replacements by this staging folder away; one that is under way is waited for."""
    staging.parent.mkdir(parents=True, exist_ok=True)
    with locked(staging.with_name(f"{staging.name}.lock")):
        yield


def _stage(staging: Path, moves: Mapping[Path, Path], hashes: Mapping[Path, str]) -> dict[str, str]:
    """Copy the new files whole, twice: to be renamed, so that no full disk can come between, and to be kept."""
    waiting = {}
    for number, (target, source) in enumerate(moves.items()):
        kept = staging / str(number)
        _copy(source, kept)
        if target in hashes and sha256_of(kept) != hashes[target]:
            raise InputError(f"{source}: is not what its manifest describes; it was changed after it was made")
        _copy(kept, _ready(kept))
        waiting[str(number)] = str(target)
    return waiting


def _finish(staging: Path) -> str:
    """Do all that the journal lists, which may be done again and again. Gives its word."""
    journal = json.loads((staging / JOURNAL).read_text("utf-8"))
    targets = {staging / waiting: Path(target) for waiting, target in journal["moves"].items()}
    for kept, target in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        if not _ready(kept).is_file():
            _copy(kept, _ready(kept))
        _put(_ready(kept), target)
    for path in map(Path, journal["removals"]):
        if path.is_dir():
            (staging / GONE).mkdir(exist_ok=True)
            path.replace(staging / GONE / path.name)
        else:
            path.unlink(missing_ok=True)
    for old, new in journal["renames"].items():
        if Path(old).exists():  # otherwise it has its new name already
            Path(old).replace(new)
    for folder in {target.parent for target in targets.values()}:
        to_disk(folder)
    (staging / JOURNAL).unlink()
    shutil.rmtree(staging, ignore_errors=True)
    return str(journal["what"])


def _ready(kept: Path) -> Path:
    return kept.with_name(f"{kept.name}.ready")


def _put(ready: Path, target: Path) -> None:
    try:
        ready.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        beside = target.with_name(f"{target.name}.part")  # `results` may be a link to another disk
        _copy(ready, beside)
        beside.replace(target)


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    to_disk(target)
