"""Replacing a set of files by new ones together, or none of them, also when the process is killed half-way.

The new files are copied whole into a staging folder. A journal that lists where each belongs is then put there by one
rename: that is the moment when the replacement counts. What follows are renames that can be repeated, so whoever comes
next finishes them (`recover`). Before that moment nothing was touched.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from asmgold.io.files import to_disk
from asmgold.io.locks import locked

JOURNAL = "journal.json"
STAGING = ".incoming"


def replace_together(staging: Path, moves: Mapping[Path, Path], removals: Iterable[Path] = ()) -> None:
    """Put files in the place of others.

    Parameters
    ----------
    staging : a folder on the same file system as the targets, for this replacement alone
    moves : for each target the file that its new content is copied from
    removals : files that go

    Raises
    ------
    OSError : if something cannot be written; nothing was replaced then.
    """
    with _alone(staging):
        if (staging / JOURNAL).is_file():  # of a process that was killed: what counted then counts, whatever follows
            _finish(staging)
        _stage(staging, moves, removals)
        _finish(staging)


def _stage(staging: Path, moves: Mapping[Path, Path], removals: Iterable[Path]) -> None:
    """Copy the new files whole, and put the journal beside them."""
    try:
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        waiting = {}
        for number, (target, source) in enumerate(moves.items()):
            shutil.copyfile(source, staging / str(number))
            to_disk(staging / str(number))
            waiting[str(number)] = str(target)
        partial = staging / f"{JOURNAL}.partial"
        partial.write_text(json.dumps({"moves": waiting, "removals": [str(path) for path in removals]}), "utf-8")
        to_disk(partial)
        partial.replace(staging / JOURNAL)
    except OSError:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def recover(results: Path) -> list[str]:
    """Finish what a killed process had begun to put in place. What it had only begun to copy counts for nothing.

    Parameters
    ----------
    results : the folder of all results; each scenario has its staging folder in `.incoming`

    Returns
    -------
    The names of the scenarios that were finished.
    """
    finished = []
    for journal in sorted((results / STAGING).glob(f"*/{JOURNAL}")):
        with _alone(journal.parent):
            if journal.is_file():  # otherwise whoever had begun it was alive, and has finished it
                _finish(journal.parent)
                finished.append(journal.parent.name)
    return finished


@contextmanager
def _alone(staging: Path) -> Iterator[None]:
    """Hold the lock of a staging folder; a process that has it is waited for."""
    staging.parent.mkdir(parents=True, exist_ok=True)
    with locked(staging.with_name(f"{staging.name}.lock")):
        yield


def _finish(staging: Path) -> None:
    journal = json.loads((staging / JOURNAL).read_text("utf-8"))
    for waiting, target in journal["moves"].items():
        source = staging / waiting
        if source.is_file():  # otherwise it is in its place already
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
    for target in journal["removals"]:
        Path(target).unlink(missing_ok=True)
    (staging / JOURNAL).unlink(missing_ok=True)
    shutil.rmtree(staging, ignore_errors=True)
