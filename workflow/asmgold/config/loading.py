"""Reads the configuration files. For each mistake in them there is a message of one line."""

from __future__ import annotations

import difflib
import re
import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from asmgold.config.models import (
    Correction,
    DatasetName,
    Exposure,
    Layer,
    Limits,
    Lock,
    Name,
    Radii,
    RadiusRule,
    RasterSettings,
    RefreshSettings,
    Settings,
    Source,
)
from asmgold.config.renamed import renamed_keys
from asmgold.errors import InputError, excerpt

T = TypeVar("T")
MAX_TOLD = 20  # mistakes of one file
DEEPEST = 50  # levels of nesting, beyond which PyYAML takes ever longer
LONGEST = 200  # characters of what was found
# With aliases, a few lines of YAML are a value that no memory holds when it is written out.
_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxlist, _SHORT.maxdict = 3, 20, 20
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = LONGEST


def check_settings(values: Mapping[str, Any], sources: Mapping[str, Source], origin: str = "configuration") -> Settings:
    """Check the settings of a scenario, and that the sources that they name exist and are of the right kind.

    Parameters
    ----------
    values : the keys of `config.yaml`
    sources : the registered sources
    origin : what the messages begin with

    Raises
    ------
    InputError : one line for each mistake, naming the key, what was found and what was expected.
    """
    settings = _validated(TypeAdapter(Settings), dict(values), origin, "config.yaml")
    layers: dict[str, Layer] = {"area": settings.area}
    if settings.countries is not None:
        layers["countries"] = settings.countries
    layers |= {f"overlays.{name}": overlay for name, overlay in settings.overlays.items()}
    if settings.strata is not None:
        layers["strata"] = settings.strata
    for name, evidence in settings.evidence.items():
        for part in evidence.parts():
            layers[f"evidence.{name}" + (f".periods.{part.period}" if evidence.periods else "")] = part
    _check_records(settings, sources, origin)
    layers |= {f"points.{name}": points for name, points in settings.points.items()}
    for key, layer in layers.items():
        if layer.source is not None:
            _check_reader(layer.source, sources, f"{origin}: {key}.source", "vector")
    for name, exposure in settings.exposure.items():
        if exposure.source is not None:
            _check_reader(exposure.source, sources, f"{origin}: exposure.{name}.source", "raster")
    return settings


def _check_records(settings: Settings, sources: Mapping[str, Source], origin: str) -> None:
    """That each source of records is one, and stands once; the names of own ones are theirs alone."""
    for name in settings.points:
        if name in sources or name in get_args(DatasetName):
            raise InputError(f"{origin}: points.{name} has the name of a registered source, another one was expected")
        if name not in settings.records:
            raise InputError(
                f"{origin}: records is {settings.records}, without {name} of points; it was expected there"
            )
    for number, name in enumerate(settings.records):
        if name not in settings.points:
            _check_reader(name, sources, f"{origin}: records[{number}]", *get_args(DatasetName))
    datasets = [name if name in settings.points else sources[name].reader for name in settings.records]
    if len(set(datasets)) < len(datasets):
        raise InputError(f"{origin}: records is {settings.records}, one source for each dataset was expected")


def load_sources(path: Path) -> dict[str, Source]:
    """The registered sources by name. Raises InputError."""
    return _validated(TypeAdapter(dict[Name, Source]), read_yaml(path), str(path), "sources.yaml")


def load_lock(path: Path) -> dict[str, Lock]:
    """The pinned bytes by source. Raises InputError."""
    return _validated(TypeAdapter(dict[Name, Lock]), read_yaml(path), str(path), "sources.lock.yaml")


def load_refresh_settings(path: Path) -> RefreshSettings:
    """The settings of `config/refresh.yaml`. Raises InputError."""
    return _validated(TypeAdapter(RefreshSettings), read_yaml(path) or {}, str(path))


def load_corrections(path: Path) -> list[Correction]:
    """The declared corrections. Raises InputError, also if two of them have the same id or the same record."""
    corrections = _validated(TypeAdapter(list[Correction]), read_yaml(path) or [], str(path))
    for field in ("id", "record"):
        values = [getattr(correction, field) for correction in corrections]
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise InputError(f"{path}: {field} {twice[0]!r} stands twice, once was expected")
    return corrections


class _Loader(yaml.SafeLoader):
    """A loader of YAML 1.2 (its core schema), which refuses a key that stands twice.

    PyYAML's own one is of YAML 1.1, which takes 012 for ten, 1:30 for ninety and NO for false; and of two equal keys it
    would use the last one and ignore the other.
    """

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.depth >= DEEPEST:
            raise yaml.composer.ComposerError(None, None, f"nested more than {DEEPEST} levels deep")
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        first: dict[str, yaml.Mark] = {}
        for key, _ in node.value:
            mark = key.start_mark
            if isinstance(key, yaml.ScalarNode) and first.setdefault(key.value, mark) is not mark:
                lines = first[key.value].line + 1, mark.line + 1
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value} stands twice, in lines {lines[0]} and {lines[1]}; join them to one"
                )
        return super().construct_mapping(node, deep)


def _whole_number(loader: _Loader, node: yaml.ScalarNode) -> int:
    text = node.value
    return int(text, 0) if text[:2] in ("0x", "0o") else int(text)


_NUMBER = r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
# The first that fits counts; beside each, the characters that it may begin with.
_CORE_SCHEMA = (
    ("null", r"(~|null|Null|NULL|)", [*"~nN", ""]),
    ("bool", r"(true|True|TRUE|false|False|FALSE)", [*"tTfF"]),
    ("int", r"([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)", [*"-+0123456789"]),
    ("float", f"({_NUMBER})", [*"-+.0123456789"]),
    ("merge", "<<", ["<"]),
)
_Loader.yaml_implicit_resolvers = {}
for _kind, _pattern, _beginnings in _CORE_SCHEMA:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(rf"{_pattern}\Z"), _beginnings)
_Loader.add_constructor("tag:yaml.org,2002:int", _whole_number)


# What constructors raise for a value that is not what its tag says, such as `!!int x`.
_NO_VALUE = (ValueError, KeyError, AttributeError, TypeError)


def read_yaml(path: Path) -> Any:
    """The content of a YAML file. Raises InputError if it cannot be read, is not YAML, or if a key stands twice."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file") from None
    except OSError as error:
        raise InputError(f"{path}: could not be read ({(error.strerror or str(error)).lower()})") from None
    except (yaml.YAMLError, *_NO_VALUE) as error:
        raise InputError(f"{path}: not valid YAML ({excerpt(error, LONGEST)})") from None


def _check_reader(name: str, sources: Mapping[str, Source], where: str, *readers: str) -> None:
    kinds = {"vector": "a layer", "raster": "a raster"} | dict.fromkeys(get_args(DatasetName), "a table of records")
    reader = _registered(name, sources, where).reader
    if reader not in readers:
        raise InputError(f"{where} is {name!r}, {kinds[reader]}; {kinds[readers[0]]} was expected")


def _registered(name: str, sources: Mapping[str, Source], where: str) -> Source:
    if name not in sources:
        raise InputError(f"{where} is {name!r}, a source of config/sources.yaml was expected{_nearest(name, sources)}")
    return sources[name]


def _validated(adapter: TypeAdapter[T], values: Any, origin: str, file: str | None = None) -> T:
    """The checked values. `file` is the file whose old keys are answered with their new names."""
    if file is not None and (renamed := renamed_keys(values, file)):
        raise InputError("\n".join(f"{origin}: {line}" for line in renamed))
    try:
        return adapter.validate_python(values)
    except ValidationError as error:
        lines = list(dict.fromkeys(f"{origin}: {_sentence(problem)}" for problem in error.errors()))
        if len(lines) > MAX_TOLD:
            lines[MAX_TOLD:] = [f"{origin}: and {len(lines) - MAX_TOLD} more mistakes"]
        raise InputError("\n".join(lines)) from None


def _sentence(problem: Any) -> str:
    key = excerpt(".".join(part for part in map(str, problem["loc"]) if part[:1] != "=") or "the whole", LONGEST)
    found = problem["input"]
    match problem["type"]:
        case "extra_forbidden":
            return f"{key} is not a known key{_nearest(str(problem['loc'][-1]), _known_keys())}"
        case "missing":
            return f"{key} is missing"
        case "value_error":
            prefix = "" if not problem["loc"] else f"{key} "
            return prefix + str(problem["ctx"]["error"])
        case _:
            return f"{key} is {excerpt(_SHORT.repr(found), LONGEST)}, {_expected(problem['msg'])} was expected"


def _expected(message: str) -> str:
    if message.startswith("Input should be a valid dictionary"):
        return "a mapping"
    for start in ("Input should be a valid ", "Input should be "):
        if message.startswith(start):
            rest = message.removeprefix(start)
            return f"a {rest}" if start.endswith("valid ") else f"a value {rest}"
    return message


def _known_keys() -> set[str]:
    models: list[type[BaseModel]] = [
        Settings, *Layer.__subclasses__(), Limits, Radii, RadiusRule, RasterSettings, Exposure, Source, Lock,
        Correction, RefreshSettings,
    ]  # fmt: skip
    return {key for model in models for key in model.model_fields}


def _nearest(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name[:LONGEST], list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
