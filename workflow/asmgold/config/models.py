"""What can be configured: the one source of the configuration's schema, its checks and its documentation."""

from __future__ import annotations

import datetime
import re
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    field_validator,
    model_validator,
)

from asmgold.vocabulary.commodities import known_commodity
from asmgold.vocabulary.evidence import UNIONS
from asmgold.vocabulary.iso import known_country

IS_NAME = re.compile(r"[a-z][a-z0-9_]*")
Name = Annotated[str, StringConstraints(pattern=f"^{IS_NAME.pattern}$")]
ScenarioName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
DatasetName = Literal["mrds", "major_deposits"]
LayerKind = Literal["polygons", "area", "lines", "towns", "observations"]
Scalar = str | int | float | bool


def _as_text(value: Any) -> Any:
    # YAML reads an unquoted date as a date, not as text.
    return value.isoformat() if type(value) is datetime.date else value


Day = Annotated[str, BeforeValidator(_as_text), StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
CommodityName = Annotated[str, AfterValidator(known_commodity)]
CountryCode = Annotated[str, AfterValidator(known_country)]
WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+(/\S*)?$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9{][A-Za-z0-9._{}-]*$")]
ISO_PLACE = "{iso}"


def _number_as_text(value: Any) -> Any:
    # YAML reads an unquoted year as a number.
    return str(value) if type(value) is int else value


Period = Annotated[str, BeforeValidator(_number_as_text), StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]


class Model(BaseModel):
    """Strict: a key that is not listed, or a value of another type, is an error."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Limits(Model):
    """What a value has to be, where it is no single one."""

    at_least: float | None = Field(None, description="The least number.")
    at_most: float | None = Field(None, description="The largest number.")
    other_than: list[Scalar] = Field(
        default_factory=list, description="What it may not be; a feature without a value is kept."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Limits:
        if (self.at_least is None and self.at_most is None) == (not self.other_than):
            raise ValueError("names neither or both of other_than and of at_least or at_most, one was expected")
        return self


def _kind_of_wanted(value: Any) -> str:
    return "=one" if not isinstance(value, list | dict | Limits) else "=any" if isinstance(value, list) else "=limits"


Wanted = Annotated[
    Annotated[Scalar, Tag("=one")]
    | Annotated[list[Scalar], Field(min_length=1), Tag("=any")]
    | Annotated[Limits, Tag("=limits")],
    Discriminator(_kind_of_wanted),
]
"""A value, several of which any will do, or limits."""


class Layer(Model):
    """A polygon layer: an entry of `config/sources.yaml`, or a file of your own."""

    source: Name | None = Field(None, description="A source of `config/sources.yaml`, pinned by its lock.")
    file: str | None = Field(
        None,
        description="Or a file of your own, in any vector format that GDAL reads. Its hash is recorded, not pinned.",
    )
    title: str | None = Field(None, description="How to call it on maps and in tables. Default: its name or source.")
    phrase: str | None = Field(
        None,
        description="How to call it inside a sentence, with its article and in the scenario's language, such as `the "
        "mining corridor` or `el corredor minero`. Default: its title.",
    )
    layer: str | list[str] | None = Field(
        None, description="Which layer of a file that holds several: a name, a list of names, or `all`."
    )
    where: dict[str, Wanted] = Field(
        default_factory=dict,
        description="Keep the features whose field has this value, such as `{iso_a3: PER}`, one of several, such as "
        "`{status: [active, paused]}`, or a value within limits, such as `{workers: {at_least: 1}}` or `{visited: "
        "{other_than: [no]}}`.",
    )
    crs: str | None = Field(
        None,
        description="The CRS of a layer that does not state one, such as `EPSG:4326`. Ignored if it does.",
    )

    mend: Literal["keep", "drop", "refuse"] | None = Field(
        None,
        description="What to do with polygons that cross themselves: `keep` takes them as they are mended, `drop` "
        "leaves them out, `refuse` takes no layer that has any. Default: those are mended of which it is certain "
        "enough what was meant, and the layer is refused otherwise.",
    )

    @property
    def kind(self) -> LayerKind:
        """What it is read as."""
        return "polygons"

    @model_validator(mode="after")
    def _one_origin(self) -> Layer:
        if (self.source is None) == (self.file is None):
            raise ValueError("names neither or both of source and file, exactly one of them was expected")
        return self


class Area(Layer):
    """The area of interest. Regions are clipped to it; sites outside it count where their disc reaches in."""

    country: CountryCode | None = Field(
        None,
        description="In the place of source and file: a country of the layer `countries`, by its code of ISO 3166-1 "
        "(three letters), such as `COD`. With `source: boundary`, as geoBoundaries draws it.",
    )

    @property
    def kind(self) -> LayerKind:
        """One shape."""
        return "area"

    @property
    def is_from_countries(self) -> bool:
        """Whether it is a country as the layer `countries` shows it."""
        return self.country is not None and self.source is None

    @model_validator(mode="after")
    def _one_origin(self) -> Area:
        origins = {"source": self.source, "file": self.file, "country": self.country}
        named = [name for name, origin in origins.items() if origin is not None]
        if len(named) != 1 and named != ["source", "country"]:
            raise ValueError("names none or several of source, file and country, exactly one of them was expected")
        return self


class CountriesLayer(Layer):
    """The countries of the world, to locate records and to draw the borders of neighbours."""

    code_field: str = Field(description="The field that holds a code of ISO 3166: two or three letters, or the number.")
    name_field: str = Field(description="The field that holds the country's name.")


class Towns(Layer):
    """Settlements, as points, to name regions after and to show where one is."""

    name_field: str = Field("name", description="The field that holds the settlement's name.")
    population_field: str = Field("population", description="The field that says how many live there.")

    @property
    def kind(self) -> LayerKind:
        """Points with names."""
        return "towns"


class Rivers(Layer):
    """Lines, to show where one is."""

    @property
    def kind(self) -> LayerKind:
        """Lines."""
        return "lines"


class Overlay(Layer):
    """A layer that the regions are intersected with."""

    within: Name | None = Field(
        None,
        description="Another overlay that this one is a part of; the rest of it is then reported as `outside`.",
    )
    group_by: str | None = Field(
        None,
        description="A field of the layer, such as the name of a province: `overlay_units.csv` then has a row for each "
        "of its values.",
    )
    units_only: bool = Field(
        False,
        description="Only its units are reported, not the whole of it: for a layer that covers the area, such as its "
        "provinces.",
    )

    @model_validator(mode="after")
    def _has_units(self) -> Overlay:
        if self.units_only and (self.group_by is None or self.within is not None):
            raise ValueError("names units_only, group_by was expected beside it, and no within")
        return self


class DepositSettings(Model):
    """When records are taken for the same deposit. Conservative: what is in doubt stays apart."""

    name_similarity: float = Field(
        82.0, gt=50, le=100, description="How similar their names have to be, in per cent (rapidfuzz's `ratio`)."
    )
    same_source_km: float = Field(
        2.0, ge=0, le=100, description="How far apart records of one source may be if their whole names agree."
    )
    part_of_name_km: float = Field(0.6, ge=0, le=100, description="The same, if only parts of their names agree.")
    other_source_km: float = Field(
        10.0, ge=0, le=100, description="How far apart records of two sources may be; one of them is often coarse."
    )
    unique_name_km: float = Field(
        50.0,
        ge=0,
        le=200,
        description="How far apart records may be that have exactly the same name, if no more than three records "
        "within three times that distance have it.",
    )


class RasterSettings(Model):
    """The grid of the rasters, and the reach of the density."""

    cell_arcsec: int = Field(
        30,
        ge=1,
        le=36000,
        description="The size of a cell in seconds of arc, of which 180 degrees hold a whole number. 30 is about 1 km.",
    )
    margin_km: float = Field(
        50.0, ge=0, le=5000, description="How far the grid reaches beyond the area, in kilometres."
    )
    bandwidth_km: float = Field(
        20.0,
        ge=0.1,
        le=1000,
        description="How far a site reaches in the density of sites: the radius of its kernel, in kilometres.",
    )
    tiles: int = Field(
        1,
        ge=1,
        le=1000,
        description="How many tiles of rows each raster is made in, each by a job of its own, for large areas and "
        "clusters. The rasters are the same.",
    )

    @field_validator("cell_arcsec")
    @classmethod
    def _divides_the_globe(cls, cell: int) -> int:
        if 648_000 % cell:
            raise ValueError(f"is {cell}, a divisor of 648000 (180 degrees) was expected, such as 3, 15, 30 or 300")
        return cell


PointColumn = Literal[
    "id", "name", "longitude", "latitude", "commodities", "country", "status", "deposit_type", "operation_type", "url",
    "precision_m", "radius_km", "category",
]  # fmt: skip
POSITION_COLUMNS = frozenset({"longitude", "latitude"})


class Points(Layer):
    """A table or a layer of records of your own, in the place of those of the USGS or beside them."""

    columns: dict[PointColumn, str] = Field(
        default_factory=dict,
        description="Which column or field holds what: `id`, `name`, `longitude` and `latitude` (of a table without "
        "geometry), `commodities`, `country`, `status`, `deposit_type`, `operation_type`, `url`, `precision_m` (of the "
        "position), `radius_km` (of its own disc) and `category` (whatever else tells records apart).",
    )
    constants: dict[PointColumn, Scalar] = Field(
        default_factory=dict,
        description="What holds for every record, where no column says it, such as `{commodities: gold}`.",
    )
    separator: str | None = Field(
        None,
        min_length=1,
        description="What parts the commodities of a record. Default: commas, semicolons, slashes, bars, hyphens and "
        "brackets.",
    )
    words: list[str] = Field(
        default_factory=list,
        description="Further words that stand for the commodity in this table, such as `[oro, orpaillage]`. Its names "
        "in the sources' vocabulary and its chemical symbol are known.",
    )

    @model_validator(mode="after")
    def _says_what_it_bears(self) -> Points:
        if both := sorted(self.columns.keys() & self.constants.keys()):
            raise ValueError(f"names {both[0]} in columns and in constants, one of them was expected")
        if fixed := sorted(self.constants.keys() & {"id", *POSITION_COLUMNS}):
            raise ValueError(f"has the constant {fixed[0]}, which every record has its own of; a column was expected")
        if "commodities" not in {*self.columns, *self.constants}:
            raise ValueError("does not say what a record bears: columns.commodities, or constants: {commodities: gold}")
        if len(POSITION_COLUMNS & self.columns.keys()) == 1:
            raise ValueError("names one of the columns longitude and latitude, both or none were expected")
        return self


class Exposure(Model):
    """A raster of counts or amounts in each cell, summed inside regions and zones."""

    source: Name | None = Field(None, description="A source of `config/sources.yaml`, pinned by its lock.")
    file: str | None = Field(
        None,
        description="Or a file of your own, in any raster format that GDAL reads. Its hash is recorded, not pinned.",
    )
    title: str | None = Field(None, description="What is counted, such as `People in 2020`. Default: its name.")
    unit: str = Field(description="What the values are in, such as `people` or `ha`.")
    band: int = Field(1, ge=1, description="Which band of it.")
    nodata: float | None = Field(
        None, description="The value that stands for no data in a raster that does not state one. Ignored if it does."
    )
    crs: str | None = Field(
        None,
        description="The CRS of a raster that does not state one, such as `EPSG:4326`. Ignored if it does.",
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Exposure:
        if (self.source is None) == (self.file is None):
            raise ValueError("names neither or both of source and file, exactly one of them was expected")
        return self


class Strata(Layer):
    """A layer that tells land that is alike: polygons, such as terrain, or lines with distances, such as rivers."""

    field: str | None = Field(
        None, description="The field whose values are the strata. Default: each polygon is a stratum."
    )
    bands_km: list[Annotated[float, Field(ge=0.5)]] = Field(
        default_factory=list,
        description="Or distances from lines, in kilometres and rising, such as `[1, 5, 20]`: the strata are the land "
        "within each of them and that beyond.",
    )

    @property
    def kind(self) -> LayerKind:
        """Lines where distances from them are asked for."""
        return "lines" if self.bands_km else "polygons"

    @model_validator(mode="after")
    def _one_kind(self) -> Strata:
        if self.field is not None and self.bands_km:
            raise ValueError("names both field and bands_km, at most one of them was expected")
        if self.bands_km != sorted(set(self.bands_km)):
            raise ValueError(f"bands_km is {self.bands_km}, rising distances were expected")
        return self


class Searched(Layer):
    """Where was looked for mining: polygons, or so near to all that was seen."""

    buffer_km: Annotated[float, Field(gt=0, le=500)] | None = Field(
        None, description="In the place of source and file: as near as this to anything that was seen, in kilometres."
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Searched:
        if sum(origin is not None for origin in (self.source, self.file, self.buffer_km)) != 1:
            raise ValueError("names none or several of source, file and buffer_km, exactly one of them was expected")
        return self


class Detector(Model):
    """How a detector of mining did on places that were told apart by hand, as its producer states it."""

    mines: int = Field(ge=1, description="How many of them were mines.")
    found: int = Field(ge=1, description="How many of these it found.")
    others: int = Field(ge=0, description="How many were none.")
    passed: int = Field(ge=0, description="How many of those it passed over, as it should.")

    @model_validator(mode="after")
    def _within(self) -> Detector:
        for part, whole in (("found", "mines"), ("passed", "others")):
            if getattr(self, part) > getattr(self, whole):
                raise ValueError(
                    f"{part} is {getattr(self, part)}, at most {whole} ({getattr(self, whole)}) was expected"
                )
        return self

    @property
    def sensitivity(self) -> float:
        """The share of the mines that it found."""
        return self.found / self.mines

    @property
    def precision(self) -> float:
        """The share of what it took for mines that were some."""
        return self.found / (self.found + self.others - self.passed)


class Evidence(Layer):
    """A layer of observed mining, polygons or points, to test the regions against."""

    periods: dict[Period, str] = Field(
        default_factory=dict,
        description="In the place of source and file: a source of `config/sources.yaml` or a file of your own for each "
        "period, such as `{2018: amazon_mining_2018, 2019: amazon_mining_2019}` or `{2024: visits/2024.gpkg}`.",
    )
    period: Period | None = Field(None, description="When all of it was observed.")
    period_field: str | None = Field(
        None, description="Or the field that says when each feature was observed. Of a date the year counts."
    )
    weight_field: str | None = Field(
        None,
        description="Of a layer of points, the field that says how much was observed at each, such as `km2` of mining "
        "in a cell; its name is the unit. Default: each point counts for 1.",
    )
    note: str = Field("", description="What a reader has to know about it, shown beside its figures.")
    searched: Searched | None = Field(
        None,
        description="Where was looked for it: `{source: ...}`, `{file: ...}` or `{buffer_km: 50}`. Figures are then of "
        "that part of the area, and those of all of it stand beside them.",
    )
    detector: Detector | None = Field(
        None,
        description="How the detector did where its producer tested it, such as `{mines: 343, found: 307, others: 665, "
        "passed: 661}`: the tables then also say how far its errors can take the capture.",
    )
    held_out: list[Period] = Field(
        default_factory=list,
        description="The periods that the map is tested against, together as `new`, beside all periods. Default: all "
        "but the first, which is what was seen by then.",
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Evidence:
        if sum((self.source is not None, self.file is not None, bool(self.periods))) != 1:
            raise ValueError("names none or several of source, file and periods, exactly one of them was expected")
        if sum((self.period is not None, self.period_field is not None, bool(self.periods))) > 1:
            raise ValueError("names several of period, period_field and periods, at most one of them was expected")
        if union := {*UNIONS} & {self.period, *self.periods}:
            raise ValueError(f"names a period {min(union)!r}, which is what several periods together are called")
        return self

    @property
    def kind(self) -> LayerKind:
        """Polygons or points."""
        return "observations"

    @property
    def fields(self) -> list[str]:
        """The fields of the layer that are used."""
        return [*self.where, *(field for field in (self.period_field, self.weight_field) if field is not None)]

    def parts(self) -> list[Evidence]:
        """One entry for each file: itself, or one for each period."""
        if not self.periods:
            return [self]
        common = self.model_dump(include={"title", "layer", "where", "crs", "mend", "weight_field"})
        return [
            Evidence.model_validate(
                {"source" if IS_NAME.fullmatch(origin) else "file": origin, "period": period} | common
            )
            for period, origin in self.periods.items()
        ]


class MonteCarloSettings(Model):
    """The random draws behind the figures of chance and of positions. The same seed gives the same figures."""

    seed: int = Field(2019, ge=0, description="The seed of the random numbers.")
    placements: int = Field(500, ge=19, le=100_000, description="How often sites are placed at random.")
    primary_test: int = Field(
        1999, ge=19, le=100_000, description="How often for the one test that was chosen beforehand, of moved clumps."
    )
    positions: int = Field(
        200, ge=20, le=100_000, description="How often each site is moved within the precision of its position."
    )


Kilometres = Annotated[float, Field(gt=0, le=1000)]


class RadiusRule(Model):
    """The radius of some records of a source."""

    km: Kilometres = Field(description="The radius of their discs, in kilometres.")
    where: dict[Literal["status", "deposit_type", "operation_type", "category", "commodity_role"], Scalar] = Field(
        default_factory=dict, description="Which records: what the source states, such as `{status: Occurrence}`."
    )


def _rules(value: Any) -> Any:
    return [
        {"km": one} if isinstance(one, int | float) else one for one in (value if isinstance(value, list) else [value])
    ]


RadiusRules = Annotated[list[RadiusRule], BeforeValidator(_rules)]


class Radii(Model):
    """Discs of different sizes. A record that states a radius of its own (`columns.radius_km` of `points`) has that."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, RadiusRules]

    default: Kilometres | None = Field(None, description="The radius of all other records, in kilometres.")
    field: Literal["radius_km"] | None = Field(
        None, description="Says that each record states its own; those that do not have the default, or are rejected."
    )

    @model_validator(mode="after")
    def _covers_all(self) -> Radii:
        if self.default is None and self.field is None:
            raise ValueError("has no default, a radius for all other records was expected, or field: radius_km")
        return self

    @property
    def by_source(self) -> dict[str, list[RadiusRule]]:
        """The rules by dataset; of several that fit a record the last one counts."""
        return dict(self.__pydantic_extra__)

    @property
    def named_km(self) -> list[float]:
        """The radii that it names, ascending, each once."""
        default = [] if self.default is None else [self.default]
        return sorted({*default, *(rule.km for rules in self.by_source.values() for rule in rules)})


Format = Literal["kml", "geojson", "flatgeobuf", "shapefile", "pmtiles", "xlsx"]


class ProductSettings(Model):
    """Products beside the usual ones."""

    formats: list[Format] = Field(
        default_factory=list,
        description="Formats in which regions and sites are written beside GeoPackage and Parquet: `kml`, `geojson`, "
        "`flatgeobuf`, `shapefile` (which cuts the names of fields to ten letters), `pmtiles` (for maps on the web, "
        "with the countries and a style for MapLibre) and `xlsx` (tables alone).",
    )


SiteColumn = Literal[
    "source", "status", "deposit_type", "operation_type", "category", "commodity_role", "country_reported",
    "country_located", "buffer_km",
]  # fmt: skip


def _number_or_mapping(value: Any) -> str:
    """Which of the two a value is meant to be, so that a message is about that one."""
    return "=mapping" if isinstance(value, dict | Radii) else "=number"


class Settings(Model):
    """The question: which records, where, how near."""

    extends: ScenarioName | None = Field(
        None,
        description="In a file of `config/scenarios/`: another one, whose keys this one starts from.",
    )
    scenario: ScenarioName = Field(
        "peru",
        description="The name of the results' folder. Another name than that of `config/config.yaml` asks for the "
        "file `config/scenarios/<name>.yaml`, whose keys take the place of those of `config.yaml`.",
    )
    records: list[Name] = Field(
        min_length=1,
        description="The sources of records: entries of `config/sources.yaml`, one for each dataset, and of `points`.",
    )
    points: dict[Name, Points] = Field(
        default_factory=dict,
        description="Records of your own, by a name of your choice, which `records` then lists.",
    )
    area: Area = Field(description="The area of interest.")
    countries: CountriesLayer | None = Field(
        None,
        description="The countries of the world. Without them no record is located, and no flag says that a record "
        "lies outside the country it states.",
    )
    towns: Towns | None = Field(
        None, description="Settlements, to name regions after and to show where one is. `null`: none."
    )
    rivers: Rivers | None = Field(None, description="Lines of rivers, drawn thin below the regions. `null`: none.")
    lakes: Layer | None = Field(None, description="Polygons of lakes, drawn below the regions. `null`: none.")
    language: Literal["en", "es"] = Field("en", description="The language of maps and pages: English or Spanish.")
    commodity: CommodityName = Field(
        "gold",
        description="What records have to bear: `gold`, or another commodity of the sources' vocabulary "
        "(docs/countries.md), such as `tin`. Files and columns keep their names.",
    )
    buffer_km: Annotated[
        Annotated[Kilometres, Tag("=number")] | Annotated[Radii, Tag("=mapping")], Discriminator(_number_or_mapping)
    ] = Field(
        20.0,
        description="The radius of the geodesic disc around each site, in kilometres. Or several: "
        "`{default: 20, mrds: {where: {status: Occurrence}, km: 10}}`, or each record's own: `{field: radius_km}`.",
    )
    rings_km: list[Kilometres] = Field(
        default_factory=list,
        description="Rising distances from the sites, in kilometres, such as `[5, 10, 20]`: nested zones up to each of "
        "them, as one layer beside the regions.",
    )
    dissolve_by: list[SiteColumn] = Field(
        default_factory=list,
        description="Columns of the sites, such as `[source, status]`: the regions of the sites of each value are then "
        "also drawn by themselves.",
    )
    tolerance_m: float = Field(
        5.0,
        ge=0.01,
        le=1000,
        description="No edge of a region is farther than this from the true distance, in metres.",
    )
    include_plants: bool = Field(
        False,
        description="Whether plants count as sites: places where gold is only refined, and those that the source calls "
        "a plant. A plant is not a mine.",
    )
    administrative_positions: Literal["keep", "exclude"] = Field(
        "exclude",
        description="What becomes of records at the middle of a country or of a division of it (the overlays with "
        "`units_only`), where a clerk files what he cannot place. `exclude`: they are no sites, since a region has to "
        "stand on a place where gold was found; their fate tells. `keep`: they count as any other.",
    )
    corrections: bool = Field(
        True, description="Whether the declared corrections of `config/corrections.yaml` are applied."
    )
    deposits: DepositSettings = Field(
        default_factory=DepositSettings, description="When records are taken for the same deposit."
    )
    per_country: bool = Field(
        False,
        description="Whether each country of the layer `countries` also gets products of its own, in "
        "`countries/<code>/`, and a row of `countries.csv`.",
    )
    countries_per_job: int = Field(
        20, ge=1, le=1000, description="How many countries one job makes products for, with `per_country`."
    )
    products: ProductSettings = Field(
        default_factory=ProductSettings, description="Products beside the usual ones, such as further formats."
    )
    skip_products: list[Literal["map", "page", "sensitivity"]] = Field(
        default_factory=list,
        description="Products that are not made: the printed `map`, the `page`, or the tables and pictures of "
        "`sensitivity` (what the map becomes when a choice, the radius or the positions change).",
    )
    overlays: dict[Name, Overlay] = Field(
        default_factory=dict,
        description="The layers to intersect the regions with, by a name of your choice.",
    )
    rasters: RasterSettings | None = Field(
        default_factory=RasterSettings,
        description="The grid of the rasters of distance, density and fraction. `null`: none are made.",
    )
    exposure: dict[Name, Exposure] = Field(
        default_factory=dict,
        description="Rasters of counts or amounts to sum inside the regions, by a name of your choice.",
    )
    evidence: dict[Name, Evidence] = Field(
        default_factory=dict,
        description="Layers of observed mining, to test the regions against, by a name of your choice.",
    )
    strata: Strata | None = Field(
        None,
        description="Land that is alike, such as terrain or that at similar distances from rivers: sites are then also "
        "placed at random within their own stratum.",
    )
    monte_carlo: MonteCarloSettings = Field(
        default_factory=MonteCarloSettings, description="The random draws behind the figures of chance and positions."
    )
    published_shares: str | None = Field(
        None, description="A table of published shares of mining inside an overlay, to stand beside those found."
    )
    production: str | None = Field(
        None, description="A table of two series of gold production in thousand ounces, shown apart as context."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        smallest = min(self.radii.named_km, default=1000.0)
        if self.tolerance_m >= 1000 * smallest / 2:
            raise ValueError(
                f"tolerance_m is {self.tolerance_m}, less than half the radius of {smallest} km was expected"
            )
        if any(later - earlier < self.tolerance_m / 500 for earlier, later in pairwise(self.rings_km)):
            raise ValueError(f"rings_km is {self.rings_km}, distances that rise by twice tolerance_m were expected")
        if self.countries is None and (self.area.is_from_countries or self.per_country):
            key = "area.country" if self.area.is_from_countries else "per_country"
            raise ValueError(f"countries is missing, a layer of countries was expected, because {key} is given")
        for name, overlay in self.overlays.items():
            if overlay.within is not None and overlay.within not in self.overlays:
                raise ValueError(f"overlays.{name}.within names {overlay.within!r}, one of the overlays was expected")
            if overlay.within == name:
                raise ValueError(f"overlays.{name}.within names itself")
            if overlay.within is not None and self.overlays[overlay.within].units_only:
                raise ValueError(f"overlays.{name}.within names {overlay.within!r}, of which only units are reported")
        return self

    @property
    def radii(self) -> Radii:
        """The radii of the discs, also where all have one."""
        return self.buffer_km if isinstance(self.buffer_km, Radii) else Radii(default=self.buffer_km)


class Source(Model):
    """Where a dataset comes from and how to read it: an entry of `config/sources.yaml`."""

    title: str = Field(description="The dataset's own title.")
    producer: str = Field(description="Who made it.")
    citation: str = Field(description="How its producer asks to be cited.")
    licence: str = Field(description="The terms it may be used under.")
    urls: list[WebAddress] = Field(
        min_length=1,
        description="Where it comes from. A file that is fetched may have several: the next one, such as a "
        "preservation copy, is tried when those before it are out of reach. With `{iso}` in the first, there is "
        "one such source for each country, which `area.country` chooses.",
    )
    page: WebAddress | None = Field(None, description="A page of the web about the dataset, for its readers.")
    path: str | None = Field(
        None, description="The file in this repository, where the project carries the data itself."
    )
    filename: FileName | None = Field(
        None,
        description="Or how the file is called that is fetched from the URL. Its ending says what it is: `.zip`, "
        "`.csv`, `.geojson`, `.tif`.",
    )
    protocol: Literal["geoboundaries", "arcgis"] | None = Field(
        None,
        description="How the first URL leads to the file, if it does not answer with the file itself. `geoboundaries`: "
        "it answers with JSON whose `gjDownloadURL` names the file. `arcgis`: it is a query of an ArcGIS server for "
        "GeoJSON, asked in batches, since servers give only so many features at a time.",
    )
    reader: DatasetName | Literal["vector", "raster"] = Field(description="Which reader understands the file.")
    date: str | None = Field(
        None,
        description="The date of the data where it is known: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.",
        pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$",
    )
    notes: str = Field("", description="What a user has to know about its limits.")

    @model_validator(mode="after")
    def _one_origin(self) -> Source:
        if (self.path is None) == (self.filename is None):
            raise ValueError("names neither or both of path and filename, exactly one of them was expected")
        if self.path is not None and self.protocol is not None:
            raise ValueError("names path and protocol, which is for a file that is fetched")
        if self.path is not None and len(self.urls) > 1:
            raise ValueError("names path and several urls, which are for a file that is fetched")
        return self

    @property
    def is_per_country(self) -> bool:
        """Whether there is one for each country."""
        return ISO_PLACE in self.urls[0]

    def of_country(self, code: str) -> Source:
        """The one of a country, of a source that there is one of for each country."""
        texts = {key: value.replace(ISO_PLACE, code) for key, value in self if isinstance(value, str)}
        return self.model_copy(update=texts | {"urls": [url.replace(ISO_PLACE, code) for url in self.urls]})


class Lock(Model):
    """The pinned bytes of a source: an entry of `config/sources.lock.yaml`."""

    requested_url: str | None = Field(
        None, description="The URL that was requested. Absent if a person brought the file, or the project carries it."
    )
    resolved_url: str | None = Field(
        None,
        description="The URL that gave the file, in the end: after redirections, and through a mirror if one was set.",
    )
    sha256: Sha256 = Field(description="The hash of the file.")
    bytes: int = Field(gt=0, description="Its size.")
    rows: int | None = Field(None, gt=0, description="How many records or features it holds; a raster has none.")
    etag: str | None = Field(None, description="The server's mark of this version, to ask whether there is another.")
    last_modified: str | None = Field(None, description="When the server says that it changed last.")
    retrieved: Day | None = Field(None, description="The day it was fetched or imported (UTC).")


CorrectedField = Literal["longitude", "latitude", "name", "country_reported", "status", "deposit_type"]
POSITION_LIMITS: dict[CorrectedField, float] = {"longitude": 180.0, "latitude": 90.0}


class Correction(Model):
    """A declared correction of one record: an entry of `config/corrections.yaml`."""

    id: Name = Field(description="A short name, shown in the products beside the record.")
    record: str = Field(description="The `record_id` of the record that is wrong.")
    expect: dict[CorrectedField, float | str | None] = Field(
        min_length=1,
        description="What the source says today, by field: `longitude`, `latitude`, `name`, `country_reported`, "
        "`status` or `deposit_type`; `null` where it says nothing. If it says something else, the correction lapses, "
        "loudly.",
    )
    set: dict[CorrectedField, float | str | None] = Field(
        min_length=1, description="What is used instead, for the same fields."
    )
    reason: str = Field(description="What is wrong.")
    evidence: str = Field(description="How one knows.")

    @model_validator(mode="after")
    def _consistent(self) -> Correction:
        if self.expect.keys() != self.set.keys():
            raise ValueError("expect and set name different fields, the same ones were expected")
        for field, limit in POSITION_LIMITS.items():
            if isinstance(self.expect.get(field), str):
                raise ValueError(f"expect.{field} is {self.expect[field]!r}, a number or null was expected")
            value = self.set.get(field, 0.0)
            if not isinstance(value, float) or not abs(value) <= limit:
                raise ValueError(f"set.{field} is {value!r}, a number from -{limit:g} to {limit:g} was expected")
        for part in ("expect", "set"):
            for field, text in getattr(self, part).items():
                if field not in POSITION_LIMITS and isinstance(text, float):
                    raise ValueError(f"{part}.{field} is {text:g}, a text or null was expected")
        return self


class GateSettings(Model):
    """Bounds on one refresh; each is a share, 0.1 is 10 %."""

    rejected: float = Field(0.05, ge=0, le=1, description="Records rejected after it, as a share of all records.")
    sites_lost: float = Field(0.1, ge=0, le=1, description="Sites that are none any more, as a share of those before.")
    area_changed: float = Field(
        0.2, ge=0, description="Area that became or stopped being region, as a share of the regions before."
    )


class RefreshSettings(Model):
    """An operator's choices: `config/refresh.yaml`."""

    gates: GateSettings = Field(default_factory=GateSettings, description="How much a refresh may change by itself.")
    keep: int = Field(5, ge=1, le=1000, description="How many refreshes can be rolled back.")
