"""A scenario: one configuration with the sources, pins and corrections that it uses, checked as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asmgold.config.loading import check_settings, load_corrections, load_lock, load_sources, read_yaml
from asmgold.config.models import Correction, Layer, Lock, Settings, Source
from asmgold.config.places import stored_file
from asmgold.errors import InputError


@dataclass(frozen=True)
class Scenario:
    """What one run needs to know, checked."""

    settings: Settings
    sources: Mapping[str, Source]
    locks: Mapping[str, Lock]
    corrections: tuple[Correction, ...]

    @property
    def layers(self) -> dict[str, Layer]:
        """The area and the overlays by the names of their tables: `area`, `overlay_<name>`."""
        overlays = {f"overlay_{name}": overlay for name, overlay in self.settings.overlays.items()}
        return {"area": self.settings.area, **overlays}

    @property
    def used_sources(self) -> list[str]:
        """The names of the sources that the scenario uses, in the order of the registry."""
        used = {*self.settings.records, *(layer.source for layer in self.layers.values() if layer.source)}
        return [name for name in self.sources if name in used]

    @property
    def own_files(self) -> list[str]:
        """The files that the user brings, which no lock pins."""
        return [layer.file for layer in self.layers.values() if layer.file]

    @property
    def data_date(self) -> str:
        """The date of the newest data, `YYYY-MM-DD`: the products carry it, never that of the clock."""
        dates = [date for name in self.used_sources if (date := self.sources[name].date)]
        return max([f"{date}-01-01"[:10] for date in dates], default="1970-01-01")

    @property
    def fetched(self) -> list[str]:
        """Those of them that are fetched; the project carries the others itself."""
        return [name for name in self.used_sources if self.sources[name].filename is not None]

    def layers_of(self, name: str) -> list[Layer]:
        """How the scenario reads a source, if it is a layer."""
        return [layer for layer in self.layers.values() if layer.source == name]

    def source_file(self, name: str) -> str:
        """The file that a source is read from: the project's own, or the one in the store that the lock pins."""
        source = self.sources[name]
        return source.path or str(stored_file(name, source, self.locks[name]))

    def file_of(self, layer: Layer) -> str:
        """The file that a layer is read from."""
        return self.source_file(layer.source) if layer.source else str(layer.file)

    def pin(self, name: str) -> dict[str, Any]:
        """The hash and size of a source as plain values: what its readers depend on, and nothing else of its lock."""
        return self.locks[name].model_dump(include={"sha256", "bytes"})

    def lock_of(self, layer: Layer) -> dict[str, Any] | None:
        """The pin of a layer's file as plain values, or None for a file of the user's own."""
        return self.pin(layer.source) if layer.source else None

    def title_of(self, name: str) -> str:
        """What to call a layer on a map."""
        layer = self.layers[name]
        return layer.title or (self.sources[layer.source].title if layer.source else name.removeprefix("overlay_"))

    def provenance(self) -> dict[str, Any]:
        """Registration and lock of every source that is used, as plain values."""
        return {name: plain(self.sources[name]) | {"lock": plain(self.locks[name])} for name in self.used_sources}


def load_scenario(
    values: Mapping[str, Any], overrides: Mapping[str, Any], folder: Path = Path("config"), *, pinned: bool = True
) -> Scenario:
    """Load and check everything that a run needs, before any of it runs.

    Parameters
    ----------
    values : the keys of `config.yaml`, with those given for this run
    overrides : the keys given for this run alone, which win over those of a scenario's file
    folder : where the configuration files are
    pinned : whether each source that is used has to be pinned, and each file has to be there

    Raises
    ------
    InputError : one line for each mistake.
    """
    merged = {**values, **_scenario_file(values, folder), **overrides}
    merged.pop("pathvars", None)  # a key of Snakemake's own
    lock_file = Path(merged.pop("lock_file", folder / "sources.lock.yaml"))  # a refresh builds from a candidate
    sources = load_sources(folder / "sources.yaml")
    settings = check_settings(merged, sources)
    corrections = load_corrections(folder / "corrections.yaml") if settings.corrections else []
    scenario = Scenario(settings, sources, load_lock(lock_file), tuple(corrections))
    if pinned:
        _check_files(scenario, folder)
    return scenario


def plain(model: Any) -> dict[str, Any]:
    """A model's plain values without those that are not set, as rules hand them to scripts."""
    values: dict[str, Any] = model.model_dump(mode="json", exclude_none=True)
    return values


def _scenario_file(values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    name = values.get("scenario")
    path = folder / "scenarios" / f"{name}.yaml"
    if path.is_file():
        return dict(read_yaml(path) or {})
    if name != (read_yaml(folder / "config.yaml") or {}).get("scenario"):
        known = ", ".join(sorted(path.stem for path in (folder / "scenarios").glob("*.yaml"))) or "there is none yet"
        raise InputError(
            f"configuration: scenario is {name!r}, that of {folder}/config.yaml or one of {folder}/scenarios/ was "
            f"expected ({known})"
        )
    return {}


def _check_files(scenario: Scenario, folder: Path) -> None:
    for name in scenario.used_sources:
        path = scenario.sources[name].path
        if name not in scenario.locks:
            remedy = (
                f"`make fetch SCENARIO={scenario.settings.scenario}` fetches what it needs and pins it"
                if path is None
                else "a pin of each source was expected"
            )
            raise InputError(f"{folder}/sources.lock.yaml: has no entry {name!r}; {remedy}")
        if path is not None and not Path(path).is_file():
            raise InputError(f"{folder}/sources.yaml: {name}.path is {path}, there is no such file")
    for path in scenario.own_files:
        if not Path(path).exists():
            raise InputError(f"configuration: file is {path}, there is no such file")
