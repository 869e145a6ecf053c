"""The regions of each country by itself: the same sites and regions that a run for that country alone would give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.records.classify import reclassify
from asmgold.regions.dissolve import dissolve
from asmgold.schemas.tables import BEARING, COUNTRY_SUMMARY


@dataclass(frozen=True)
class National:
    """What there is in one country.

    Parameters
    ----------
    code, name : of the country
    area : its polygons in EPSG:4326
    regions, sites : tables of `asmgold.schemas.tables.REGIONS` and `SITES`
    records : those that state the country, lie in it, or are sites for it (`asmgold.schemas.tables.RECORDS`)
    """

    code: str
    name: str
    area: gpd.GeoDataFrame
    regions: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    records: gpd.GeoDataFrame

    @property
    def summary(self) -> dict[str, object]:
        """Its row of `asmgold.schemas.tables.COUNTRY_SUMMARY`."""
        area_km2 = float(polygon_area(self.area.geometry.array).sum()) / 1e6
        regions_km2 = float(self.regions["area_km2"].sum())
        return {
            "code": self.code,
            "name": self.name,
            "area_km2": area_km2,
            "sites": len(self.sites),
            "deposits": self.sites["deposit_id"].nunique(),
            "regions": len(self.regions),
            "regions_km2": regions_km2,
            "share_of_country": regions_km2 / area_km2,
        }


def by_country(
    records: gpd.GeoDataFrame,
    countries: gpd.GeoDataFrame,
    codes: Iterable[str],
    *,
    tolerance_m: float,
    commodity: str = "gold",
    towns: gpd.GeoDataFrame | None = None,
    language: str = "en",
) -> Iterator[National]:
    """Find the sites and draw the regions of countries, one after the other.

    Parameters
    ----------
    records : a table of `asmgold.schemas.tables.RECORDS`, classified for any area
    countries : a table of `asmgold.schemas.tables.COUNTRIES`
    codes : the countries wanted
    tolerance_m : the tolerance of the discs' edges, metres
    commodity : as for `asmgold.records.classify.classify`
    towns, language : as for `asmgold.regions.dissolve.dissolve`
    """
    candidates = records[records["fate"].isin(BEARING)]
    others = records[~records.index.isin(candidates.index)]
    for code in codes:
        area = countries[countries["code"] == code].reset_index(drop=True)
        classified = reclassify(candidates, area, tolerance_m=tolerance_m, commodity=commodity)
        regions, sites = dissolve(classified, area, tolerance_m=tolerance_m, towns=towns, language=language)
        own = pd.concat(
            [classified[classified["fate"].eq("site") | _of(classified, code)], others[_of(others, code)]]
        ).sort_index()
        largest = int(polygon_area(area.geometry.array).argmax())  # not the reefs that share its code
        yield National(code, str(area["name"].iloc[largest]), area, regions, sites, own.reset_index(drop=True))


def country_summary(rows: pd.DataFrame) -> pd.DataFrame:
    """The table of countries (`asmgold.schemas.tables.COUNTRY_SUMMARY`) from the rows of some, by code."""
    return COUNTRY_SUMMARY.validate(rows.sort_values("code", ignore_index=True))


def _of(records: pd.DataFrame, code: str) -> pd.Series:
    """Which records lie in a country or state it."""
    return records["country_located"].eq(code) | records["country_code"].eq(code)
