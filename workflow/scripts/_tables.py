"""Reads the tables that a rule names among its inputs."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from asmgold.io.tables import read_csv, read_table
from asmgold.schemas.products import product_of


def load(paths: Any, *names: str) -> dict[str, Any]:
    """The tables of some inputs by name; None for an input without a file. They were checked when they were made."""
    return {name: _table(Path(paths[name])) if paths[name] else None for name in names}


def load_each(paths: Iterable[str]) -> dict[str, Any]:
    """The tables of some files by the names of these without their endings."""
    return {Path(path).stem: _table(Path(path)) for path in paths}


def load_overlays(paths: Any, names: Iterable[str]) -> dict[str, Any]:
    """The polygons of the overlays, by their names."""
    return {name: read_table(Path(path)) for name, path in zip(names, paths.overlays, strict=True)}


def with_mended(sources: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """The sources, and beside each what was mended of its layers."""
    told: dict[str, list[str]] = {}
    for path in paths:
        for origin, texts in json.loads(Path(path).read_text(encoding="utf-8")).items():
            told[origin] = list(dict.fromkeys([*told.get(origin, ()), *texts]))
    return {name: {**source, **({"mended": told[name]} if name in told else {})} for name, source in sources.items()}


def _table(path: Path) -> Any:
    return read_csv(path, product_of(path.name).load_schema()) if path.suffix == ".csv" else read_table(path)
