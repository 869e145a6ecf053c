"""What the layers of a scenario are, in words: titles, abstracts, credits, lineage and the meaning of each column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asmgold.publish.messages import Numbers, load_words
from asmgold.schemas.evidence import MISSED
from asmgold.schemas.tables import ARROWS, COUNTRIES, OVERLAYS, RECORDS, REGIONS, SITES

SCHEMAS = {
    "asm_gold_regions": REGIONS,
    "gold_sites": SITES,
    "overlay_intersections": OVERLAYS,
    "corrections": ARROWS,
    "records_rejected": RECORDS,
    "countries": COUNTRIES,
    "missed_mining": MISSED,
    "missed_mining_points": MISSED,
}
FID = "The number of the row in this table; it means nothing else and may change."


@dataclass(frozen=True)
class About:
    """What a scenario says about itself; made from the plain values of `Scenario.about`.

    Parameters
    ----------
    language, commodity : of titles and abstracts
    buffer_km, tolerance_m, date, records : of the scenario; the names of the sources of records
    layers : for `area`, `countries` and each `overlay_<name>`: its `title`, its `source` or `file`, and, of an
        overlay, the one it is `within`
    sources : the registration of each source that is used, by name
    """

    language: str
    commodity: str
    buffer_km: float
    tolerance_m: float
    date: str
    records: Sequence[str]
    layers: Mapping[str, Mapping[str, Any]]
    sources: Mapping[str, Mapping[str, Any]]

    @property
    def area(self) -> str:
        """What the area is called."""
        return str(self.layers["area"]["title"])

    @property
    def overlays(self) -> dict[str, Mapping[str, Any]]:
        """The overlays by the names of their layers."""
        return {name: layer for name, layer in self.layers.items() if name.startswith("overlay_")}

    def words(self, section: str) -> dict[str, str]:
        """The words of a section, filled in for this scenario."""
        words = load_words(self.language, section, self.commodity)
        general = Numbers.of(words).general
        values = {
            "area": self.area,
            "buffer_km": general(self.buffer_km),
            "tolerance_m": general(self.tolerance_m),
        }
        return {key: text.format_map(_Kept(values)) for key, text in words.items()}

    def title_of(self, layer: str) -> str:
        """What to call a layer of the GeoPackage."""
        return str(self.layers[layer]["title"]) if layer in self.layers else self.words("geopackage")[layer]

    def abstract_of(self, layer: str) -> str:
        """What a layer of the GeoPackage holds."""
        return self.words("geopackage")[f"about_{'overlay' if layer in self.overlays else layer}"]

    def sources_of(self, layer: str) -> list[Mapping[str, Any]]:
        """The sources that a layer is made from; all of them, for no name."""
        if not layer:
            return list(self.sources.values())
        if layer in self.layers:
            names = [self.layers[layer].get("source")]
        else:
            names = [*self.records, self.layers["area"].get("source")]
        if layer == "overlay_intersections":
            names += [overlay.get("source") for overlay in self.overlays.values()]
        return [self.sources[name] for name in dict.fromkeys(names) if name is not None]

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
        steps = {
            "asm_gold_regions": ["classified", "dissolved", "clipped"],
            "overlay_intersections": ["classified", "dissolved", "clipped", "intersected"],
        }
        return read + [words[step] for step in steps.get(layer, ["classified"])]


@dataclass(frozen=True)
class Field:
    """A column in words.

    Parameters
    ----------
    title, description : short and long
    meanings : the only values it takes, each with its meaning
    bounds : or the least and the greatest value, and whether these themselves are taken
    """

    title: str
    description: str
    meanings: Mapping[str, str] | None = None
    bounds: tuple[float, bool, float, bool] | None = None


def fields_of(layer: str, columns: Iterable[str]) -> dict[str, Field]:
    """The columns of a layer of the GeoPackage in words; those of a user's own layer are called by their names."""
    known = SCHEMAS[layer].columns if layer in SCHEMAS else {}
    fields = {name: field_of(known[name]) if name in known else _own_field(name) for name in columns}
    return _distinct(fields)


def field_of(column: Any) -> Field:
    """A column of a schema (pandera) in words."""
    statistics = {check.name: check.statistics for check in column.checks if check.statistics}
    return Field(
        str(column.title),
        str(column.description).replace("`", ""),
        meanings=(column.metadata or {}).get("meanings"),
        bounds=_bounds(statistics),
    )


def values_in_words(values: Mapping[Any, float | str | None]) -> str:
    """Fields with their values, as a correction expects or sets them."""
    return ", ".join(f"{field} {'none' if value is None else value}" for field, value in values.items())


def _own_field(name: str) -> Field:
    if name == "fid":
        return Field("Feature", FID)
    if name == "geom":
        return Field("Geometry", "The geometry, in EPSG:4326.")
    return Field(name, f"{name}, as the source of this layer gives it.")


def _bounds(statistics: Mapping[str, Mapping[str, Any]]) -> tuple[float, bool, float, bool] | None:
    for name, values in statistics.items():
        match name:
            case "greater_than_or_equal_to":
                return float(values["min_value"]), True, float("inf"), False
            case "greater_than":
                return float(values["min_value"]), False, float("inf"), False
            case "in_range":
                return float(values["min_value"]), True, float(values["max_value"]), True
    return None


def _distinct(fields: Mapping[str, Field]) -> dict[str, Field]:
    """No two columns of a table may have the same title."""
    seen: set[str] = set()
    distinct = {}
    for name, field in fields.items():
        title = field.title if field.title not in seen else f"{field.title} ({name})"
        seen.add(title)
        distinct[name] = Field(title, field.description, field.meanings, field.bounds)
    return distinct


class _Kept(dict[str, str]):
    """Leaves fields that are filled in later as they are."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
