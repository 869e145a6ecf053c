"""What docstrings, comments and pages name exists: modules and their names, and files of the project."""

from __future__ import annotations

import re
from importlib import import_module

import pytest

from tests.conftest import PROJECT

NAME = re.compile(r"`(asmgold(?:\.\w+)+)")
IMPORT = re.compile(r"from (asmgold[\w.]*) import ([\w, ]+)")
FILE = re.compile(r"`((?:workflow|tests|docs|schedule)/[\w./-]+)")
TEXTS = sorted(
    path
    for folder in ("workflow", "docs", "tests", "config")
    for path in (PROJECT / folder).rglob("*")
    if path.suffix in (".py", ".md", ".smk") and "__pycache__" not in path.parts
)
TEXTS += [PROJECT / name for name in ("README.md", "CONTRIBUTING.md")]
EXAMPLES = [*(path for path in TEXTS if path.suffix == ".md"), PROJECT / "docs/notebook.ipynb"]


def exists(name: str) -> bool:
    """Whether a dotted name leads to a module, or to what a module holds."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        module = ".".join(parts[:length])
        try:
            found = import_module(module)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{module}.".startswith(f"{error.name}."):
                raise  # the module is there, and what it needs is not
            continue
        for part in parts[length:]:
            if not hasattr(found, part):
                return part in getattr(found, "__annotations__", {})
            found = getattr(found, part)
        return True
    return False


@pytest.fixture(scope="module")
def named() -> dict[str, set[str]]:
    """The names in backticks, and the files that give them."""
    names: dict[str, set[str]] = {}
    for path in TEXTS:
        for name in NAME.findall(path.read_text("utf-8")):
            names.setdefault(name, set()).add(str(path.relative_to(PROJECT)))
    return names


def test_every_name_of_the_library_in_backticks_exists(named: dict[str, set[str]]) -> None:
    assert len(named) > 50
    assert {name: files for name, files in named.items() if not exists(name)} == {}


def test_every_import_of_an_example_works() -> None:
    imports = [
        f"{module}.{name.strip()}"
        for path in EXAMPLES
        for module, names in IMPORT.findall(path.read_text("utf-8"))
        for name in names.split(",")
    ]
    assert len(imports) > 5
    assert [name for name in imports if not exists(name)] == []


def test_a_name_that_is_not_there_is_found_out() -> None:
    assert exists("asmgold.regions.dissolve.dissolve")
    assert not exists("asmgold.regions.dissolve.dissolved")
    assert not exists("asmgold.region.dissolve")


def test_every_file_of_the_project_in_backticks_exists() -> None:
    missing = [
        f"{path.relative_to(PROJECT)}: {name}"
        for path in TEXTS
        for name in FILE.findall(path.read_text("utf-8"))
        if not (PROJECT / name.rstrip(".")).exists()
    ]
    assert missing == []
