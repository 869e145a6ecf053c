"""Reader of layers: any vector format that GDAL knows, brought to valid polygons or to points in EPSG:4326."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import CRSError, ProjError
from shapely.geometry.base import BaseGeometry

from asmgold.config.models import Evidence, Layer, LayerKind, Limits, Towns, Wanted
from asmgold.errors import InputError, excerpt
from asmgold.geodesy.polygons import POLYGONAL_TYPES
from asmgold.io.checksum import refuse_pointer
from asmgold.io.values import as_text, text_of
from asmgold.schemas.tables import CRS, TOWNS
from asmgold.sources.datasets import ALL_LAYERS, Box, read_dataset
from asmgold.sources.mending import mend
from asmgold.sources.positions import ENDINGS, read_positions
from asmgold.sources.to_degrees import split_beyond_180, to_degrees

log = logging.getLogger(__name__)
Rows = TypeVar("Rows", bound=pd.DataFrame)

LINE_TYPES = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)
POINT_TYPES = (shapely.GeometryType.POINT, shapely.GeometryType.MULTIPOINT)
MAX_NAMES = 1000  # characters of the names of fields that a message lists


def read_polygons(path: Path, layer: Layer) -> gpd.GeoDataFrame:
    """Read the polygons of a layer.

    Parameters
    ----------
    path : the file, or a zip that holds one
    layer : which layer of it, which features, and the CRS of a layer that states none

    Returns
    -------
    The features that match, with their fields, as valid polygons in EPSG:4326.

    Raises
    ------
    InputError : if the file cannot be read, no feature matches, the CRS is unknown, there is no polygon, a
        coordinate is off the globe, or a broken polygon is not to be mended (`asmgold.sources.mending.mend`).
    """
    return mend(_of_kind(path, layer, POLYGONAL_TYPES, "polygons"), path, layer.mend)


def read_area(path: Path, layer: Layer) -> gpd.GeoDataFrame:
    """Read the polygons of a layer as one feature: as `read_polygons`, and several of them as their union."""
    polygons = read_polygons(path, layer)
    if len(polygons) == 1:
        return polygons
    union = gpd.GeoDataFrame(geometry=[polygons.union_all()], crs=CRS)
    union.attrs |= polygons.attrs
    return union


def read_features(path: Path, layer: Layer, near: Box | None = None) -> gpd.GeoDataFrame:
    """Read a layer of polygons, or one of points, or a CSV table with columns `longitude` and `latitude`.

    Parameters
    ----------
    path, layer : as for `read_polygons`; the CRS of a CSV table is EPSG:4326 unless the layer names another one
    near : what lies outside may be left out, so that a layer of half a continent takes no more memory than its part in
        one country. A layer of which nothing inside is wanted is read whole: what is wrong with it is told.

    Returns
    -------
    The features that match, with their fields, in EPSG:4326: valid polygons where there are any, otherwise points.
    Where nothing was seen there is no feature: an empty layer is no mistake.

    Raises
    ------
    InputError : as `read_polygons`, but for an empty layer; or if there are both polygons and points.
    """
    features = _read(path, layer, "polygons or points", near)
    if near is not None and (features.empty or not _matches(features, layer)):
        return read_features(path, layer)
    if features.empty:
        log.warning("%s: holds no feature", path)
        return gpd.GeoDataFrame(features.drop(columns=features.geometry.name), geometry=[], crs=CRS)
    features = _matching(features, path, layer)
    kinds = shapely.get_type_id(features.geometry.array)
    polygons, points = np.isin(kinds, POLYGONAL_TYPES).any(), np.isin(kinds, POINT_TYPES).any()
    if polygons and points:
        raise InputError(f"{path}: holds both polygons and points, one of them was expected; choose by `where`")
    features = _in_wgs84(features, path, layer)
    if points:
        return _only(features, path, POINT_TYPES, "points")
    return mend(_only(features, path, POLYGONAL_TYPES, "polygons or points"), path, layer.mend)


def read_lines(path: Path, layer: Layer) -> gpd.GeoDataFrame:
    """Read the lines of a layer.

    Parameters
    ----------
    path, layer : as for `read_polygons`

    Returns
    -------
    The features that match, with their fields, as lines in EPSG:4326.

    Raises
    ------
    InputError : as `read_polygons`, or if there is no line.
    """
    return _of_kind(path, layer, LINE_TYPES, "lines")


def read_towns(path: Path, layer: Towns) -> gpd.GeoDataFrame:
    """Read settlements.

    Parameters
    ----------
    path, layer : as for `read_polygons`, with the fields of the name and of the population; a CSV table has columns of
        longitude and latitude

    Returns
    -------
    `asmgold.schemas.tables.TOWNS`. Those without a name are left out, those without a number count as 0.

    Raises
    ------
    InputError : as `read_polygons`, or if there is no point or no such field.
    """
    points = _of_kind(path, layer, POINT_TYPES, "points")
    names = as_text(field_of(points, path, layer.name_field))
    population = pd.to_numeric(field_of(points, path, layer.population_field), errors="coerce").fillna(0.0)
    table = points[["geometry"]].assign(name=names, population=population)
    return TOWNS.validate(table[table["name"].notna()].reset_index(drop=True)[list(TOWNS.columns)])


def read_layer(path: Path, layer: Layer) -> gpd.GeoDataFrame:
    """Read a layer as what it is for."""
    return READERS[layer.kind](path, layer)


READERS: Mapping[LayerKind, Callable[..., gpd.GeoDataFrame]] = {
    "polygons": read_polygons, "area": read_area, "lines": read_lines, "towns": read_towns,
    "observations": read_features,
}  # fmt: skip


def read_any(path: Path) -> gpd.GeoDataFrame:
    """Read all layers of a file, whatever they hold, while nothing says what it is for.

    Raises
    ------
    InputError : if it cannot be read, holds no shape, or a coordinate is off the globe. A CRS may be missing: whoever
        uses the layer can give it.
    """
    everything = Layer(file=str(path), layer=ALL_LAYERS)
    features = _read(path, everything, "polygons, lines or points")
    if features.geometry.isna().all():
        raise InputError(f"{path}: holds no feature with a shape, polygons, lines or points were expected")
    return features if features.crs is None else _in_wgs84(features, path, everything)


def _of_kind(path: Path, layer: Layer, kinds: tuple[int, ...], expected: str) -> gpd.GeoDataFrame:
    """The features that match and are of some kinds of geometry, in EPSG:4326."""
    features = _read(path, layer, expected)
    if features.empty:
        raise InputError(f"{path}: holds no feature, {expected} were expected")
    return _only(_in_wgs84(_matching(features, path, layer), path, layer), path, kinds, expected)


def _read(path: Path, layer: Layer, expected: str, near: Box | None = None) -> gpd.GeoDataFrame:
    if not path.exists():
        raise InputError(f"{path}: there is no such file")
    is_table = path.suffix.lower() in ENDINGS and "points" in expected
    if is_table and (points := read_positions(path, layer.crs or CRS)) is not None:
        return points
    if path.is_file():
        refuse_pointer(path)
    features = read_dataset(path, layer.layer, layer.fields if isinstance(layer, Evidence) else None, near)
    if not isinstance(features, gpd.GeoDataFrame):
        needed = ", columns longitude and latitude" if is_table else f", {expected}"
        raise InputError(f"{path}: a table without geometry{needed} were expected")
    return features


def _matches(features: gpd.GeoDataFrame, layer: Layer) -> bool:
    """Whether any feature has the values of `where`."""
    for field, wanted in layer.where.items():
        features = features[_is_wanted(features[field], wanted)] if field in features.columns else features.iloc[:0]
    return not features.empty


def _matching(features: gpd.GeoDataFrame, path: Path, layer: Layer) -> gpd.GeoDataFrame:
    matching: gpd.GeoDataFrame = where_holds(features, path, layer.where).reset_index(drop=True)
    return matching


def where_holds(rows: Rows, path: Path, where: Mapping[str, Wanted]) -> Rows:
    """The rows or features whose fields have these values.

    Raises
    ------
    InputError : if none has, if there is no such field, or if a field that has limits holds no numbers.
    """
    for field, wanted in where.items():
        found = field_of(rows, path, field)
        if isinstance(wanted, Limits) and not wanted.other_than:
            _check_numbers(found, path)
        rows = rows[_is_wanted(found, wanted)]
        if rows.empty:
            values = ", ".join(repr(item) for item in as_text(found.drop_duplicates()).fillna("nothing").head(5))
            raise InputError(f"{path}: no feature has {field} {_said(wanted)}; it has {values} and others")
    return rows


def _is_wanted(values: pd.Series, wanted: Wanted) -> pd.Series:
    """Where a field has what `where` asks for."""
    if not isinstance(wanted, Limits):
        return as_text(values).isin([text_of(one) for one in (wanted if isinstance(wanted, list) else [wanted])])
    if wanted.other_than:
        return ~_is_wanted(values, wanted.other_than)
    low, high = wanted.at_least, wanted.at_most
    return _as_numbers(values).between(-np.inf if low is None else low, np.inf if high is None else high)


def _as_numbers(values: pd.Series) -> pd.Series:
    return pd.to_numeric(as_text(values), errors="coerce").astype(float)


def _check_numbers(values: pd.Series, path: Path) -> None:
    text = as_text(values).fillna("")
    if (wrong := np.flatnonzero((text != "") & _as_numbers(values).isna())).size:
        found = excerpt(text.iloc[wrong[0]])
        raise InputError(f"{path}: feature {values.index[wrong[0]] + 1}: {values.name} is {found!r}, a number "
                         "was expected, since where gives it limits")  # fmt: skip


def _said(wanted: Wanted) -> str:
    """What `where` asks for, in a message."""
    if not isinstance(wanted, Limits):
        return f"= {' or '.join(map(repr, wanted))}" if isinstance(wanted, list) else f"= {wanted!r}"
    given = wanted.model_dump(exclude_defaults=True)
    return " and ".join(f"{limit.replace('_', ' ')} {value!r}" for limit, value in given.items())


def field_of(features: pd.DataFrame, path: Path, field: str, purpose: str = "") -> pd.Series:
    """The values of a field.

    Raises
    ------
    InputError : if there is none of that name; it says what it is needed for, if that is given, and lists those found.
    """
    if field not in features.columns:
        names = [str(name) for name in features.columns if features[name].dtype != "geometry"]
        near = difflib.get_close_matches(field, names, n=1)
        raise InputError(
            f"{path}: has no field {field!r}{f' for the {purpose}' if purpose else ''}, its fields are "
            f"{excerpt(', '.join(names), MAX_NAMES)}{f' (did you mean {near[0]!r}?)' if near else ''}"
        )
    values: pd.Series = features[field]
    return values


def _in_wgs84(features: gpd.GeoDataFrame, path: Path, layer: Layer) -> gpd.GeoDataFrame:
    features = in_degrees(features, path, layer)
    west, south, east, north = features.total_bounds
    is_placed = not np.isnan(west)  # what has no shape at all is told below
    if is_placed and not (west >= -180.0001 and east <= 180.0001 and south >= -90.0001 and north <= 90.0001):
        raise InputError(
            f"{path}: reaches from {west:.6g} {south:.6g} to {east:.6g} {north:.6g}, "
            "longitudes within 180 and latitudes within 90 degrees were expected; is the CRS right?"
        )
    return features


def in_degrees(features: gpd.GeoDataFrame, path: Path, layer: Layer) -> gpd.GeoDataFrame:
    """The features in EPSG:4326, by their own CRS or by that of the configuration; nothing is asked of the numbers.

    Raises
    ------
    InputError : if no CRS is known, or they cannot be brought to longitude and latitude.
    """
    features = _with_crs(features, path, layer)
    if features.crs != CRS:
        _note_degrees(features, path)
        try:
            features = features.set_geometry(gpd.GeoSeries(to_degrees(features.geometry), features.index, crs=CRS))
        except ProjError as error:
            raise InputError(f"{path}: cannot be brought to longitude and latitude ({excerpt(error, 200)})") from None
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
    else:
        within = split_beyond_180(features.geometry.array)
        features = features.set_geometry(gpd.GeoSeries(within, features.index, crs=CRS))
    return features


def _with_crs(features: gpd.GeoDataFrame, path: Path, layer: Layer) -> gpd.GeoDataFrame:
    """The features with a CRS of the Earth: their own, or else that of the configuration."""
    own = features.crs
    # What GDAL and R write for a layer without a CRS is a local one, or one that is called undefined.
    is_nowhere = own is not None and (own.is_engineering or own.name.casefold().startswith("undefined"))
    if own is not None and not (is_nowhere or own.is_geocentric):
        return features
    if layer.crs is None:
        kind = "that is nowhere on the Earth" if is_nowhere else "that counts from the middle of the Earth"
        stated = "states no CRS" if own is None else f"states a CRS {kind} ({own.name})"
        raise InputError(f"{path}: {stated}; give it as `crs: EPSG:...` beside the layer's source or file")
    try:
        return features.set_crs(layer.crs, allow_override=True)
    except CRSError:
        raise InputError(f"{path}: crs is {layer.crs!r}, a CRS such as EPSG:4326 was expected") from None


def _note_degrees(features: gpd.GeoDataFrame, path: Path) -> None:
    """Say so where coordinates of a map projection look like degrees."""
    west, south, east, north = features.total_bounds
    if features.crs.is_projected and west >= -360 and east <= 360 and south >= -90 and north <= 90:
        log.warning(
            "%s: its CRS is %s, in %s, but its coordinates, from %.6g %.6g to %.6g %.6g, look like degrees",
            path, features.crs.name, features.crs.axis_info[0].unit_name, west, south, east, north,
        )  # fmt: skip


def _only(features: gpd.GeoDataFrame, path: Path, kinds: tuple[int, ...], expected: str) -> gpd.GeoDataFrame:
    """The features of some kinds of geometry, without height."""
    geometry = _of_collections(shapely.force_2d(features.geometry.array), kinds)
    wanted = np.isin(shapely.get_type_id(geometry), kinds)
    wanted &= ~(shapely.is_empty(geometry) | shapely.is_missing(geometry))
    if not wanted.any():
        found = ", ".join(sorted(set(features.geom_type.dropna()))) or "no geometry"
        raise InputError(f"{path}: holds {found}, {expected} were expected")
    if not wanted.all():
        log.warning("%s: %d of %d features are no %s and are left out", path, (~wanted).sum(), wanted.size, expected)
    features = features.assign(geometry=gpd.array.from_shapely(geometry, crs=CRS))
    return features[wanted].reset_index(drop=True)


def _of_collections(geometry: NDArray[np.object_], kinds: tuple[int, ...]) -> NDArray[np.object_]:
    """Collections, as clipping leaves them, reduced to their parts of some kinds."""
    taken = geometry.copy()
    for number in np.flatnonzero(shapely.get_type_id(geometry) == shapely.GeometryType.GEOMETRYCOLLECTION):
        parts = shapely.get_parts(shapely.get_parts(geometry[number]))
        while (nested := shapely.get_type_id(parts) == shapely.GeometryType.GEOMETRYCOLLECTION).any():
            parts = np.concatenate([parts[~nested], shapely.get_parts(shapely.get_parts(parts[nested]))])
        parts = parts[np.isin(shapely.get_type_id(parts), kinds)]
        taken[number] = _together(parts) if parts.size else None
    return taken


def _together(parts: NDArray[np.object_]) -> BaseGeometry:
    """Polygons, lines or points as one shape of that kind."""
    if shapely.get_dimensions(parts[0]) == 2:
        return shapely.MultiPolygon(shapely.get_parts(parts).tolist())
    if shapely.get_dimensions(parts[0]) == 1:
        return shapely.MultiLineString(shapely.get_parts(parts).tolist())
    return shapely.MultiPoint(shapely.get_coordinates(parts))
