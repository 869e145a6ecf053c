"""Reader of records of the user's own: any table or point layer, by a map of its columns."""

from __future__ import annotations

import difflib
import logging
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from asmgold.config.models import POSITION_COLUMNS, PointColumn, Points
from asmgold.errors import InputError, excerpt
from asmgold.geodesy.discs import MAX_RADIUS_M
from asmgold.io.values import as_text
from asmgold.schemas.tables import CRS, READ_RECORDS
from asmgold.sources.assemble import assemble_records, once_each
from asmgold.sources.csv_text import BrokenRow
from asmgold.sources.datasets import read_dataset
from asmgold.sources.positions import ENDINGS, read_text_table
from asmgold.sources.vector import field_of, in_degrees, where_holds
from asmgold.vocabulary.commodities import Commodity

Positions = tuple[pd.Series, pd.Series, pd.Series]
log = logging.getLogger(__name__)

SEPARATORS = r"[,;/|()\-]"
MADE_DECIMALS = 7  # of positions that no one wrote: a centimetre
MAX_RADIUS_KM = MAX_RADIUS_M / 1000
POSITION_NAMES: dict[PointColumn, tuple[str, ...]] = {
    "longitude": ("longitude", "lon", "long", "lng", "x", "longitud"),
    "latitude": ("latitude", "lat", "y", "latitud"),
}
TEXTS: tuple[PointColumn, ...] = ("status", "deposit_type", "operation_type", "url", "category")
DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d+$)")


def read_points(path: Path, points: Points, name: str, commodity: Commodity) -> pd.DataFrame:
    """Read records of a table or of a layer of points.

    Parameters
    ----------
    path : a CSV table, a sheet of a spreadsheet, or any layer that GDAL knows
    points : which column holds what
    name : what the source is called; each `record_id` begins with it
    commodity : the one that is asked for

    Returns
    -------
    As `asmgold.sources.records.read_records`: one row for each row that has the values of `where`. A row whose radius
    cannot be used carries a `fault`.

    Raises
    ------
    InputError : if the file cannot be read, lacks a named column or holds no row, or if the separator parts nothing
        where another sign would.
    """
    table, broken, decimal_commas = read_rows(path, points.layer)
    if table.empty and not broken:
        raise InputError(f"{path}: holds no row, records were expected")
    _check_columns(table, path, points, name)
    table = where_holds(table, path, points.where)
    longitude, latitude, shapes = _positions(table, path, points, decimal_commas=decimal_commas)
    lists = _texts(table, points, "commodities")
    _check_separator(lists, path, points)
    tokens = once_each(lists.to_frame(), lambda text: _tokens(text, points.separator))
    precision = _precision(_texts(table, points, "precision_m"), path, decimal_commas)
    known = {*commodity.names, *(code.casefold() for code in commodity.codes), *map(str.casefold, points.words)}
    radius, fault = _radii(_texts(table, points, "radius_km"), decimal_commas)
    records = assemble_records(
        name, pd.DataFrame({"longitude": longitude, "latitude": latitude, "country": _texts(table, points, "country")}),
        broken, official_id=_texts(table, points, "id"), name=_texts(table, points, "name"), commodities=tokens,
        commodity_role=tokens.map(lambda found: "listed" if known & {one.casefold() for one in found} else None),
        precision_m=precision, radius_km=radius, fault=fault, shape=shapes,
        **{key: _texts(table, points, key) for key in TEXTS},
    )  # fmt: skip
    is_page = records["url"].str.match(r"https?://", na=True)
    if not is_page.all():
        log.warning("%s: %d addresses do not begin with https:// and are left out", path, (~is_page).sum())
        records["url"] = records["url"].where(is_page, None)
    return READ_RECORDS.validate(records.reset_index(drop=True))


def read_rows(path: Path, layer: str | list[str] | None) -> tuple[pd.DataFrame, list[BrokenRow], bool]:
    """The rows by their number from 1, those that are broken, and whether numbers are written with decimal commas."""
    if not path.exists():
        raise InputError(f"{path}: there is no such file")
    if path.suffix.lower() in ENDINGS:
        read = read_text_table(path)
        return read.rows, read.broken, read.has_decimal_commas
    table = read_dataset(path, layer)
    table.index = pd.RangeIndex(1, len(table) + 1)
    return table, [], True  # in a spreadsheet a number that is text may be written either way


def _check_columns(table: pd.DataFrame, path: Path, points: Points, name: str) -> None:
    for key, column in points.columns.items():
        field_of(table, path, column, f"{key} (points.{name}.columns)")


def _texts(table: pd.DataFrame, points: Points, key: PointColumn) -> pd.Series:
    """What a column or a constant says, as text; "" where nothing stands."""
    if key in points.columns:
        return as_text(table[points.columns[key]]).fillna("").str.strip().astype(object)
    return pd.Series(str(points.constants.get(key, "")), index=table.index, dtype=object)


def _positions(table: pd.DataFrame, path: Path, points: Points, *, decimal_commas: bool) -> Positions:
    """Longitude and latitude as text: as the table writes them, or made from its geometry or its map coordinates.

    And the shapes of lines and polygons, as text; these have a position on them.
    """
    if not POSITION_COLUMNS & points.columns.keys() and isinstance(table, gpd.GeoDataFrame):
        return _of_geometry(in_degrees(table, path, points))
    columns = [points.columns.get(key) or _column(table, path, key) for key in POSITION_NAMES]
    texts = [as_text(table[column]).fillna("").str.strip().astype(object) for column in columns]
    if decimal_commas:
        texts = [text.str.replace(DECIMAL_COMMA, ".", regex=True) for text in texts]
    nowhere = pd.Series(None, index=table.index, dtype=object)
    if points.crs is None or gpd.GeoSeries([], crs=CRS).crs == points.crs:
        return texts[0], texts[1], nowhere
    numbers = [pd.to_numeric(text, errors="coerce").astype(float) for text in texts]
    placed = numbers[0].notna() & numbers[1].notna()
    shapes = gpd.points_from_xy(numbers[0][placed], numbers[1][placed])
    made = _of_geometry(in_degrees(gpd.GeoDataFrame(geometry=shapes, index=table.index[placed]), path, points))
    return made[0].reindex(table.index).fillna(texts[0]), made[1].reindex(table.index).fillna(texts[1]), nowhere


def _column(table: pd.DataFrame, path: Path, key: PointColumn) -> str:
    """The column of a coordinate that the configuration does not name."""
    by_name = {str(column).casefold(): str(column) for column in table.columns}
    for known in POSITION_NAMES[key]:
        if known in by_name:
            return by_name[known]
    listed = excerpt(", ".join(map(str, table.columns)), 1000)
    near = difflib.get_close_matches(key, by_name, n=1)
    hint = f" (did you mean {by_name[near[0]]!r}?)" if near else ""
    raise InputError(f"{path}: has no geometry and no column {key}; name it in columns; it has {listed}{hint}")


def _of_geometry(table: gpd.GeoDataFrame) -> Positions:
    shapes = np.array(shapely.force_2d(table.geometry.array), dtype=object)
    single = shapely.get_num_geometries(shapes) == 1
    shapes[single] = shapely.get_geometry(shapes[single], 0)
    is_point = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    on_them = shapes.copy()
    on_them[there & ~is_point] = shapely.point_on_surface(shapes[there & ~is_point])
    texts = shapely.to_wkt(shapes, rounding_precision=MADE_DECIMALS)
    extended = pd.Series(texts, index=table.index, dtype=object).where(there & ~is_point, None)
    return _written(shapely.get_x(on_them), table.index), _written(shapely.get_y(on_them), table.index), extended


def _written(numbers: np.ndarray, index: pd.Index) -> pd.Series:
    texts = ["" if np.isnan(value) else f"{value:.{MADE_DECIMALS}f}" for value in numbers]
    return pd.Series(texts, index=index, dtype=object)


def _tokens(text: str, separator: str | None) -> list[str]:
    parts = re.split(SEPARATORS, text) if separator is None else text.split(separator)
    return [part.strip() for part in parts if part.strip()]


def _check_separator(lists: pd.Series, path: Path, points: Points) -> None:
    """Refuse a separator that parts nothing, where another sign would."""
    if points.separator is None or lists.str.contains(points.separator, regex=False).any():
        return
    parted = lists[lists.str.contains(r"[,;/|]")]
    if not parted.empty:
        raise InputError(
            f"{path}: separator is {points.separator!r}, which stands in no list of commodities; row {parted.index[0]} "
            f"has {excerpt(parted.iloc[0])!r}"
        )


def _radii(texts: pd.Series, decimal_commas: bool) -> tuple[pd.Series, pd.Series]:
    """Own radii in kilometres, none where nothing stands, and what is wrong with those that cannot be used."""
    numbers = _numbers(texts, decimal_commas)
    wrong = (texts != "") & ~((numbers > 0) & (numbers <= MAX_RADIUS_KM))
    fault = "radius_km is " + texts.map(lambda text: repr(excerpt(text))) + (
        f", a number above 0 and up to {MAX_RADIUS_KM:g} was expected"
    )  # fmt: skip
    return numbers.mask(wrong), fault.where(wrong, None)


def _precision(texts: pd.Series, path: Path, decimal_commas: bool) -> pd.Series:
    numbers = _numbers(texts, decimal_commas)
    wrong = (texts != "") & ~(numbers > 0)
    if wrong.any():
        found = excerpt(texts[wrong].iloc[0])
        log.warning("%s: precision_m is no number above 0 in %d rows, such as %r", path, wrong.sum(), found)
    return numbers.mask(wrong)


def _numbers(texts: pd.Series, decimal_commas: bool) -> pd.Series:
    plain = texts.str.replace(DECIMAL_COMMA, ".", regex=True) if decimal_commas else texts
    numbers: pd.Series = pd.to_numeric(plain, errors="coerce").astype(float)
    return numbers
