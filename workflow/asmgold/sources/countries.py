"""The layer of countries, as a table of codes, names and polygons."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from asmgold.errors import InputError
from asmgold.schemas.tables import COUNTRIES, CRS
from asmgold.vocabulary.countries import country_codes


def country_table(layer: gpd.GeoDataFrame, code_field: str, name_field: str) -> gpd.GeoDataFrame:
    """A layer of countries as a table of `asmgold.schemas.tables.COUNTRIES`.

    Parameters
    ----------
    layer : polygons in EPSG:4326
    code_field, name_field : its fields that hold a code of ISO 3166 (two letters, three letters or the number) and the
        name. A place without such a code, such as Kosovo, keeps the code that the layer gives, or none.

    Raises
    ------
    InputError : if there is no such field, or no feature has a code of ISO 3166.
    """
    named = {"code": _codes(layer, code_field, name_field), "name": layer[name_field].tolist()}
    table = gpd.GeoDataFrame(named, geometry=np.asarray(layer.geometry.array, dtype=object), crs=CRS)
    return COUNTRIES.validate(table)


def codes_in_file(path: Path, layer: str | None, code_field: str, name_field: str) -> list[str]:
    """The codes that `country_table` gives to the countries of a file, each once, in order; its shapes are not read.

    Parameters
    ----------
    path, layer : the file, and which layer of it, if it holds several
    code_field, name_field : as for `country_table`

    Raises
    ------
    InputError : as `country_table`, or if the file cannot be read.
    """
    try:
        table = pyogrio.read_dataframe(path, layer=layer, read_geometry=False)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise InputError(f"{path}: not a layer that GDAL can read ({error})") from None
    return sorted({code for code in _codes(table, code_field, name_field) if code is not None})


def country_area(countries: gpd.GeoDataFrame, code: str) -> gpd.GeoDataFrame:
    """The polygons of one country.

    Parameters
    ----------
    countries : a table of `asmgold.schemas.tables.COUNTRIES`
    code : of ISO 3166-1 alpha-3

    Raises
    ------
    InputError : if the layer of countries does not show it.
    """
    found = countries[countries["code"] == code]
    if found.empty:
        raise InputError(
            f"configuration: area.country is {code}, which the layer of countries does not show apart; it may be part "
            f"of another country there. It shows {', '.join(sorted(countries['code'].dropna().unique()))}"
        )
    return found.reset_index(drop=True)


def _codes(layer: pd.DataFrame, code_field: str, name_field: str) -> list[str | None]:
    """The code of each feature: by its own code, else by its name, else whatever the layer gives."""
    for key, field in (("code_field", code_field), ("name_field", name_field)):
        if field not in layer.columns:
            fields = ", ".join(layer.columns.drop("geometry", errors="ignore"))
            raise InputError(f"configuration: countries.{key} is {field!r}, one of its fields was expected: {fields}")
    given = layer[code_field].astype(object).where(layer[code_field].notna(), None).tolist()
    codes = [_only_code(code) for code in given]
    if not any(codes):
        raise InputError(
            f"configuration: countries.code_field is {code_field!r}, which holds {given[0]!r}; "
            "a field with codes of ISO 3166 was expected"
        )
    triples = zip(codes, layer[name_field], given, strict=True)
    return [code or _only_code(name) or value for code, name, value in triples]


def _only_code(value: object) -> str | None:
    codes = country_codes(str(value)) if value is not None else ()
    return codes[0] if len(codes) == 1 else None
