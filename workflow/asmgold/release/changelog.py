"""CHANGELOG.md of a release: what is not as in the release before, from the bytes of the sources to the map."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from asmgold.errors import InputError
from asmgold.io.checksum import sha256_of
from asmgold.io.markdown import code, in_sentence
from asmgold.refresh.compare import compare
from asmgold.refresh.report import changes_in_markdown, sources_in_markdown
from asmgold.release.checks import read_manifest
from asmgold.release.facts import CHANGELOG, CODE, PRODUCTS, RELEASE, Earlier, Facts
from asmgold.release.sums import SUMS, faults_of_sums, read_sums

LISTED = 20


def release_before(releases: Path, facts: Facts, name: str | None = None) -> Earlier | None:
    """The release of the same scenario that came last before this one, or the one that is named; None for the first.

    Raises
    ------
    InputError : if there is none of that name, or it is not whole.
    """
    if name is not None:
        earlier = _earlier(releases / name)
        if earlier is None:
            raise InputError(f"{releases / name}: is no release, so nothing can be compared with it")
    else:
        known = [_earlier(path.parent, facts.scenario) for path in releases.glob(f"*/{RELEASE}")]
        last = (release for release in known if release and (release.date, release.name) < (facts.date, facts.name))
        earlier = max(last, key=lambda release: (release.date, release.name), default=None)
    if earlier is not None:
        for file, fault in faults_of_sums(earlier.folder, read_sums(earlier.folder)).items():
            raise InputError(f"{earlier.folder}: the release to compare with is damaged: {file} {fault}")
    return earlier


def write_changelog(folder: Path, facts: Facts, before: Earlier | None) -> None:
    """Write the CHANGELOG.md of a release, which holds its products and its code already."""
    lines = [f"# {facts.name}", "", f"{in_sentence(facts.title)}. Released on {facts.date}.", ""]
    lines += _first(folder, facts) if before is None else _since(folder, facts, before)
    (folder / CHANGELOG).write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def _earlier(folder: Path, scenario: str | None = None) -> Earlier | None:
    try:
        told = json.loads((folder / RELEASE).read_text("utf-8"))
        if scenario is not None and told["scenario"] != scenario:
            return None
        return Earlier(folder, str(told["name"]), str(told["date"]), sha256_of(folder / SUMS))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _first(folder: Path, facts: Facts) -> list[str]:
    regions = pd.read_parquet(folder / PRODUCTS / "regions.parquet", columns=["n_sites", "area_km2"])
    overlays = pd.read_csv(folder / PRODUCTS / "overlay_summary.csv")
    lines = [
        "The first release of this scenario: there is nothing to compare it with.", "",
        "| | |", "| --- | ---: |",
        *(f"| records of {name} | {row['rows_read']:,} |" for name, row in facts.manifest["records"].items()),
        *(f"| of them sites | {row.get('site', 0):,} |" for row in [_total(facts.manifest["records"])]),
        f"| regions | {len(regions):,} |",
        f"| area of the regions, km2 | {regions['area_km2'].sum():,.1f} |",
    ]  # fmt: skip
    for row in overlays.to_dict("records"):
        lines.append(f"| of it in {row['overlay']}, {row['zone']}, km2 | {row['regions_km2']:,.1f} |")
    return lines


def _total(records: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    return {key: sum(row[key] for row in records.values()) for row in records.values() for key in row}


def _since(folder: Path, facts: Facts, before: Earlier) -> list[str]:
    then, now = read_manifest(before.folder / PRODUCTS), facts.manifest
    lines = [
        f"Compared with the release before, {before.name} of {before.date}, the {SUMS} of which has the sha256 "
        f"`{before.fingerprint}`.", "",
        *_sources(then["sources"], now["sources"]),
        *_values("Configuration", then["configuration"], now["configuration"]),
        *_values("Corrections declared", _by_id(then), _by_id(now), named_only=True),
        *_values("Software", _flat(then["software"]), _flat(now["software"])),
        *_code(read_sums(before.folder), folder),
    ]  # fmt: skip
    try:
        return [*lines, *changes_in_markdown(compare(before.folder / PRODUCTS, folder / PRODUCTS), "in the tables")]
    except InputError:
        return [
            *lines, "## Records, regions, overlays", "",
            "Not compared: the tables of the release before have other columns than those of this version of asmgold.",
            "", "| records | before | after |", "| --- | ---: | ---: |", *_records(then["records"], now["records"]),
        ]  # fmt: skip


def _sources(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    changed = {
        name: {"before": then.get(name, {}).get("lock"), "after": now.get(name, {}).get("lock")}
        for name in sorted(then.keys() | now.keys())
        if then.get(name, {}).get("lock", {}).get("sha256") != now.get(name, {}).get("lock", {}).get("sha256")
    }
    if not changed:
        return ["## Sources", "", f"All {len(now)} have the bytes that they had.", ""]
    return [*sources_in_markdown(changed), "", f"The other {len(now.keys() - changed.keys())} are as they were.", ""]


def _values(heading: str, then: Mapping[str, Any], now: Mapping[str, Any], *, named_only: bool = False) -> list[str]:
    """What differs between two mappings; nothing if they are the same."""
    changed = [key for key in sorted(then.keys() | now.keys()) if then.get(key) != now.get(key)]
    if not changed:
        return []
    lines = [f"## {heading}", ""]
    for key in changed:
        if named_only:
            done = "added" if key not in then else "dropped" if key not in now else "changed"
            lines.append(f"- {code(key)}: {done}")
        else:
            lines.append(f"- {code(key)}: {_shown(then, key)} before, {_shown(now, key)} now")
    return [*lines, ""]


def _shown(values: Mapping[str, Any], key: str) -> str:
    return code(json.dumps(values[key], ensure_ascii=False), 200) if key in values else "not set"


def _by_id(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {correction["id"]: correction for correction in manifest["corrections"]["declared"]}


def _flat(software: Mapping[str, Any]) -> dict[str, Any]:
    flat = {key: value for key, value in software.items() if not isinstance(value, dict)}
    for group, versions in software.items():
        if isinstance(versions, dict):
            flat |= {f"{group} {name}" if group != "packages" else name: value for name, value in versions.items()}
    return flat


def _code(then: Mapping[str, str], folder: Path) -> list[str]:
    files = {path.relative_to(folder).as_posix(): path for path in (folder / CODE).rglob("*") if path.is_file()}
    before = {name for name in then if name.startswith(f"{CODE}/")}
    changed = sorted(name for name in before | files.keys()
                     if name not in before or name not in files or sha256_of(files[name]) != then[name])  # fmt: skip
    if not changed:
        return []
    lines = [f"- {code(name)}" for name in changed[:LISTED]]
    more = [f"- and {len(changed) - LISTED} more"] if len(changed) > LISTED else []
    return ["## Code and configuration files", "", f"{len(changed)} differ:", "", *lines, *more, ""]


def _records(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for source in sorted(then.keys() | now.keys()):
        for fate in dict.fromkeys([*then.get(source, {}), *now.get(source, {})]):
            yield f"| {source}: {fate} | {then.get(source, {}).get(fate, 0):,} | {now.get(source, {}).get(fate, 0):,} |"
