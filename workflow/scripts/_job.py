"""What every script has in common: a log, a note of the job, and one clear message where the input is at fault."""

import json
import logging
import os
import platform
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from asmgold.config.models import Lock
from asmgold.errors import InputError
from asmgold.io.checksum import check_bytes, sha256_of
from asmgold.io.files import disk_failure

KILLED = "was killed before its end: for its memory or its time, by hand, or with its machine"


@contextmanager
def job(snakemake: Any) -> Iterator[None]:
    """Log to the rule's log file and to the terminal; end a job that fails with one clear message and exit status 1.

    The message waits in a file beside the log for the process that started the run, which may be on another machine.
    The file is there from the start: so a killed job leaves word too, and a full disk has room for it.
    The log ends with what the job cost, which the resources of rules and profiles are written from. A job that is done
    leaves a note of what it was beside the log, which `asmgold.release.steps` reads.
    """
    log_file = Path(snakemake.log[0])
    failed = log_file.with_suffix(".failed")
    logging.raiseExceptions = False  # a log that a full disk does not take would be told instead of the failure
    try:
        leave_word(failed, f"{snakemake.rule}: {KILLED}")
        logging.basicConfig(level=logging.INFO, format="%(message)s")
        logging.getLogger().addHandler(to_file := logging.FileHandler(log_file))
        for talkative in ("pyogrio", "fontTools"):
            logging.getLogger(talkative).setLevel(logging.WARNING)
        yield
        note = json.dumps(_note(snakemake), indent=2, ensure_ascii=False, default=str)
        log_file.with_suffix(".job.json").write_text(note + "\n", encoding="utf-8")
        to_file.stream.write(f"{cost()}\n")
        failed.unlink()
    except InputError as error:
        give_up(snakemake, failed, str(error))
    except Exception as error:
        if reason := disk_failure(error, log_file.parent):
            logging.getLogger(snakemake.rule).error("%s", reason)
            give_up(snakemake, failed, full_disk(log_file.parent.parent))
        leave_word(failed, f"{snakemake.rule}: stopped by a fault of the program, see {log_file}")
        logging.getLogger(snakemake.rule).exception("a fault of the program")
        sys.exit(1)


def _note(snakemake: Any) -> dict[str, Any]:
    """The rule, its script, and what the job read, wrote and was told: nothing that hangs on clock or machine."""
    return {
        "rule": snakemake.rule,
        "script": Path(sys.modules["__main__"].__file__ or "").name,
        "wildcards": dict(snakemake.wildcards.items()),
        "inputs": list(dict.fromkeys(map(str, snakemake.input))),
        "outputs": list(map(str, snakemake.output)),
        "params": dict(snakemake.params.items()),
    }


def give_up(snakemake: Any, failed: Path, message: str) -> NoReturn:
    """Say why on the terminal, in the log and to the process that started the run."""
    with suppress(OSError):
        leave_word(failed, message)
    logging.getLogger(snakemake.rule).error("%s", message)
    sys.exit(1)


def leave_word(failed: Path, message: str) -> None:
    """Write in place what the process that started the run shows at its end, into the room that the file has."""
    with failed.open("r+" if failed.exists() else "w", encoding="utf-8") as file:
        file.write(f"{message}\n")
        file.truncate()


def full_disk(folder: Path) -> str:
    """What to do about a disk that does not take what is written; the same for all jobs that meet it."""
    return (
        f"{folder}: could not be written on {platform.node()}, the disk is full or failing. "
        "Make room and run again; what is done is kept."
    )


def cost() -> str:
    """What this process took so far."""
    used = os.times()
    return f"cost: {used.user + used.system:.1f} s of processor, {peak_memory() / 1e6:.0f} MB"


def peak_memory() -> int:
    """The most memory that this process had so far, in bytes."""
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        return psutil.Process().memory_info().peak_wset
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def pinned_file(snakemake: Any) -> Path:
    """The rule's one input, after its bytes were compared with the lock, if it has one."""
    path = Path(snakemake.input[0])
    check_pinned(path, snakemake.params.lock)
    return path


def check_pinned(path: Path, lock: dict[str, Any] | None) -> None:
    """Compare the bytes of a file with its lock, if it has one."""
    if lock is not None:
        check_bytes(path, Lock(**lock))


def hashes(own_files: Iterable[str]) -> dict[str, Any]:
    """Hash and size of the files that the user brings, by name: as for a source, but no lock pins them."""
    return {
        Path(path).name: {"lock": {"sha256": sha256_of(Path(path)), "bytes": Path(path).stat().st_size}}
        for path in own_files
    }
