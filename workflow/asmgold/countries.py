"""Countries: their codes of ISO 3166, by code or by any of their names, and the layer that positions are located in."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pycountry
import pyogrio

from asmgold.errors import InputError
from asmgold.schemas import COUNTRIES, CRS

KOSOVO = "XKX"
# Codes of Natural Earth's own, as ISO 3166 has them; Kosovo has the code that users have agreed on.
CODES = {
    "ALD": "ALA", "ATC": "AUS", "CYN": "CYP", "IOA": "AUS", "KOS": KOSOVO, "PSX": "PSE", "SAH": "ESH", "SDS": "SSD",
    "SOL": "SOM",
}  # fmt: skip
# Names that the sources use and pycountry does not know, as `_plain` writes them: short, old or misspelt ones.
NAMES = {
    "bosnia-herzegovina": "BIH",
    "burma": "MMR",
    "cape verde": "CPV",
    "congo (brazzaville)": "COG",
    "congo (kinshasa)": "COD",
    "cote divoire": "CIV",
    "dem. rep. congo": "COD",
    "democratic republic of congo": "COD",
    "democratic republic of the congo": "COD",
    "dominican rep": "DOM",
    "east germany": "DEU",
    "east timor": "TLS",
    "german democratic republic": "DEU",
    "indian ocean ter": "AUS",
    "ivory coast": "CIV",
    "kalaallit nunaat (greenland)": "GRL",
    "kosovo": KOSOVO,
    "luxenbourg": "LUX",
    "macedonia": "MKD",
    "n. cyprus": "CYP",
    "republic of the congo": "COG",
    "rhodesia": "ZWE",
    "russia": "RUS",
    "sint maarten": "SXM",
    "somaliland": "SOM",
    "st-martin": "MAF",
    "surinam": "SUR",
    "swaziland": "SWZ",
    "the gambia": "GMB",
    "trinidad": "TTO",
    "turkey": "TUR",
    "upper volta": "BFA",
    "usa": "USA",
    "west germany": "DEU",
    "zaire": "COD",
}
# Names of what is several countries today.
SEVERAL = {
    "czechoslovakia": ("CZE", "SVK"),
    "korean peninsula": ("KOR", "PRK"),
    "serbia and montenegro": ("MNE", "SRB", "XKX"),
    "ussr": ("ARM", "AZE", "BLR", "EST", "GEO", "KAZ", "KGZ", "LTU", "LVA", "MDA", "RUS", "TJK", "TKM", "UKR", "UZB"),
    "yugoslavia": ("BIH", "HRV", "MKD", "MNE", "SRB", "SVN", "XKX"),
}
# Places with a code of their own that records state under the country they belong to.
DEPENDENCIES = {
    "AUS": ("CCK", "CXR", "HMD", "NFK"),
    "CHN": ("HKG", "MAC"),
    "DNK": ("FRO", "GRL"),
    "FIN": ("ALA",),
    "FRA": ("ATF", "BLM", "GLP", "GUF", "MAF", "MTQ", "MYT", "NCL", "PYF", "REU", "SPM", "WLF"),
    "GBR": ("AIA", "BMU", "CYM", "FLK", "GGY", "GIB", "IMN", "IOT", "JEY", "MSR", "PCN", "SGS", "SHN", "TCA", "VGB"),
    "NLD": ("ABW", "BES", "CUW", "SXM"),
    "NOR": ("BVT", "SJM"),
    "NZL": ("COK", "NIU", "TKL"),
    "USA": ("ASM", "GUM", "MNP", "PRI", "UMI", "VIR"),
}


@cache
def country_codes(name: str) -> tuple[str, ...]:
    """The codes of ISO 3166-1 (three letters) of a country given by any code or name; none if it is unknown.

    Historical names count: Zaire is the Democratic Republic of the Congo, Czechoslovakia is two countries. Names are
    compared without regard to case, accents and what stands around them. Source: pycountry (Debian's iso-codes), and
    the names above. Kosovo, which has no code, has the one that users have agreed on.

    >>> country_codes("Burma"), country_codes("Korean Peninsula"), country_codes("Atlantis")
    (('MMR',), ('KOR', 'PRK'), ())
    """
    plain = _plain(name)
    if plain in SEVERAL:
        return SEVERAL[plain]
    if plain in NAMES:
        return (NAMES[plain],)
    code = CODES.get(name.strip().upper(), name.strip())
    if code.isdigit():
        country = pycountry.countries.get(numeric=code.zfill(3))
        return (country.alpha_3,) if country is not None else ()
    if code in CODES.values():
        return (code,)
    for word in (code, plain):
        try:
            return (pycountry.countries.lookup(word).alpha_3,)
        except LookupError:
            continue
    return ()


def country_table(layer: gpd.GeoDataFrame, code_field: str, name_field: str) -> gpd.GeoDataFrame:
    """A layer of countries as a table of `asmgold.schemas.COUNTRIES`.

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
    countries : a table of `asmgold.schemas.COUNTRIES`
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


def _plain(name: str) -> str:
    """Lower case without accents, apostrophes and what stands around the name."""
    letters = unicodedata.normalize("NFKD", name)
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"\s+", " ", re.sub("['`´’‘\x92]", "", kept)).strip(" .,;?").casefold()
