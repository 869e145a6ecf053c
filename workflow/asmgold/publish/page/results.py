"""What the page is written from: the tables of a scenario, and what it says about them besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import pandas as pd

from asmgold.config.models import Correction
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.publish.messages import Numbers, load_words
from asmgold.vocabulary.iso import country_name


@dataclass(frozen=True)
class Results:
    """The tables of a scenario.

    Parameters
    ----------
    regions, sites, records, intersections, summary : tables of `asmgold.schemas`
    area : the polygons that the regions are clipped to
    overlays : the overlays' polygons by name
    countries : a table of `asmgold.schemas.COUNTRIES` for the background, or None
    exposure : a table of `asmgold.schemas.EXPOSURE`, or None where nothing is summed
    """

    regions: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    records: gpd.GeoDataFrame
    intersections: gpd.GeoDataFrame
    summary: pd.DataFrame
    area: gpd.GeoDataFrame
    overlays: Mapping[str, gpd.GeoDataFrame]
    countries: gpd.GeoDataFrame | None
    exposure: pd.DataFrame | None = None

    @cached_property
    def area_km2(self) -> float:
        """The area's own size."""
        return float(polygon_area(self.area.geometry.array).sum()) / 1e6


@dataclass(frozen=True)
class About:
    """What the page says besides the tables.

    Parameters
    ----------
    settings : the scenario's configuration, plain values of `asmgold.config.Settings`
    area_title : what the area is called
    overlay_titles : what each overlay is called, by its name
    corrections : the declared corrections
    sources : registration and lock of each source that was used, by its name; of a file of the user's own the lock only
    products : the names of the files beside the page
    """

    settings: Mapping[str, Any]
    area_title: str
    overlay_titles: Mapping[str, str]
    corrections: Sequence[Correction]
    sources: Mapping[str, Mapping[str, Any]]
    products: Sequence[str]

    @property
    def language(self) -> str:
        """The language of the page."""
        return str(self.settings["language"])

    @cached_property
    def words(self) -> Mapping[str, str]:
        """The words of the page in its language."""
        return load_words(self.language, "page", self.settings["commodity"])

    @cached_property
    def numbers(self) -> Numbers:
        """How its numbers are written."""
        return Numbers.of(self.words)

    @property
    def radius(self) -> str:
        """The radius in kilometres."""
        return self.numbers.general(self.settings["buffer_km"])

    def parent_of(self, overlay: str) -> str | None:
        """The overlay that an overlay is a part of, if any."""
        parent: str | None = self.settings["overlays"][overlay].get("within")
        return parent

    def zone_title(self, overlay: str, zone: str) -> str:
        """What a zone of an overlay is called."""
        title = self.overlay_titles[overlay]
        parent = self.parent_of(overlay)
        if zone == "inside" or parent is None:
            return title
        return self.words["zone_outside"].format(parent=self.overlay_titles[parent], overlay=title)

    def source_title(self, source: str) -> str:
        """What a dataset of records is called."""
        return self.words.get(source, source)

    def kind_title(self, source: str, role: str) -> str:
        """What the sites of a dataset with gold of some rank are called; a dataset without ranks stands for itself."""
        title = self.source_title(source)
        if role == "listed":
            return title
        return self.words["layer_sites"].format(source=title, role=self.word("role", role))

    def word(self, kind: str, key: str) -> str:
        """The words for a code, such as a fate or a flag; the code itself where there are none yet."""
        return self.words.get(f"{kind}_{key}", key)

    def country_names(self, codes: Sequence[str]) -> str:
        """The names of countries, given their codes."""
        return ", ".join(country_name(code, self.language) or code for code in codes)


def missing_as_none(values: pd.Series) -> list[Any]:
    """The values of a column as JSON has them: what is missing is null."""
    return [None if value is None or value is pd.NA or value != value else value for value in values.tolist()]
