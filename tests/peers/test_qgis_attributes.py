"""QGIS shows in its tables and forms what is stored, in the project and where a layer is dragged alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime

import numpy as np
import pandas as pd
import pytest
import shapely

from tests.peers.in_qgis import in_qgis
from tests.small_map import context_of_map, make_map

pytestmark = pytest.mark.thorough

WAYS = ("project", "alone")
KINDS = {
    "name": 'Ñandú, "d\'Oro" <b>&amp; 100 % [% $now %]\\',
    "fid": "x",
    "official_area_ha": 498308.1954,
    "third": 1 / 3,
    "tiny": 1.5e-7,
    "huge": 1.25e21,
    "big": 2**53 + 1,
    "single": np.float32(0.1),
    "small": np.int32(-7),
    "seen_on": pd.Timestamp("2021-03-04T05:06:07.250"),
    "is_official": True,
    "nothing": None,
    "long": "A sentence that no box of a form holds in one line. " * 5,
}


def stored(package) -> dict[str, pd.DataFrame]:
    """The tables of a GeoPackage as SQLite has them, by their row's number; booleans and times by their column's type.

    The first 300 rows are what QGIS was asked for.
    """
    with closing(sqlite3.connect(f"file:{package}?mode=ro&immutable=1", uri=True)) as tables:
        names = tables.execute("SELECT table_name FROM gpkg_contents WHERE table_name != 'layer_styles'").fetchall()
        found = {}
        for (name,) in names:
            types = {row[1]: row[2] for row in tables.execute(f"PRAGMA table_info({name})") if row[1] != "geom"}
            columns = ", ".join('"' + column.replace('"', '""') + '"' for column in types)
            rows = tables.execute(f"SELECT {columns} FROM {name} ORDER BY fid").fetchall()
            found[name] = pd.DataFrame(rows, columns=list(types), dtype=object)
            found[name].attrs = types
        return found


def means(text: str, value: object, kind: str) -> bool:
    """Whether a cell's text says a stored value in full."""
    if value is None or value != value:
        return text == "NULL"
    if kind == "BOOLEAN":
        return text == ("true" if value else "false")
    if kind == "DATETIME":
        return datetime.fromisoformat(text) == datetime.fromisoformat(str(value).removesuffix("Z"))
    return type(value)(text) == value


@pytest.fixture(scope="module")
def peru(built_once, tmp_path_factory):
    package = built_once.product("asm_gold_regions.gpkg")
    return stored(package), in_qgis("attributes_in_qgis.py", package.with_suffix(".qgz"), tmp_path_factory.mktemp("q"))


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    """An overlay with a column of every kind, in Spanish."""
    project = make_map(
        tmp_path_factory.mktemp("kinds"), context_of_map("Area", {"one": "One"}, "es"), shapely.box(10, 59, 12, 61),
        sites=[("A", 11.0, 60.0), ("B", 11.123456789, 60.4)], overlays={"one": shapely.box(10.4, 59.4, 11.6, 60.6)},
        columns=KINDS,
    )  # fmt: skip
    tables = stored(project.with_suffix(".gpkg"))
    return tables, in_qgis("attributes_in_qgis.py", project, tmp_path_factory.mktemp("q"))


@pytest.fixture(params=["peru", "kinds"])
def opened(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("way", WAYS)
def test_every_cell_shows_what_is_stored(opened, way):
    tables, answer = opened
    assert set(answer[way]) == set(tables)
    for name, table in tables.items():
        shown = answer[way][name]
        assert set(shown["cells"]) == set(table.columns)
        rows = table.head(len(shown["ids"]))
        assert list(rows["fid"]) == shown["ids"]
        for column, texts in shown["cells"].items():
            kind = table.attrs[column]
            wrong = [pair for pair in zip(texts, rows[column], strict=True) if not means(*pair, kind)]
            assert wrong == [], (name, column)


@pytest.mark.parametrize("way", WAYS)
def test_columns_with_one_value_are_hidden_in_the_table_and_no_others(opened, way):
    tables, answer = opened
    for name, table in tables.items():
        constant = {column for column in table if len(table) > 1 and len(set(table[column])) == 1}
        assert set(answer[way][name]["hidden"]) == constant, name


@pytest.mark.parametrize("way", WAYS)
def test_a_form_of_600_pixels_shows_every_value_and_changes_none(opened, way):
    tables, answer = opened
    for name, table in tables.items():
        shown = answer[way][name]
        assert set(shown["read_only"]) == set(table.columns), name
        for column, box in shown["form"].items():
            assert box is not None, (name, column)
            assert box["in_sight"], (name, column)
            assert box["text"] in shown["cells"][column], (name, column)


def test_titles_have_their_units(peru, kinds):
    (_, of_peru), (_, of_kinds) = peru, kinds
    for way in WAYS:
        assert of_peru[way]["overlay_mining_corridor"]["aliases"]["official_area_ha"] == "Official area, ha"
        assert of_peru[way]["mining_seen"]["aliases"]["amount"] == "Amount, km2"
        assert of_kinds[way]["overlay_one"]["aliases"]["seen_on"] == "Seen on"
