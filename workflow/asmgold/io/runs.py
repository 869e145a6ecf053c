"""Who is at work in a folder, and what is left there of runs that were killed.

Each process of the workflow keeps a file in `.snakemake/asmgold/` and holds the lock on it. The system lets go of a
lock when its process ends, however it ends: a file whose lock can be had is that of a process that was killed.
"""

from __future__ import annotations

import atexit
import datetime
import json
import os
import platform
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

from asmgold.errors import BusyError
from asmgold.io.locks import locked

RUNS = Path(".snakemake/asmgold")
LOCKS = Path(".snakemake/locks")  # Snakemake's own: lists of the files that a run works on
_held = ExitStack()


def enter(scenario: str, folders: tuple[Path, Path]) -> tuple[list[str], str]:
    """Enter this process among those at work in the working directory, until it ends.

    If no other one is at work on the scenario, the locks that Snakemake left on its files are removed: they are of a
    run that was killed, and without that every later one would be refused.

    Parameters
    ----------
    scenario : what this process works on
    folders : where the scenario's files are

    Returns
    -------
    Those that are at work on the scenario and have locked its files, a line on each; and a word on who had left locks,
    if there were some.

    Raises
    ------
    OSError : if the folder cannot be written to, or its file system knows no locks.
    """
    RUNS.mkdir(parents=True, exist_ok=True)
    with locked(RUNS / "lock"):
        entries = {path: _read(path) for path in RUNS.glob("*.run")}
        ours = {path: entry for path, entry in entries.items() if entry["scenario"] in (scenario, "")}
        over = {path: entry for path, entry in ours.items() if _is_over(path)}
        alive = [entry for path, entry in ours.items() if path not in over]
        others = [_line(entry) for entry in alive if entry != _entry(entry["since"], scenario)]
        locks, left = _locks_on(folders), ""
        if locks and not others:
            left = "; ".join(_line(entry) for entry in over.values() if entry["process"]) or "of which nothing is known"
            for lock in locks:
                lock.unlink()
        for path in over:
            path.unlink()
        _enter(scenario)
    return (others if locks else []), left


def _enter(scenario: str) -> None:
    descriptor, name = tempfile.mkstemp(suffix=".run", dir=RUNS)
    path = Path(name).resolve()
    os.close(descriptor)
    file = _held.enter_context(locked(path))
    atexit.register(path.unlink, missing_ok=True)
    since = datetime.datetime.now().astimezone().isoformat(" ", "minutes")
    json.dump(_entry(since, scenario), file)
    file.flush()


def _entry(since: str, scenario: str) -> dict[str, str]:
    return {"scenario": scenario, "process": str(os.getpid()), "since": since, **_machine()}


def _is_over(path: Path) -> bool:
    """Whether the process of an entry has ended. That of another machine, whose locks may not show here, has not."""
    with suppress(BusyError), locked(path, "at work"):
        here, entry = _machine(), _read(path)
        return entry["host"] in ("", here["host"]) or ("" != entry["boot"] == here["boot"])
    return False


def _read(path: Path) -> dict[str, str]:
    """An entry; blanks in the place of what a killed process had not written yet."""
    with suppress(OSError, ValueError):
        entry: dict[str, str] = json.loads(path.read_text("utf-8"))
        return entry
    return dict.fromkeys(("scenario", "process", "since", "host", "boot"), "")


def _line(entry: dict[str, str]) -> str:
    return f"process {entry['process']} on {entry['host']}, since {entry['since']}"


def _machine() -> dict[str, str]:
    """The name of this machine, and its start, by which containers of one machine know each other."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    return {"host": platform.node(), "boot": boot.read_text().strip() if boot.is_file() else ""}


def _locks_on(folders: tuple[Path, Path]) -> list[Path]:
    """The locks of Snakemake on files in folders."""
    beginnings = tuple(f"{folder}/" for folder in folders)
    return [
        lock
        for lock in sorted(LOCKS.glob("*.lock"))
        if any(line.startswith(beginnings) for line in lock.read_text("utf-8").splitlines())
    ]
