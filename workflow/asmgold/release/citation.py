"""CITATION.cff of a release: how to cite the data set, the software that made it, and the data that it is made from."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from asmgold.config.loading import read_yaml
from asmgold.errors import InputError
from asmgold.release.facts import CITATION, Facts

OF_SOFTWARE = ("doi", "identifiers", "license", "repository-code", "repository", "url", "date-released", "commit")


def read_citation(path: Path) -> dict[str, Any]:
    """The project's own CITATION.cff, which says who its authors are. Raises InputError."""
    citation = read_yaml(path)
    if not isinstance(citation, dict) or not isinstance(citation.get("authors"), list) or not citation["authors"]:
        raise InputError(f"{path}: authors are missing; a release says whom to cite")
    return citation


def write_citation(folder: Path, facts: Facts) -> None:
    """Write the CITATION.cff of a release (Citation File Format 1.2.0).

    Files that the user brought are not among the references: whom to cite for them is not known.
    """
    content: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "If you use these maps, please cite them, and the data that they are made from.",
        "type": "dataset",
        "title": f"{facts.title}, {facts.name}",
        "version": facts.name,
        "date-released": facts.date,
        "authors": copy.deepcopy(facts.citation["authors"]),
        "abstract": facts.description,
        "references": [_software(facts), *map(_source, facts.registered.values())],
    }
    keywords = facts.citation.get("keywords")
    content |= {"keywords": list(keywords)} if keywords else {}
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
    (folder / CITATION).write_text(text, encoding="utf-8")


def _software(facts: Facts) -> dict[str, Any]:
    known = {key: facts.citation[key] for key in OF_SOFTWARE if key in facts.citation}
    return {
        "type": "software",
        "title": str(facts.citation.get("title", "asmgold")),
        "authors": copy.deepcopy(facts.citation["authors"]),
        "version": facts.version,
        **known,
    }


def _source(source: Mapping[str, Any]) -> dict[str, Any]:
    date = source.get("date")
    return {
        "type": "data",
        "title": source["title"],
        "authors": [{"name": source["producer"]}],
        **({"year": int(date[:4])} if date else {}),
        "url": source["urls"][0],
        "notes": f"{source['citation']} Licence: {source['licence']}. SHA-256 of the file: {source['lock']['sha256']}",
    }
