"""Whether a scenario gives the same products again: it is made anew in another folder, and compared byte for byte."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asmgold.config.content import members_of
from asmgold.config.paths import cache_environment
from asmgold.config.scenario import Scenario, plain
from asmgold.errors import InputError
from asmgold.io.checksum import sha256_of
from asmgold.schemas.products import MANIFEST

PARTS = ("Snakefile", "profiles", "workflow", "config")


@dataclass(frozen=True)
class Comparison:
    """A product, and what is wrong with it; nothing is if it was made again byte for byte."""

    product: str
    fault: str = ""

    @property
    def sentence(self) -> str:
        """One line on it."""
        return f"differs    {self.product}: {self.fault}" if self.fault else f"identical  {self.product}"


def reproduce(scenario: Scenario, project: Path = Path()) -> list[Comparison]:
    """Make a scenario in a fresh copy of all that it is made from, and compare the products with the published ones.

    Parameters
    ----------
    scenario : the one that was published; its pins and files are those of now
    project : the project's folder

    Returns
    -------
    One comparison for each product, those of the manifest and those made now, by name; the manifest is the last.

    Raises
    ------
    InputError : if the scenario was not run yet, or from another configuration or other data than those of now, or if
        it cannot be made.
    """
    published = project / "results" / scenario.settings.scenario
    described = described_now(published, scenario)
    with made_anew(scenario, project) as made:
        return list(compare_products(described, published, made.products))


@dataclass(frozen=True)
class MadeAnew:
    """A copy of the project in which a scenario was made."""

    project: Path
    scenario: str

    @property
    def products(self) -> Path:
        """The products, as they would be published."""
        return self.project / "results" / self.scenario

    @property
    def build(self) -> Path:
        """Where the jobs made them, with what they handed to one another and their notes."""
        return self.project / "results/.build" / self.scenario


@contextmanager
def made_anew(
    scenario: Scenario, project: Path = Path(), configure: Callable[[Path], None] | None = None
) -> Iterator[MadeAnew]:
    """Make a scenario in a fresh copy of all that it is made from; the copy is gone afterwards.

    Parameters
    ----------
    scenario : what is made
    project : the project's folder
    configure : writes another configuration into the `config` folder of the copy that it is given, if it is not that
        of now that is meant

    Raises
    ------
    InputError : if it cannot be made.
    """
    with tempfile.TemporaryDirectory(prefix="asmgold-") as folder:
        copy = Path(folder) / "project"
        _copy_inputs(scenario, project, copy)
        if configure is not None:
            configure(copy / "config")
        _make(scenario, copy)
        yield MadeAnew(copy, scenario.settings.scenario)


def described_now(published: Path, scenario: Scenario) -> dict[str, Any]:
    """The published manifest, if it describes what this scenario is now.

    Raises
    ------
    InputError : if there is none, or it tells of another configuration or of other bytes of a source.
    """
    name, path = scenario.settings.scenario, published / MANIFEST
    try:
        described: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: there is none, so there is nothing to compare with; run {name} first") from None
    except ValueError as error:
        raise InputError(f"{path}: not the manifest of a run ({error})") from None
    now, then = plain(scenario.settings), described["configuration"]
    changed = sorted(key for key in now.keys() | then.keys() if now.get(key) != then.get(key))
    if changed:
        raise InputError(
            f"{published}: made with another configuration than the one of now ({', '.join(changed)}); run {name} again"
        )
    for source, entry in (scenario.provenance() | scenario.own_provenance()).items():
        if described["sources"].get(source, {}).get("lock", {}).get("sha256") != entry["lock"]["sha256"]:
            raise InputError(f"{published}: made from other bytes of {source} than those of now; run {name} again")
    return described


def _copy_inputs(scenario: Scenario, project: Path, copy: Path) -> None:
    if missing := [part for part in PARTS if not (project / part).exists()]:
        raise InputError(
            f"{missing[0]}: there is none here; to make products anew, a checkout of the project was expected"
        )
    for part in PARTS:
        origin = project / part
        if origin.is_dir():
            shutil.copytree(origin, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            copy.mkdir(parents=True, exist_ok=True)
            shutil.copy2(origin, copy / part)
    for name in (*map(scenario.source_file, scenario.used_sources), *scenario.own_files):
        if not Path(name).is_absolute():
            for member in members_of(project / name):
                _copy_file(member, copy / member.relative_to(project), copy)


def _copy_file(origin: Path, target: Path, copy: Path) -> None:
    if not target.resolve().is_relative_to(copy.resolve()):
        raise InputError(f"{origin}: lies outside the project and cannot be copied with it; give its absolute path")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(origin, target)


def _make(scenario: Scenario, copy: Path) -> None:
    name = scenario.settings.scenario
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--config", f"scenario={name}"],
        cwd=copy, env=cache_environment() | {"PYTHONPATH": str(copy / "workflow")},
        check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    if done.returncode:
        last = "\n".join(done.stdout.strip().splitlines()[-15:])
        raise InputError(f"{name}: could not be made in a new folder:\n{last}")


def compare_products(described: Mapping[str, Any], published: Path, made: Path) -> Iterator[Comparison]:
    """Each product by a manifest, as it lies in a folder, and as it was made anew; the manifest itself is the last."""
    then, new = described["products"], json.loads((made / MANIFEST).read_text("utf-8"))
    for name in sorted(then.keys() | new["products"].keys()):
        yield Comparison(name, _fault(name, then, new["products"], published))
    yield Comparison(MANIFEST, _fault_of_manifest(described, new, published, made))


def _fault(name: str, then: Mapping[str, Any], now: Mapping[str, Any], published: Path) -> str:
    if name not in now:
        return "is in the manifest, and was not made now"
    if name not in then:
        return "was made now, and is not in the manifest"
    if now[name]["sha256"] != then[name]["sha256"]:
        return f"made now with sha256 {now[name]['sha256']}, {then[name]['sha256']} is in the manifest"
    path = published / name
    if not path.is_file():
        return f"made again as the manifest says, but {path} is missing"
    if sha256_of(path) != then[name]["sha256"]:
        return f"made again as the manifest says, but {path} was changed since"
    return ""


def _fault_of_manifest(then: Mapping[str, Any], now: Mapping[str, Any], published: Path, made: Path) -> str:
    if sha256_of(published / MANIFEST) == sha256_of(made / MANIFEST):
        return ""
    changed = sorted(key for key in then.keys() | now.keys() if then.get(key) != now.get(key))
    return f"what it says of {', '.join(changed)} is not the same" if changed else "it is written differently"
