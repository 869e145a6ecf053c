"""Regions and sites in the formats that other programs ask for, written by GDAL, the same bytes for the same tables."""

from __future__ import annotations

import tempfile
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from asmgold.io.files import write_zip
from asmgold.io.tables import DECIMALS
from asmgold.publish.geopackage import in_plain_columns
from asmgold.publish.tiles import COUNTRIES, REGIONS, SITES, write_style, write_tiles
from asmgold.schemas.products import STYLE_OF_TILES, TILES

DRIVERS = {
    ".kml": "LIBKML", ".geojson": "GeoJSON", ".fgb": "FlatGeobuf", ".xlsx": "XLSX",
}  # fmt: skip


def write_formats(
    folder: Path,
    names: list[str],
    regions: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    date: str,
    *,
    countries: gpd.GeoDataFrame | None = None,
    attribution: str = "",
) -> None:
    """Write files, each with what its name says: the regions, the sites, or both where the format holds several layers.

    Tiles hold the countries, too.

    Parameters
    ----------
    folder : where to
    names : of the files, rows of the registry of products
    regions, sites : tables of `asmgold.schemas.tables`
    date : of the data, `YYYY-MM-DD`, for the format that asks for one
    countries : `asmgold.schemas.tables.COUNTRIES`, or None
    attribution : whom a map on the web has to name
    """
    tables = {
        REGIONS: in_plain_columns(regions.drop(columns="geometry_unclipped").round(DECIMALS)),
        SITES: in_plain_columns(sites),
    }
    for name in names:
        path, suffix = folder / name, Path(name).suffix
        path.unlink(missing_ok=True)
        if suffix == ".zip":
            _write_shapefiles(path, tables, date)
        elif suffix == ".pmtiles":
            around = {} if countries is None else {COUNTRIES: countries}
            write_tiles(path, {**around, **tables}, attribution)
        elif name == STYLE_OF_TILES:
            write_style(path, TILES, with_countries=countries is not None, attribution=attribution)
        elif suffix in (".kml", ".xlsx"):
            for layer, table in tables.items():
                _write(path, table if suffix == ".kml" else pd.DataFrame(table.drop(columns="geometry")), layer)
            if suffix == ".xlsx":
                write_zip(path, _members(path))
        else:
            _write(path, tables[path.stem], path.stem, **({"RFC7946": "YES"} if suffix == ".geojson" else {}))


def _write(path: Path, table: pd.DataFrame, layer: str, **options: str) -> None:
    with warnings.catch_warnings():
        # Names are cut for shapefiles, a sheet has no geometry: so these formats are.
        warnings.filterwarnings("ignore", category=UserWarning)
        warnings.filterwarnings("ignore", category=RuntimeWarning)
        driver = DRIVERS.get(path.suffix, "ESRI Shapefile")
        pyogrio.write_dataframe(table, path, layer=layer, driver=driver, append=path.exists(), **options)


def _write_shapefiles(path: Path, tables: Mapping[str, gpd.GeoDataFrame], date: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for layer, table in tables.items():
            _write(Path(folder) / f"{layer}.shp", table, layer, ENCODING="UTF-8", DBF_DATE_LAST_UPDATE=date)
        write_zip(path, {file.name: file.read_bytes() for file in sorted(Path(folder).iterdir())})


def _members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
