"""The steps of a run by the notes of its jobs: what each read, wrote and was told, from the sources to the products."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from asmgold.errors import InputError
from asmgold.io.checksum import sha256_of


@dataclass(frozen=True)
class Step:
    """One job.

    Parameters
    ----------
    rule, wildcards : which rule, for what
    script : the file name of its script
    inputs, outputs : paths relative to the project
    params : what it was told besides, as plain values
    """

    rule: str
    wildcards: Mapping[str, str]
    script: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    params: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The rule and its wildcards: no two jobs of a run have the same."""
        return "-".join([self.rule, *map(str, self.wildcards.values())])


@dataclass(frozen=True)
class Made:
    """A file that jobs handed to one another."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Run:
    """The steps that led to the products, each after those that it builds on, and every file that they made."""

    steps: tuple[Step, ...]
    made: Mapping[str, Made]


def read_run(project: Path, build: Path, sources: Iterable[str], products: Iterable[str]) -> Run:
    """The run that is on record in a build folder.

    Parameters
    ----------
    project : the folder that the run's paths are relative to
    build : where the jobs left their notes, in `logs/`, and what they made
    sources : the files that the run started from
    products : the files that it led to, as the last step wrote them

    Raises
    ------
    InputError : if the notes do not lead from the sources to every product without a gap.
    """
    steps = [_read(path) for path in sorted(build.glob("logs/*.job.json"))]
    maker = {output: step for step in steps for output in step.outputs}
    ordered = list(_in_order(products, maker, set(sources)))
    made = {output: _made(project / output) for step in ordered for output in step.outputs}
    return Run(tuple(ordered), made)


def _read(path: Path) -> Step:
    try:
        note = json.loads(path.read_text("utf-8"))
        return Step(
            note["rule"], note["wildcards"], note["script"], tuple(note["inputs"]), tuple(note["outputs"]),
            note["params"],
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{path}: not the note of a job") from None


def _in_order(products: Iterable[str], maker: Mapping[str, Step], sources: set[str]) -> Iterator[Step]:
    before: dict[str, list[str]] = {}
    waiting = sorted(products)
    while waiting:
        path = waiting.pop()
        if path in sources:
            continue
        step = maker.get(path)
        if step is None:
            raise InputError(f"{path}: no job is on record that made it")
        if step.name not in before:
            before[step.name] = sorted(
                {maker[file].name for file in step.inputs if file in maker and file not in sources}
            )
            waiting.extend(step.inputs)
    by_name = {step.name: step for step in maker.values()}
    sorter = TopologicalSorter(before)
    try:
        sorter.prepare()
    except CycleError:
        raise InputError("the notes of the jobs go round in a circle") from None
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        yield from (by_name[name] for name in ready)
        sorter.done(*ready)


def _made(path: Path) -> Made:
    if not path.is_file():
        raise InputError(f"{path}: a job is on record that made it, and it is gone")
    return Made(sha256_of(path), path.stat().st_size)
