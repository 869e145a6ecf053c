"""Lock and results replaced together, with the earlier ones kept to return to."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from asmgold.config.loading import load_lock
from asmgold.errors import InputError
from asmgold.io.files import to_disk
from asmgold.io.transaction import STAGING, replace_together
from asmgold.publish.promote import check_described, faults_of, hashes_of, published_names
from asmgold.upstream.store import write_lock

log = logging.getLogger(__name__)

ROLLBACK = "rollback"
REPORTS = ("refresh_report.md", "refresh_report.json", "refresh_changes.gpkg")


@dataclass(frozen=True)
class ScenarioPaths:
    """Where a scenario's results and the lock are.

    Parameters
    ----------
    results : the folder of all results, `results/`
    scenario : the scenario's name
    lock : `config/sources.lock.yaml`
    """

    results: Path
    scenario: str
    lock: Path

    @property
    def published(self) -> Path:
        """Where people find the products."""
        return self.results / self.scenario

    @property
    def build(self) -> Path:
        """Where the workflow makes them."""
        return self.results / ".build" / self.scenario

    @property
    def staging(self) -> Path:
        """Where new files wait for their renames."""
        return self.results / STAGING / self.scenario

    @property
    def snapshots(self) -> Path:
        """Where earlier results are kept."""
        return self.results / ".snapshots" / self.scenario


def replace(paths: ScenarioPaths, files: Mapping[str, Path], lock: Path, keep: int) -> None:
    """Put new files and a new lock in the place of the old ones, and keep the old ones to return to.

    Parameters
    ----------
    paths : what is replaced
    files : the new files by their names in the results' folder, with the manifest that describes them
    lock : a complete new lock
    keep : how many earlier results stay

    Raises
    ------
    InputError : if the disk is full, a folder cannot be written to, or a file is not what the manifest says; nothing
        was replaced then.
    """
    try:
        renames = _copy_to_keep(paths)
        older = [*snapshots(paths), *renames.values()][:-keep]
        _replace(paths, files, lock, hashes_of(paths.build), renames, older)
    except OSError as error:
        raise InputError(f"{paths.results}: cannot be written ({error.strerror}); nothing was replaced") from None


def snapshots(paths: ScenarioPaths) -> list[Path]:
    """The kept earlier results, the oldest first."""
    return sorted(path for path in paths.snapshots.glob("*") if path.name.isdigit())


def rollback(paths: ScenarioPaths) -> None:
    """Return to the results before the last refresh, and to the lock entries they were made with.

    Earlier results that are not whole are passed over.

    Raises
    ------
    InputError : if no earlier results are kept, or a folder cannot be written to; nothing was replaced then.
    """
    last = _last_whole(paths)
    merged = paths.build / "rollback.lock.yaml"
    try:
        merged.parent.mkdir(parents=True, exist_ok=True)
        write_lock({**load_lock(paths.lock), **load_lock(last / paths.lock.name)}, merged, paths.lock)
        kept_files = {str(path.relative_to(last)): path for path in last.rglob("*") if path.is_file()}
        files = {name: path for name, path in kept_files.items() if name != paths.lock.name}
        _replace(paths, files, merged, hashes_of(last), {}, [last], what=ROLLBACK)
    except OSError as error:
        raise InputError(f"{paths.results}: cannot be written ({error.strerror})") from None


def _last_whole(paths: ScenarioPaths) -> Path:
    for folder in reversed(snapshots(paths)):
        faults = faults_of(folder) + ([] if (folder / paths.lock.name).is_file() else [paths.lock.name])
        if not faults:
            return folder
        log.warning("%s: is not whole (%s), and passed over", folder, ", ".join(faults))
    raise InputError(f"{paths.snapshots}: there are no earlier results to return to")


def _replace(
    paths: ScenarioPaths,
    files: Mapping[str, Path],
    lock: Path,
    hashes: Mapping[str, str],
    renames: Mapping[Path, Path],
    older: Sequence[Path],
    *,
    what: str = "",
) -> None:
    moves = {paths.published / name: path for name, path in files.items()}
    stale = [paths.published / name for name in _own_names(paths) if name not in files]
    replace_together(
        paths.staging,
        {**moves, paths.lock: lock},
        [*stale, *older],
        hashes={paths.published / name: value for name, value in hashes.items()},
        renames=renames,
        what=what,
    )
    check_described(paths.published)


def _copy_to_keep(paths: ScenarioPaths) -> dict[Path, Path]:
    """Copy what is published, and its lock. Gives the name that the copy has to get when the new results count.

    What is not whole is not kept: nobody could return to it.
    """
    if faults_of(paths.published):
        return {}
    kept = snapshots(paths)
    number = int(kept[-1].name) + 1 if kept else 1
    partial = paths.snapshots / ".partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    names = [name for name in _own_names(paths) if (paths.published / name).is_file()]
    for target, source in {**{name: paths.published / name for name in names}, paths.lock.name: paths.lock}.items():
        (partial / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, partial / target)
        to_disk(partial / target)
    return {partial: paths.snapshots / f"{number:06d}"}


def _own_names(paths: ScenarioPaths) -> list[str]:
    """The files that the project made, not those of the user beside them."""
    return [*published_names(paths.published), *REPORTS]
