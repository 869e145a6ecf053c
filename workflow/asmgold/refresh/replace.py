"""Lock and results replaced together, with the earlier ones kept to return to."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from asmgold.config.loading import load_lock
from asmgold.errors import InputError
from asmgold.io.transaction import STAGING, replace_together
from asmgold.publish.promote import published_names
from asmgold.schemas.products import MANIFEST
from asmgold.upstream.store import write_lock

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
    files : the new files by their names in the results' folder
    lock : a complete new lock
    keep : how many earlier results stay

    Raises
    ------
    InputError : if the disk is full or a folder cannot be written to; nothing was replaced then.
    """
    try:
        _keep_snapshot(paths, keep)
        _replace(paths, files, lock)
    except OSError as error:
        raise InputError(f"{paths.results}: cannot be written ({error.strerror}); nothing was replaced") from None


def snapshots(paths: ScenarioPaths) -> list[Path]:
    """The kept earlier results, the oldest first."""
    return sorted(path for path in paths.snapshots.glob("*") if path.name.isdigit())


def rollback(paths: ScenarioPaths) -> None:
    """Return to the results before the last refresh, and to the lock entries they were made with.

    Raises
    ------
    InputError : if no earlier results are kept, or a folder cannot be written to.
    """
    kept = snapshots(paths)
    if not kept:
        raise InputError(f"{paths.snapshots}: there are no earlier results to return to")
    last = kept[-1]
    merged = last / "merged.lock.yaml"
    try:
        write_lock({**load_lock(paths.lock), **load_lock(last / paths.lock.name)}, merged)
        kept_files = {str(path.relative_to(last)): path for path in last.rglob("*") if path.is_file()}
        files = {name: path for name, path in kept_files.items() if name not in (paths.lock.name, merged.name)}
        _replace(paths, files, merged)
        shutil.rmtree(last)
    except OSError as error:
        raise InputError(f"{paths.results}: cannot be written ({error.strerror})") from None


def _replace(paths: ScenarioPaths, files: Mapping[str, Path], lock: Path) -> None:
    moves = {paths.published / name: path for name, path in files.items()}
    stale = [paths.published / name for name in _own_names(paths) if name not in files]
    replace_together(paths.staging, {**moves, paths.lock: lock}, stale)


def _keep_snapshot(paths: ScenarioPaths, keep: int) -> None:
    if not (paths.published / MANIFEST).is_file():
        return
    kept = snapshots(paths)
    number = int(kept[-1].name) + 1 if kept else 1
    partial = paths.snapshots / ".partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name in _own_names(paths):
        if (paths.published / name).is_file():
            (partial / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(paths.published / name, partial / name)
    shutil.copy2(paths.lock, partial / paths.lock.name)
    partial.rename(paths.snapshots / f"{number:06d}")
    for old in snapshots(paths)[:-keep]:
        shutil.rmtree(old)


def _own_names(paths: ScenarioPaths) -> list[str]:
    """The files that the project made, not those of the user beside them."""
    return [*published_names(paths.published), *REPORTS]
