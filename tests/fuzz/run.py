"""Feeds every parser with broken and hostile input for some minutes: `make fuzz`, `make fuzz MINUTES=60`.

Each parser gets its share of the time. It may give an answer, or one message for the user (`InputError`). Anything else
is a fault, and so is input of some kilobytes that takes longer than `LIMIT_S` of the processor. Hypothesis makes the
input, and makes what is at fault as small as it can.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

from asmgold.errors import InputError, excerpt

LIMIT_S = 1.0
LONGEST_LINE = 1500  # of a message; a file of settings gets a line for each mistake
EXAMPLES = 200  # between two looks at the clock


@dataclass(frozen=True)
class Target:
    """A parser: its name, what it is fed with, and how."""

    name: str
    inputs: SearchStrategy[Any]
    parse: Callable[[Any], object]


@dataclass
class Course:
    """How it went with a parser."""

    name: str
    runs: int = 0
    seconds: float = 0.0
    slowest_s: float = 0.0
    slowest: object = ""
    fault: str = ""

    @property
    def line(self) -> str:
        """A line of the table."""
        per_second = self.runs / self.seconds if self.seconds else 0.0
        slowest = f"{len(str(self.slowest)):,} signs, {excerpt(repr(self.slowest), 60)}"
        return f"{self.name:24} {self.runs:9,} {per_second:10,.0f} {1000 * self.slowest_s:12,.1f}  {slowest}"


def fuzz(target: Target, seconds: float, examples: int = EXAMPLES, *, always_the_same: bool = False) -> Course:
    """Feed one parser, until the time is over or a fault is found."""
    course, end = Course(target.name), time.monotonic() + seconds

    def one(value: Any) -> None:
        start, message = time.process_time(), "no message"
        try:
            target.parse(value)
        except InputError as error:
            message = str(error)
        assert message.strip(), "a message that says nothing"
        longest = max(map(len, message.splitlines()))
        assert longest <= LONGEST_LINE, f"a line of {longest:,} signs in a message"
        taken = time.process_time() - start
        course.runs, course.seconds = course.runs + 1, course.seconds + taken
        if taken > course.slowest_s:
            course.slowest_s, course.slowest = taken, value
        assert taken <= LIMIT_S, f"took {taken:.1f} s"

    # What Hypothesis makes smaller after the end takes as long as it takes, and no longer than five minutes.
    repeated = settings(
        max_examples=examples, derandomize=always_the_same, deadline=None, database=None,
        suppress_health_check=list(HealthCheck), print_blob=False, report_multiple_bugs=False,
    )(given(target.inputs)(one))  # fmt: skip
    while time.monotonic() < end and not course.fault:
        try:
            repeated()
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            course.fault = _told(error)
    return course


def _told(error: BaseException) -> str:
    """What went wrong, where, and with which input, as Hypothesis notes it."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place is not None else ""
    notes = " ".join(getattr(error, "__notes__", []))
    return f"{type(error).__name__}: {excerpt(error, 300)} ({where})\n    {excerpt(notes, 2000)}"


def report(targets: Iterable[Target], minutes: float) -> int:
    """Feed all of them, and say how it went. Returns the exit status."""
    chosen = list(targets)
    print(f"{'parser':24} {'runs':>9} {'per second':>10} {'slowest, ms':>12}  slowest input", flush=True)
    faults = 0
    for target in chosen:
        course = fuzz(target, 60 * minutes / len(chosen))
        print(course.line, flush=True)
        if course.fault:
            faults += 1
            print(f"    FAULT {course.fault}", flush=True)
    print(f"{faults} faults")
    return 1 if faults else 0


def main() -> int:
    """As `make fuzz` calls it."""
    from tests.fuzz.targets import targets

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="for all parsers together")
    parser.add_argument("--only", default="", help="those whose names hold this")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with targets() as known:
        return report([target for target in known if options.only in target.name], options.minutes)


if __name__ == "__main__":
    sys.exit(main())
