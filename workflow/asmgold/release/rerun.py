"""Making the products of a release again, from its own configuration and pins, by the code of this checkout.

Nothing of the folder that somebody sent is executed: its configuration is read and checked like any other, and only
files of this project whose bytes have the hashes of the release are used.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any, get_args

import yaml

from asmgold.config.models import Settings
from asmgold.config.scenario import Scenario, load_scenario
from asmgold.io.checksum import sha256_of
from asmgold.release.checks import read_manifest
from asmgold.release.reproduce import PARTS, Comparison, compare_products, made_anew
from asmgold.schemas.products import MANIFEST


@dataclass(frozen=True)
class Rerun:
    """What came of it.

    Parameters
    ----------
    compared : each product, released and made again
    software : what the software was then and is now, where it differs, by name
    """

    compared: list[Comparison]
    software: Mapping[str, tuple[Any, Any]]


def scenario_of(manifest: Mapping[str, Any]) -> Scenario:
    """The scenario that a manifest tells of: its configuration, sources, pins and corrections.

    Raises
    ------
    InputError : if this version of the project does not understand it.
    """
    with tempfile.TemporaryDirectory(prefix="asmgold-") as folder:
        _configure(manifest, Path(folder))
        return load_scenario(_settings(manifest), {}, Path(folder), pinned=False)


def not_at_hand(scenario: Scenario, manifest: Mapping[str, Any], project: Path) -> list[str]:
    """The sources, and files of users' own, that a project has not, or with other bytes; none if it can be made."""
    wanted = {name: (scenario.source_file(name), name) for name in scenario.used_sources}
    own = [name for name, source in manifest["sources"].items() if "title" not in source]
    wanted |= {name: (name.removeprefix("./"), name) for name in own}
    missing = []
    for file, name in wanted.values():
        path = project / file
        stated = manifest["sources"].get(name, {}).get("lock", {}).get("sha256")
        if not path.is_file():
            missing.append(f"{name} (there is no {file})")
        elif sha256_of(path) != stated:
            missing.append(f"{name} ({file} has other bytes)")
    missing += [f"{part} (this is no checkout of the project)" for part in PARTS if not (project / part).exists()]
    return missing


def rerun(manifest: Mapping[str, Any], products: Path, project: Path) -> Rerun:
    """Make a scenario again in a fresh copy of a project, and compare the products.

    Parameters
    ----------
    manifest : that of the release
    products : the released products
    project : the project's folder, which has every source (`not_at_hand`)

    Raises
    ------
    InputError : if it cannot be made.
    """
    with made_anew(scenario_of(manifest), project, lambda folder: _configure(manifest, folder)) as made:
        compared = list(compare_products(manifest, products, made.products))
        then, now = manifest["software"], read_manifest(made.products)["software"]
        differing = {name: (was, is_) for name, was, is_ in _differing(then, now)}
        other = {key for key in manifest.keys() | {"software"} if key != "software"}
        again = read_manifest(made.products)
        if differing and all(again.get(key) == manifest.get(key) for key in other):
            # The manifest names the software; that it is another one is told apart.
            compared = [one for one in compared if one.product != MANIFEST]
        return Rerun(compared, differing)


def _differing(then: Mapping[str, Any], now: Mapping[str, Any], group: str = "") -> Iterator[tuple[str, Any, Any]]:
    for key in sorted(then.keys() | now.keys()):
        was, is_ = then.get(key), now.get(key)
        if isinstance(was, dict) and isinstance(is_, dict):
            yield from _differing(was, is_, f"{key} ")
        elif was != is_:
            yield f"{group}{key}".removeprefix("packages "), was, is_


def _settings(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration in full: a manifest leaves out what is not set, even where something is set by default."""
    unset = {key: None for key, field in Settings.model_fields.items() if NoneType in get_args(field.annotation)}
    return {**unset, **manifest["configuration"]}


def _configure(manifest: Mapping[str, Any], folder: Path) -> None:
    """Write the configuration files of a release into a folder, in the place of those that are there."""
    sources = {name: dict(entry) for name, entry in manifest["sources"].items() if "title" in entry}
    contents = {
        "config.yaml": _settings(manifest),
        "sources.lock.yaml": {name: entry.pop("lock") for name, entry in sources.items()},
        "sources.yaml": sources,
        "corrections.yaml": manifest["corrections"]["declared"],
    }
    for scenario in folder.glob("scenarios/*.yaml"):
        scenario.unlink()
    folder.mkdir(exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
