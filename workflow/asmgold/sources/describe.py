"""What a table or a layer of records holds, and the scenario that would read it."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import geopandas as gpd
import pandas as pd

from asmgold.config.models import PointColumn, Points
from asmgold.errors import InputError, excerpt
from asmgold.io.values import as_text
from asmgold.sources.points import POSITION_NAMES, read_points, read_rows
from asmgold.vocabulary.commodities import GOLD

# Names that columns have in English, Spanish, French and Portuguese, without accents, blanks and underscores.
NAMES: dict[PointColumn, tuple[str, ...]] = {
    "id": ("id", "nr", "no", "code", "codigo", "sample", "sampleid", "depid", "gid", "recordid", "siteid", "objectid"),
    "name": ("name", "nombre", "nom", "nome", "sitename", "site", "locality", "localidad", "depname", "place"),
    "longitude": (*POSITION_NAMES["longitude"], "easting", "este", "coordx", "xcoord"),
    "latitude": (*POSITION_NAMES["latitude"], "northing", "norte", "coordy", "ycoord"),
    "commodities": (
        "commodities", "commodity", "commod1", "minerals", "mineral", "mineral1", "metals", "metal", "substance",
        "sustancia", "substancia", "elements",
    ),
    "country": ("country", "pais", "pays", "admin0"),
    "status": ("status", "devstat", "stage", "estado", "statut", "situacao"),
    "deposit_type": ("deptype", "deposittype", "type", "tipo"),
    "operation_type": ("opertype", "operationtype"),
    "url": ("url", "link", "page", "web"),
    "precision_m": ("precisionm", "accuracym", "accuracy", "precision"),
    "radius_km": ("radiuskm", "radius", "bufferkm", "radio", "rayon"),
    "category": ("category", "belt", "group", "class", "district", "distrito"),
}  # fmt: skip
SHOWN = 40


def describe(path: Path, layer: str | None = None) -> str:
    """The columns of a table with an example each, and a scenario in YAML that makes records of it.

    Parameters
    ----------
    path : a CSV table, a spreadsheet, or any layer that GDAL knows
    layer : which of several layers or sheets

    Raises
    ------
    InputError : if it cannot be read, or holds several layers and none is named.
    """
    table, _, _ = read_rows(path, layer)
    values = table.drop(columns=[name for name in table.columns if table[name].dtype == "geometry"])
    columns = _guessed([str(name) for name in values.columns])
    if isinstance(table, gpd.GeoDataFrame):
        columns = {key: name for key, name in columns.items() if key not in POSITION_NAMES}
    width = max(map(len, map(str, values.columns)), default=0)
    known = {name: key for key, name in columns.items()}
    rows = [
        f"  {name:{width}}  {_example(values[name]):{SHOWN}}  {known.get(str(name), '')}" for name in values.columns
    ]
    text = "\n".join([f"{path}: {len(table)} rows{_shapes(table)}", *(row.rstrip() for row in rows)])
    return f"{text}\n\n{_found(path, layer, columns)}\n{_scenario(path, layer, columns)}"


def _shapes(table: pd.DataFrame) -> str:
    if not isinstance(table, gpd.GeoDataFrame):
        return ""
    kinds = ", ".join(sorted(set(table.geom_type.dropna()))) or "no shapes"
    return f", {kinds} in {table.crs.name if table.crs else 'no stated CRS'}"


def _example(values: pd.Series) -> str:
    filled = as_text(values).replace("", None).dropna()
    return excerpt(filled.iloc[0], SHOWN - 6) if len(filled) else "(nothing)"


def _guessed(names: list[str]) -> dict[PointColumn, str]:
    """Which column seems to hold what; a known name that comes earlier counts."""
    plain = {_plain(name): name for name in reversed(names)}
    found = {key: next((plain[known] for known in NAMES[key] if known in plain), None) for key in NAMES}
    return {key: name for key, name in found.items() if name is not None}


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[\W_]", "", "".join(letter for letter in letters if not unicodedata.combining(letter)))


def _found(path: Path, layer: str | None, columns: dict[PointColumn, str]) -> str:
    """What the proposed map makes of the table."""
    constants: dict[PointColumn, str | int | float | bool] = {} if "commodities" in columns else {"commodities": "gold"}
    try:
        points = Points(file=str(path), layer=layer, columns=columns, constants=constants)
        records = read_points(path, points, "records", GOLD)
    except (InputError, ValueError) as error:
        return f"It cannot be read so yet: {str(error).removeprefix(f'{path}: ')}"
    gold = int(records["commodity_role"].notna().sum())
    others = records.loc[records["commodity_role"].isna(), "commodities"].explode().value_counts().head(5)
    rest = (
        f"; the others bear {', '.join(map(str, others.index))}: `words` says which of them mean gold"
        if len(others)
        else ""
    )
    return f"So mapped, {gold} of {len(records)} records bear gold{rest}."


def _scenario(path: Path, layer: str | None, columns: dict[PointColumn, str]) -> str:
    name = re.sub(r"^[^a-z]+", "", re.sub(r"[^a-z0-9]+", "_", path.stem.casefold())).strip("_") or "survey"
    mapped = ", ".join(f"{key}: {_quoted(column)}" for key, column in columns.items())
    lines = [
        f"# config/scenarios/{name.replace('_', '-')}.yaml, to be made by `make run SCENARIO={name.replace('_', '-')}`",
        f"scenario: {name.replace('_', '-')}",
        f"records: [{name}]",
        "points:",
        f"  {name}:",
        f"    file: {_quoted(str(path))}",
        *([f"    layer: {_quoted(layer)}"] if layer else []),
        f"    columns: {{{mapped}}}",
        *([] if "commodities" in columns else ["    constants: {commodities: gold}  # no column seems to say it"]),
        *(["buffer_km: {default: 20, field: radius_km}"] if "radius_km" in columns else []),
        "area: {country: XXX}  # a code of ISO 3166-1, such as GHA; or a layer of your own",
        "overlays: {}",
        "evidence: {}",
        "strata: null",
        "published_shares: null",
        "production: null",
    ]
    return "\n".join([*lines, ""])


def _quoted(text: str) -> str:
    """Text as YAML takes it, in quotes where it could be anything but a word."""
    return text if re.fullmatch(r"[A-Za-z_][\w./-]*", text) else "'" + text.replace("'", "''") + "'"
