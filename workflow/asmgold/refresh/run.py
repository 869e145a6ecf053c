"""One refresh from start to end: look for new versions, build from what is new, compare, pass the gates, replace."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from asmgold.config.loading import load_lock
from asmgold.config.models import Lock, RefreshSettings
from asmgold.config.scenario import Scenario, plain
from asmgold.errors import GateError, InputError
from asmgold.io.locks import locked
from asmgold.io.transaction import recover
from asmgold.publish.promote import check_described, faults_of, publish, published_names
from asmgold.refresh.compare import Changes, compare
from asmgold.refresh.gates import failed_gates
from asmgold.refresh.replace import REPORTS, ScenarioPaths, replace
from asmgold.refresh.report import write_changes, write_report
from asmgold.schemas.products import MANIFEST
from asmgold.upstream.client import Client
from asmgold.upstream.fetch import Fetched, check_upstream, fetch
from asmgold.upstream.store import prune, write_lock

log = logging.getLogger(__name__)

Build = Callable[[Path, IO[str]], None]


def refresh(
    scenario: Scenario,
    place: ScenarioPaths,
    settings: RefreshSettings,
    build: Build,
    *,
    client: Client,
    only: Sequence[str] = (),
    allow_fewer_rows: bool = False,
) -> Changes | None:
    """Take in what changed upstream, or nothing.

    Parameters
    ----------
    scenario : what is refreshed
    place : where its results and the lock are
    settings : the gates, and how many earlier results are kept
    build : makes the products in the build folder, short of publishing them, from the bytes of the lock file that it
        is given; the second argument is the file whose lock marks this refresh as running, to be handed on to
        processes that must not outlive it unseen
    client : the settings of downloads
    only : the sources to look at; all that the scenario fetches if none is named
    allow_fewer_rows : whether a source may have lost more than a tenth of its rows

    Returns
    -------
    What changed; None if nothing did, or if there was nothing to compare with.

    Raises
    ------
    UnreachableError : a source is out of reach
    RefusedError : a source gives something that is not accepted
    GateError : the results would change more than the gates allow
    BusyError : another refresh, or a run of the workflow, is under way
    InputError : anything else, such as a full disk
    In each case the lock and the published results are as they were.
    """
    if not scenario.fetched:
        raise InputError(f"{place.scenario}: uses only data that the project carries, there is nothing to refresh")
    with alone(place) as running:
        for finished in recover(place.results):
            log.info("%s: finished what a killed run had begun to put in place", finished)
        if (place.published / MANIFEST).is_file() and (faults := faults_of(place.published)):
            log.info("%s: %s: not as its manifest says; made again first", place.scenario, ", ".join(faults))
            build(place.lock, running)
            publish(place.build, place.published)
        entries = load_lock(place.lock)
        changed = _changed_upstream(scenario, entries, client, only, allow_fewer_rows)
        if not changed and _made_from(place.published) == {
            name: entries[name].sha256 for name in scenario.used_sources
        }:
            log.info("%s: nothing changed upstream, nothing to do", place.scenario)
            return None
        candidate = place.build / "candidate.lock.yaml"
        candidate.parent.mkdir(parents=True, exist_ok=True)
        write_lock({**entries, **{name: fetched.lock for name, fetched in changed.items()}}, candidate, place.lock)
        build(candidate, running)
        files = {name: place.build / name for name in published_names(place.build)}
        check_described(place.build)
        comparison = compare(place.published, place.build) if (place.published / MANIFEST).is_file() else None
        _check_gates(comparison, settings, place, scenario.data_date, _before_and_after(entries, changed))
        reports = {name: place.build / name for name in REPORTS if (place.build / name).is_file()}
        replace(place, {**files, **reports}, candidate, settings.keep)
        _forget_unused(scenario, place)
    log.info("%s: refreshed; the report is %s", place.scenario, place.published / REPORTS[0])
    return comparison


@contextmanager
def alone(place: ScenarioPaths) -> Iterator[IO[str]]:
    """Let one refresh at a time in; gives the locked file. Raises BusyError if there is one already."""
    place.results.mkdir(parents=True, exist_ok=True)
    busy = f"{place.scenario}: another refresh is under way; nothing was done"
    with locked(place.results / ".refresh.lock", busy) as file:
        yield file


def _changed_upstream(
    scenario: Scenario, entries: Mapping[str, Lock], client: Client, only: Sequence[str], allow_fewer_rows: bool
) -> dict[str, Fetched]:
    unknown = [name for name in only if name not in scenario.fetched]
    if unknown:
        known = ", ".join(scenario.fetched) or "none"
        raise InputError(f"{unknown[0]}: not a source that {scenario.settings.scenario} fetches ({known})")
    changed = {}
    for name in only or scenario.fetched:
        source, layers = scenario.sources[name], scenario.layers_of(name)
        if name in entries:
            found = check_upstream(
                name, source, entries[name], client=client, layers=layers, allow_fewer_rows=allow_fewer_rows
            )
        else:
            found = fetch(name, source, client=client, layers=layers)
        log.info("%s: %s", name, "has changed" if found.changed else "is as it was")
        if found.changed:
            changed[name] = found
    return changed


def _made_from(published: Path) -> dict[str, str] | None:
    """The hashes of the sources that the published products were made from, by their manifest."""
    manifest = published / MANIFEST
    if not manifest.is_file():
        return None
    sources = json.loads(manifest.read_text("utf-8"))["sources"]
    return {name: source["lock"]["sha256"] for name, source in sources.items() if "title" in source}


def _check_gates(
    comparison: Changes | None,
    settings: RefreshSettings,
    place: ScenarioPaths,
    date: str,
    sources: Mapping[str, object],
) -> None:
    """Write the report; raise GateError if the change is too large to be taken in unseen."""
    failed = failed_gates(comparison, settings.gates) if comparison is not None else []
    for name in REPORTS:
        (place.build / name).unlink(missing_ok=True)
    write_report(place.build, comparison, sources, failed)
    if comparison is not None:
        write_changes(place.build, comparison, date)
    if failed:
        raise GateError(
            "\n".join(
                [
                    f"{place.scenario}: refused: {'; '.join(failed)}.",
                    f"Lock and results are as they were. The report is {place.build / REPORTS[0]}; raise the bound in "
                    "config/refresh.yaml to take the change in.",
                ]
            )
        )


def _before_and_after(entries: Mapping[str, Lock], changed: Mapping[str, Fetched]) -> dict[str, object]:
    return {
        name: {"before": plain(entries[name]) if name in entries else None, "after": plain(fetched.lock)}
        for name, fetched in changed.items()
    }


def _forget_unused(scenario: Scenario, place: ScenarioPaths) -> None:
    """Remove fetched files that neither the lock nor any kept snapshot of any scenario names."""
    locks = [place.lock, *place.results.glob(f".snapshots/*/[0-9]*/{place.lock.name}")]
    for name in scenario.fetched:
        keep = {entries[name].sha256 for entries in map(load_lock, locks) if name in entries}
        for gone in prune(name, keep):
            log.info("%s: removed %s, which no kept results need", name, gone)
