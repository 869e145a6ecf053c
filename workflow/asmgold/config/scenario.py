"""A scenario: one configuration with the sources, the pins and the corrections that it uses, checked together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from asmgold.config.content import content_of
from asmgold.config.loading import check_settings, load_corrections, load_lock, load_sources, read_yaml
from asmgold.config.models import (
    Area,
    Correction,
    Evidence,
    Exposure,
    Layer,
    Lock,
    Overlay,
    Searched,
    Settings,
    Source,
)
from asmgold.config.paths import located_file, stored_file
from asmgold.errors import InputError, excerpt
from asmgold.vocabulary.iso import country_name, known_country

AnyLayer = TypeVar("AnyLayer", Area, Overlay)
BACKDROP = ("towns", "rivers", "lakes")  # what shows where one is
COUNTRY_SCENARIO = "country"  # the template for the scenarios of all countries
GROUP = "scenarios"  # the key of a file that names several scenarios in the place of being one
COUNTRY_NAME = re.compile(r"(?P<code>[a-z]{3})(-(?P<commodity>[a-z_]+))?")  # names such as cod and bol-tin


@dataclass(frozen=True)
class Scenario:
    """What one run needs to know, checked.

    Parameters
    ----------
    settings : the configuration
    sources, locks : the registered sources and the pins of their files, by the names of the sources
    corrections : those that apply; none where the configuration switches them off
    project : the project's folder, relative to the working directory
    """

    settings: Settings
    sources: Mapping[str, Source]
    locks: Mapping[str, Lock]
    corrections: tuple[Correction, ...]
    project: Path = Path()

    @property
    def area(self) -> Area:
        """The layer of the area. If it is a country of the layer `countries`, it is read from that layer's file."""
        area, countries = self.settings.area, self.settings.countries
        if not area.is_from_countries or countries is None:
            return area
        return area.model_copy(update=countries.model_dump(include={"source", "file", "layer", "crs"}))

    @property
    def layers(self) -> dict[str, Layer]:
        """All layers by the names of their tables: `area`, `countries`, `overlay_<name>`, evidence, and so on."""
        overlays = {f"overlay_{name}": overlay for name, overlay in self.settings.overlays.items()}
        countries = {"countries": self.settings.countries} if self.settings.countries else {}
        strata = {"strata": self.settings.strata} if self.settings.strata else {}
        return {"area": self.area, **countries, **overlays, **strata, **self.evidence, **self.searched, **self.backdrop}

    @property
    def backdrop(self) -> dict[str, Layer]:
        """The layers that show where one is, by their keys."""
        return {name: layer for name in BACKDROP if (layer := getattr(self.settings, name)) is not None}

    @property
    def evidence(self) -> dict[str, Evidence]:
        """The files of evidence by the names of their tables: `evidence_<name>`, or `evidence_<name>-<period>`."""
        return {
            f"evidence_{name}-{part.period}" if entry.periods else f"evidence_{name}": part
            for name, entry in self.settings.evidence.items()
            for part in entry.parts()
        }

    @property
    def searched(self) -> dict[str, Searched]:
        """The layers that say where was looked for mining, by the names of their tables: `searched_<name>`."""
        return {
            f"searched_{name}": entry.searched
            for name, entry in self.settings.evidence.items()
            if entry.searched and entry.searched.buffer_km is None
        }

    @property
    def used_sources(self) -> list[str]:
        """The names of the sources that the scenario uses, in the order of the registry."""
        used = {*self.record_sources, *(item.source for item in self._files if item.source)}
        return [name for name in self.sources if name in used]

    @property
    def own_files(self) -> list[str]:
        """The files that the user brings, which no lock pins."""
        return [located_file(path, self.project) for path in self._own_paths]

    def content_of(self, item: Layer | Exposure | str | None) -> dict[str, Any]:
        """Hash and size of each file that an item is read from, by its path; nothing for a source, which a lock pins.

        Parameters
        ----------
        item : a layer, a raster, or the path of a table as the configuration gives it
        """
        path = item if isinstance(item, str) or item is None else item.file
        return self.own_contents.get(path, {}) if path else {}

    @cached_property
    def own_contents(self) -> dict[str, dict[str, Any]]:
        """Hash and size of the files of the user, by the path in the configuration and then by that of each file."""
        return {path: content_of(located_file(path, self.project)) for path in self._own_paths}

    def own_provenance(self) -> dict[str, Any]:
        """The same for all of them, by the paths of the files, as for a source; no lock pins them."""
        files = {path: lock for content in self.own_contents.values() for path, lock in content.items()}
        return {self._own_key(path): {"lock": lock} for path, lock in files.items()}

    def origin_of(self, layer: Layer | Exposure) -> str:
        """The key of a layer's file in the two: its source, or the path of a file of the user's own."""
        return layer.source or self._own_key(str(layer.file))

    def _own_key(self, path: str) -> str:
        return path if path not in self.sources else f"./{path}"

    @property
    def _own_paths(self) -> list[str]:
        """The paths of the user's files as the configuration gives them."""
        tables = [self.settings.published_shares, self.settings.production]
        paths = [item.file for item in self._files if item.file] + [path for path in tables if path]
        return list(dict.fromkeys(paths))

    @property
    def _files(self) -> list[Layer | Exposure]:
        """All layers and rasters, each of which is read from a source or from a file of the user."""
        return [*self.layers.values(), *self.settings.points.values(), *self.settings.exposure.values()]

    @property
    def record_sources(self) -> list[str]:
        """The registered sources that records are read from; those of `points` that are files have none."""
        points = self.settings.points
        named = (points[name].source if name in points else name for name in self.settings.records)
        return [name for name in named if name is not None]

    @property
    def has_own_radii(self) -> bool:
        """Whether records may state the radius of their own discs."""
        return any({"radius_km"} & {*points.columns, *points.constants} for points in self.settings.points.values())

    @property
    def data_date(self) -> str:
        """The date of the newest source, `YYYY-MM-DD`. The products carry it, and not the date of the run."""
        dates = [date for name in self.used_sources if (date := self.sources[name].date)]
        return max([f"{date}-01-01"[:10] for date in dates], default="1970-01-01")

    @property
    def fetched(self) -> list[str]:
        """The used sources that are downloaded. The files of the other ones are part of the project."""
        return [name for name in self.used_sources if self.sources[name].filename is not None]

    def layers_of(self, name: str) -> list[Layer | Exposure]:
        """The layers and rasters that the scenario reads from a source; none if it is a table of records."""
        return [item for item in self._files if item.source == name]

    def source_file(self, name: str) -> str:
        """The file that a source is read from: the project's own, or the one in the store that the lock pins."""
        source = self.sources[name]
        if source.path is not None:
            return located_file(source.path, self.project)
        return str(stored_file(name, source, self.locks[name]))

    def file_of(self, layer: Layer | Exposure) -> str:
        """The file that a layer is read from."""
        return self.source_file(layer.source) if layer.source else located_file(str(layer.file), self.project)

    def pin(self, name: str) -> dict[str, Any]:
        """The hash and the size of a source's file, as plain values. No other part of the lock changes what is read."""
        return self.locks[name].model_dump(include={"sha256", "bytes"})

    def lock_of_records(self, name: str) -> dict[str, Any] | None:
        """The pin of the file of a source of records, or None for a file of the user's own."""
        points = self.settings.points.get(name)
        return self.pin(name) if points is None else self.lock_of(points)

    def lock_of(self, layer: Layer | Exposure) -> dict[str, Any] | None:
        """The pin of a layer's file as plain values, or None for a file of the user's own."""
        return self.pin(layer.source) if layer.source else None

    def title_of(self, name: str) -> str:
        """What to call a layer on a map."""
        layer = self.layers[name]
        if isinstance(layer, Area) and layer.country is not None and layer.title is None:
            return country_name(layer.country, self.settings.language) or layer.country
        return layer.title or (self.sources[layer.source].title if layer.source else name.removeprefix("overlay_"))

    def context(self) -> dict[str, Any]:
        """What the products say about themselves, as plain values: `asmgold.publish.context.Context`."""
        keys = {"language", "commodity", "tolerance_m", "records"}
        settings = self.settings.model_dump(mode="json", include=keys)
        layers = {name: self._described(name, layer) for name, layer in self.layers.items()}
        points = {
            name: {"title": entry.title or name, "source": entry.source, "file": Path(entry.file or "").name or None}
            for name, entry in self.settings.points.items()
        }
        sources = {name: plain(self.sources[name]) | {"lock": self.pin(name)} for name in self.used_sources}
        radii = self.settings.radii
        settings |= {"radii_km": radii.named_km, "own_radii": radii.field is not None or self.has_own_radii}
        return settings | {"date": self.data_date, "layers": layers, "points": points, "sources": sources}

    def _described(self, name: str, layer: Layer) -> dict[str, Any]:
        described = {
            "title": self.title_of(name),
            "phrase": layer.phrase or self.title_of(name),
            "source": layer.source,
            "file": Path(layer.file).name if layer.file else None,
            "within": getattr(layer, "within", None),
            "units_only": getattr(layer, "units_only", False),
            "group_by": getattr(layer, "group_by", None),
        }
        if name in self.evidence:
            entry_name = next(key for key, entry in self.settings.evidence.items() if layer in entry.parts())
            entry = self.settings.evidence[entry_name]
            described |= {"evidence": entry_name, "evidence_title": entry.title or entry_name, "note": entry.note}
            described |= {"held_out": entry.held_out}
        return described

    def provenance(self) -> dict[str, Any]:
        """Registration and lock of every source that is used, as plain values."""
        return {name: plain(self.sources[name]) | {"lock": plain(self.locks[name])} for name in self.used_sources}


def scenario_names(given: Any, folder: Path) -> list[str]:
    """The scenarios that are meant by one or more names, each once: those of a group, and all others as they stand.

    What is no scenario, or a group with a mistake in it, is left for `load_scenario` to say.

    Parameters
    ----------
    given : names with blanks or commas between them, or a list
    folder : the folder of the configuration. A file of its `scenarios/` with the key `scenarios` makes a group
    """
    names = given if isinstance(given, list) else re.findall(r"[^\s,]+", str(given)) or [given]
    return list(dict.fromkeys(member for name in names for member in _members(str(name), folder)))


def _members(name: str, folder: Path) -> list[str]:
    path = folder / "scenarios" / f"{name}.yaml"
    with suppress(InputError):
        values = read_yaml(path) if path.is_file() else None
        if isinstance(values, dict) and _is_group(values.get(GROUP)):
            return list(values[GROUP])
    return [name]


def _is_group(members: Any) -> bool:
    return isinstance(members, list) and bool(members) and all(isinstance(member, str) for member in members)


def load_scenario(
    values: Mapping[str, Any],
    overrides: Mapping[str, Any],
    folder: Path = Path("config"),
    *,
    pinned: bool = True,
    project: Path = Path(),
) -> Scenario:
    """Load and check everything that a run needs, before any of it runs.

    Parameters
    ----------
    values : the keys of `config.yaml`, together with the overrides
    overrides : the keys that were given for this run only, such as on the command line. They take precedence over the
        file of the scenario, which takes precedence over `values`
    folder : the folder of the configuration files
    pinned : whether to check that each used source is pinned and that each file of the user exists
    project : the project's folder. A file is looked for in the working directory first and then here

    Raises
    ------
    InputError : one line for each mistake.
    """
    if (folder / "config.yaml").is_file():
        read_yaml(folder / "config.yaml")  # Snakemake, which gives the values, lets keys that stand twice pass
    values, overrides = _with_scenario_of_area(values, overrides)
    merged = {**values, **_scenario_file(values, folder), **overrides}
    merged.pop("extends", None)
    merged.pop("pathvars", None)  # a key of Snakemake's own
    lock_file = Path(merged.pop("lock_file", folder / "sources.lock.yaml"))  # a refresh builds from a candidate
    sources = load_sources(folder / "sources.yaml")
    settings = check_settings(merged, sources)
    settings, sources = _with_sources_of_the_country(settings, sources)
    corrections = load_corrections(folder / "corrections.yaml") if settings.corrections else []
    scenario = Scenario(settings, sources, load_lock(lock_file), tuple(corrections), project)
    if pinned:
        _check_files(scenario, folder)
    return scenario


def load_module_scenario(given: Mapping[str, Any], project: Path) -> Scenario:
    """Load and check the scenario of another workflow that uses this one as a module, from a folder of its own.

    That folder has no `config/`, so sources, pins and corrections are those of the project. If the scenario has the
    name of one of the project's scenarios or of a country, the given keys change that scenario. If it has another name,
    the given keys are the whole scenario.

    Parameters
    ----------
    given : keys of `config.yaml`
    project : the project's folder

    Raises
    ------
    InputError : one line for each mistake.
    """
    folder = project / "config"
    shipped = dict(read_yaml(folder / "config.yaml"))
    names = [shipped["scenario"], *sorted(path.stem for path in (folder / "scenarios").glob("*.yaml"))]
    name = given.get("scenario", shipped["scenario"])
    missing = [key for key in ("records", "area") if key not in given]
    if name in names or (missing and COUNTRY_NAME.fullmatch(name)):
        values = shipped | {"scenario": name}
    elif missing:
        raise InputError(
            f"configuration: scenario is {name!r}, none of {folder} ({', '.join(names)}), so one of your own; "
            f"{' and '.join(missing)} would have to be given then"
        )
    else:
        values = {"scenario": shipped["scenario"]}
    return load_scenario(values, given, folder, project=project)


def plain(model: Any, *keys: str) -> dict[str, Any]:
    """The values of a model as plain types, without those that are None. With `keys`, only the values of these keys."""
    values: dict[str, Any] = model.model_dump(mode="json", exclude_none=True, include=set(keys) or None)
    return values


def _with_scenario_of_area(
    values: Mapping[str, Any], overrides: Mapping[str, Any]
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The keys with `scenario: cod` in the place of `area=COD`, or `cod-tin` in that of `area=COD commodity=tin`."""
    code = overrides.get("area")
    if not isinstance(code, str):
        return values, overrides
    if "scenario" in overrides:
        raise InputError(
            f"configuration: area is {code!r} and scenario is {overrides['scenario']!r}, one of them was expected"
        )
    try:
        name = known_country(code).lower()
    except ValueError as error:
        raise InputError(f"configuration: area {error}") from None
    if "commodity" in overrides:
        name += f"-{overrides['commodity']}"
    others = {key: value for key, value in overrides.items() if key not in ("area", "commodity")}
    return {**values, "scenario": name}, {**others, "scenario": name}


def _with_sources_of_the_country(settings: Settings, sources: dict[str, Source]) -> tuple[Settings, dict[str, Source]]:
    """Replace sources of which there is one for each country by the one of the area's country.

    Such a source has `{iso}` in its first URL. The area and the overlays may name one.
    """
    code = settings.area.country
    own: dict[str, Source] = {}

    def chosen(layer: AnyLayer, place: str) -> AnyLayer:
        source = sources[layer.source] if layer.source else None
        if source is None or not source.is_per_country:
            return layer
        if code is None:
            raise InputError(
                f"configuration: {place}.source is {layer.source!r}, which there is one of for each country; "
                "area.country was expected to say which"
            )
        key = f"{layer.source}_{code.lower()}"
        own[key] = source.of_country(code)
        return layer.model_copy(update={"source": key})

    named = settings.area.source
    if code is not None and named is not None and not sources[named].is_per_country:
        raise InputError(
            f"configuration: area names country and source {named!r}; a source that there is one of for each "
            "country, such as boundary, was expected with it, or none"
        )
    area = chosen(settings.area, "area")
    overlays = {name: chosen(overlay, f"overlays.{name}") for name, overlay in settings.overlays.items()}
    return settings.model_copy(update={"area": area, "overlays": overlays}), {**sources, **own}


def _scenario_file(values: Mapping[str, Any], folder: Path, extending: tuple[str, ...] = ()) -> dict[str, Any]:
    """The keys of the scenario's file and of those that it extends, or those of the template if it is a country's.

    `extending` are the names of the scenarios that led to this one, by which a circle is found.
    """
    name = values.get("scenario")
    path = folder / "scenarios" / f"{name}.yaml"
    if path.is_file():
        own = read_yaml(path) or {}
        if GROUP in own:
            found = ", ".join(own[GROUP]) if _is_group(own[GROUP]) else repr(own[GROUP])
            expected = "one scenario" if _is_group(own[GROUP]) else "a list of names"
            raise InputError(f"{path}: {GROUP} is {excerpt(found, 200)}; {expected} was expected")
        base = own.get("extends")
        if base is None:
            return dict(own)
        if base in extending:
            raise InputError(f"{path}: extends {base!r}, which leads back to it")
        return {**_scenario_file({"scenario": base}, folder, (*extending, base)), **own}
    if name == (read_yaml(folder / "config.yaml") or {}).get("scenario"):
        return {}
    country = COUNTRY_NAME.fullmatch(str(name))
    if country is not None:
        commodity = {"commodity": country["commodity"]} if country["commodity"] else {}
        template = _scenario_file({"scenario": COUNTRY_SCENARIO}, folder)
        return {**template, "scenario": name, "area": {"country": country["code"]}, **commodity}
    known = ", ".join(sorted(path.stem for path in (folder / "scenarios").glob("*.yaml"))) or "there is none yet"
    raise InputError(
        f"configuration: scenario is {name!r}, that of {folder}/config.yaml, one of {folder}/scenarios/ ({known}), or "
        "the code of a country, such as cod, was expected"
    )


def _check_files(scenario: Scenario, folder: Path) -> None:
    for name in scenario.used_sources:
        path = scenario.sources[name].path
        if name not in scenario.locks:
            remedy = (
                "a pin of each source was expected"
                if path is not None
                else f"`make fetch SCENARIO={scenario.settings.scenario}` fetches what it needs and pins it"
                if scenario.project == Path()
                else f"copy the folder {scenario.project / 'config'} here and pin it by `python -m asmgold fetch`"
            )
            raise InputError(f"{folder}/sources.lock.yaml: has no entry {name!r}; {remedy}")
        if path is not None and not Path(scenario.source_file(name)).is_file():
            raise InputError(f"{folder}/sources.yaml: {name}.path is {path}, there is no such file")
    for path in (*scenario.own_files, *scenario.own_provenance()):
        if signs := sorted({*path} & {*"{}<>"}):
            raise InputError(
                f"configuration: file is {path}, a name without {' and '.join(signs)} was expected, which Snakemake "
                "takes for its own; rename the file"
            )
    for path in scenario.own_files:
        if not Path(path).exists():
            raise InputError(f"configuration: file is {path}, there is no such file")
