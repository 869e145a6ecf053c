"""What every script has in common: a log, a note of the job, and one clear message where the input is at fault."""

import json
import logging
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from asmgold.errors import InputError
from asmgold.io.checksum import check_bytes, sha256_of
from asmgold.io.failures import begin, failure_file, write_failure
from asmgold.io.files import disk_failure
from asmgold.io.logs import log_plainly

KILLED = "was killed before its end: for its memory or its time, by hand, or with its machine"


@contextmanager
def job(snakemake: Any) -> Iterator[None]:
    """Log to the rule's log file and to the terminal; end a job that fails with one clear message and exit status 1.

    The message waits beside the log for the end of the run (`asmgold.io.failures`). A job that is done leaves a note of
    what it was beside the log, which `asmgold.release.steps` reads.
    """
    log_file = Path(snakemake.log[0])
    failed = failure_file(log_file)
    note_file(log_file).unlink(missing_ok=True)  # where there is a note, what it tells of is there and whole
    logging.raiseExceptions = False  # or a full disk would show as a fault of the log, in the place of its own message
    try:
        running = begin(log_file, f"{snakemake.rule}: {KILLED}")  # noqa: F841  locked until the process ends
        terminal = logging.StreamHandler()
        if "ASMGOLD_PROGRESS" in os.environ:  # then the terminal shows the last line of the log when the job is done
            terminal.setLevel(logging.ERROR)
        log_plainly(terminal, logging.FileHandler(log_file))
        yield
        note_file(log_file).write_text(_note(snakemake) + "\n", encoding="utf-8")
        failed.unlink()
    except InputError as error:
        give_up(snakemake, failed, "".join(f"{note}: " for note in notes_of(error)) + str(error))
    except Exception as error:
        if reason := disk_failure(error, log_file.parent):
            logging.getLogger(snakemake.rule).error("%s", reason)
            give_up(snakemake, failed, full_disk(log_file.parent.parent))
        at = "".join(f" at {note}" for note in notes_of(error))
        write_failure(failed, f"{snakemake.rule}: stopped{at} by a fault of the program, see {log_file}")
        logging.getLogger(snakemake.rule).exception("a fault of the program")
        sys.exit(1)


def notes_of(error: BaseException) -> list[str]:
    """What a script adds to an error, such as the country that it was at."""
    return list(getattr(error, "__notes__", []))


def note_file(log_file: Path) -> Path:
    """Where the note of a job is, by its log file."""
    return log_file.with_suffix(".job.json")


def _note(snakemake: Any) -> str:
    """The rule, its script, and what the job read, wrote and was told, as JSON: nothing of the clock or the machine.

    The rule's own name is that of its log: where several scenarios are one plan, theirs stand before those of rules.
    """
    note = {
        "rule": Path(snakemake.log[0]).name.partition(".")[0],
        "script": Path(sys.modules["__main__"].__file__ or "").name,
        "wildcards": dict(snakemake.wildcards.items()),
        "inputs": list(dict.fromkeys(map(str, snakemake.input))),
        "outputs": list(map(str, snakemake.output)),
        "params": dict(snakemake.params.items()),
    }
    return json.dumps(note, indent=2, ensure_ascii=False, default=str)


def take_from_another_scenario(snakemake: Any) -> bool:
    """Copy what the same job of another scenario made of the same files with the same parameters, if there is one."""
    log_file = Path(snakemake.log[0])
    ours = json.loads(_note(snakemake))
    for note in sorted(log_file.parents[2].glob(f"*/logs/{note_file(log_file).name}")):
        with suppress(OSError, ValueError, KeyError):
            theirs = json.loads(note.read_text("utf-8"))
            if all(theirs[key] == ours[key] for key in ("rule", "inputs", "params")):
                for made, output in zip(theirs["outputs"], ours["outputs"], strict=True):
                    shutil.copyfile(made, output)
                logging.info("the tables are those of %s", note.parents[1].name)
                return True
    return False


def give_up(snakemake: Any, failed: Path, message: str) -> NoReturn:
    """Say why on the terminal, in the log and to the process that started the run."""
    with suppress(OSError):
        write_failure(failed, message)
    logging.getLogger(snakemake.rule).error("%s", message)
    sys.exit(1)


def full_disk(folder: Path) -> str:
    """What to do about a disk that does not take what is written; the same for all jobs that meet it."""
    return (
        f"{folder}: could not be written on {platform.node()}, the disk is full or failing. "
        "Make room and run again; what is done is kept."
    )


def check_unchanged(path: Path, lock: dict[str, Any] | None, content: dict[str, Any]) -> None:
    """Compare a file with its lock; or one of the user's own, with all that belongs to it, with the run's beginning."""
    if lock is not None:
        from asmgold.config.models import Lock  # only those who read a source pay for pydantic

        check_bytes(path, Lock(**lock))
    for member, told in content.items():
        if not Path(member).is_file() or sha256_of(Path(member)) != told["sha256"]:
            raise InputError(f"{member}: was changed while the run was at work; run again")
