"""What the printed map says: its tables, its words and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from asmgold import __version__
from asmgold.geodesy.antimeridian import ROUND_THE_EARTH_DEG
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.publish.answer import answer_of_evidence, answer_of_land, measured, tests_of_evidence
from asmgold.publish.context import Context, Credit
from asmgold.publish.messages import Numbers

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

MAX_OWN_TITLES = 8


@dataclass(frozen=True)
class Content:
    """Everything that one map shows.

    Attributes
    ----------
    area : polygons in EPSG:4326
    regions, sites, intersections, summary : tables of `asmgold.schemas`; the last two of the overlays
    countries : `asmgold.schemas.tables.COUNTRIES`, or None where the map knows no neighbours
    overlays : polygons in EPSG:4326 by name, in the order of the configuration
    context : what every product says of its scenario
    seen : `asmgold.schemas.evidence.MINING_SEEN`, or None without evidence
    backdrop : `towns`, `rivers` and `lakes` in EPSG:4326, where there are any
    rings : `asmgold.schemas.tables.RINGS`, or None
    tables : those of `asmgold.vocabulary.evidence.ANSWER_TABLES` that there are, by name
    """

    area: gpd.GeoDataFrame
    regions: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    intersections: gpd.GeoDataFrame
    summary: pd.DataFrame
    countries: gpd.GeoDataFrame | None
    overlays: Mapping[str, gpd.GeoDataFrame]
    context: Context
    seen: gpd.GeoDataFrame | None = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    backdrop: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    rings: gpd.GeoDataFrame | None = None

    @cached_property
    def titles(self) -> dict[str, str]:
        """What to call the area (`area`) and each overlay (by its name)."""
        return {"area": self.context.area} | self.context.overlay_titles

    @cached_property
    def within(self) -> dict[str, str | None]:
        """For each overlay, the one that it is a part of, or None."""
        return {name: self.context.parent_of(name) for name in self.overlays}

    @cached_property
    def is_of_the_earth(self) -> bool:
        """Whether the area goes round the Earth in both hemispheres, so that the map is one of the whole Earth."""
        west, south, east, north = self.area.total_bounds
        return bool(east - west > ROUND_THE_EARTH_DEG and south < 0 < north)

    @property
    def language(self) -> str:
        """The language of the map."""
        return self.context.language

    @cached_property
    def words(self) -> Mapping[str, str]:
        """The phrases of the map."""
        return self.context.phrases("map")

    @property
    def buffer_km(self) -> float:
        """The radius of the discs."""
        return self.context.buffer_km

    def say(self, key: str, **values: object) -> str:
        """A text in the map's language."""
        return self.context.say(self.words[key], **values)

    @property
    def numbers(self) -> Numbers:
        """How the map's numbers are written."""
        return self.context.numbers

    @property
    def radius(self) -> str:
        """The radius in kilometres."""
        return self.context.radius

    @property
    def nested(self) -> tuple[str, str] | None:
        """The first overlay that has another one within it, and that other one."""
        for parent in self.overlays:
            for child in self.overlays:
                if self.within.get(child) == parent:
                    return parent, child
        return None

    @property
    def title(self) -> str:
        """The heading."""
        return self.say("title", area=self.titles["area"])

    @cached_property
    def subtitle(self) -> str:
        """What a region is, and of when the records are."""
        records = [self._dated(credit) for credit in self.context.credits if credit.dataset]
        return f"{self.say('subtitle', km=self.radius)}\n{self.say('records', names=', '.join(records))}"

    @cached_property
    def answer(self) -> str:
        """What share of the land the regions are, what share of the mining seen they hold, and how sure that is."""
        if self.regions.empty:
            return ""
        return " ".join([self.answer_of_land, *self.answer_of_evidence])

    @cached_property
    def answer_of_land(self) -> str:
        """What share of the land the regions are."""
        return answer_of_land(self.covered_km2, self.area_km2, self.context)

    @cached_property
    def answer_of_evidence(self) -> list[str]:
        """What share of the mining seen they hold, and how sure that is, in sentences."""
        return answer_of_evidence(self.tables, self.context)

    @cached_property
    def tests_of_evidence(self) -> list[str]:
        """What the map holds of new mining and beside chance, in sentences."""
        return tests_of_evidence(self.tables, self.context)

    @cached_property
    def covered_km2(self) -> float:
        """The area of the regions."""
        return float(self.regions["area_km2"].sum())

    @cached_property
    def area_km2(self) -> float:
        """The area that the regions are clipped to."""
        return float(polygon_area(self.area.geometry.array).sum()) / 1e6

    @property
    def footer(self) -> str:
        """Credits, citations and dates of the data."""
        citations = dict.fromkeys(str(credit.citation) for credit in self.context.credits if credit.citation)
        own = list(dict.fromkeys(self._named(credit) for credit in self.context.credits if not credit.citation))
        dated = dict.fromkeys(self._dated(credit) for credit in self.context.credits if credit.date)
        datasets = dict.fromkeys(self.source_label(credit.dataset) for credit in self.context.credits if credit.dataset)
        sentences = [
            self.say("method", km=self.radius, names=self.say("and").join(datasets)),
            self.say("sources", citations=" ".join(citations)),
        ]
        if len(own) > MAX_OWN_TITLES:
            own[MAX_OWN_TITLES:] = [self.say("more", n=len(own) - MAX_OWN_TITLES)]
        if own:
            sentences.append(self.say("own", titles="; ".join(own)))
        if dated:
            sentences.append(self.say("dates", dates=", ".join(dated)))
        sentences.append(self.say("made", version=__version__, date=self.context.date))
        return " ".join(sentences)

    @property
    def author(self) -> str:
        """Who made what the map is drawn from, for the PDF's own description."""
        return "; ".join(["asmgold", *self.context.producers])

    @cached_property
    def figures(self) -> list[tuple[str, str]]:
        """The key figures: each a number with its unit, and what it counts."""
        count, share = self.numbers.count, self.numbers.share
        by_source = self.sites["source"].value_counts()
        sources = [f"{count(by_source[credit.dataset])} {self.source_label(credit.dataset)}"
                   for credit in self.context.credits if by_source.get(credit.dataset, 0)]  # fmt: skip
        rows = [
            (
                count(len(self.sites)),
                self.say("n_sites" if len(self.sites) != 1 else "one_site")
                + (f" ({', '.join(sources)})" if sources else ""),
            ),
            (count(len(self.regions)), self.say("n_regions" if len(self.regions) != 1 else "one_region")),
            (
                self.numbers.km2(self.covered_km2),
                self.say("covered", share=share(self.covered_km2 / self.area_km2), area=self.titles["area"]),
            ),
        ]
        if (found := measured(self.tables, self.context)) is not None:
            rows.append((share(found["capture"]), self.context.phrases("answer")["key_capture"]))
        for row in self.summary.to_dict("records"):
            phrases = self.context.overlay_phrases
            title, parent = phrases[row["overlay"]], self.within.get(row["overlay"])
            if row["zone"] == "inside":
                text = self.say("in_overlay", title=title, share=share(row["share_of_zone"]))
            else:
                part = share(row["share_of_parent_regions"])
                text = self.say("outside_overlay", title=title, parent=phrases[str(parent)], share=part)
            rows.append((self.numbers.km2(row["regions_km2"]), text))
        return rows

    @property
    def spoken(self) -> str:
        """What the page says, for readers who do not see it."""
        figures = [f"{value} {text}." for value, text in self.figures]
        return " ".join([f"{self.title}.", *self.subtitle.splitlines(), self.answer, *figures, self.say("note")])

    def source_label(self, dataset: object) -> str:
        """What to call a source of records."""
        return self.context.dataset_title(str(dataset))

    def _named(self, credit: Credit) -> str:
        return self.source_label(credit.dataset) if credit.dataset else str(credit.title)

    def _dated(self, credit: Credit) -> str:
        name = self._named(credit)
        return f"{name} ({credit.date})" if credit.date else name
