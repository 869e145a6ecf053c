"""What each record is called: its name, or else where it lies, told from what has a name."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from asmgold.geodesy.ellipsoid import WGS84, NearestSite
from asmgold.records.flags import has_flag
from asmgold.records.location import CountryLocator

# For each language: how a label is put together, and the eight winds from north on, clockwise.
WORDS = {
    "en": ("unnamed", "{km} km {wind} of {place}", "at {place}", ("N", "NE", "E", "SE", "S", "SW", "W", "NW")),
    "es": ("sin nombre", "{km} km al {wind} de {place}", "en {place}", ("N", "NE", "E", "SE", "S", "SO", "O", "NO")),
}
AT_M = 500.0  # nearer than this, a record is at the other one


def labels(records: pd.DataFrame, divisions: Mapping[str, gpd.GeoDataFrame], language: str = "en") -> pd.Series:
    """The name of each record; of one without, such as `unnamed, 12 km NE of Los Milagros (Ancash)`, where it lies.

    Parameters
    ----------
    records : with `name`, `flags`, `longitude` and `latitude` (degrees, not a number where unusable)
    divisions : polygons in EPSG:4326 with the column `name`, by the name of their layer; the first names the place
    language : of the words, `en` or `es`
    """
    unnamed, *_ = WORDS[language]
    nameless = has_flag(records, "name_missing")
    label = records["name"].mask(nameless, unnamed)
    placed = records["longitude"].notna()
    known, asked = records[placed & ~nameless], records[placed & nameless]
    if asked.empty:
        return label
    beside = pd.Series("", index=asked.index) if known.empty else _beside(asked, known, language)
    label[asked.index] = unnamed + beside + _within(asked, next(iter(divisions.values()), None))
    return label


def _within(asked: pd.DataFrame, layer: gpd.GeoDataFrame | None) -> pd.Series:
    """The name of the division that each lies in, in brackets; nothing where there is none."""
    if layer is None:
        return pd.Series("", index=asked.index)
    locator = CountryLocator(layer.rename(columns={"name": "code"}))
    names = locator.at(*(asked[name].to_numpy(float) for name in ("longitude", "latitude")))
    return pd.Series([f" ({name})" if isinstance(name, str) else "" for name in names], index=asked.index)


def _beside(asked: pd.DataFrame, known: pd.DataFrame, language: str) -> pd.Series:
    """`, 12 km NE of` and the name of the nearest record that has one."""
    _, off, at, winds = WORDS[language]
    metres, nearest = NearestSite(known["longitude"], known["latitude"]).query(asked["longitude"], asked["latitude"])
    place = known.iloc[nearest]
    lon, lat, to_lon, to_lat = (
        table[name].to_numpy(float) for table in (place, asked) for name in ("longitude", "latitude")
    )
    azimuth, _, _ = WGS84.inv(lon, lat, to_lon, to_lat)
    wind = np.round(np.asarray(azimuth) / 45).astype(int) % 8
    told = [
        ", " + (at if m < AT_M else off).format(km=f"{m / 1000:.0f}", wind=winds[w], place=name)
        for m, w, name in zip(metres, wind, place["name"], strict=True)
    ]
    return pd.Series(told, index=asked.index, dtype=object)
