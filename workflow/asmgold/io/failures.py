"""What a failed or killed job leaves to be shown at the end of a run.

The message of a job waits in a file beside its log, since the job may run on another machine than the one whose
terminal a person looks at. The file is there from the start of the job, so that a killed one leaves a message too, and
a full disk has room for it.
"""

from __future__ import annotations

from pathlib import Path

SUFFIX = ".failed"
NO_MESSAGE = "{}: left no message: its disk is full, or it was killed at once\n"


def failure_file(log: Path) -> Path:
    """Where the message of a job waits, by its log file."""
    return log.with_suffix(SUFFIX)


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
