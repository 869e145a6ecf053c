"""Checking a release that someone was sent: is every file as it was released, and does it say the same everywhere?"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal
from urllib.parse import unquote

import pystac

import asmgold
from asmgold.config.loading import read_yaml
from asmgold.config.paths import workflow_files
from asmgold.errors import InputError, excerpt
from asmgold.io.checksum import sha256_of
from asmgold.release.checks import faults_of_counts, faults_of_fates, faults_of_schemas, read_manifest
from asmgold.release.facts import CITATION, CODE, CRATE, PRODUCTS, RELEASE, STAC
from asmgold.release.rerun import not_at_hand, rerun, scenario_of
from asmgold.release.stac import SHA256_AS_MULTIHASH, fault_of_stac
from asmgold.release.sums import SUMS, faults_of_sums, read_sums
from asmgold.schemas.products import MANIFEST

Kind = Literal["ok", "fault", "unchecked"]
DOCUMENTS = (f"{PRODUCTS}/{MANIFEST}", RELEASE, CRATE, CITATION, f"{STAC}/catalog.json")
LISTED = 5


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Parameters
    ----------
    kind : all is well, something is wrong, or it could not be looked at
    what : the check, or the file that is at fault
    sentence : in words
    """

    kind: Kind
    what: str
    sentence: str

    @property
    def line(self) -> str:
        """One line for a terminal, whatever the folder holds."""
        return f"{self.kind:10} {excerpt(self.what, 120)}: {excerpt(self.sentence, 600)}"


def verify(folder: Path, project: Path = Path(), *, again: bool = False) -> list[Finding]:
    """Check a release against itself, and, if asked, by making it again.

    Parameters
    ----------
    folder : the release
    project : a checkout of the project, for its code and its sources; the folder may lie anywhere
    again : whether the products are made again and compared byte for byte

    Returns
    -------
    What was found, check by check; what could not be checked is among it.

    Raises
    ------
    InputError : if the folder is none, or is no release at all.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder")
    return list(_Verification(folder, project, again, read_sums(folder)).findings())


@dataclass
class _Verification:
    folder: Path
    project: Path
    again: bool
    sums: dict[str, str]
    damaged: dict[str, str] = field(default_factory=dict)
    other_stac: set[str] = field(default_factory=set)

    def findings(self) -> Iterator[Finding]:
        unlisted = {name: f"is not in {SUMS}, and every release has it" for name in DOCUMENTS if name not in self.sums}
        self.damaged = faults_of_sums(self.folder, self.sums) | unlisted
        yield from self._told("checksums", self.damaged, f"all {len(self.sums)} files are those of {SUMS}")
        if unread := [name for name in DOCUMENTS if name in self.damaged]:
            yield Finding("unchecked", "products, catalogue, provenance", f"{', '.join(unread)} cannot be relied on")
            return
        try:
            manifest = read_manifest(self.folder / PRODUCTS)
        except InputError as error:
            yield Finding("fault", f"{PRODUCTS}/{MANIFEST}", str(error))
            return
        yield from self._products(manifest)
        yield from self._told("catalogue", self._guarded(STAC, self._catalogue, manifest),
                              "every product is in the STAC catalogue, with its hash and size")  # fmt: skip
        if self.other_stac:
            told = f"those here are of {pystac.get_stac_version()}, it is of {', '.join(sorted(self.other_stac))}"
            yield Finding("unchecked", "schemas of the catalogue", told)
        yield from self._told("provenance", self._guarded(CRATE, self._crate, manifest),
                              "every file and every source is in the RO-Crate, with its hash and size")  # fmt: skip
        yield from self._told("citation", self._guarded(CITATION, self._names, manifest),
                              "release, citation and provenance have the same name, date and scenario")  # fmt: skip
        yield self._code()
        yield from self._rerun(manifest)

    def _told(self, what: str, faults: Mapping[str, str], well: str) -> Iterator[Finding]:
        yield from (Finding("fault", name, fault) for name, fault in faults.items())
        if not faults:
            yield Finding("ok", what, well)

    def _guarded(self, name: str, check: Callable[[Mapping[str, Any]], Iterator[tuple[str, str]]],
                 manifest: Mapping[str, Any]) -> dict[str, str]:  # fmt: skip
        """The faults that a check finds, by file; a document that breaks it is at fault itself."""
        try:
            return dict(check(manifest))
        except Exception as error:
            return {name: f"cannot be read ({type(error).__name__}: {excerpt(error, 200)})"}

    def _products(self, manifest: Mapping[str, Any]) -> Iterator[Finding]:
        """The manifest against the sums, then the tables against the manifest, as far as they are not damaged."""
        faults = self._guarded(f"{PRODUCTS}/{MANIFEST}", self._stated, manifest)
        if faults:
            yield from self._told("products", faults, "")
            yield Finding("unchecked", "counts, schemas", "the manifest and the checksums name different products")
            return
        sound = {name: stated for name, stated in manifest["products"].items() if not self._is_damaged(name)}
        within, whole = self.folder / PRODUCTS, {**manifest, "products": sound}
        counts = faults_of_counts(within, whole)
        yield from self._told(
            "counts", _in_products(counts), "rows and cells of each product are those of its manifest"
        )
        if self._is_damaged("records.parquet"):
            yield Finding("unchecked", "fates", "the records are damaged")
        else:
            fates = self._guarded(
                f"{PRODUCTS}/{MANIFEST}", lambda one: iter(faults_of_fates(within, one).items()), whole
            )
            yield from self._told("fates", _in_products(fates),
                                  "rows read are the sum of the fates, for each source")  # fmt: skip
        if other := self._other_schemas():
            yield Finding("unchecked", "schemas", f"this version of asmgold has others ({', '.join(other)})")
        else:
            unfit = _in_products(faults_of_schemas(within, whole))
            yield from self._told("schemas", unfit, "the tables have the columns, types and values of their schemas")

    def _is_damaged(self, product: str) -> bool:
        return f"{PRODUCTS}/{product}" in self.damaged

    def _stated(self, manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for name, stated in manifest["products"].items():
            path = f"{PRODUCTS}/{name}"
            if self.sums.get(path) != stated["sha256"]:
                yield path, f"has sha256 {stated['sha256']} in {MANIFEST}, {self.sums.get(path, 'none')} in {SUMS}"
        for path in self.sums:
            name = path.removeprefix(f"{PRODUCTS}/")
            if name != path and name != MANIFEST and name not in manifest["products"]:
                yield path, f"is not in {MANIFEST}"

    def _other_schemas(self) -> list[str]:
        library = Path(asmgold.__file__).parent
        here = {path.relative_to(library).as_posix(): sha256_of(path) for path in (library / "schemas").glob("*.py")}
        folder = f"{CODE}/workflow/asmgold/"
        of_schemas = (path for path in self.sums if path.startswith(f"{folder}schemas/"))
        there = {path.removeprefix(folder): self.sums[path] for path in of_schemas}
        return sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))

    def _catalogue(self, manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        products = {f"{PRODUCTS}/{name}" for name in [*manifest["products"], MANIFEST]}
        for document in (name for name in self.sums if name.startswith(f"{STAC}/")):
            if document in self.damaged:
                continue
            content = self._json(document)
            if content["stac_version"] != pystac.get_stac_version():
                self.other_stac.add(str(content["stac_version"]))
            elif fault := fault_of_stac(content):
                yield document, f"not valid STAC: {fault}"
            for href in (link["href"] for link in content["links"]):
                if "://" not in href and self._within(document, href) not in self.sums:
                    yield document, f"links to {excerpt(href)}, and there is no such file"
            for asset in content.get("assets", {}).values():
                path = self._within(document, asset["href"])
                products.discard(path)
                size = (self.folder / path).stat().st_size if path in self.sums and path not in self.damaged else None
                if asset["file:checksum"] != SHA256_AS_MULTIHASH + self.sums.get(path, ""):
                    yield document, f"gives {excerpt(path)} another checksum than {SUMS}"
                elif size is not None and asset["file:size"] != size:
                    yield document, f"gives {excerpt(path)} {asset['file:size']} bytes, it has {size}"
        for path in sorted(products):
            yield path, "is not in the STAC catalogue"

    def _within(self, document: str, href: str) -> str:
        return os.path.normpath(PurePosixPath(document).parent / href)

    def _crate(self, manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        entities = {unquote(entity["@id"]): entity for entity in self._json(CRATE)["@graph"]}
        for path, sha256 in self.sums.items():
            entity = entities.get(path)
            if path == CRATE:
                continue
            if entity is None:
                yield path, f"is not in {CRATE}"
            elif entity["sha256"] != sha256:
                yield path, f"has sha256 {excerpt(entity['sha256'], 64)} in {CRATE}, {sha256} in {SUMS}"
            elif path not in self.damaged and entity["contentSize"] != str((self.folder / path).stat().st_size):
                yield path, f"has {excerpt(entity['contentSize'])} bytes by {CRATE}, and not in truth"
        for name, source in manifest["sources"].items():
            entity = entities.get(f"#source/{name}", {})
            if entity.get("sha256") != source["lock"]["sha256"]:
                yield (
                    CRATE,
                    f"has source {name} with sha256 {excerpt(entity.get('sha256'), 64)}, {MANIFEST} with another",
                )
        jobs = [entity for id_, entity in entities.items() if id_.startswith("#job/")]
        made = {unquote(id_) for job in jobs for id_ in _ids(job, "result")}
        for name in [*manifest["products"], MANIFEST]:
            if f"{PRODUCTS}/{name}" not in made:
                yield f"{PRODUCTS}/{name}", f"is the result of no job in {CRATE}"
        workflow = entities["./"]["mainEntity"]["@id"]
        if unquote(workflow) not in self.sums:
            yield CRATE, f"has {excerpt(workflow)} for its workflow, and there is no such file"

    def _names(self, manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        told, citation = self._json(RELEASE), read_yaml(self.folder / CITATION)
        root = next(entity for entity in self._json(CRATE)["@graph"] if entity["@id"] == "./")
        for document, name, date in (
            (CITATION, citation["version"], str(citation["date-released"])),
            (CRATE, root["version"], root["datePublished"]),
        ):
            if (name, date) != (told["name"], told["date"]):
                yield (
                    document,
                    f"is of {excerpt(name)}, {excerpt(date)}; {RELEASE} of {excerpt(told['name'])}, "
                    f"{excerpt(told['date'])}",
                )
        if told["scenario"] != manifest["configuration"]["scenario"]:
            yield RELEASE, f"is of the scenario {excerpt(told['scenario'])}, the products are not"

    def _code(self) -> Finding:
        """Whether this checkout has the code that made the release. It may well be another version."""
        here = {f"{CODE}/{path}": sha256_of(self.project / path) for path in workflow_files(self.project)}
        if not here:
            return Finding("unchecked", "code", "there is no checkout here to compare it with")
        there = {name: sha256 for name, sha256 in self.sums.items() if name.startswith(f"{CODE}/workflow/")}
        differing = sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))
        if not differing:
            return Finding("ok", "code", "the workflow that made it is that of this checkout")
        more = f" and {len(differing) - LISTED} more" if len(differing) > LISTED else ""
        return Finding(
            "unchecked", "code", f"this checkout has another version of {', '.join(differing[:LISTED])}{more}"
        )

    def _rerun(self, manifest: Mapping[str, Any]) -> Iterator[Finding]:
        try:
            missing = not_at_hand(scenario_of(manifest), manifest, self.project)
        except (InputError, KeyError, TypeError, AttributeError, OSError) as error:
            missing = [f"a configuration that this version understands ({excerpt(error, 300)})"]
        if missing:
            yield Finding("unchecked", "rerun", f"not at hand: {'; '.join(missing)}")
        elif not self.again:
            yield Finding("unchecked", "rerun", "every source is at hand: --rerun makes all again and compares it")
        else:
            yield from self._made_again(manifest)

    def _made_again(self, manifest: Mapping[str, Any]) -> Iterator[Finding]:
        try:
            done = rerun(manifest, self.folder / PRODUCTS, self.project)
        except InputError as error:
            yield Finding("fault", "rerun", str(error))
            return
        if done.software:
            told = ", ".join(f"{name} {was} then and {now} now" for name, (was, now) in done.software.items())
            yield Finding("unchecked", "software", f"not that of the release: {told}")
        faults = {one.product: one.fault for one in done.compared if one.fault}
        well = f"all {len(done.compared)} products, made again from the sources, are identical, byte for byte"
        yield from self._told("rerun", _in_products(faults), well)

    def _json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text("utf-8"))


def _ids(entity: Mapping[str, Any], key: str) -> list[str]:
    """The entities that one refers to; a single one is not in a list."""
    found = entity.get(key, [])
    return [reference["@id"] for reference in (found if isinstance(found, list) else [found])]


def _in_products(faults: Mapping[str, str]) -> dict[str, str]:
    return {name if name.startswith(f"{PRODUCTS}/") else f"{PRODUCTS}/{name}": fault for name, fault in faults.items()}
