"""What the page is written from: the tables of a scenario, and what they were made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from asmgold.config.models import Correction
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.publish.context import Context
from asmgold.publish.page.shapes import Window


@dataclass(frozen=True)
class Results:
    """The tables of a scenario, and what they were made from.

    Parameters
    ----------
    regions, sites, records, intersections, summary : tables of `asmgold.schemas`
    area : the polygons that the regions are clipped to
    overlays : the overlays' polygons by name
    countries : a table of `asmgold.schemas.tables.COUNTRIES` for the background, or None
    settings : the scenario's configuration, plain values of `asmgold.config.models.Settings`
    sources : registration and lock of each source that was used, by its name; of a file of the user's own the lock only
    corrections : the declared corrections
    products : the names of the files beside the page
    exposure : a table of `asmgold.schemas.tables.EXPOSURE`, or None where nothing is summed
    rings : a table of `asmgold.schemas.tables.RINGS`, or None without zones by distance
    seen : a table of `asmgold.schemas.evidence.MINING_SEEN`, or None without evidence
    backdrop : `towns`, `rivers` and `lakes` in EPSG:4326, where there are any
    tables : tables of the products by name, such as `evidence`; those that the scenario has
    around : how much of its surroundings the map shows on each side, as a share of the larger side of the area
    """

    regions: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    records: gpd.GeoDataFrame
    intersections: gpd.GeoDataFrame
    summary: pd.DataFrame
    area: gpd.GeoDataFrame
    overlays: Mapping[str, gpd.GeoDataFrame]
    countries: gpd.GeoDataFrame | None
    settings: Mapping[str, Any]
    sources: Mapping[str, Mapping[str, Any]]
    corrections: Sequence[Correction]
    products: Sequence[str]
    exposure: pd.DataFrame | None = None
    seen: gpd.GeoDataFrame | None = None
    rings: gpd.GeoDataFrame | None = None
    backdrop: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    around: float = 1.0

    @cached_property
    def area_km2(self) -> float:
        """The area's own size."""
        return float(polygon_area(self.area.geometry.array).sum()) / 1e6

    @cached_property
    def whole_area(self) -> Any:
        """The area as one shape."""
        whole = shapely.union_all(self.area.geometry.array)
        shapely.prepare(whole)
        return whole

    @property
    def is_per_country(self) -> bool:
        """Whether each country has results and a page of its own."""
        return "countries" in self.tables

    @cached_property
    def window(self) -> Window:
        """The window of the Earth that the map shows."""
        parts = shapely.get_parts(np.asarray(self.area.geometry.array, dtype=object))
        return Window(shapely.bounds(parts), self.around)


def missing_as_none(values: pd.Series) -> list[Any]:
    """The values of a column as JSON has them: what is missing is null."""
    return [None if value is None or value is pd.NA or value != value else value for value in values.tolist()]


def region_titles(regions: pd.DataFrame, context: Context) -> list[str]:
    """What each region is called, in their order."""
    number = context.phrases("page")["region_number"]
    return [number.format(number=name) for name in regions["region_name"]]
