"""Writes what people and editors read about the configuration, from the models that check it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter

from asmgold.config.models import (
    Area,
    Correction,
    CountriesLayer,
    DepositSettings,
    Evidence,
    Exposure,
    GateSettings,
    Lock,
    MonteCarloSettings,
    Name,
    Overlay,
    Points,
    ProductSettings,
    Radii,
    RadiusRule,
    RasterSettings,
    RefreshSettings,
    Settings,
    Source,
    Strata,
)

FILES: dict[str, tuple[Any, str]] = {
    "config.schema.json": (Settings, "config/config.yaml: the question that is answered"),
    "sources.schema.json": (dict[Name, Source], "config/sources.yaml: where data come from"),
    "sources.lock.schema.json": (dict[Name, Lock], "config/sources.lock.yaml: the pinned bytes"),
    "refresh.schema.json": (RefreshSettings, "config/refresh.yaml: what a refresh may change by itself"),
    "corrections.schema.json": (list[Correction], "config/corrections.yaml: declared corrections"),
}

INTRODUCTION = """\
# Configuration

<!-- Written by `make docs` from workflow/asmgold/config/models.py: change that, not this. -->

What you ask is in `config.yaml`. A file `scenarios/<name>.yaml` holds only what differs from it, and
`make run SCENARIO=<name>` answers that question beside the others, in `results/<name>/`. A key can also be given for
one run: `snakemake --config buffer_km=10`. Mistakes are named before any job starts. Editors that know the YAML
language server complete and check the files by the schemas beside them.

Another overlay is two lines more below `overlays:`, which is there already:

```yaml
overlays:
  protected_areas:
    file: path/to/your/layer.gpkg
```

A raster of counts or amounts, to be summed inside the regions, takes the place of `exposure: {}`:

```yaml
exposure:
  population: {file: path/to/your/people.tif, unit: people}
```

A layer of mining that was seen, polygons or points, tests the map (docs/evidence.md); it takes the place of
`evidence: {}`:

```yaml
evidence:
  field_visits:
    file: path/to/your/visits.csv
```
"""

SECTIONS: tuple[tuple[str, type[BaseModel], str], ...] = (
    ("config.yaml", Settings, "The question."),
    (
        "config.yaml, points",
        Points,
        "Records of your own, by a name of your choice ([points.md](../docs/points.md)): a layer of points, a CSV "
        "table, or a sheet of a spreadsheet.",
    ),
    (
        "config.yaml, buffer_km",
        Radii,
        "Where discs are not all of one size. Any other key is a dataset (`mrds`, `major_deposits`, a name of "
        "`points`) with a number of kilometres, a rule, or a list of rules of which the last that fits counts.",
    ),
    ("config.yaml, buffer_km, a rule", RadiusRule, "The radius of some records of a dataset."),
    ("config.yaml, area", Area, "The area of interest: a polygon layer."),
    ("config.yaml, countries", CountriesLayer, "The countries of the world: a polygon layer."),
    ("config.yaml, deposits", DepositSettings, "When records are taken for the same deposit."),
    ("config.yaml, overlays", Overlay, "Each overlay, by a name of your choice: a polygon layer."),
    ("config.yaml, rasters", RasterSettings, "The rasters of distance, density and fraction."),
    ("config.yaml, exposure", Exposure, "Each raster of counts or amounts, by a name of your choice."),
    (
        "config.yaml, evidence",
        Evidence,
        "Each layer of mining that was seen, by a name of your choice: polygons or points, in any vector format that "
        "GDAL reads, or a CSV table with columns `longitude` and `latitude`.",
    ),
    ("config.yaml, products", ProductSettings, "Products beside the usual ones."),
    ("config.yaml, strata", Strata, "Land that is alike: a layer of polygons, or of lines with distances from them."),
    ("config.yaml, monte_carlo", MonteCarloSettings, "The random draws behind the figures of chance and positions."),
    ("sources.yaml", Source, "Each source, by name: where a dataset comes from, whom to cite, how to read it."),
    (
        "sources.lock.yaml",
        Lock,
        "Each source, by name: the bytes that it is pinned to. A run stops if a file differs.",
    ),
    ("refresh.yaml", RefreshSettings, "What a refresh may change by itself, and how far back one can go."),
    ("refresh.yaml, gates", GateSettings, "Bounds on one refresh; each is a share, 0.1 is 10 %."),
    (
        "corrections.yaml",
        Correction,
        "A list of corrections of single records. They are shown in the products; `corrections: false` switches them "
        "off.",
    ),
)


def reference() -> str:
    """The text of `config/README.md`."""
    parts = [INTRODUCTION]
    for title, model, description in SECTIONS:
        parts += [f"## `{title}`\n", f"{description}\n", _table(model)]
    return "\n".join(parts)


def schemas() -> dict[str, str]:
    """The JSON Schema of each configuration file, by its name."""
    texts = {}
    for name, (model, title) in FILES.items():
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
        texts[name] = json.dumps(schema | TypeAdapter(model).json_schema() | {"title": title}, indent=2) + "\n"
    return texts


def write(folder: Path) -> None:
    """Write the reference and the schemas."""
    (folder / "README.md").write_text(reference(), encoding="utf-8")
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


def _table(model: type[BaseModel]) -> str:
    lines = ["| key | type | default | meaning |", "| --- | --- | --- | --- |"]
    properties = model.model_json_schema()["properties"]
    for key, field in model.model_fields.items():
        default = "required" if field.is_required() else _default(field.get_default(call_default_factory=True))
        lines.append(f"| `{key}` | {_type(properties[key])} | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


def _default(value: Any) -> str:
    return "–" if value in (None, {}, "") or isinstance(value, BaseModel) else f"`{json.dumps(value)}`"


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(option) for option in schema["anyOf"] if option.get("type") != "null"))
    if "$ref" in schema:
        return "mapping"
    limits = {"exclusiveMinimum": ">", "minimum": "≥", "maximum": "≤"}
    bounds = ", ".join(f"{sign} {schema[key]:g}" for key, sign in limits.items() if key in schema)
    kind = {"array": "list", "object": "mapping", "string": "text", "boolean": "true or false"}.get(
        schema.get("type", ""), schema.get("type", "value")
    )
    if "enum" in schema:
        kind = " or ".join(f"`{value}`" for value in schema["enum"])
    return f"{kind} {bounds}".strip()
