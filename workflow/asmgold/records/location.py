"""Where positions lie: in which country, how far outside the one that is stated, and how else they could be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from asmgold.geodesy.ellipsoid import NearestSite
from asmgold.vocabulary.countries import country_codes, with_dependencies

# Borders and coasts of a world map are some kilometres off: what is nearer to them is not held against a record.
BORDER_ERROR_KM = 5.0
# Coasts and borders get points so near to one another that the nearest one is within 600 m of the nearest place.
STEP_DEGREES = 0.01

Floats = NDArray[np.float64]
Transform = Callable[[Floats, Floats], tuple[Floats, Floats]]

# How a position may have been meant, the likeliest first.
TRANSFORMS: dict[str, Transform] = {
    "-longitude": lambda x, y: (-x, y),
    "-latitude": lambda x, y: (x, -y),
    "-longitude, -latitude": lambda x, y: (-x, -y),
    "exchanged": lambda x, y: (y, x),
    "exchanged, -longitude": lambda x, y: (-y, x),
    "exchanged, -latitude": lambda x, y: (y, -x),
    "exchanged, -longitude, -latitude": lambda x, y: (-y, -x),
}


class CountryLocator:
    """The countries of the world, to ask where positions lie."""

    def __init__(self, table: gpd.GeoDataFrame) -> None:
        """Take the countries of a table of `asmgold.schemas.tables.COUNTRIES`."""
        self._codes = table["code"].to_numpy(dtype=object)
        self._shapes = np.asarray(table.geometry.array, dtype=object)
        self._tree = shapely.STRtree(self._shapes)

    def at(self, lon: Floats, lat: Floats) -> NDArray[np.object_]:
        """The code of the country at each position (degrees), None in the sea and where a position is missing."""
        located = np.full(lon.size, None, dtype=object)
        placed = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
        point, country = self._tree.query(shapely.points(lon[placed], lat[placed]), predicate="intersects")
        # On a border, the first of the table.
        located[placed[point[::-1]]] = self._codes[country[::-1]]
        return located

    def kilometres_from(self, codes: Sequence[str] | None, lon: Floats, lat: Floats) -> Floats:
        """The geodesic distance of positions outside from the border of some countries, or from any land, in km.

        Parameters
        ----------
        codes : the countries, or None for all land; not a number is given where none of them is on the map
        lon, lat : positions outside these countries, degrees
        """
        shapes = self._shapes if codes is None else self._shapes[np.isin(self._codes, codes)]
        if shapes.size == 0 or lon.size == 0:
            return np.full(lon.size, np.nan)
        border = shapely.get_coordinates(shapely.segmentize(shapes, STEP_DEGREES))
        return NearestSite(border[:, 0], border[:, 1]).query(lon, lat)[0] / 1000


def locate(records: pd.DataFrame, countries: CountryLocator) -> pd.DataFrame:
    """Compare where records lie with the country that they state.

    Parameters
    ----------
    records : with `country_reported`, `longitude` and `latitude` (degrees, or not a number)
    countries : the countries of the world

    Returns
    -------
    For each record: `country_code` (the code of the country stated; several, joined by `/`, for a country that is no
    more), `country_located`, `outside_km` (how far outside the country stated, if more than `BORDER_ERROR_KM`),
    `at_sea` (farther than that from any land) and `suggested_transform` (the one of `TRANSFORMS` that puts a record
    from outside into the country stated; the likeliest, if several do).
    """
    lon, lat = (records[name].to_numpy(float) for name in ("longitude", "latitude"))
    stated = [country_codes(name) if isinstance(name, str) else () for name in records["country_reported"]]
    located = countries.at(lon, lat)
    allowed = [with_dependencies(codes) for codes in stated]
    outside = np.array(
        [bool(codes) and place not in codes for codes, place in zip(allowed, located, strict=True)], bool
    ) & np.isfinite(lon)
    distance = np.full(lon.size, np.nan)
    for codes in {allowed[row] for row in np.flatnonzero(outside)}:
        at = np.array([row for row in np.flatnonzero(outside) if allowed[row] == codes])
        distance[at] = countries.kilometres_from(codes, lon[at], lat[at])
    distance[~(distance > BORDER_ERROR_KM)] = np.nan
    nowhere = np.flatnonzero(np.isfinite(lon) & (located == None))  # noqa: E711 -- elementwise
    at_sea = np.zeros(lon.size, bool)
    at_sea[nowhere] = countries.kilometres_from(None, lon[nowhere], lat[nowhere]) > BORDER_ERROR_KM
    return pd.DataFrame(
        {
            "country_code": pd.Series(["/".join(codes) or None for codes in stated], dtype=object),
            "country_located": located,
            "outside_km": distance,
            "at_sea": at_sea,
            "suggested_transform": _suggested_transforms(lon, lat, np.isfinite(distance), allowed, countries),
        }
    ).set_index(records.index)


def _suggested_transforms(
    lon: Floats, lat: Floats, doubtful: NDArray[np.bool_], allowed: Sequence[tuple[str, ...]], countries: CountryLocator
) -> NDArray[np.object_]:
    suggested = np.full(lon.size, None, dtype=object)
    rows = np.flatnonzero(doubtful)
    for name, transform in reversed(TRANSFORMS.items()):
        x, y = transform(lon[rows], lat[rows])
        possible = np.abs(y) <= 90
        found = countries.at(np.where(possible, x, np.nan), y)
        fits = [place in allowed[row] for place, row in zip(found, rows.tolist(), strict=True)]
        suggested[rows[np.array(fits, bool)]] = name
    return suggested
