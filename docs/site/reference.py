"""Writes what is documented from the code: `python -m asmgold.document`, which `make docs` calls.

`config/README.md` and `config/*.schema.json` come from the models of the configuration, `docs/data-dictionary.md` from
the schemas of the tables and the list of the rasters, `docs/commands.md` from the parser of the commands and the
Makefile.
"""

from __future__ import annotations

import argparse
import inspect
import re
from pathlib import Path
from typing import Any

from asmgold.config.document import write as write_configuration

from asmgold import cli as commands
from asmgold.schemas.evidence import PRODUCTS as EVIDENCE_TABLES
from asmgold.schemas.rasters import NODATA, PROBABILITY, RASTERS, RasterProduct
from asmgold.schemas.tables import (
    ARROWS,
    COMMODITY_ROLES,
    COUNTRIES,
    COUNTRY_SUMMARY,
    EXPOSURE,
    EXPOSURE_REGIONS,
    FATES,
    FLAGS,
    OVERLAY_SUMMARY,
    OVERLAY_UNITS,
    OVERLAYS,
    RECORDS,
    REGIONS,
    SITES,
    ZONES,
)

INTRODUCTION = """\
# Data dictionary

<!-- Written by `make docs` from workflow/asmgold/schemas.py and rasters/products.py: change these. -->

Geometry is in EPSG:4326, areas are on the WGS84 ellipsoid with edges straight in longitude and latitude, as drawn.
Lists are lists in Parquet and text, separated by commas, in the GeoPackage. Nothing is written where a value is not
known.
"""

TABLES: tuple[tuple[str, str, Any], ...] = (
    ("Records", "Every row that was read: `records.parquet`; the rejected ones also as `records_rejected` in the "
     "GeoPackage.", RECORDS),
    ("Sites", "The records that count: `sites.parquet`, layer `gold_sites`. The columns of the records, and:", SITES),
    ("Regions", "`regions.parquet`, layer `asm_gold_regions` (there without the unclipped geometry).", REGIONS),
    ("Intersections", "Each region within each zone: `overlays.parquet`, layer `overlay_intersections`.", OVERLAYS),
    ("Corrected positions", "Arrows from the old position to the new one: layer `corrections`.", ARROWS),
    ("Countries", "Those near the area, as the map's background: layer `countries`.", COUNTRIES),
    ("Overlay summary", "`overlay_summary.csv`.", OVERLAY_SUMMARY),
    ("Units of overlays", "`overlay_units.csv`, if an overlay has a field `by`: each province, for example.",
     OVERLAY_UNITS),
    ("Table of countries", "`countries.csv`, with `each_country`.", COUNTRY_SUMMARY),
    ("Exposure", "`exposure.csv`, if the configuration has an `exposure`.", EXPOSURE),
    ("Exposure of each region", "`exposure_regions.csv`, if the configuration has an `exposure`.", EXPOSURE_REGIONS),
)  # fmt: skip
RASTERS_INTRODUCTION = f"""\
Each is a GeoTIFF of one band (float32) in EPSG:4326 with `{NODATA:g}` for no data, all but the last on one grid;
[rasters.md](rasters.md) says more. The metadata of the file repeat what stands here.

| file | unit | meaning | no data |
| --- | --- | --- | --- |"""
VOCABULARIES = (
    ("Fates", "What becomes of a record; each has exactly one.", FATES),
    ("Roles of gold", "The place that gold takes among a record's commodities.", COMMODITY_ROLES),
    ("Zones", "Where a piece of a region lies.", ZONES),
    ("Flags", "What is remarkable about a record.", FLAGS),
)


def data_dictionary() -> str:
    """The text of `docs/data-dictionary.md`."""
    parts = [INTRODUCTION]
    for title, description, schema in (*TABLES, *EVIDENCE_TABLES):
        columns = {
            name: column for name, column in schema.columns.items() if schema is not SITES or name == "region_id"
        }
        rows = [f"| `{name}` | {_kind(column)} | {column.description} |" for name, column in columns.items()]
        parts += [f"## {title}\n", f"{description}\n", "| column | type | meaning |\n| --- | --- | --- |", *rows, ""]
    parts += ["## Rasters\n", RASTERS_INTRODUCTION, *map(_raster, (*RASTERS, PROBABILITY)), ""]
    for title, description, words in VOCABULARIES:
        rows = [f"| `{word}` | {meaning} |" for word, meaning in words.items()]
        parts += [f"## {title}\n", f"{description}\n", "| word | meaning |\n| --- | --- |", *rows, ""]
    return "\n".join(parts)


COMMANDS_INTRODUCTION = """\
# Commands

<!-- Written by `make docs` from the Makefile and workflow/asmgold/__main__.py: change these. -->

## `make`

Each of these sets up the environment in `.venv` first, if that is not there. `SCENARIO=name` chooses a scenario, where
it is named below; the others work on the default one or on all.

| target | what it does |
| --- | --- |"""
DIRECT = """\
## `python -m asmgold`

The commands that `make` calls, to be called by themselves (`.venv/bin/python -m asmgold ...`) where their exit status
matters: make turns every failure into 2. They work on the project in the working directory.

Exit status:

{statuses}
"""


def command_reference(makefile: str) -> str:
    """The text of `docs/commands.md`, from the text of the Makefile and the parser of the commands."""
    targets = re.findall(r"^([a-z]+):.*?  ## (.+)$", makefile, re.MULTILINE)
    parts = [COMMANDS_INTRODUCTION, *(f"| `make {target}` | {meaning} |" for target, meaning in targets), ""]
    statuses = " ".join((inspect.getdoc(commands.main) or "").partition("\n\n")[2].split())
    common, _, particular = statuses.partition(". ")
    parts.append(DIRECT.format(statuses=re.sub(r"(?:^|; )(\d+) ", r"\n- \1: ", common.rstrip(".")).strip()))
    parts += [f"{particular}\n"] if particular else []
    parser = commands._parser()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, command in action.choices.items():
                parts += _command(name, helps[name], command)
    return "\n".join(parts)


def _command(name: str, meaning: str, parser: argparse.ArgumentParser) -> list[str]:
    actions = [action for action in parser._actions if not isinstance(action, argparse._HelpAction)]
    synopsis = " ".join(["python -m asmgold", name, *map(_usage, sorted(actions, key=_is_positional))])
    rows = [f"| `{_invocation(action)}` | {(action.help or '') % vars(action)} |" for action in actions]
    table = ["| argument | meaning |\n| --- | --- |", *rows, ""] if rows else []
    return [f"### `{name}`\n", f"{meaning[:1].upper()}{meaning[1:]}.\n", f"```text\n{synopsis}\n```\n", *table]


def _is_positional(action: argparse.Action) -> bool:
    return not action.option_strings


def _invocation(action: argparse.Action) -> str:
    value = "" if action.nargs == 0 else action.metavar or "|".join(map(str, action.choices or [action.dest.upper()]))
    return " ".join(filter(None, [", ".join(action.option_strings), str(value)]))


def _usage(action: argparse.Action) -> str:
    if action.nargs in ("*", "+"):
        return f"[{_invocation(action)} ...]" if action.nargs == "*" else f"{_invocation(action)} ..."
    return _invocation(action) if action.required else f"[{_invocation(action)}]"


def _raster(product: RasterProduct) -> str:
    return f"| `{product.name}.tif` | {product.unit} | {product.meaning} {product.method} | {product.nodata} |"


def _kind(column: Any) -> str:
    if column.dtype is None:
        return "geometry"
    kinds = {"float64": "number", "int64": "whole number", "object": "list"}
    return kinds.get(str(column.dtype), "text")


def write(project: Path) -> None:
    """Write all of it into the project's folders."""
    write_configuration(project / "config")
    (project / "docs/data-dictionary.md").write_text(data_dictionary(), encoding="utf-8")
    makefile = (project / "Makefile").read_text("utf-8")
    (project / "docs/commands.md").write_text(command_reference(makefile), encoding="utf-8")


if __name__ == "__main__":
    write(Path())
