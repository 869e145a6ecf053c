"""Writes what is documented from the code: `python docs/site/reference.py`, which `make docs` calls.

`config/README.md` and `config/*.schema.json` come from the models of the configuration, `docs/data-dictionary.md` from
the schemas and the registry of products, which also gives the table of files in `README.md`; `docs/commands.md` from
the parser of the commands and the Makefile.
"""

from __future__ import annotations

import argparse
import inspect
import re
from collections.abc import Container
from pathlib import Path
from typing import Any

from configuration import write as write_configuration

from asmgold import cli as commands
from asmgold.schemas.products import CONDITIONS, LAYER_SCHEMAS, PRODUCTS, Product, named_schema
from asmgold.schemas.rasters import NODATA, RasterSpecification
from asmgold.schemas.tables import COMMODITY_ROLES, FATES, FLAGS, RECORDS, ZONES

INTRODUCTION = """\
# Data dictionary

<!-- Written by `make docs` from workflow/asmgold/schemas: change that, not this. -->

Geometry is in EPSG:4326, areas are on the WGS84 ellipsoid with edges straight in longitude and latitude, as drawn.
Lists are lists in Parquet and text, separated by commas, in the GeoPackage. Nothing is written where a value is not
known.

## Files

All are in `results/<scenario>/`.

| file | what it is | when |
| --- | --- | --- |"""
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
    of_tables = [
        product for product in PRODUCTS if product.suffix in (".parquet", ".csv") and not product.is_per_country
    ]
    rasters = [product.load_schema() for product in PRODUCTS if product.suffix == ".tif"]
    parts = [INTRODUCTION, *(_file(product) for product in PRODUCTS), ""]
    for product in of_tables:
        schema, described = product.load_schema(), f"{product.title}. {product.note}".strip()
        left_out = RECORDS.columns if product.schema == "SITES" else {}
        parts += _table(f"`{product.name}`", described, schema, left_out)
    of_files = {product.schema for product in of_tables}
    for layer, schema in LAYER_SCHEMAS.items():
        if schema not in of_files:
            parts += _table(f"Layer `{layer}`", "Of the GeoPackage.", named_schema(schema), {})
    parts += ["## Rasters\n", RASTERS_INTRODUCTION, *map(_raster, rasters), ""]
    for title, description, words in VOCABULARIES:
        rows = [f"| `{word}` | {meaning} |" for word, meaning in words.items()]
        parts += [f"## {title}\n", f"{description}\n", "| word | meaning |\n| --- | --- |", *rows, ""]
    return "\n".join(parts)


def products_in_readme() -> str:
    """The table of the README: files with the same rows of the registry behind them share a line."""
    groups: dict[str, list[str]] = {}
    for product in PRODUCTS:
        if product.suffix != ".qml" and not product.is_per_country:
            groups.setdefault(_without_drawn(product), []).append(f"`{product.name}`")
    rows = [f"| {', '.join(names)} | {title} |" for title, names in groups.items()]
    return "\n".join(["| file | what |", "| --- | --- |", *rows])


def _without_drawn(product: Product) -> str:
    """A picture of a table stands beside it."""
    words = CONDITIONS[product.when].words.replace("evidence` and an overlay that is `within` another one", "evidence`")
    return product.title.removesuffix(", drawn") + (f" ({words})" if words.startswith("with ") else "")


def _file(product: Product) -> str:
    described = f"{product.title}. {product.note}".strip()
    return f"| `{product.name}` | {described} | {CONDITIONS[product.when].words or 'always'} |"


def _table(title: str, description: str, schema: Any, left_out: Container[str]) -> list[str]:
    rows = [
        f"| `{name}` | {KINDS.get(column.kind, column.kind)} | {column.description} |"
        for name, column in schema.columns.items()
        if name not in left_out or name == "geometry"
    ]
    return [f"## {title}\n", f"{description}\n", "| column | type | meaning |\n| --- | --- | --- |", *rows, ""]


COMMANDS_INTRODUCTION = """\
# Commands

<!-- Written by `make docs` from the Makefile and workflow/asmgold/cli.py: change these. -->

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
    targets = re.findall(r"^([a-z-]+):.*?  ## (.+)$", makefile, re.MULTILINE)
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


def _raster(product: RasterSpecification) -> str:
    return f"| `{product.name}.tif` | {product.unit} | {product.meaning} {product.method} | {product.nodata} |"


KINDS = {"whole": "whole number"}


README_TABLE = re.compile(r"(?<=written by `make docs` -->\n).*?(?=<!-- end of products -->)", re.DOTALL)


def write(project: Path) -> None:
    """Write all of it into the project's folders."""
    write_configuration(project / "config")
    (project / "docs/data-dictionary.md").write_text(data_dictionary(), encoding="utf-8")
    makefile = (project / "Makefile").read_text("utf-8")
    (project / "docs/commands.md").write_text(command_reference(makefile), encoding="utf-8")
    readme = project / "README.md"
    readme.write_text(
        README_TABLE.sub(lambda _: products_in_readme() + "\n", readme.read_text("utf-8")), encoding="utf-8"
    )


if __name__ == "__main__":
    write(Path())
