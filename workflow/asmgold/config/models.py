"""What can be configured: the one source of the configuration's schema, its checks and its documentation."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
ScenarioName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
DatasetName = Literal["mrds", "major_deposits"]
Scalar = str | int | float | bool


def _as_text(value: Any) -> Any:
    # YAML reads an unquoted date as a date, not as text.
    return value.isoformat() if type(value) is datetime.date else value


Day = Annotated[str, BeforeValidator(_as_text), StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+(/\S*)?$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class Model(BaseModel):
    """Strict: a key that is not listed, or a value of another type, is an error."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Layer(Model):
    """A polygon layer: an entry of `config/sources.yaml`, or a file of your own."""

    source: Name | None = Field(None, description="A source of `config/sources.yaml`, pinned by its lock.")
    file: str | None = Field(
        None,
        description="Or a file of your own, in any vector format that GDAL reads. Its hash is recorded, not pinned.",
    )
    title: str | None = Field(None, description="How to call it on maps and in tables. Default: its name or source.")
    layer: str | None = Field(None, description="Which layer of a file that holds several.")
    where: dict[str, Scalar] = Field(
        default_factory=dict,
        description="Keep the features whose field has this value, such as `{iso_a3: PER}`.",
    )
    crs: str | None = Field(
        None,
        description="The CRS of a layer that does not state one, such as `EPSG:4326`. Ignored if it does.",
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Layer:
        if (self.source is None) == (self.file is None):
            raise ValueError("names neither or both of source and file, exactly one of them was expected")
        return self


class Area(Layer):
    """The area of interest. Regions are clipped to it; sites outside it count where their disc reaches in."""

    code_field: str | None = Field(
        None, description="The field that holds the country's ISO 3166 code, to locate records. Optional."
    )


class Overlay(Layer):
    """A layer that the regions are intersected with."""

    within: Name | None = Field(
        None,
        description="Another overlay that this one is a part of; the rest of it is then reported as `outside`.",
    )


class Settings(Model):
    """The question: which records, where, how near."""

    scenario: ScenarioName = Field(
        "peru",
        description="The name of the results' folder. Another name than that of `config/config.yaml` asks for the "
        "file `config/scenarios/<name>.yaml`, whose keys take the place of those of `config.yaml`.",
    )
    records: list[Name] = Field(
        min_length=1,
        description="The sources of records, entries of `config/sources.yaml`; one for each dataset.",
    )
    area: Area = Field(description="The area of interest.")
    buffer_km: float = Field(
        20.0, gt=0, le=1000, description="The radius of the geodesic disc around each site, in kilometres."
    )
    tolerance_m: float = Field(
        5.0,
        ge=0.01,
        le=1000,
        description="No edge of a region is farther than this from the true distance, in metres.",
    )
    include_refineries: bool = Field(
        False,
        description="Whether records where gold is only refined count as sites. A refinery is not a mine.",
    )
    corrections: bool = Field(
        True, description="Whether the declared corrections of `config/corrections.yaml` are applied."
    )
    overlays: dict[Name, Overlay] = Field(
        default_factory=dict,
        description="The layers to intersect the regions with, by a name of your choice.",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        if self.tolerance_m >= 1000 * self.buffer_km / 2:
            raise ValueError(
                f"tolerance_m is {self.tolerance_m}, less than half the radius of {self.buffer_km} km was expected"
            )
        for name, overlay in self.overlays.items():
            if overlay.within is not None and overlay.within not in self.overlays:
                raise ValueError(f"overlays.{name}.within names {overlay.within!r}, one of the overlays was expected")
            if overlay.within == name:
                raise ValueError(f"overlays.{name}.within names itself")
        return self


class Source(Model):
    """Where a dataset comes from and how to read it: an entry of `config/sources.yaml`."""

    title: str = Field(description="The dataset's own title.")
    producer: str = Field(description="Who made it.")
    citation: str = Field(description="How its producer asks to be cited.")
    licence: str = Field(description="The terms it may be used under.")
    address: WebAddress = Field(description="Where it comes from (an URL).")
    path: str | None = Field(
        None, description="The file in this repository, where the project carries the data itself."
    )
    filename: FileName | None = Field(
        None,
        description="Or how the file is called that is fetched from the address. Its ending says what it is: `.zip`, "
        "`.csv`, `.geojson`.",
    )
    second_address: WebAddress | None = Field(
        None,
        description="A preservation copy of the file that is fetched, asked only when the first is out of reach.",
    )
    via: Literal["geoboundaries"] | None = Field(
        None,
        description="How the address leads to the file, if it does not answer with the file itself. `geoboundaries`: "
        "it answers with JSON whose `gjDownloadURL` names the file.",
    )
    reader: DatasetName | Literal["vector"] = Field(description="Which reader understands the file.")
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
        for key in ("second_address", "via"):
            if self.path is not None and getattr(self, key) is not None:
                raise ValueError(f"names path and {key}, which is for a file that is fetched")
        return self


class Lock(Model):
    """The pinned bytes of a source: an entry of `config/sources.lock.yaml`."""

    asked: str | None = Field(
        None, description="The address that was asked. Absent if a person brought the file, or the project carries it."
    )
    answered: str | None = Field(
        None,
        description="The address that answered, in the end: after redirections, and through a mirror if one was set.",
    )
    sha256: Sha256 = Field(description="The hash of the file.")
    bytes: int = Field(gt=0, description="Its size.")
    rows: int | None = Field(None, gt=0, description="How many records or features it holds.")
    etag: str | None = Field(None, description="The server's mark of this version, to ask whether there is another.")
    last_modified: str | None = Field(None, description="When the server says that it changed last.")
    retrieved: Day | None = Field(None, description="The day it was fetched or imported (UTC).")


class Correction(Model):
    """A declared correction of one record: an entry of `config/corrections.yaml`."""

    id: Name = Field(description="A short name, shown in the products beside the record.")
    record: str = Field(description="The `record_id` of the record that is wrong.")
    expect: dict[Literal["longitude", "latitude"], float] = Field(
        min_length=1,
        description="What the source says today. If it says something else, the correction lapses, loudly.",
    )
    set: dict[Literal["longitude", "latitude"], float] = Field(min_length=1, description="What is used instead.")
    reason: str = Field(description="What is wrong.")
    evidence: str = Field(description="How one knows.")

    @model_validator(mode="after")
    def _same_fields(self) -> Correction:
        if self.expect.keys() != self.set.keys():
            raise ValueError("expect and set name different fields, the same ones were expected")
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
