"""The Workflow Run RO-Crate of a release: sources, steps with their parameters, software and products, as one graph.

It follows the Provenance Run Crate 0.5, the most detailed of the three profiles for runs of workflows
(https://w3id.org/ro/wfrun/provenance/0.5), on RO-Crate 1.1. Only what is known stands in it: who ran the workflow, on
which machine and when is not, and no product may hang on it.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rocrate.model import ContextEntity, Entity, File  # type: ignore[import-untyped]
from rocrate.rocrate import ROCrate  # type: ignore[import-untyped]

from asmgold.config.models import Settings
from asmgold.errors import InputError
from asmgold.io.checksum import sha256_of
from asmgold.io.files import write_json
from asmgold.release.facts import CODE, CRATE, PRODUCTS, README, Facts
from asmgold.release.stac import cited
from asmgold.release.steps import Run, Step
from asmgold.release.sums import files_in
from asmgold.schemas.products import MANIFEST, media_type, title_of

VERSION = "1.1"
WORKFLOW = f"{CODE}/workflow/Snakefile"
SCRIPTS = f"{CODE}/workflow/scripts"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/ro/wfrun/provenance/0.5": "Provenance Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
TERMS = {"creditText": "http://schema.org/creditText", "sha256": "http://schema.org/sha256"}
DONE = "http://schema.org/CompletedActionStatus"
HOMES = {
    "python": ("Python", "https://www.python.org"),
    "geos": ("GEOS", "https://libgeos.org"),
    "proj": ("PROJ", "https://proj.org"),
    "gdal": ("GDAL", "https://gdal.org"),
}
ABOUT_THE_RUN = (
    "The scenario was made in a fresh copy of the project, and every product had the bytes that had been published; "
    "the steps are those of that run. Who ran it, when, and on which machine is not stated: no product hangs on it."
)


def write_crate(folder: Path, facts: Facts, run: Run, files: Mapping[str, str]) -> None:
    """Write `ro-crate-metadata.json` of a release, the last of its files but for the checksums.

    Parameters
    ----------
    folder : the release, complete but for the two
    facts : what it says of itself
    run : the steps that made the products
    files : the source, or the file of the user's own, that each path stands for which the run started from
    """
    write_json(_Graph(folder, facts, run, files).metadata(), folder / CRATE)


@dataclass
class _Graph:
    folder: Path
    facts: Facts
    run: Run
    files: Mapping[str, str]
    crate: ROCrate = field(default_factory=lambda: ROCrate(version=VERSION))

    def metadata(self) -> dict[str, Any]:
        """The whole graph."""
        self.crate.metadata.extra_terms.update(TERMS)
        self.crate.metadata["conformsTo"] = [
            {"@id": f"https://w3id.org/ro/crate/{VERSION}"}, {"@id": "https://w3id.org/workflowhub/workflow-ro-crate/1.0"}
        ]  # fmt: skip
        self._describe_root()
        self._add_files()
        self._add_sources()
        self._add_software()
        self._add_steps()
        generated: dict[str, Any] = self.crate.metadata.generate()
        generated["@graph"] = [_compact(entity) for entity in generated["@graph"]]
        return generated

    def _describe_root(self) -> None:
        facts, root = self.facts, self.crate.root_dataset
        values = {
            "name": f"{facts.title}, {facts.name}",
            "description": f"{facts.title}. {facts.description} {ABOUT_THE_RUN}",
            "version": facts.name,
            "datePublished": facts.date,
            "author": [self._author(author) for author in facts.citation["authors"]],
            "license": self._licence(
                "release",
                "; ".join(dict.fromkeys(source["licence"] for source in facts.registered.values())) or "Not stated",
                "The terms of the data that the products are made from, each stated with its source; those that use a "
                f"product keep to all of them. The code is under {facts.citation.get('license', 'its own licence')}.",
            ),
            "creditText": cited(facts),
            "keywords": ", ".join(map(str, facts.citation.get("keywords", []))),
            "conformsTo": [
                self._add(uri, "CreativeWork", name=name, version=uri.rsplit("/", 1)[1])
                for uri, name in PROFILES.items()
            ],
        }
        for key, value in values.items():
            if value:
                root[key] = value

    def _add_files(self) -> None:
        """Every file of the release."""
        kinds = {f"{SCRIPTS}/{step.script}": ["File", "SoftwareSourceCode"] for step in self.run.steps}
        kinds[WORKFLOW] = ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"]
        for name in files_in(self.folder):
            path = self.folder / name
            values: dict[str, Any] = {
                "name": title_of(name) if name.startswith(f"{PRODUCTS}/") else name,
                "encodingFormat": media_type(name).replace("; ", ";"),
                "contentSize": str(path.stat().st_size),
                "sha256": sha256_of(path),
            }
            if name == README:
                values["about"] = self.crate.root_dataset
            if name in kinds:
                values |= {"@type": kinds[name], "version": self.facts.version}
            self.crate.add(File(self.crate, path, quote(name), properties=values))
        for name in self.facts.manifest["products"]:
            self._file(name)["exampleOfWork"] = self._formal(f"workflow/output/{name}", name, "File")

    def _add_sources(self) -> None:
        """What the run started from: it is not in the release, its hash, licence and citation are."""
        for name, source in self.facts.registered.items():
            self._add(
                f"#source/{name}", "File",
                name=source["title"], description=source.get("notes") or source["title"],
                creator=self._producer(source["producer"]), creditText=source["citation"], citation=source["citation"],
                license=self._licence(source["licence"], source["licence"], "As the producer of the data states it."),
                encodingFormat=media_type(source.get("filename") or source["path"]).replace("; ", ";"),
                url=source["urls"][0], isBasedOn=source["urls"][0], temporalCoverage=source.get("date"),
                sha256=source["lock"]["sha256"], contentSize=str(source["lock"]["bytes"]),
                exampleOfWork=self._formal(f"workflow/source/{name}", name, "File"),
            )  # fmt: skip
        for name, source in self.facts.own_files.items():
            self._add(
                f"#source/{name}", "File", name=name,
                description="A file that the configuration names, and no registered source: its hash alone is known.",
                encodingFormat=media_type(name).replace("; ", ";"),
                sha256=source["lock"]["sha256"], contentSize=str(source["lock"]["bytes"]),
                exampleOfWork=self._formal(f"workflow/source/{name}", name, "File"),
            )  # fmt: skip

    def _add_software(self) -> None:
        software = self.facts.manifest["software"]
        parts = [self._package(name, version) for name, version in software["packages"].items()]
        for key, (name, home) in HOMES.items():
            versions = software[key] if isinstance(software[key], dict) else {"": software[key]}
            parts += [
                self._application(f"#software/{key}{'-' if of else ''}{of}", f"{name}{' of ' if of else ''}{of}",
                                  version, home)
                for of, version in versions.items()
            ]  # fmt: skip
        workflow = self._code(WORKFLOW)
        self.crate.root_dataset["mainEntity"] = workflow
        settings = Settings.model_fields
        parameters = [
            self._formal(f"workflow/{key}", key, _kind(value), settings[key].description if key in settings else None)
            for key, value in self.facts.manifest["configuration"].items()
        ]
        sources = [self._get(f"#parameter/workflow/source/{name}") for name in self.facts.manifest["sources"]]
        products = [self._get(f"#parameter/workflow/output/{name}") for name in self.facts.manifest["products"]]
        values = {
            "name": str(self.facts.citation.get("title", "asmgold")),
            "url": self.facts.citation.get("repository-code") or self.facts.citation.get("url"),
            "programmingLanguage": self._add(
                "https://w3id.org/workflowhub/workflow-ro-crate#snakemake", "ComputerLanguage", name="Snakemake",
                identifier="https://doi.org/10.1093/bioinformatics/bts480", url="https://snakemake.readthedocs.io",
            ),
            "conformsTo": self._add(
                "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE", "CreativeWork",
                name="Bioschemas ComputationalWorkflow profile", version="1.0",
            ),
            "softwareRequirements": parts,
            "input": [*parameters, *sources],
            "output": products,
        }  # fmt: skip
        for key, value in values.items():
            if value:
                workflow[key] = value

    def _add_steps(self) -> None:
        """The run of the workflow, and in it each job, its rule, and what it read, was told and made."""
        workflow, root = self.crate.root_dataset["mainEntity"], self.crate.root_dataset
        jobs, controls = [], []
        for step in self.run.steps:
            read, made = self._entities(step.inputs), self._entities(step.outputs)
            if {entity.id for entity in made} <= {entity.id for entity in read}:
                continue  # it put the products into their place, and made nothing
            job = self._add(
                f"#job/{step.name}", "CreateAction",
                name=" ".join([step.rule, *map(str, step.wildcards.values())]),
                description=f"A job of the rule {step.rule}, by {step.script}.",
                instrument=self._tool(step), object=[*read, *self._told(step)], result=made, actionStatus=DONE,
            )  # fmt: skip
            jobs.append(job)
            controls.append(
                self._add(
                    f"#control/{step.name}", "ControlAction", name=f"Run of {step.name}", object=job,
                    instrument=self._get(f"#step/{step.rule}"), actionStatus=DONE,
                )
            )  # fmt: skip
        configuration = [
            self._value(key, value, [f"workflow/{key}"]) for key, value in self.facts.manifest["configuration"].items()
        ]
        whole = self._add(
            "#run", "CreateAction", name=f"Run of the workflow for the scenario {self.facts.scenario}",
            description=ABOUT_THE_RUN, instrument=workflow, actionStatus=DONE,
            object=[*(self._get(f"#source/{name}") for name in self.facts.manifest["sources"]), *configuration],
            result=[self._file(name) for name in [*self.facts.manifest["products"], MANIFEST]],
        )  # fmt: skip
        organised = self._add(
            "#organised", "OrganizeAction", name="Snakemake's part in the run", object=controls, result=whole,
            instrument=self.crate.get("#software/snakemake"), actionStatus=DONE,
        )  # fmt: skip
        root["mentions"] = [whole, *jobs, organised]

    def _tool(self, step: Step) -> Entity:
        """The script of a rule: a tool of the workflow, and the step that it is there."""
        tool = self._code(f"{SCRIPTS}/{step.script}")
        workflow = self.crate.root_dataset["mainEntity"]
        if self._get(f"#step/{step.rule}") is None:
            place = self._add(
                f"#step/{step.rule}", "HowToStep", name=step.rule, workExample=tool,
                position=str(len(_listed(workflow.get("step"))) + 1),
            )  # fmt: skip
            workflow["step"] = [*_listed(workflow.get("step")), place]
            workflow["hasPart"] = [*_listed(workflow.get("hasPart")), tool]
        return tool

    def _told(self, step: Step) -> Iterator[Entity]:
        """The parameters of a job, each linked to the parameter of its rule that it is a value of."""
        tool = self._code(f"{SCRIPTS}/{step.script}")
        for key, value in step.params.items():
            if value is None:
                continue
            formal = self._formal(f"{step.rule}/{key}", key, _kind(value))
            if formal not in _listed(tool.get("input")):
                tool["input"] = [*_listed(tool.get("input")), formal]
            yield self._value(key, value, [f"{step.rule}/{key}"])

    def _entities(self, paths: Iterable[str]) -> list[Entity]:
        """What the paths of a job stand for: a source, a product, or a file that jobs handed to one another."""
        found = [self._entity(path) for path in paths]
        return list({entity.id: entity for entity in found}.values())

    def _entity(self, path: str) -> Entity:
        if path in self.files:
            return self._get(f"#source/{self.files[path]}")
        name = _place_of(path, self.facts.scenario)
        if name in self.facts.manifest["products"] or name == MANIFEST:
            return self._file(name)
        made = self.run.made[path]
        return self._add(
            f"#between/{name}", "File", name=name, description="Handed from job to job; it is not in the release.",
            encodingFormat=media_type(name), sha256=made.sha256, contentSize=str(made.bytes),
        )  # fmt: skip

    def _value(self, name: str, value: Any, formals: Iterable[str]) -> Entity:
        """A value of parameters: one entity for equal values of equal name, since rules share many."""
        text = value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False, sort_keys=True)
        digest = hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]
        entity = self._add(f"#value/{name}-{digest}", "PropertyValue", name=name, value=text)
        known = _listed(entity.get("exampleOfWork"))
        new = [self._get(f"#parameter/{formal}") for formal in formals]
        entity["exampleOfWork"] = [*known, *(formal for formal in new if formal not in known)]
        return entity

    def _formal(self, path: str, name: str, kind: str, description: str | None = None) -> Entity:
        return self._add(
            f"#parameter/{path}", "FormalParameter", name=name, additionalType=kind, description=description
        )

    def _package(self, name: str, version: str) -> Entity:
        return self._application(f"#software/{name}", name, version, _home_of(name))

    def _application(self, id_: str, name: str, version: str, home: str | None) -> Entity:
        return self._add(id_, "SoftwareApplication", name=name, softwareVersion=version, url=home)

    def _author(self, author: Mapping[str, Any]) -> Entity:
        person = " ".join(str(author[key]) for key in ("given-names", "family-names") if key in author)
        name = str(author.get("name") or person)
        return self._add(
            author.get("orcid") or f"#author/{_slug(name)}", "Person" if person else "Organization", name=name,
            url=author.get("website"),
        )  # fmt: skip

    def _producer(self, name: str) -> Entity:
        return self._add(f"#producer/{_slug(name)}", "Organization", name=name)

    def _licence(self, key: str, name: str, description: str) -> Entity:
        return self._add(f"#licence/{_slug(key)}", "CreativeWork", name=name, description=description)

    def _code(self, name: str) -> Entity:
        code = self.crate.get(quote(name))
        if code is None:
            raise InputError(f"{name.removeprefix(f'{CODE}/')}: is part of the run, and there is no such file")
        return code

    def _file(self, name: str) -> Entity:
        return self.crate.get(quote(f"{PRODUCTS}/{name}"))

    def _get(self, id_: str) -> Entity | None:
        return self.crate.get(_escaped(id_))

    def _add(self, id_: str, kind: str, **values: Any) -> Entity:
        """An entity of that name, made if there is none yet; values that are None are left out."""
        known = self._get(id_)
        if known is not None:
            return known
        entity = ContextEntity(self.crate, _escaped(id_), properties={"@type": kind})
        for key, value in values.items():
            if value is not None:
                entity[key] = value
        return self.crate.add(entity)


def _escaped(id_: str) -> str:
    """The id of an entity that is no file: an address as it is, a name of ours with what an address cannot hold."""
    return f"#{quote(id_[1:])}" if id_.startswith("#") else id_


def _place_of(path: str, scenario: str) -> str:
    """A path of the run within the build folder or the results, where the same name means the same file."""
    return path.removeprefix(f"results/.build/{scenario}/").removeprefix(f"results/{scenario}/")


def _home_of(package: str) -> str | None:
    """The page of an installed package, as it states it."""
    try:
        told: Any = metadata(package)
    except PackageNotFoundError:
        return None
    pages = dict(page.split(", ", 1) for page in told.get_all("Project-URL", []))
    for key in ("Homepage", "homepage", "Home", "Repository", "repository", "Source", "Documentation", "documentation"):
        if key in pages:
            return str(pages[key])
    page: str | None = told.get("Home-page")
    return page


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "Boolean"
        case int():
            return "Integer"
        case float():
            return "Float"
    return "Text"


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _compact(entity: Mapping[str, Any]) -> dict[str, Any]:
    """An entity with lists of one value written as that value, as RO-Crate asks."""
    return {key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in entity.items()}
