"""What a failed or killed job leaves to be shown at the end of a run.

The message of a job waits in a file beside its log, since the job may run on another machine than the one whose
terminal a person looks at. The file is there from the start of the job, so that a killed one leaves a message too, and
a full disk has room for it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import IO

SUFFIX = ".failed"
NO_MESSAGE = "{}: left no message: its disk is full, or it was killed at once\n"


def failure_file(log: Path) -> Path:
    """Where the message of a job waits, by its log file."""
    return log.with_suffix(SUFFIX)


def begin(log: Path, message: str) -> IO[str]:
    """Leave word for the case that the job is killed, in a file that is locked for as long as the job runs.

    Parameters
    ----------
    log : the job's log file
    message : what is said at the end of the run if the job cannot say more

    Returns
    -------
    The open file. It has to stay open until the process ends.
    """
    file = failure_file(log).open("w", encoding="utf-8")
    file.write(f"{message}\n")
    file.flush()
    _lock(file)
    return file


def still_running(logs: Path) -> list[str]:
    """The names of the jobs by a folder of logs that have not ended: a run that is killed leaves them behind."""
    return [file.stem for file in sorted(logs.glob(f"*{SUFFIX}")) if not _is_free(file)]


def _is_free(file: Path) -> bool:
    with suppress(FileNotFoundError), file.open("r+") as stream:
        return _lock(stream)
    return True


def _lock(file: IO[str]) -> bool:
    """Whether a file could be locked. Where the system or the disk knows no locks, all can."""
    if os.name == "posix":
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
    return True


def write_failure(file: Path, message: str) -> None:
    """Write a message in place, into the room that the file has."""
    with file.open("r+" if file.exists() else "w", encoding="utf-8") as stream:
        stream.write(f"{message}\n")
        stream.truncate()


def take_failures(logs: Path) -> list[str]:
    """The messages of a folder of logs, each once, in the order of the jobs' names; their files are removed."""
    files = sorted(logs.glob(f"*{SUFFIX}"))
    messages = [file.read_text(encoding="utf-8") or NO_MESSAGE.format(file.stem) for file in files]
    for file in files:
        file.unlink()
    return list(dict.fromkeys(messages))
