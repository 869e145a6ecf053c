"""What every script has in common: a log, a note of the job, and one clear message where the input is at fault."""

import json
import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from asmgold.config import Lock
from asmgold.errors import InputError
from asmgold.sources import check_bytes, sha256_of


@contextmanager
def job(snakemake: Any) -> Iterator[None]:
    """Log to the rule's log file and to the terminal; turn an InputError into its message and exit status 1.

    Beside the log it notes what the job was, once it is done: `asmgold.release.steps` reads that.
    """
    log_file = Path(snakemake.log[0])
    logging.basicConfig(
        level=logging.INFO,
        format="%(message)s",
        handlers=[logging.FileHandler(log_file), logging.StreamHandler()],
    )
    for talkative in ("pyogrio", "fontTools"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    failed = log_file.with_suffix(".failed")
    failed.unlink(missing_ok=True)
    try:
        yield
    except InputError as error:
        failed.write_text(f"{error}\n", encoding="utf-8")
        logging.getLogger(snakemake.rule).error("%s", error)
        sys.exit(1)
    note = json.dumps(_note(snakemake), indent=2, ensure_ascii=False, default=str)
    log_file.with_suffix(".job.json").write_text(note + "\n", encoding="utf-8")


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
