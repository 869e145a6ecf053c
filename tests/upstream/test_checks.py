"""A server that gives something else: refused in one line, and nothing changes. What is whole is taken in."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from asmgold.config.models import Evidence, Layer, Source
from asmgold.config.paths import stored_file
from asmgold.errors import RefusedError
from asmgold.upstream import checks
from asmgold.upstream.checks import check_file
from asmgold.upstream.fetch import Fetched
from tests.faulty_server import Reply
from tests.upstream.conftest import (
    COLUMNS,
    NEW,
    NEW_LAYER,
    PAGE,
    QUICK,
    Place,
    archive,
    as_json,
    collection,
    mrds_csv,
    nothing_changes,
    zipped,
)

# --- a server that gives something else


def wrong_checksum() -> bytes:
    content = bytearray(archive({"mrds.csv": mrds_csv(44)}))
    start = content.index(b"PK\x01\x02")
    content[start + 16 : start + 20] = b"\0\0\0\0"
    return bytes(content)


def flipped_inside() -> bytes:
    content = bytearray(NEW)
    content[len(content) // 3] ^= 0xFF
    return bytes(content)


def lying_about_its_size() -> bytes:
    """Many bytes that claim to be a thousand."""
    content = bytearray(archive({"mrds.csv": b"0" * (4 << 20)}))
    start = content.index(b"PK\x01\x02")
    content[start + 24 : start + 28] = struct.pack("<I", 1000)
    return bytes(content)


TABLE_FAULTS = {
    "pointer of Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "a pointer of Git LFS came"),
    "web page": (PAGE, "a web page came instead of the file ('Down for maintenance')"),
    "empty": (b"", "the file is empty"),
    "error message": (
        b'{"error": {"code": 500, "message": "Out of\\nmemory"}}',
        "error instead of the file: 500 Out of",
    ),
    "something else": (b"dep_id,site_name\n1,x\n", "the zip archive is damaged"),
    "cut short": (NEW[: len(NEW) // 2], "the zip archive is damaged or cut short"),
    "wrong checksum": (wrong_checksum(), "Bad CRC-32 for file 'mrds.csv'"),
    "flipped bits": (flipped_inside(), "the zip archive is damaged"),
    "member missing": (
        zipped(readme__txt=b"x", other__csv=mrds_csv()),
        "holds readme.txt, other.csv; mrds.csv was expected",
    ),
    "parent path": (archive({"mrds.csv": mrds_csv(), "../../evil.sh": b"x"}), "holds '../../evil.sh'"),
    "absolute path": (archive({"/etc/mrds.csv": mrds_csv()}), "holds '/etc/mrds.csv'"),
    "Windows path": (archive({"C:\\mrds.csv": mrds_csv()}), "paths that stay inside it were expected"),
    "zip bomb": (archive({"mrds.csv": b"0" * (4 << 20)}), "unpacks to more than the 1048576 bytes"),
    "zip bomb of many": (archive({f"{n}.csv": b"0" * (1 << 20) for n in range(3)}), "more than the 2097152 bytes"),
    "zip bomb that lies": (lying_about_its_size(), "the zip archive is damaged"),
    "no rows": (zipped(mrds__csv=mrds_csv(0)), "has a header and no rows"),
    "renamed column": (
        zipped(mrds__csv=mrds_csv(columns=COLUMNS.replace("latitude", "lat"))),
        "mrds: has no column latitude",
    ),
    "half the rows": (zipped(mrds__csv=mrds_csv(20)), "has 20 rows, 40 were there before"),
}
LAYER_FAULTS = {
    "web page": (PAGE, "a web page came instead of the file"),
    "empty": (b"", "the file is empty"),
    "ArcGIS error": (
        as_json({"error": {"code": 400, "message": "Invalid query", "details": []}}),
        "departments: the server gave an error instead of the file: 400 Invalid query",
    ),
    "ArcGIS limit": (as_json(collection("Cusco", "Puno", exceededTransferLimit=True)), "exceededTransferLimit"),
    "ArcGIS limit in properties": (
        as_json(collection("Cusco", "Puno", properties={"exceededTransferLimit": True})),
        "exceededTransferLimit",
    ),
    "cut short": (NEW_LAYER[:-20], "not valid JSON"),
    "no number": (NEW_LAYER.replace(b"-69", b"NaN"), "NaN is not a number of JSON"),
    "too deep": (b'{"type":' + b"[" * 100_000, "not valid JSON"),
    "wrong encoding": (as_json(collection("Huánuco")).replace(b"\\u00e1", b"\xe1"), "is 0xe1, UTF-8 text was expected"),
    "another type": (as_json({"type": "Topology"}), "JSON of type 'Topology', a GeoJSON FeatureCollection"),
    "a list": (b"[1]", "JSON of type None"),
    "no features": (as_json(collection()), "GeoJSON without features"),
    "no Feature": (as_json(collection() | {"features": [{"type": "Point"}]}), "feature 1 is no Feature"),
    "no coordinates": (
        as_json(collection() | {"features": [{"type": "Feature", "geometry": {"type": "Polygon"}}]}),
        "feature 1 has no geometry of a known kind",
    ),
    "no polygons": (
        as_json(
            collection()
            | {
                "features": [
                    {
                        "type": "Feature",
                        "properties": {"shapeName": "Cusco"},
                        "geometry": {"type": "Point", "coordinates": [1, 2]},
                    }
                ]
            }
        ),
        "holds Point, polygons were expected",
    ),
    "off the globe": (NEW_LAYER.replace(b"-69", b"-690"), "longitudes within 180"),
    "ring of two points": (
        as_json(
            collection()
            | {
                "features": [
                    {
                        "type": "Feature",
                        "properties": {},
                        "geometry": {"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]},
                    }
                ]
            }
        ),
        "feature 1 has a ring that is not closed",
    ),
    "no positions": (NEW_LAYER.replace(b"-69", b'"-69"'), "feature 1 has a position that is not two or three numbers"),
    "positions of another kind": (
        NEW_LAYER.replace(b'"Polygon"', b'"MultiPolygon"'),
        "has a position that is not two or three numbers",
    ),
    "numbers for rings": (
        NEW_LAYER.replace(b"[[[-70, -13]", b"[-70, [[-13, 1]"),
        "has coordinates that are not those of a Polygon",
    ),
    "another depth": (NEW_LAYER.replace(b"[[[", b"[[").replace(b"]]]", b"]]"), "feature 1 has a position that is not"),
    "half the rows": (as_json(collection("Cusco")), "has 1 rows, 2 were there before"),
    "renamed field": (NEW_LAYER.replace(b"shapeName", b"name"), "has no field 'shapeName', its fields are name"),
}


@pytest.mark.parametrize("way", ["check", "ensure", "import"])
@pytest.mark.parametrize("fault", TABLE_FAULTS)
def test_a_wrong_table_is_refused(table: Place, fault: str, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "MAX_UNPACKED_MEMBER_BYTES", 1 << 20)
    monkeypatch.setattr(checks, "MAX_UNPACKED_BYTES", 2 << 20)
    refused_by_every_way(table, way, *TABLE_FAULTS[fault])


@pytest.mark.parametrize("way", ["check", "ensure", "import"])
@pytest.mark.parametrize("fault", LAYER_FAULTS)
def test_a_wrong_layer_is_refused(layer: Place, fault: str, way: str) -> None:
    refused_by_every_way(
        layer, way, *LAYER_FAULTS[fault], layers=[Layer(source="departments", where={"shapeName": "Cusco"})]
    )


def refused_by_every_way(place: Place, way: str, content: bytes, text: str, **options: Any) -> None:
    place.server.answer(place.path, content)
    if way == "ensure":
        stored_file(place.name, place.source, place.lock, place.root).unlink()
    ways: dict[str, Callable[[], Fetched]] = {
        "check": lambda: place.check(**options),
        "ensure": lambda: place.ensure(**options),
        "import": lambda: place.bring(content, **options),
    }
    with nothing_changes(place, RefusedError, f"{place.name}: ", text):
        ways[way]()


def test_more_bytes_than_promised(table: Place) -> None:
    table.server.answer(table.path, Reply(NEW, promised=len(NEW) - 10))
    with nothing_changes(table, RefusedError, "damaged or cut short"):
        table.check()


@pytest.mark.parametrize("unpromised", [False, True])
def test_more_bytes_than_allowed(table: Place, unpromised: bool) -> None:
    table.server.answer(table.path, Reply(b"P" * 200_000, unpromised=unpromised))
    with nothing_changes(table, RefusedError, "100000"):
        table.check(client=replace(QUICK, max_bytes=100_000))


def test_fewer_rows_are_taken_in_if_that_is_allowed(table: Place) -> None:
    fewer = zipped(mrds__csv=mrds_csv(20))
    table.server.answer(table.path, fewer)
    assert table.check(allow_fewer_rows=True).lock.rows == 20
    assert table.bring(fewer, allow_fewer_rows=True).changed
    assert table.lock.rows == 20


def test_a_tenth_of_the_rows_may_go(table: Place) -> None:
    table.server.answer(table.path, zipped(mrds__csv=mrds_csv(36)))
    assert table.check().lock.rows == 36
    table.server.answer(table.path, zipped(mrds__csv=mrds_csv(35)))
    with nothing_changes(table, RefusedError, "has 35 rows"):
        table.check()


# --- sources of layers that no scenario uses yet, so that nothing says what they hold

UNUSED = Source(
    title="A layer", producer="Someone", citation="Someone.", licence="Open", filename="x.geojson", reader="vector",
    urls=["https://example.org/x.geojson"],
)  # fmt: skip
SHAPES = gpd.GeoDataFrame(
    {"name": ["one", "two"]}, geometry=[shapely.Point(-70, -12), shapely.Point(-71, -12)], crs="EPSG:4326"
)


def points(path: Path) -> None:
    SHAPES.to_file(path)


def lines(path: Path) -> None:
    SHAPES.set_geometry(shapely.shortest_line(SHAPES.geometry, shapely.Point(0, 0))).to_file(path)


def two_layers(path: Path) -> None:
    for layer in ("a", "b"):
        SHAPES.to_file(path, layer=layer)


def in_a_folder(path: Path) -> None:
    SHAPES.to_file(path.with_suffix(".shp"))
    parts = {f"a folder/{part.name}": part.read_bytes() for part in path.parent.glob(f"{path.stem}.*")}
    path.write_bytes(archive(parts))


def without_crs(path: Path) -> None:
    in_a_folder(path)
    with zipfile.ZipFile(path) as whole:
        path.write_bytes(archive({name: whole.read(name) for name in whole.namelist() if not name.endswith(".prj")}))


def geoparquet(path: Path) -> None:
    SHAPES.to_parquet(path)


def visits(path: Path) -> None:
    path.write_text('name,longitude,latitude,visit_date\n"one, the",-70,-12,2019-01-01\ntwo,-71,-12,2020-01-01\n')


UNUSED_LAYERS = {
    "points.geojson": (points, 2),
    "lines.geojson": (lines, 2),
    "visits.csv": (visits, 2),
    "without_crs.zip": (without_crs, 2),
    "two_layers.gpkg": (two_layers, 4),
    "in_a_folder.zip": (in_a_folder, 2),
    "as_products.parquet": (geoparquet, 2),
}


@pytest.mark.parametrize("name", UNUSED_LAYERS)
def test_a_layer_that_no_scenario_uses_is_taken_whatever_it_holds(name: str, tmp_path: Path) -> None:
    write, rows = UNUSED_LAYERS[name]
    write(tmp_path / name)
    assert check_file(tmp_path / name, "unused", UNUSED) == rows


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("off.geojson", NEW_LAYER.replace(b"-69", b"-690"), "longitudes within 180"),
        ("words.csv", b"name,what\none,two\n", "a table without geometry"),
        ("nowhere.csv", b"name,longitude,latitude\none,,\n", "holds no feature with a shape"),
        ("text.gpkg", b"not a database", "not a layer that GDAL can read"),
    ],
)
def test_a_layer_that_no_scenario_uses_is_refused_where_it_is_none(
    name: str, content: bytes, text: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RefusedError, match=text):
        check_file(tmp_path / name, "unused", UNUSED)


def test_layers_of_a_file_that_a_scenario_uses_are_counted_together(tmp_path: Path) -> None:
    two_layers(tmp_path / "x.gpkg")
    layer = Evidence(source="unused", layer="all")
    assert check_file(tmp_path / "x.gpkg", "unused", UNUSED, layers=[layer]) == 4


@pytest.mark.parametrize("position", ['["NaN","NaN"]', '["NaN",-12]', "[]"])
def test_a_point_without_a_position_costs_itself_and_not_the_layer(
    position: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As ArcGIS servers write them; a polygon with such a corner is another matter."""
    path = tmp_path / "points.geojson"
    points(path)
    path.write_text(path.read_text().replace("[ -71.0, -12.0 ]", position))
    assert check_file(path, "unused", UNUSED, layers=[Evidence(source="unused")]) == 2
    assert "1 of 2 features are no points and are left out" in caplog.text
