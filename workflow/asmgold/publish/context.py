"""What every product says of its scenario: titles, phrases, credits and lineage, in the scenario's language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from asmgold.io.text import isolated
from asmgold.publish.messages import Numbers, load_words
from asmgold.schemas.products import table_of_package
from asmgold.vocabulary.evidence import SEARCHED
from asmgold.vocabulary.iso import country_name

AREA = "area"
USUAL_KM = 20.0
OVERLAY = "overlay_"
# Of layers and sources, in sentences.
SHOWN = ("title", "phrase", "evidence_title", "note", "producer", "citation", "licence")


@dataclass(frozen=True)
class Context:
    """What a scenario says about itself: the same for map, page, GeoPackage, QGIS project and pictures.

    It is made from the plain values of `asmgold.config.scenario.Scenario.context`.

    Parameters
    ----------
    language, commodity : of titles and phrases
    tolerance_m : of the scenario
    radii_km : the radii of the discs that the scenario names, ascending
    own_radii : whether records may state radii of their own
    date : of the newest data, `YYYY-MM-DD`
    records : the names of the sources of records
    layers : for `area`, `countries`, `strata`, each `overlay_<name>` and each file of evidence: its `title`, its
        `source` or `file`; of an overlay the one it is `within`; of evidence its name (`evidence`), what that is called
        (`evidence_title`) and a `note`
    points : records of the user's own among `records`: their `title`, and their `source` or `file`
    sources : the registration and the pin of each source that is used, by name
    """

    language: str
    commodity: str
    tolerance_m: float
    radii_km: Sequence[float]
    own_radii: bool
    date: str
    records: Sequence[str]
    layers: Mapping[str, Mapping[str, Any]]
    sources: Mapping[str, Mapping[str, Any]]
    points: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Set off what is written from right to left, or it would scramble the figures beside it in a sentence."""
        for name in ("layers", "sources", "points"):
            entries = {key: _set_off(values) for key, values in getattr(self, name).items()}
            object.__setattr__(self, name, entries)

    # Titles.

    @property
    def area(self) -> str:
        """What the area is called."""
        return str(self.layers[AREA]["title"])

    @property
    def overlays(self) -> dict[str, Mapping[str, Any]]:
        """The overlays by the names of their layers, in the order of the configuration."""
        return {name: layer for name, layer in self.layers.items() if name.startswith(OVERLAY)}

    @property
    def overlay_titles(self) -> dict[str, str]:
        """What each overlay is called, by its name in the configuration."""
        return {name.removeprefix(OVERLAY): str(layer["title"]) for name, layer in self.overlays.items()}

    @property
    def overlay_phrases(self) -> dict[str, str]:
        """What each overlay is called in a sentence, with its article if it has one, such as `the mining corridor`."""
        return {
            name.removeprefix(OVERLAY): str(layer.get("phrase") or layer["title"])
            for name, layer in self.overlays.items()
        }

    @property
    def evidence_titles(self) -> dict[str, str]:
        """What each layer of evidence is called, by its name in the configuration."""
        return {layer["evidence"]: layer["evidence_title"] for layer in self.layers.values() if layer.get("evidence")}

    @property
    def evidence_notes(self) -> dict[str, str]:
        """What a reader has to know of each layer of evidence, by its name in the configuration."""
        return {layer["evidence"]: layer["note"] for layer in self.layers.values() if layer.get("evidence")}

    def parent_of(self, overlay: str) -> str | None:
        """The overlay that an overlay is within, if any; both by their names in the configuration."""
        parent: str | None = self.layers.get(OVERLAY + overlay, {}).get("within")
        return parent

    def is_units_only(self, overlay: str) -> bool:
        """Whether only the units of an overlay are reported, such as departments, and not all of it."""
        return bool(self.layers.get(OVERLAY + overlay, {}).get("units_only"))

    def title_of(self, layer: str) -> str:
        """What a layer of the GeoPackage is called."""
        if layer in self.layers:
            return str(self.layers[layer]["title"])
        table = table_of_package(layer)
        return table.title_in(self.language) if table is not None else self.words("geopackage")[layer]

    @property
    def searched_title(self) -> str:
        """What the part of the area where mining was looked for is called."""
        return self.phrases("common")["zone_searched"].format(area=self.area)

    def zone_title(self, zone: str) -> str:
        """What a zone is called: `area`, `<overlay>:inside`, or `<overlay>:outside`, the rest of what it is within; or
        `<evidence>:searched`.
        """
        if zone == AREA:
            return self.area
        overlay, _, part = zone.partition(":")
        if part == SEARCHED:
            named = self.searched_title
            return named if len(self.evidence_titles) < 2 else f"{named} ({self.evidence_titles.get(overlay, overlay)})"
        title, parent = self.overlay_titles.get(overlay, overlay), self.parent_of(overlay)
        if part != "outside" or parent is None:
            return title
        titles = {
            "parent": self.overlay_titles.get(parent, parent),
            "overlay": self.overlay_phrases.get(overlay, overlay),
        }
        return self.say(self.phrases("common")["zone_outside"], **titles)

    def dataset_title(self, dataset: str) -> str:
        """What a dataset of records is called."""
        return self.points[dataset]["title"] if dataset in self.points else self.phrases("common").get(dataset, dataset)

    @property
    def dataset_pages(self) -> dict[str, str]:
        """A page of the web about each dataset of records, by what that is called; none where none is registered."""
        datasets = zip(self.datasets, map(self._source_of_records, self.records), strict=True)
        return {self.dataset_title(name): source["page"] for name, source in datasets if source.get("page")}

    @property
    def datasets(self) -> list[str]:
        """The datasets of records, as the column `source` of the tables has them."""
        return [name if name in self.points else self.sources[name]["reader"] for name in self.records]

    def _source_of_records(self, name: str) -> Mapping[str, Any]:
        """The registration of a source of records; nothing of a file of the user's own."""
        return self.sources.get(self.points[name]["source"] if name in self.points else name, {})

    def site_kind_title(self, dataset: str, role: str) -> str:
        """What the sites of a dataset are called in which the commodity has some role; without roles, the dataset."""
        if role == "listed":
            return self.dataset_title(dataset)
        kind = self.phrases("page")["layer_sites"]
        return kind.format(source=self.dataset_title(dataset), role=self.meaning("role", role))

    def site_class_title(self, dataset: str, *, main: bool) -> str:
        """What the sites of a dataset are called on maps, by whether the commodity is the main one."""
        if main and dataset == "major_deposits":  # which states no order, and has the largest ones only
            return self.dataset_title(dataset)
        return f"{self.dataset_title(dataset)}, {self.phrases('qgis')['main' if main else 'beside']}"

    def country_names(self, codes: Sequence[str]) -> str:
        """The names of countries, given their codes of ISO 3166-1."""
        return ", ".join(country_name(code, self.language) or code for code in codes)

    # Phrases and numbers.

    def phrases(self, section: str) -> Mapping[str, str]:
        """The words of a section as they stand in the file of the language, about this scenario's commodity."""
        return load_words(self.language, section, self.commodity)

    def say(self, text: str, **values: object) -> str:
        """A sentence with its fields filled in; in Spanish an article joins the word before it: `del`, `al`."""
        said = text.format(**values)
        return re.sub(r"\b(de|a) el\b", lambda found: f"{found[1]}l", said) if self.language == "es" else said

    def words(self, section: str) -> dict[str, str]:
        """The words of a section with the area, the radius and the tolerance filled in; other fields stay."""
        values = {"area": self.area, "buffer_km": self.radius, "tolerance_m": self.numbers.general(self.tolerance_m)}
        return {key: text.format_map(_Unfilled(values)) for key, text in self.phrases(section).items()}

    def meaning(self, kind: str, word: str) -> str:
        """The words for a code of some kind (`fate`, `flag`, `role`); the code itself where there are none."""
        return self.phrases("page").get(f"{kind}_{word}", word)

    @cached_property
    def numbers(self) -> Numbers:
        """How numbers are written."""
        return Numbers.of(self.phrases("common"))

    @property
    def radius(self) -> str:
        """The radius of the discs in kilometres, as text; of several the smallest and the largest."""
        named = "–".join(map(self.numbers.general, dict.fromkeys([*self.radii_km[:1], *self.radii_km[-1:]])))
        if not self.own_radii:
            return named
        return self.phrases("common")["or_own_radius" if named else "own_radius"].format(radius=named)

    @property
    def buffer_km(self) -> float:
        """The largest radius that the scenario names; 20 where each record states its own."""
        return self.radii_km[-1] if self.radii_km else USUAL_KM

    # Sources.

    def sources_of(self, layer: str) -> list[Mapping[str, Any]]:
        """The sources that a layer is made from; all of them, for no name."""
        if not layer:
            return list(self.sources.values())
        if layer in self.layers:
            names = [self.layers[layer].get("source")]
        else:
            names = [self.points[name]["source"] if name in self.points else name for name in self.records]
            names.append(self.layers[AREA].get("source"))
        if layer == "overlay_intersections":
            names += [overlay.get("source") for overlay in self.overlays.values()]
        return [self.sources[name] for name in dict.fromkeys(names) if name is not None]

    def abstract_of(self, layer: str) -> str:
        """What a layer of the GeoPackage holds."""
        table = table_of_package(layer)
        if table is not None:
            return f"{table.title_in(self.language)}. {table.note}".strip()
        return self.words("geopackage")[f"about_{'overlay' if layer in self.overlays else layer}"]

    def lineage_of(self, layer: str) -> list[str]:
        """How a layer came to be, step by step."""
        words = self.words("geopackage")
        read = [
            words["read"].format(title=source["title"], sha256=source["lock"]["sha256"])
            for source in self.sources_of(layer)
        ]
        if layer in self.layers:
            own = self.layers[layer].get("file")
            return [words["read_own"].format(file=own)] if own else read
        read += [words["read_own"].format(file=entry["file"]) for entry in self.points.values() if entry["file"]]
        steps = {
            "asm_gold_regions": ["classified", "dissolved", "clipped"],
            "overlay_intersections": ["classified", "dissolved", "clipped", "intersected"],
        }
        return read + [words[step] for step in steps.get(layer, ["classified"])]

    @cached_property
    def producers(self) -> list[str]:
        """Who made what is used, each once."""
        return list(dict.fromkeys(str(credit.producer) for credit in self.credits if credit.producer))

    @cached_property
    def credits(self) -> list[Credit]:
        """Whom a map thanks: the sources of records first, then those of the layers."""
        of_records = [
            Credit.of(self._source_of_records(name), dataset=dataset)
            for name, dataset in zip(self.records, self.datasets, strict=True)
        ]
        of_layers = [
            Credit.of(self.sources.get(layer["source"] or "", {}), title=layer["title"])
            for layer in self.layers.values()
        ]
        return of_records + of_layers


@dataclass(frozen=True)
class Credit:
    """Whom a map thanks for a source.

    Parameters
    ----------
    dataset : of records, which the words or the configuration have a title for; None for a layer
    title : what the layer is called; None for records
    producer, citation, date : of the source; None for a file of the user's own
    """

    dataset: str | None
    title: str | None
    producer: str | None = None
    citation: str | None = None
    date: str | None = None

    @classmethod
    def of(cls, source: Mapping[str, Any], *, dataset: str | None = None, title: str | None = None) -> Credit:
        """That of a source, which is empty for a file of the user's own."""
        return cls(dataset, title, *(source.get(key) for key in ("producer", "citation", "date")))


def _set_off(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: isolated(value) if key in SHOWN and isinstance(value, str) else value for key, value in values.items()}


class _Unfilled(dict[str, str]):
    """Leaves fields that are filled in later as they are."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
