"""The features of a file, whatever GDAL reads: which layers it holds, alone, in a zip or in a folder."""

from __future__ import annotations

import logging
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyogrio.raw
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS as ReferenceSystem

from asmgold.errors import InputError, excerpt

log = logging.getLogger(__name__)

# The first row of a sheet names its columns, also where all of it is text.
pyogrio.set_gdal_config_options({"OGR_XLSX_HEADERS": "FORCE", "OGR_ODS_HEADERS": "FORCE"})

ALL_LAYERS = "all"
OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # how the container of old and of encrypted Office files begins
GEOPARQUET = frozenset({".parquet", ".geoparquet"})
# Endings of what a zip may hold, one dataset each: of a shapefile the `.shp`, of a File Geodatabase its folder.
IN_ZIP = frozenset(
    {".shp", ".gpkg", ".geojson", ".json", ".kml", ".kmz", ".gml", ".fgb", ".tab", ".mif", ".gpx", ".sqlite"}
)
MAX_NAMED = 8
NEAR_MARGIN = 0.05  # degrees, more than any two datums differ by

Box = tuple[float, float, float, float]
"""West, south, east and north in EPSG:4326."""


@dataclass(frozen=True)
class _Place:
    """A layer, and the path by which GDAL opens the dataset that holds it."""

    dataset: str
    layer: str


def read_dataset(
    path: Path,
    chosen: str | Sequence[str] | None,
    fields: Sequence[str] | None = None,
    near: Box | None = None,
) -> Any:
    """The features of the layers of a file; without geometry where it has none.

    Parameters
    ----------
    path : a file, a zip that holds some in whatever folder, or a folder that is one dataset
    chosen : the name of a layer, several, or `all`; None where there is one only
    fields : the fields that are needed, if not all; where one of them is missing all are read, to be named
    near : what lies outside may be left out, and is where the CRS is a geographic one

    Raises
    ------
    InputError : if it cannot be read, there is no such layer, there are several and none is chosen, or the shape of a
        feature cannot be understood.
    """
    try:
        if path.suffix.lower() in GEOPARQUET:
            return _read_geoparquet(path)
        _refuse_cut_shapefile(path)
        with warnings.catch_warnings():
            # GDAL closes a ring that lacks its last point; what cannot be understood is refused below.
            warnings.filterwarnings("ignore", category=RuntimeWarning)
            tables = [_read(place, path, fields, near) for place in _places(path, chosen)]
    except (DataSourceError, DataLayerError) as error:
        if path.is_file() and path.read_bytes().startswith(OLE):
            why = "protected by a password, or an .xls of old; a plain .xlsx was expected"
            raise InputError(f"{path}: {why}") from None
        said = str(error).split("; It might help")[0]  # the rest is for programs
        raise InputError(f"{path}: not a layer that GDAL can read ({excerpt(said, 200)})") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: text is neither in UTF-8 nor in Windows-1252 ({excerpt(error, 200)})") from None
    if len(tables) == 1:
        return tables[0]
    crs = {str(table.crs): table.crs for table in tables if isinstance(table, gpd.GeoDataFrame)}
    if len(crs) > 1:
        raise InputError(f"{path}: its layers are in {' and '.join(crs)}, one CRS was expected; read them one by one")
    return gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), crs=next(iter(crs.values())))


def count_features(path: Path, chosen: str | Sequence[str] | None) -> int:
    """How many features the chosen layers of a file hold. `chosen` and errors as those of `read_dataset`."""
    if path.suffix.lower() in GEOPARQUET:
        return len(_read_geoparquet(path))
    infos = (
        pyogrio.read_info(place.dataset, layer=place.layer, force_feature_count=True) for place in _places(path, chosen)
    )
    return sum(int(info["features"]) for info in infos)


def _read_geoparquet(path: Path) -> Any:
    try:
        with np.errstate(invalid="ignore"):
            table = gpd.read_parquet(path)
    except Exception as error:  # pyarrow and geopandas have many for a file that is none
        raise InputError(f"{path}: not a GeoParquet file ({excerpt(error, 200)})") from None
    _refuse(_without_numbers(np.asarray(table.geometry.array, dtype=object)), path)
    return table


def _places(path: Path, chosen: str | Sequence[str] | None) -> list[_Place]:
    """The layers that are meant."""
    datasets = _datasets_in_zip(path) if path.suffix.lower() == ".zip" else [str(path)]
    layers = [(_Place(dataset, str(name)), kind) for dataset in datasets for name, kind in pyogrio.list_layers(dataset)]
    spatial = [place for place, kind in layers if kind is not None]
    meant = spatial or [place for place, _ in layers]  # a workbook has sheets and no shapes
    names = [place.layer for place in meant]
    if chosen is None:
        if len(meant) > 1:
            raise InputError(
                f"{path}: holds {len(names)} layers, {_listed(names)}; say which one by `layer: {names[0]}` beside "
                "the layer's source or file, several by a list of names, or all of them by `layer: all`"
            )
        return meant
    if chosen == ALL_LAYERS and ALL_LAYERS not in names:
        return meant
    found = []
    for name in [chosen] if isinstance(chosen, str) else chosen:
        of_name = [place for place, _ in layers if place.layer == name]
        if len(of_name) != 1:
            held = _listed([place.layer for place, _ in layers]) or "none"
            raise InputError(f"{path}: holds {len(of_name) or 'no'} layers {name!r}, one was expected; it has {held}")
        found += of_name
    return found


def _datasets_in_zip(path: Path) -> list[str]:
    """The datasets in a zip, in whatever folder, without what macOS leaves there."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(f"{path}: not a whole zip archive ({excerpt(error, 200)})") from None
    kept = [
        PurePosixPath(name)
        for name in names
        if not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
    ]
    geodatabases = {part for name in kept for part in name.parents if part.suffix.lower() == ".gdb"}
    datasets = geodatabases | {
        name for name in kept if name.suffix.lower() in IN_ZIP and not geodatabases & set(name.parents)
    }
    if not datasets:
        held = _listed([str(name) for name in kept]) or "nothing"
        raise InputError(f"{path}: holds {held}; a layer such as a shapefile or a GeoPackage was expected")
    return [f"/vsizip/{path}/{name}" for name in sorted(datasets)]


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(excerpt(name) for name in names[:MAX_NAMED])
    return shown + (f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else "")


def _read(place: _Place, path: Path, needed: Sequence[str] | None, near: Box | None) -> Any:
    try:
        return _decoded(place, path, needed, near)
    except UnicodeDecodeError:
        log.warning("%s: its text is not in the encoding that it states, and was read as Windows-1252", path)
        return _decoded(place, path, needed, near, encoding="cp1252")


def _decoded(
    place: _Place, path: Path, needed: Sequence[str] | None, near: Box | None, encoding: str | None = None
) -> Any:
    info = pyogrio.read_info(place.dataset, layer=place.layer, encoding=encoding)
    fields, box = info["fields"], None
    if len({name.casefold() for name in fields}) < len(fields):
        table = _with_distinct_names(place, encoding)
    else:
        columns = list(needed) if needed is not None and set(needed) <= set(fields) else None
        box = _margined(near) if near and info["crs"] and ReferenceSystem(info["crs"]).is_geographic else None
        with warnings.catch_warnings():
            # Values of several kinds in one field of a GeoJSON: they stay the text that GDAL makes of them.
            warnings.filterwarnings("ignore", "Could not parse column", UserWarning)
            table = pyogrio.read_dataframe(
                place.dataset, layer=place.layer, on_invalid="fix", columns=columns, bbox=box, encoding=encoding
            )
    if isinstance(table, gpd.GeoDataFrame):
        _check_shapes(place, table, path, box)
    return table


def _margined(near: Box) -> Box:
    west, south, east, north = near
    return west - NEAR_MARGIN, south - NEAR_MARGIN, east + NEAR_MARGIN, north + NEAR_MARGIN


def _with_distinct_names(place: _Place, encoding: str | None) -> Any:
    """A layer two fields of which have one name, as after joins: the later ones get `_2`, `_3` and so on."""
    meta, _, wkb, columns = pyogrio.raw.read(place.dataset, layer=place.layer, encoding=encoding)
    named: dict[str, Any] = {}
    taken: set[str] = set()
    for name, values in zip(meta["fields"], columns, strict=True):
        number, distinct = 1, str(name)
        while distinct.casefold() in taken:
            number += 1
            distinct = f"{name}_{number}"
        taken.add(distinct.casefold())
        named[distinct] = values
    if wkb is None:
        return pd.DataFrame(named)
    return gpd.GeoDataFrame(named, geometry=shapely.from_wkb(wkb, on_invalid="fix"), crs=meta["crs"])


def _check_shapes(place: _Place, table: gpd.GeoDataFrame, path: Path, box: Box | None) -> None:
    """Refuse a feature whose shape is there and cannot be understood; one that has none is no mistake."""
    shapes = np.asarray(table.geometry.array, dtype=object)
    lost = _without_numbers(shapes)
    if shapely.is_missing(shapes).any():
        _, _, wkb, _ = pyogrio.raw.read(place.dataset, layer=place.layer, columns=[], bbox=box)
        was_there = np.array([one is not None for one in wkb])
        lost = np.union1d(lost, np.flatnonzero(shapely.is_missing(shapes) & was_there))
    _refuse(lost, path)


def _without_numbers(shapes: NDArray[np.object_]) -> NDArray[np.intp]:
    """Which shapes have a coordinate that is no number. A point without numbers is one that has no shape."""
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    lost = np.unique(owner[~np.isfinite(points).all(axis=1)])
    return lost[shapely.get_dimensions(shapes[lost]) > 0]


def _refuse(lost: NDArray[np.intp], path: Path) -> None:
    if lost.size:
        raise InputError(
            f"{path}: feature {lost[0] + 1} has a shape that cannot be read, such as a ring with a coordinate that is "
            "no number; mend it, or take it out of the file"
        )


def _refuse_cut_shapefile(path: Path) -> None:
    """Refuse a shapefile that is shorter than it says: GDAL takes what is missing for features without a shape."""
    for part in (path, path.with_suffix(".shx")):
        if path.suffix.lower() == ".shp" and part.is_file():
            with part.open("rb") as file:
                stated = 2 * int.from_bytes(file.read(28)[24:], "big")
            if (size := part.stat().st_size) < stated:
                raise InputError(f"{part}: is cut short; it has {size:,} bytes, and {stated:,} by its own account")
