"""How far a run is: a line for each finished job with what it made, a bar at a terminal, and nothing else.

A plugin of Snakemake, by its interface for loggers, which the profiles of the project ask for (`logger: asmgold`). A
dry run lists the jobs, with the reason for each. The jobs leave what they have to say in their logs, of which the last
line says what was made. With `PROGRESS` in the environment they do not say it on the terminal as well.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from asmgold.config.paths import cache_environment

# Snakemake loads its plugins before it makes its cache, and fails where the user's home cannot be written.
os.environ.update(cache_environment())

PROGRESS = "ASMGOLD_PROGRESS"
BAR_WIDTH = 30
MAX_NAMES = 4
# What Snakemake says of itself on the way; what it says of a run that does nothing, or fails, is shown.
CHATTER = (
    "Assuming unrestricted", "Building DAG", "Complete log", "Conda environments", "Elapsed time", "Execute ",
    "Exiting because", "Finished job", "Provided ", "Removing output", "Select jobs", "Shutting down",
    "RuleException:\nCalledProcessError", "Trying to restart", "Using shell", "Using workflow specific profile",
    "Will exit after", "WorkflowError:\nAt least one job did not complete", "host:",
)  # fmt: skip


@dataclass
class Job:
    """A job that was started: its rule and wildcards, its log file, the names of what it makes, and when."""

    name: str
    log: Path | None
    outputs: list[str]
    started: float


class LogHandler(LogHandlerBase):
    """Writes progress to the standard error."""

    def __post_init__(self) -> None:
        """Begin with nothing done."""
        self.jobs: dict[int, Job] = {}
        self.done, self.total = 0, 0
        self.at_terminal = sys.stderr.isatty()
        os.environ[PROGRESS] = "1"

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def emit(self, record: logging.LogRecord) -> None:
        """Show a message of Snakemake's, or what it means for the progress."""
        values = record.__dict__
        match values.get("event"):
            case LogEvent.RUN_INFO:
                self.total = values["stats"].get("total", self.total)
            case LogEvent.JOB_INFO if self.common_settings.dryrun:
                reason = str(values.get("reason") or "it is asked for").partition(":")[0]
                self._write(f"would run {_name(values)}: {reason[0].lower()}{reason[1:]}")
            case LogEvent.JOB_INFO:
                self._start(values)
            case LogEvent.JOB_FINISHED:
                self._finish(values["job_id"])
            case LogEvent.JOB_ERROR:
                self._write(f"failed: {_name(values)}")
            case None | LogEvent.ERROR:
                self._pass_on(record)

    def close(self) -> None:
        """Leave no bar behind."""
        if self.at_terminal and self.total:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
        super().close()

    def _start(self, values: dict[str, Any]) -> None:
        log = next(iter(values["log"] or []), None)
        outputs = [Path(output).name for output in values["output"] or []]
        self.jobs[values["jobid"]] = Job(_name(values), Path(log) if log else None, outputs, time.monotonic())
        self._draw_bar()

    def _finish(self, number: int) -> None:
        job = self.jobs.pop(number, None)
        self.done += 1
        if job is None or job.log is None:  # a rule that only names the products
            return
        seconds = time.monotonic() - job.started
        *warnings, made = _lines(job.log) or [""]
        for warning in warnings:
            self._write(f"  {warning}")
        number_of_n = f"{self.done:>{len(str(self.total))}} of {self.total}"
        self._write(f"{number_of_n}  {job.name}: {made or _listed(job.outputs)} ({seconds:.1f} s)")

    def _pass_on(self, record: logging.LogRecord) -> None:
        text = str(record.msg or "").strip()
        if text and record.levelno >= logging.INFO and not text.startswith(CHATTER):
            self._write(text)

    def _write(self, line: str) -> None:
        start = "\r\x1b[K" if self.at_terminal else ""
        sys.stderr.write(f"{start}{line}\n")
        self._draw_bar()
        sys.stderr.flush()

    def _draw_bar(self) -> None:
        if not self.at_terminal or not self.total or self.done >= self.total:
            return
        full = round(BAR_WIDTH * self.done / self.total)
        names = ", ".join(job.name for job in self.jobs.values())
        bar = f"[{'#' * full}{'.' * (BAR_WIDTH - full)}] {self.done} of {self.total}  {names}"
        sys.stderr.write("\r\x1b[K" + bar[: shutil.get_terminal_size().columns - 1])
        sys.stderr.flush()


def _name(values: dict[str, Any]) -> str:
    """The rule and its wildcards."""
    return " ".join([values["rule_name"], *map(str, (values.get("wildcards") or {}).values())])


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return ", ".join(names[:MAX_NAMES]) + more


def _lines(log: Path) -> list[str]:
    """What a job said, line by line."""
    try:
        return log.read_text("utf-8").strip().splitlines()
    except OSError:
        return []
