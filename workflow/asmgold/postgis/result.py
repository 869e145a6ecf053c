"""A published result, read from its folder and compared with its manifest, byte by byte."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

import geopandas as gpd
import pyogrio
from pydantic import AfterValidator, BaseModel, ValidationError

from asmgold.config.models import Correction, ScenarioName, Sha256
from asmgold.errors import InputError, excerpt
from asmgold.io.checksum import sha256_of
from asmgold.io.tables import fitted, read_csv
from asmgold.schemas.products import MANIFEST, PACKAGE
from asmgold.vocabulary.iso import country_name


def _within(name: str) -> str:
    """The name of a product, if it cannot lead out of the folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or str(path) != name or name == ".":
        raise ValueError(f"{excerpt(name)!r} is no file of the folder")
    return name


class ResultProduct(BaseModel):
    """A product in the manifest."""

    sha256: Sha256


class NamedLayer(BaseModel):
    """A layer in the configuration."""

    title: str | None = None
    source: str | None = None
    country: str | None = None
    within: str | None = None


class ResultConfiguration(BaseModel):
    """The configuration, as far as it is needed here."""

    scenario: ScenarioName
    language: str = "en"
    commodity: str = "gold"
    area: NamedLayer
    overlays: dict[str, NamedLayer] = {}


class Corrections(BaseModel):
    """The corrections in the manifest."""

    declared: list[Correction]


class Manifest(BaseModel):
    """The manifest, as far as it is needed here."""

    products: dict[Annotated[str, AfterValidator(_within)], ResultProduct]
    configuration: ResultConfiguration
    corrections: Corrections
    sources: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Result:
    """What was published of a scenario.

    Parameters
    ----------
    folder : where it is
    manifest : what its manifest says
    content : the bytes of the manifest
    files : the bytes of those products that are to be read, by name; they are those of the manifest
    """

    folder: Path
    manifest: Manifest
    content: bytes
    files: Mapping[str, bytes]

    @property
    def settings(self) -> ResultConfiguration:
        """The scenario's configuration."""
        return self.manifest.configuration

    @property
    def scenario(self) -> str:
        """The scenario's name."""
        return self.settings.scenario

    @property
    def sha256(self) -> str:
        """The hash of the manifest, and so of all of it."""
        return hashlib.sha256(self.content).hexdigest()

    def title_of(self, layer: NamedLayer, name: str) -> str:
        """What a layer of the configuration is called."""
        source = self.manifest.sources.get(layer.source or "", {})
        country = country_name(layer.country, self.settings.language) if layer.country else None
        return str(layer.title or country or layer.country or source.get("title") or name)

    def table(self, name: str, schema: Any) -> Any:
        """A table among the products, with or without geometry; without rows if the scenario has none.

        Raises
        ------
        InputError : if it is not a table of that schema.
        """
        if name not in self.files:
            return schema.empty()
        path, content = self.folder / name, io.BytesIO(self.files[name])
        try:
            table = read_csv(content, schema) if name.endswith(".csv") else gpd.read_parquet(content)
        except (ValueError, KeyError, OSError) as error:
            raise _other_table(path, error, self.scenario) from None
        try:
            return fitted(table, schema, path)
        except InputError as error:
            raise _other_table(path, error, self.scenario) from None

    def layer(self, name: str) -> gpd.GeoDataFrame:
        """A layer of the GeoPackage. Raises InputError if there is none of that name."""
        try:
            with warnings.catch_warnings():
                # These bytes come from a file with the right ending.
                warnings.filterwarnings("ignore", message=".*non conformant file extension")
                return pyogrio.read_dataframe(self.files[PACKAGE], layer=name)
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
            raise InputError(f"{self.folder / PACKAGE}: has no layer {name!r} that can be read ({excerpt(error)}); "
                             f"run {self.scenario} again") from None  # fmt: skip


def _other_table(path: Path, error: Exception, scenario: str) -> InputError:
    said = excerpt(str(error).removeprefix(f"{path}: "), max_length=200)
    return InputError(f"{path}: not the table that this version of the program writes ({said}); run {scenario} again")


def read_result(results: Path, scenario: str, needed: Collection[str], read: Collection[str]) -> Result:
    """Read a published result.

    Parameters
    ----------
    results : the folder of all results
    scenario : the name of one of them
    needed : the products without which it is none that can be loaded
    read : the products whose bytes are kept, to be read

    Raises
    ------
    InputError : if there is no result, or a product is missing or is not what the manifest says.
    """
    if not scenario or Path(scenario).name != scenario:
        raise InputError(f"scenario is {excerpt(scenario)!r}, the name of a folder of {results}/ was expected")
    folder = results / scenario
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: there is none, so there is no result to load; run {scenario} first") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise InputError(
            f"{path}: not the manifest of a run ({excerpt(place)}: {excerpt(first['msg'])}); run {scenario} again"
        ) from None
    if manifest.configuration.scenario != scenario:
        raise InputError(f"{path}: is that of the scenario {manifest.configuration.scenario}, {scenario} was expected")
    lacking = [name for name in needed if name not in manifest.products]
    if lacking:
        raise InputError(f"{path}: names no {lacking[0]}, which every result has; run {scenario} again")
    files = {}
    for name, product in manifest.products.items():
        found = _checked(folder / name, product.sha256, path, keep=name in read)
        if found is not None:
            files[name] = found
    return Result(folder, manifest, content, files)


def _checked(path: Path, sha256: str, manifest: Path, *, keep: bool) -> bytes | None:
    """Compare a product with its hash, and keep the very bytes that were compared if they are to be read."""
    try:
        content = path.read_bytes() if keep else None
        found = sha256_of(path) if content is None else hashlib.sha256(content).hexdigest()
    except OSError as error:
        raise InputError(f"{path}: {manifest.name} names it, and it cannot be read ({error.strerror}); run "
                         f"{manifest.parent.name} again") from None  # fmt: skip
    if found != sha256:
        opened = " (QGIS changes a GeoPackage by opening it)" if path.suffix == ".gpkg" else ""
        raise InputError(f"{path}: is not what {manifest.name} describes; it was changed after it was made{opened}. "
                         f"Delete it and run {manifest.parent.name} again, which puts it back")  # fmt: skip
    return content
