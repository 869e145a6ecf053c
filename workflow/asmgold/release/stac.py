"""The STAC catalogue of a release: one collection, with an item for the regions and one for each raster."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pystac
import rasterio
from pystac.extensions.file import FileExtension
from pystac.extensions.projection import ProjectionExtension
from pystac.extensions.scientific import ScientificExtension
from pystac.extensions.table import Column, TableExtension
from pystac.extensions.version import VersionExtension
from pystac.validation.stac_validator import JsonSchemaSTACValidator

from asmgold.errors import InputError, excerpt
from asmgold.io.checksum import sha256_of
from asmgold.io.files import write_json
from asmgold.release.facts import PRODUCTS, README, STAC, Facts, as_instant
from asmgold.release.footprint import footprint_of_box, footprint_of_products
from asmgold.schemas.products import MANIFEST, media_type, product_of, title_of

SHA256_AS_MULTIHASH = "1220"  # the code of SHA-256, and its length of 32 bytes
REGIONS = "regions"
SHOWN = (".png", ".pdf", ".html", ".qgz")
DESCRIBING = (".json", ".qml")


def write_catalogue(folder: Path, facts: Facts) -> None:
    """Write the catalogue of a release into its folder `stac/`, with relative links.

    Parameters
    ----------
    folder : the release, with its products
    facts : what it says of itself

    Raises
    ------
    InputError : if it is not valid STAC, which would be a mistake of ours.
    """
    catalogue = pystac.Catalog(facts.name, facts.description, title=f"{facts.title}, {facts.name}")
    catalogue.add_child(_collection(folder, facts))
    catalogue.normalize_hrefs(str(folder / STAC))
    catalogue.catalog_type = pystac.CatalogType.SELF_CONTAINED
    for part in _each(catalogue):
        path = Path(part.get_self_href() or "")
        if isinstance(part, pystac.Item):
            for name, asset in part.assets.items():
                asset.href = os.path.relpath(folder / PRODUCTS / name, path.parent)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = part.to_dict(include_self_link=False)
        if fault := fault_of_stac(content):
            raise InputError(f"{path}: not valid STAC ({fault})")
        write_json(content, path)


def fault_of_stac(content: Mapping[str, Any]) -> str:
    """What the schemas of STAC find wrong with a catalogue, collection or item; nothing if all is well.

    The schemas of the core are those that pystac carries. Those of the extensions are only to be had from the network,
    and are not asked.
    """
    kinds = {
        "Catalog": pystac.STACObjectType.CATALOG,
        "Collection": pystac.STACObjectType.COLLECTION,
        "Feature": pystac.STACObjectType.ITEM,
    }
    kind = kinds.get(str(content.get("type")))
    if kind is None:
        return f"type is {excerpt(content.get('type'))!r}, one of {', '.join(kinds)} was expected"
    if content.get("stac_version") != pystac.get_stac_version():
        return f"stac_version is {excerpt(content.get('stac_version'))!r}, {pystac.get_stac_version()} was expected"
    try:
        JsonSchemaSTACValidator().validate_core(dict(content), kind, pystac.get_stac_version())
    except pystac.STACValidationError as error:
        return "; ".join(excerpt(f"{one.json_path}: {one.message}", 200) for one in error.source or [])
    return ""


def _each(catalogue: pystac.Catalog) -> Iterator[pystac.STACObject]:
    for root, _, items in catalogue.walk():
        yield root
        yield from items


def _collection(folder: Path, facts: Facts) -> pystac.Collection:
    items = [_regions(folder, facts), *_rasters(folder, facts)]
    first, last = facts.dates
    collection = pystac.Collection(
        f"asm-gold-regions-{facts.scenario}",
        facts.description,
        title=facts.title,
        license="other",  # each source has its own, stated by its provider below
        keywords=[str(word) for word in facts.citation.get("keywords", [])] or None,
        providers=list(_providers(facts)),
        extent=pystac.Extent(
            pystac.SpatialExtent([items[0].bbox or []]),
            pystac.TemporalExtent([[as_instant(first), as_instant(last)]]),
        ),
    )
    VersionExtension.ext(collection, add_if_missing=True).version = facts.name
    ScientificExtension.ext(collection, add_if_missing=True).citation = cited(facts)
    collection.add_links(_links_to_sources(facts.registered.values()))
    collection.add_link(pystac.Link("license", f"../../{README}", "text/markdown", "The terms of each source"))
    collection.add_items(items)
    return collection


def cited(facts: Facts) -> str:
    """How to cite a release, in one line."""
    authors = ", ".join(
        str(author.get("name") or " ".join(filter(None, [author.get("given-names"), author.get("family-names")])))
        for author in facts.citation.get("authors", [])
    )
    return f"{authors} ({facts.date[:4]}): {facts.title}. Release {facts.name}, made with asmgold {facts.version}."


def _providers(facts: Facts) -> Iterator[pystac.Provider]:
    for author in facts.citation.get("authors", []):
        if author.get("name"):
            yield pystac.Provider(author["name"], roles=[pystac.ProviderRole.PROCESSOR])
    of_producer: dict[str, list[Mapping[str, Any]]] = {}
    for source in facts.registered.values():
        of_producer.setdefault(source["producer"], []).append(source)
    for producer, sources in of_producer.items():
        told = " ".join(f"{source['title']}. Licence: {source['licence']}. {source['citation']}" for source in sources)
        yield pystac.Provider(producer, told, roles=[pystac.ProviderRole.PRODUCER, pystac.ProviderRole.LICENSOR])


def _links_to_sources(sources: Iterable[Mapping[str, Any]]) -> list[pystac.Link]:
    titles: dict[str, str] = {}
    for source in sources:
        titles.setdefault(source["urls"][0], source["title"])
    return [pystac.Link(pystac.RelType.VIA, url, title=title) for url, title in titles.items()]


def _regions(folder: Path, facts: Facts) -> pystac.Item:
    outline = footprint_of_products(folder / PRODUCTS)
    item = pystac.Item(
        REGIONS, outline.geometry, outline.bbox, as_instant(facts.dates[1]), {"title": facts.title},
    )  # fmt: skip
    rasters = {Path(name).stem for name in facts.manifest["products"] if name.endswith(".tif")}
    for name in [*facts.manifest["products"], MANIFEST]:
        if Path(name).suffix not in (".tif", ".qml") or Path(name).stem not in rasters:
            _add_asset(item, folder, name)
    return item


def _rasters(folder: Path, facts: Facts) -> Iterator[pystac.Item]:
    for name in facts.manifest["products"]:
        if not name.endswith(".tif"):
            continue
        with rasterio.open(folder / PRODUCTS / name) as raster:
            outline = footprint_of_box(*raster.bounds)
            item = pystac.Item(
                Path(name).with_suffix("").as_posix().replace("/", "-"),
                outline.geometry, outline.bbox, as_instant(facts.dates[1]),
                {"title": title_of(name), "description": raster.tags().get("DESCRIPTION") or title_of(name)},
            )  # fmt: skip
            projection = ProjectionExtension.ext(item, add_if_missing=True)
            projection.apply(
                code=raster.crs.to_string(), shape=list(raster.shape), transform=list(raster.transform)[:6],
                bbox=list(raster.bounds),
            )  # fmt: skip
            band = {"name": title_of(name), "data_type": raster.dtypes[0], "nodata": raster.nodata}
            band |= {"unit": raster.units[0]} if raster.units[0] else {}
        asset = _add_asset(item, folder, name)
        asset.extra_fields["bands"] = [band]
        style = str(Path(name).with_suffix(".qml"))
        if style in facts.manifest["products"]:
            _add_asset(item, folder, style)
        yield item


def _add_asset(item: pystac.Item, folder: Path, name: str) -> pystac.Asset:
    path = folder / PRODUCTS / name
    asset = pystac.Asset(str(path), title=title_of(name), media_type=media_type(name), roles=_roles(name))
    item.add_asset(name, asset)
    described = FileExtension.ext(asset, add_if_missing=True)
    described.size = path.stat().st_size
    described.checksum = SHA256_AS_MULTIHASH + sha256_of(path)
    product = product_of(name)
    if path.suffix == ".parquet" and product is not None:
        _describe_table(asset, path, product.load_schema())
    return asset


def _describe_table(asset: pystac.Asset, path: Path, schema: Any) -> None:
    """The columns of a Parquet file, as the data dictionary has them."""
    file = pq.read_metadata(path)
    types = {field.name: str(field.type) for field in file.schema.to_arrow_schema()}
    table = TableExtension.ext(asset, add_if_missing=True)
    table.columns = [
        Column({"name": name, "description": column.description, "type": types[name]})
        for name, column in schema.columns.items()
        if name in types
    ]
    table.row_count = file.num_rows
    if "geometry" in types:
        table.primary_geometry = "geometry"


def _roles(name: str) -> list[str]:
    suffix = Path(name).suffix
    if suffix in SHOWN:
        return ["overview"]
    return ["metadata"] if suffix in DESCRIBING else ["data"]
