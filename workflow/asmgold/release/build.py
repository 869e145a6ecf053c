"""Making a release: a finished result goes through the gates into a folder of its own, whole or not at all."""

from __future__ import annotations

import datetime
import logging
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asmgold.config.paths import workflow_files
from asmgold.config.scenario import Scenario
from asmgold.errors import InputError
from asmgold.io.checksum import sha256_of
from asmgold.io.files import to_disk, write_json
from asmgold.io.locks import locked
from asmgold.io.markdown import code, in_sentence
from asmgold.release.changelog import release_before, write_changelog
from asmgold.release.checks import faults_of_counts, faults_of_fates, faults_of_schemas, read_manifest
from asmgold.release.citation import read_citation, write_citation
from asmgold.release.crate import write_crate
from asmgold.release.facts import CITATION, CODE, PRODUCTS, README, RELEASE, Earlier, Facts
from asmgold.release.qgis_plugin import PLUGIN, write_plugin
from asmgold.release.reproduce import MadeAnew, compare_products, described_now, made_anew
from asmgold.release.stac import cited, write_catalogue
from asmgold.release.steps import Run, read_run
from asmgold.release.sums import SUMS, write_sums
from asmgold.schemas.products import MANIFEST, title_of

log = logging.getLogger(__name__)

RELEASES = Path("releases")
INCOMING = ".incoming"
LOCK = ".lock"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
AROUND = ("README.md", "LICENSE", "CITATION.cff", "Makefile", "pyproject.toml", "requirements.lock", "setup.py")
CONFIGURATION = ("config.yaml", "sources.yaml", "sources.lock.yaml", "corrections.yaml")


@dataclass(frozen=True)
class Order:
    """What the one who releases decides.

    Parameters
    ----------
    name : of the release and its folder; by default the scenario and the date
    date : the day it is released on, `YYYY-MM-DD`
    before : the release to compare it with; by default the last one of the scenario
    """

    date: str
    name: str | None = None
    before: str | None = None

    def name_for(self, scenario: str) -> str:
        """The name, checked. Raises InputError."""
        name = self.name or f"{scenario}-{self.date}"
        if not NAME.fullmatch(name):
            raise InputError(f"name is {name!r}, small letters, digits, dots, _ and - were expected, a letter or digit "
                             "first")  # fmt: skip
        return name


def check_date(date: str) -> str:
    """A day as `YYYY-MM-DD`. Raises InputError."""
    try:
        if datetime.date.fromisoformat(date).isoformat() == date:
            return date
    except ValueError:
        pass
    raise InputError(f"date is {date!r}, a day such as 2026-01-31 was expected")


def release(scenario: Scenario, order: Order, project: Path = Path()) -> Path:
    """Take the published result of a scenario through the gates into `releases/<name>/`.

    The gates: the release is not there yet; the products are those of the manifest, with its rows and fates, and fit
    their schemas; configuration and pins are those of now; and the scenario, made anew in a fresh copy of the project,
    gives the same bytes. The steps that the release tells of are those of that run.

    Parameters
    ----------
    scenario : what is released
    order : what the one who releases decides
    project : the project's folder

    Returns
    -------
    The folder of the release, complete.

    Raises
    ------
    InputError : at the first gate that is not passed, or if the disk is full; nothing is left then.
    BusyError : if another release is being made.
    """
    name = order.name_for(scenario.settings.scenario)
    published = project / "results" / scenario.settings.scenario
    with _alone(project / RELEASES):
        _check_free(project / RELEASES / name)
        if (published / MANIFEST).is_file():
            read_manifest(published)
        manifest = described_now(published, scenario)
        _check_portable(scenario)
        check_gates(published, manifest)
        facts = Facts(name, check_date(order.date), manifest, read_citation(project / CITATION))
        before = release_before(project / RELEASES, facts, order.before)
        log.info("%s: the products pass the gates; they are made anew in another folder, to compare them", name)
        with made_anew(scenario, project) as made:
            _check_same(manifest, published, made)
            run = run_of(scenario, manifest, made)
        return assemble(scenario, facts, run, before, project)


def check_gates(published: Path, manifest: Mapping[str, Any]) -> None:
    """Compare products with what their manifest and their schemas say. Raises InputError for all that is wrong."""
    faults = faults_of_counts(published, manifest)
    faults |= faults_of_fates(published, manifest) if not faults else {}
    faults |= faults_of_schemas(published, manifest) if not faults else {}
    if faults:
        raise InputError("\n".join(f"{published / name}: {fault}" for name, fault in faults.items()))


def run_of(scenario: Scenario, manifest: Mapping[str, Any], made: MadeAnew) -> Run:
    """The steps by which the products were made in a copy of the project. Raises InputError if the notes have gaps."""
    products = [f"results/{made.scenario}/{name}" for name in [*manifest["products"], MANIFEST]]
    return read_run(made.project, made.build, started_from(scenario), products)


def started_from(scenario: Scenario) -> dict[str, str]:
    """The files that a run starts from, by path: the name of the source, or of the file of the user's own."""
    return {
        **{scenario.source_file(name): name for name in scenario.used_sources},
        **{name.removeprefix("./"): name for name in scenario.own_provenance()},
    }


def assemble(scenario: Scenario, facts: Facts, run: Run, before: Earlier | None, project: Path = Path()) -> Path:
    """Write a release beside its place, and put it there whole.

    Parameters
    ----------
    scenario : what is released
    facts : what the release says of itself
    run : the steps that made the products
    before : the release to compare it with
    project : the project's folder

    Raises
    ------
    InputError : if a product is not that of the manifest any more, or the disk is full; nothing is left then.
    """
    place = project / RELEASES / facts.name
    incoming = project / RELEASES / INCOMING / facts.name
    _check_free(place)
    try:
        shutil.rmtree(incoming, ignore_errors=True)
        incoming.mkdir(parents=True)
        _copy_products(project / "results" / facts.scenario, incoming / PRODUCTS, facts.manifest)
        _copy_code(project, incoming / CODE, facts.scenario)
        write_plugin(incoming / PLUGIN, project)
        _tell(incoming, facts, before)
        write_catalogue(incoming, facts)
        write_crate(incoming, facts, run, started_from(scenario))
        write_sums(incoming)
        _all_to_disk(incoming)
        incoming.rename(place)
        to_disk(place.parent)
    except OSError as error:
        raise InputError(f"{place}: cannot be written ({error.strerror}); nothing was released") from None
    finally:
        shutil.rmtree(incoming.parent, ignore_errors=True)
    return place


@contextmanager
def _alone(releases: Path) -> Iterator[None]:
    """Let one release at a time in; what a killed one left is then nobody's."""
    releases.mkdir(parents=True, exist_ok=True)
    with locked(releases / LOCK, f"{releases}: another release is being made; nothing was done"):
        shutil.rmtree(releases / INCOMING, ignore_errors=True)
        yield


def _check_free(place: Path) -> None:
    if place.exists() or place.is_symlink():
        raise InputError(f"{place}: is there already, and a release is never overwritten; choose another name")


def _check_portable(scenario: Scenario) -> None:
    """A path of this machine means nothing where a release is read, and may say what is nobody's business."""
    for path in scenario.own_files:
        if Path(path).is_absolute():
            raise InputError(f"configuration: file is {path}; a release is read on other machines, so a path within "
                             "the project was expected")  # fmt: skip


def _check_same(manifest: Mapping[str, Any], published: Path, made: MadeAnew) -> None:
    differing = [compared for compared in compare_products(manifest, published, made.products) if compared.fault]
    if differing:
        lines = [f"{published}: is not what it is made from gives now; run {made.scenario} again"]
        raise InputError("\n".join([*lines, *(compared.sentence for compared in differing)]))


def _copy_products(published: Path, target: Path, manifest: Mapping[str, Any]) -> None:
    for name in [*manifest["products"], MANIFEST]:
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(published / name, copy)
        if name != MANIFEST and sha256_of(copy) != manifest["products"][name]["sha256"]:
            raise InputError(f"{published / name}: was changed while it was released; nothing was released")
    if read_manifest(target) != manifest:
        raise InputError(f"{published / MANIFEST}: was changed while it was released; nothing was released")


def _copy_code(project: Path, target: Path, scenario: str) -> None:
    """The workflow, the configuration that it was run with, and what its environment is made from."""
    files = [Path("Snakefile"), *(Path(name) for name in AROUND)]
    files += [Path("config", name) for name in CONFIGURATION] + [Path("config/scenarios", f"{scenario}.yaml")]
    files += workflow_files(project)
    for path in files:
        if (project / path).is_file():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(project / path, target / path)


def _tell(folder: Path, facts: Facts, before: Earlier | None) -> None:
    """Write what people read first, and what programs do."""
    earlier = {"name": before.name, "date": before.date, "sha256_of_sums": before.fingerprint} if before else None
    write_json(
        {"name": facts.name, "date": facts.date, "scenario": facts.scenario, "title": facts.title,
         "data_date": facts.dates[1], "asmgold": facts.version, "before": earlier},
        folder / RELEASE,
    )  # fmt: skip
    write_citation(folder, facts)
    write_changelog(folder, facts, before)
    products = [
        f"| {code(f'{PRODUCTS}/{name}')} | {title_of(name)} |" for name in [*facts.manifest["products"], MANIFEST]
    ]
    sources = [
        f"- {in_sentence(source['title'])}: {in_sentence(source['licence'])}. {in_sentence(source['citation'])}"
        for source in facts.registered.values()
    ]
    text = README_TEXT.format(
        facts=facts, title=in_sentence(facts.title), cited=in_sentence(cited(facts)),
        products="\n".join(products), sources="\n".join(sources),
    )  # fmt: skip
    (folder / README).write_text(text, encoding="utf-8")


README_TEXT = f"""\
# {{title}}

Release `{{facts.name}}` of {{facts.date}}. {{facts.description}}

Cite it as: {{cited}}

## What is in it

| file | what |
| --- | --- |
{{products}}
| `stac/catalog.json` | the STAC catalogue of these products |
| `ro-crate-metadata.json` | how they came to be: sources, steps, parameters, software, as a Workflow Run RO-Crate |
| `{PLUGIN}` | the plugin for QGIS: the same regions around any layer, in the Processing toolbox |
| `CHANGELOG.md` | what is not as in the release before |
| `code/` | the workflow and the configuration that made them |
| `{SUMS}` | the hash of every file |

## Data, their licences and citations

Those who use a product keep to the terms of all that it is made from, and cite it; `{CITATION}` holds the citations for
programs that read them.

{{sources}}

## Is it what was released?

To check that every file is as it was released: `sha256sum --check --quiet {SUMS}` in this folder. In a checkout of
asmgold, `make verify FOLDER=path/to/this/folder` also checks tables, counts, catalogue and provenance, and
`make verify FOLDER=... RERUN=1` makes all products again from the sources and compares every byte.
"""


def _all_to_disk(folder: Path) -> None:
    for base, _, files in os.walk(folder):
        for name in files:
            to_disk(Path(base, name))
        to_disk(Path(base))
