"""The kinds of input that each format allows: read right, against values written by hand, or refused in a sentence.

The table of docs/reliability.md counts them.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from affine import Affine
from rasterio.enums import ColorInterp

from asmgold.config.loading import check_settings, load_sources, read_yaml
from asmgold.config.models import Evidence, Exposure, Layer
from asmgold.errors import InputError
from asmgold.io.files import write_zip
from asmgold.sources.evidence import read_evidence
from asmgold.sources.raster import open_raster
from asmgold.sources.records import read_records
from asmgold.sources.small_tables import read_production, read_published
from asmgold.sources.vector import read_polygons
from tests.conftest import PROJECT

Write = Callable[[Path], Path]


class Kind(NamedTuple):
    """How a file of this kind is written in a folder; what comes out of it, or a piece of the refusal; and how it is
    asked for."""

    write: Write
    expected: Any
    options: dict[str, Any] = {}  # noqa: RUF012


def put(name: str, content: str | bytes) -> Write:
    """A file of this content."""

    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def zipped(*names: str, content: bytes, name: str = "packed.zip") -> Write:
    """A zip that holds this content under each of the names; no clock time is in it, which could be a sign of CSV."""

    def write(folder: Path) -> Path:
        write_zip(folder / name, dict.fromkeys(names, content))
        return folder / name

    return write


# --- tables of positions, with a weight

SEEN = [[-70.5, -13, 0.25], [-70.4, -13.5, 2]]
TABLE = "name,longitude,latitude,km2\nPeña,-70.5,-13,0.25\nRío,-70.4,-13.5,2\n"
GERMAN = TABLE.replace(",", ";").replace(".", ",")


def seen(path: Path, **options: Any) -> list[list[float]]:
    read = read_evidence(path, Evidence(file="x", weight_field="km2", **options))
    return [[point.x, point.y, weight] for point, weight in zip(read.geometry, read["weight"], strict=True)]


def table(content: str | bytes, expected: Any = SEEN, name: str = "seen.csv", **options: Any) -> Kind:
    return Kind(put(name, content), expected, options)


def row(text: str) -> str:
    return TABLE + text + "\n"


NO_COLUMNS = "columns longitude and latitude were expected"
POSITIONS = {
    "UTF-8": table(TABLE),
    "UTF-8 with BOM": table(TABLE.encode("utf-8-sig")),
    "UTF-16, little end first": table(TABLE.encode("utf-16")),
    "UTF-16, big end first": table(b"\xfe\xff" + TABLE.encode("utf-16-be")),
    "UTF-16 without BOM": table(TABLE.encode("utf-16-le"), NO_COLUMNS),
    "Windows-1252": table(TABLE.encode("cp1252")),
    "LF": table(TABLE.strip()),
    "CRLF": table(TABLE.replace("\n", "\r\n")),
    "CR": table(TABLE.replace("\n", "\r")),
    "empty lines": table("\n\n" + TABLE.replace("\n", "\n\n")),
    "semicolons": table(TABLE.replace(",", ";")),
    "semicolons and decimal commas": table(GERMAN),
    "semicolons below an empty line": table("\n" + GERMAN),
    "tabs": table(TABLE.replace(",", "\t"), name="seen.tsv"),
    "tabs and decimal commas": table(GERMAN.replace(";", "\t"), name="seen.txt"),
    "pipes": table(TABLE.replace(",", "|")),
    "blanks": table(TABLE.replace(",", " "), NO_COLUMNS),
    "sep= of Excel": table("sep=;\n" + GERMAN, NO_COLUMNS),
    "a comment above": table("# seen\n" + TABLE, NO_COLUMNS),
    "quotes everywhere": table(re.sub(r"[^,\n]+", r'"\g<0>"', TABLE)),
    "delimiter in quotes": table(TABLE.replace("Peña", '"Peña, La"')),
    "line end in quotes": table(TABLE.replace("Peña", '"Peña\nLa"')),
    "quotes in quotes": table(TABLE.replace("Peña", '"La ""Peña"""')),
    "a quote left open": table(TABLE.replace("Peña", '"Peña'), "line 2: a quote opens and is not closed"),
    "columns in capitals": table(TABLE.replace("longitude", "LONGITUDE").replace("latitude", "Latitude")),
    "blanks round names and numbers": table(TABLE.replace(",", " , ").replace(" , km2", ",km2")),
    "short names": table(TABLE.replace("longitude", "lng").replace("latitude", "lat")),
    "x and y": table(TABLE.replace("longitude", "x").replace("latitude", "y"), NO_COLUMNS),
    "longitude twice": table(TABLE.replace("name", "longitude"), "has the column longitude twice"),
    "longitude twice, once in capitals": table(
        TABLE.replace("name", "Longitude"), "has the columns Longitude and longitude, one was expected"),
    "another column twice": table("km2," + TABLE.replace("\n", "\n7,"), "has the column km2 twice"),
    "empty": table("", "is empty"),
    "blank": table(" \n", "is empty"),
    "BOM alone": table(b"\xef\xbb\xbf", "is empty"),
    "header alone": table("longitude,latitude,km2\n", "has a header and no rows"),
    "a workbook called CSV": Kind(zipped("xl/workbook.xml", content=b"<a/>", name="seen.csv"), "has a header"),
    "zero bytes": table(b"\x00" * 100, "has a header and no rows"),
    "a row too long": table(row("a,-70,-13,1,2")),
    "every row too long": table(TABLE.replace("2", "2,").replace("km2,", "km2"), "none of its 2 rows"),
    "a row without position": table(row("a,,,1")),
    "no row with a position": table(TABLE.replace("-70.5", "").replace("-70.4", ""), "none of its 2 rows"),
    "a weight missing": table(row("a,-70,-13,"), "feature 3: km2 is missing"),
    "a negative weight": table(row("a,-70,-13,-1"), "feature 3: km2 is '-1'"),
    "a decimal comma among commas": table(row('a,-70,-13,"1,5"'), "feature 3: km2 is '1,5', a number"),
    "thousands": table(GERMAN + "a;-70;-13;1.234\n", "km2 is '0,25' and '1.234'"),
    "degrees and minutes": table(row("a,70°30'W,-13,1"), "row 3: longitude \"70°30'W\" is not a number"),
    "a typographic minus": table(row("a,−70,-13,1"), "row 3: longitude '−70' is not a number"),
    "an exponent": table(TABLE.replace("-70.5", "-7.05e1")),
    "infinity": table(row("a,inf,-13,1"), "row 3: longitude 'inf' is not a number"),
    "latitude and longitude swapped": table(
        TABLE.replace("longitude", "a").replace("latitude", "longitude").replace(",a,", ",latitude,")
        .replace("-70.5", "-100.5"), "latitudes within 90 degrees were expected"),
    "metres without a CRS": table(row("a,500000,8500000,1"), "is the CRS right?"),
    "metres, and their CRS": table(
        "longitude;latitude;km2\n500000,0;10000000,0;0,25\n", [[-69, 0, 0.25]], crs="EPSG:32719"),
    "beyond 180": table(row("a,190,-13,1"), [*SEEN, [-170, -13, 1]]),
    "WKT": table('WKT,km2\n"POINT (-70.5 -13)",1\n', "states no CRS"),
    "WKT, and its CRS": table('WKT,km2\n"POINT (-70.5 -13)",1\n', [[-70.5, -13, 1]], crs="EPSG:4326"),
    "zipped": Kind(zipped("seen.csv", content=TABLE.encode()), "holds seen.csv; a layer such as"),
}  # fmt: skip

# --- tables of records

MRDS = (
    "dep_id,site_name,latitude,longitude,country,commod1,commod2,commod3\n"
    '1,Peña,-13,-70.5,Peru,"Gold, Silver",,\n2,Río,-13.5,-70.4,Peru,Lead,Gold,\n'
)
FOUND = [["1", "Peña", "-13", "-70.5", "primary"], ["2", "Río", "-13.5", "-70.4", "secondary"]]
FIELDS = ["record_id", "name", "latitude_text", "longitude_text", "commodity_role"]


def records(path: Path) -> list[list[str]]:
    rows = read_records(path, "mrds")[FIELDS].astype(object)
    return (
        rows.where(rows.notna(), "").assign(record_id=rows["record_id"].str.removeprefix("mrds:")).to_numpy().tolist()
    )


def mrds(content: str | bytes, expected: Any = FOUND) -> Kind:
    return Kind(put("mrds.csv", content), expected)


PLAIN = MRDS.encode()
RECORDS = {
    "UTF-8": mrds(MRDS),
    "UTF-8 with BOM": mrds(MRDS.encode("utf-8-sig")),
    "UTF-16": mrds(MRDS.encode("utf-16")),
    "UTF-16 without BOM": mrds(MRDS.encode("utf-16-le"), "has no column dep_id"),
    "Windows-1252": mrds(MRDS.encode("cp1252")),
    "one line in another encoding": mrds(MRDS.replace("Río", "R?o").encode().replace(b"R?o", b"R\xedo")),
    "CRLF": mrds(MRDS.replace("\n", "\r\n")),
    "CR": mrds(MRDS.replace("\n", "\r")),
    "no end of the last line": mrds(MRDS.strip()),
    "semicolons": mrds(MRDS.replace(",", ";"), "has no column dep_id"),
    "tabs": mrds(MRDS.replace(",", "\t"), "has no column dep_id"),
    "line end in quotes": mrds(MRDS.replace("Peña", '"Peña\n"')),
    "a quote left open": mrds(MRDS.replace("Río", '"Río'), "line 3: a quote opens and is not closed"),
    "columns in another order": mrds("\n".join(",".join(reversed(line.split(","))) for line in (
        MRDS.replace('"Gold, Silver"', "Gold").splitlines()))),
    "names in capitals": mrds(MRDS.replace("dep_id", "DEP_ID"), "has no column dep_id; its columns are DEP_ID"),
    "a column missing": mrds(MRDS.replace("country", "land"), "has no column country"),
    "a column twice": mrds("country," + MRDS.replace("\n", "\nx,"), "has the column country twice"),
    "a row too short": mrds(MRDS + "3,C\n", [*FOUND, ["row:3", "", "", "", ""]]),
    "a decimal comma": mrds(MRDS + '3,C,"-13,5",-70,Peru,Gold,,\n', [*FOUND, ["3", "C", "-13,5", "-70", "primary"]]),
    "an id twice": mrds(MRDS + "2,C,1,1,Peru,Gold,,\n", [*FOUND, ["2#2", "C", "1", "1", "primary"]]),
    "empty": mrds("", "is empty"),
    "header alone": mrds(MRDS.split("\n")[0], "has a header and no rows"),
    "zero bytes": mrds(b"\x00" * 50, "has no column"),
    "zip": Kind(zipped("mrds.csv", content=PLAIN), FOUND),
    "zip with folders, in capitals": Kind(zipped("a/b/MRDS.CSV", "readme.txt", content=PLAIN), FOUND),
    "zip of macOS": Kind(zipped("a/mrds.csv", "__MACOSX/a/._mrds.csv", content=PLAIN), FOUND),
    "zip with two of them": Kind(zipped("a/mrds.csv", "b/mrds.csv", content=PLAIN), "holds 2 files mrds.csv"),
    "zip of something else": Kind(zipped("notes.csv", content=PLAIN), "holds notes.csv; mrds.csv was expected"),
    "a zip that is none": Kind(put("mrds.zip", PLAIN), "not a whole zip archive"),
    "gzip": Kind(put("mrds.csv", b"\x1f\x8b\x08\x00" + b"x" * 40), "has no column dep_id"),
}  # fmt: skip

# --- small tables

YEARS = "year,ministry_koz,unep_koz,unep_oz_in_text\n2004,387.5,818,\n2005,189,,592602\n"
SERIES = [[2004, 387.5, 818, -1], [2005, 189, -1, 592602]]


def years(path: Path) -> list[list[float]]:
    return read_production(path).fillna(-1).to_numpy().tolist()


def series(content: str | bytes, expected: Any = SERIES) -> Kind:
    return Kind(put("production.csv", content), expected)


SHARES = 'overlay,series,period,from,to,share_inside,definition\na,Peña,2018,2018,2018,{},"of all, in words"\n'


def shares(path: Path) -> list[list[Any]]:
    return read_published(path)[["overlay", "series", "period", "share_inside"]].to_numpy().tolist()


SMALL = {
    "UTF-8": series(YEARS),
    "UTF-8 with BOM": series(YEARS.encode("utf-8-sig")),
    "UTF-16": series(YEARS.encode("utf-16")),
    "CRLF": series(YEARS.replace("\n", "\r\n")),
    "CR": series(YEARS.replace("\n", "\r")),
    "empty lines": series("\n" + YEARS.replace("\n", "\n\n")),
    "quotes": series(re.sub(r"[^,\n]+", r'"\g<0>"', YEARS)),
    "a quote left open": series(YEARS.replace("387.5", '"387.5'), "a quote opens"),
    "columns in another order": series("\n".join(",".join(reversed(line.split(","))) for line in YEARS.splitlines())),
    "a column more": series("note," + YEARS.replace("\n2", "\nx,2")),
    "a column missing": series(YEARS.replace("unep_koz", "x"), "has no column unep_koz"),
    "a column twice": series("year," + YEARS.replace("\n2", "\n1,2"), "has the column year twice"),
    "every row too long": series(
        YEARS.replace(".5", "").replace(",\n", ",,\n").replace("2602", "2602,"), "row 1: the row has 5 fields"),
    "a row too long": series(YEARS + "2006,1,2,3,4\n", "row 3: the row has 5 fields, 4 were expected"),
    "a row too short": series(YEARS + "2006,1\n", "row 3: the row has 2 fields, 4 were expected"),
    "semicolons": series(YEARS.replace(",", ";"), "has no column year"),
    "a decimal comma": series(YEARS.replace("387.5", '"387,5"'), "row 1 holds what is no number"),
    "NA for a gap": series(YEARS.replace("189,,", "189,NA,")),
    "text": series(YEARS.replace("387.5", "many"), "row 1 holds what is no number"),
    "no year": series(YEARS.replace("2005", ""), "row 2 holds what is no number, or no year"),
    "infinity": series(YEARS.replace("189", "inf"), "row 2 holds what is no number"),
    "empty": series("", "is empty"),
    "header alone": series(YEARS.split("\n")[0], []),
    "a workbook called CSV": Kind(zipped("xl/workbook.xml", content=b"<a/>", name="p.csv"), "has no column year"),
}  # fmt: skip
PUBLISHED = {
    "UTF-8": Kind(put("s.csv", SHARES.format("0.5")), [["a", "Peña", "2018", 0.5]]),
    "Windows-1252": Kind(put("s.csv", SHARES.format("0.5").encode("cp1252")), [["a", "Peña", "2018", 0.5]]),
    "in per cent": Kind(put("s.csv", SHARES.format("50")), "share_inside is '50', a number from 0 to 1 was expected"),
    "per cent signs": Kind(put("s.csv", SHARES.format("50 %")), "share_inside is '50 %'"),
    "a decimal comma": Kind(put("s.csv", SHARES.format('"0,5"')), "share_inside is '0,5'"),
    "a share missing": Kind(put("s.csv", SHARES.format("")), "share_inside is nan, a number from 0 to 1"),
}

# --- layers of polygons: each feature as west, south, east, north and its size in square degrees

SQUARE = [-71.0, -14.0, -70.0, -13.0, 1.0]
RING = [[-71, -14], [-70, -14], [-70, -13], [-71, -13], [-71, -14]]
ONE = gpd.GeoDataFrame({"name": ["Peña"]}, geometry=[shapely.Polygon(RING)], crs=4326)
UTM = "EPSG:32719"


def polygons(path: Path, **options: Any) -> list[list[float]]:
    read = read_polygons(path, Layer(file="x", **options))
    return [[round(float(value), 4) for value in (*shape.bounds, shape.area)] for shape in read.geometry]


def layer(content: str | bytes, expected: Any = (SQUARE,), name: str = "area.geojson", **options: Any) -> Kind:
    return Kind(put(name, content), expected if isinstance(expected, str) else list(expected), options)


def geojson(geometry: str, before: str = "") -> str:
    feature = f'{{"type": "Feature", "properties": {{"name": "Peña"}}, "geometry": {geometry}}}'
    return f'{{"type": "FeatureCollection", {before} "features": [{feature}]}}'


def shape(kind: str, coordinates: object) -> str:
    return f'{{"type": "{kind}", "coordinates": {coordinates}}}'


def wkt(text: str, expected: Any = (SQUARE,)) -> Kind:
    return layer(f'WKT,name\n"{text}",a\n', expected, name="area.csv", crs="EPSG:4326")


def written(name: str, features: gpd.GeoDataFrame = ONE, **how: Any) -> Write:
    """A file that GDAL writes."""

    def write(folder: Path) -> Path:
        features.to_file(folder / name, **how)
        return folder / name

    return write


def given(
    name: str, expected: Any = (SQUARE,), features: gpd.GeoDataFrame = ONE, how: Any = None, **options: Any
) -> Kind:
    return Kind(
        written(name, features, **(how or {})), expected if isinstance(expected, str) else list(expected), options
    )


def changed(write: Write, change: Callable[[Path], object]) -> Write:
    """A file of which something is changed, or taken away, after it was written."""

    def rewrite(folder: Path) -> Path:
        path = write(folder)
        change(path)
        return path

    return rewrite


def without(*endings: str) -> Write:
    return changed(written("area.shp"), lambda path: [path.with_suffix(ending).unlink() for ending in endings])


def cut(ending: str, size: int) -> Write:
    def change(path: Path) -> None:
        part = path.with_suffix(ending)
        part.write_bytes(part.read_bytes()[:size])

    return changed(
        written("area.shp", gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=[*ONE.geometry] * 2, crs=4326)), change
    )


def packed(folder_in_zip: str, *others: str, name: str = "area.shp") -> Write:
    """The parts of a dataset in a zip."""

    def write(folder: Path) -> Path:
        made = folder / "made"
        made.mkdir()
        written(name)(made)
        with zipfile.ZipFile(folder / "area.zip", "w") as archive:
            for part in made.iterdir():
                archive.write(part, folder_in_zip + part.name)
            for other in others:
                archive.writestr(other, b"")
        return folder / "area.zip"

    return write


def as_parquet(features: gpd.GeoDataFrame) -> Write:
    def write(folder: Path) -> Path:
        features.to_parquet(folder / "area.parquet")
        return folder / "area.parquet"

    return write


def table_as_parquet(folder: Path) -> Path:
    ONE.drop(columns="geometry").to_parquet(folder / "area.parquet")
    return folder / "area.parquet"


def moved(lon: float) -> gpd.GeoDataFrame:
    return ONE.set_geometry(ONE.translate(lon))


def of(*shapes: Any, crs: Any = 4326) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"name": ["a"] * len(shapes)}, geometry=list(shapes), crs=crs)


def two_layers(folder: Path) -> Path:
    for name in "ab":
        ONE.to_file(folder / "area.gpkg", layer=name, mode="a" if name == "b" else "w")
    return folder / "area.gpkg"


def table_in(folder: Path) -> Path:
    pyogrio.write_dataframe(ONE.drop(columns="geometry"), folder / "area.gpkg")
    return folder / "area.gpkg"


POLYGON = shape("Polygon", [RING])
POLYGON_Z = shape("Polygon", [[[*point, 250] for point in RING]])
SWAPPED = " ".join(f"{lat} {lon}" for lon, lat in RING)
IN_ORDER = " ".join(f"{lon} {lat}" for lon, lat in RING)
KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}</Document></kml>'
PLACEMARK = ("<Placemark><name>Peña</name><Polygon><outerBoundaryIs><LinearRing><coordinates>"
             + " ".join(f"{lon},{lat},250" for lon, lat in RING)
             + "</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>")  # fmt: skip
GML = ('<?xml version="1.0"?><c xmlns:gml="http://www.opengis.net/gml"><gml:featureMember><area fid="1"><gml:Polygon '
       'srsName="{}"><gml:exterior><gml:LinearRing><gml:posList>{}</gml:posList></gml:LinearRing></gml:exterior>'
       "</gml:Polygon></area></gml:featureMember></c>")  # fmt: skip
GPX = '<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><wpt lat="-13" lon="-70.5"/></gpx>'
ESRI = ('{{"geometryType": "esriGeometryPolygon", "spatialReference": {{"wkid": {}}}, "fields": [], "features": '
        '[{{"attributes": {{}}, "geometry": {{"rings": [{}]}}}}]}}')  # fmt: skip
TOPOJSON = ('{"type": "Topology", "transform": {"scale": [1, 1], "translate": [-71, -14]}, "arcs": [[[0, 0], [1, 0], '
            '[0, 1], [-1, 0], [0, -1]]], "objects": {"area": {"type": "Polygon", "arcs": [[0]]}}}')  # fmt: skip
BOX = shapely.box(-71, -14, -70, -13)
TENTH, TEN = (
    of(shapely.box(-71, -14, -70.9, -13.9)),
    [-71, -14, -70.9, -13.9, 0.01],
)  # small, for projections bend edges
with np.errstate(invalid="ignore"):
    NAN_RING = shapely.Polygon([(-71, -14), (-70, -14), (np.nan, np.nan), (-71, -13), (-71, -14)])
LAYERS = {
    "GeoJSON": layer(geojson(POLYGON)),
    "GeoJSON with BOM": layer("\ufeff" + geojson(POLYGON)),
    "GeoJSON in UTF-16": layer(geojson(POLYGON).encode("utf-16"), "not a layer that GDAL can read"),
    "GeoJSON, one feature": layer(geojson(POLYGON)[geojson(POLYGON).index("[") + 1 : -2]),
    "GeoJSON, a geometry alone": layer(POLYGON),
    "GeoJSON, a feature a line": layer(
        geojson(POLYGON)[geojson(POLYGON).index("[") + 1 : -2] + "\n", name="area.geojsonl"),
    "GeoJSON with a CRS of old": layer(
        geojson(shapely.to_geojson(TENTH.to_crs(UTM).geometry[0]),
                '"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32719"}},'), [TEN]),
    "GeoJSON with the CRS of latitudes first": layer(
        geojson(POLYGON, '"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4326"}},')),
    "GeoJSON cut short": layer(geojson(POLYGON)[:150], "not a layer that GDAL can read"),
    "GeoJSON without features": layer('{"type": "FeatureCollection", "features": []}', "holds no feature"),
    "a page in place of GeoJSON": layer("<html>", "not a layer that GDAL can read"),
    "empty file": layer("", "not a layer that GDAL can read"),
    "no file": Kind(lambda folder: folder / "area.gpkg", "there is no such file"),
    "Esri JSON": layer(ESRI.format(4326, RING[::-1]), name="area.json"),
    "TopoJSON": layer(TOPOJSON, name="area.json", crs="EPSG:4326"),
    "KML": layer(KML.format(PLACEMARK), name="area.kml"),
    "KML with folders": layer(KML.format(
        f"<Folder><name>a</name>{PLACEMARK}</Folder><Folder><name>b</name>{PLACEMARK}</Folder>"),
        "holds 2 layers, a, b; say which one", name="area.kml"),
    "KML with folders, all of them": layer(KML.format(
        f"<Folder><name>a</name>{PLACEMARK}</Folder><Folder><name>b</name>{PLACEMARK}</Folder>"),
        [SQUARE, SQUARE], name="area.kml", layer="all"),
    "KMZ": Kind(zipped("doc.kml", content=KML.format(PLACEMARK).encode(), name="area.kmz"), [SQUARE]),
    "GPX": layer(GPX, "holds 5 layers", name="area.gpx"),
    "GPX, its points": layer(GPX, "holds Point, polygons were expected", name="area.gpx", layer="waypoints"),
    "GML, latitude first": layer(GML.format("urn:ogc:def:crs:EPSG::4326", SWAPPED), name="area.gml"),
    "GML, longitude first": layer(GML.format("EPSG:4326", IN_ORDER), name="area.gml"),
    "a table with WKT": wkt(BOX.wkt),
    "a table without": layer("name\na\n", "a table without geometry, polygons were expected", name="area.csv"),
    "GeoPackage": given("area.gpkg"),
    "GeoPackage of a table": Kind(table_in, "a table without geometry"),
    "FlatGeobuf": given("area.fgb"),
    "FlatGeobuf cut short": Kind(changed(written("area.fgb"), lambda path: path.write_bytes(path.read_bytes()[:-40])),
                                 "not a layer that GDAL can read"),
    "File Geodatabase": given("area.gdb", how={"driver": "OpenFileGDB"}),
    "MapInfo": given("area.tab", how={"driver": "MapInfo File"}),
    "SpatiaLite": given("area.sqlite", how={"driver": "SQLite", "SPATIALITE": "NO"}),
    "GeoParquet": Kind(as_parquet(ONE), [SQUARE]),
    "GeoParquet without a CRS": Kind(as_parquet(ONE.set_crs(None, allow_override=True)), "states no CRS"),
    "GeoParquet of a table": Kind(table_as_parquet, "not a GeoParquet file"),
    "GeoParquet, a hole in its numbers": Kind(as_parquet(of(BOX, NAN_RING)), "feature 2 has a shape that cannot"),
    "shapefile": given("area.shp"),
    "shapefile in Windows-1252": given("area.shp", how={"encoding": "cp1252"}),
    "shapefile without .shx": Kind(without(".shx"), "area.shx"),
    "shapefile without .dbf": Kind(without(".dbf"), [SQUARE]),
    "shapefile without .prj": Kind(without(".prj"), "states no CRS; give it as `crs: EPSG:...`"),
    "shapefile without .prj, and its CRS": Kind(without(".prj"), [SQUARE], {"crs": "EPSG:4326"}),
    "shapefile without .cpg": Kind(without(".cpg"), [SQUARE]),
    "shapefile, its .shp cut short": Kind(cut(".shp", 250), "is cut short; it has 250 bytes, and 372 by its own"),
    "shapefile, its .shx cut short": Kind(cut(".shx", 108), "is cut short; it has 108 bytes, and 116 by its own"),
    "shapefile, its .dbf cut short": Kind(cut(".dbf", 70), "not a layer that GDAL can read"),
    "zip": Kind(packed(""), [SQUARE]),
    "zip with folders": Kind(packed("a/b/"), [SQUARE]),
    "zip of macOS": Kind(packed("a/", "__MACOSX/a/._area.shp", ".DS_Store"), [SQUARE]),
    "zip with a GeoPackage": Kind(packed("a/", name="area.gpkg"), [SQUARE]),
    "zip in a zip": Kind(zipped("inner.zip", content=b"x"), "holds inner.zip; a layer such as a shapefile"),
    "a zip that is none": layer("x", "not a whole zip archive", name="area.zip"),
    "with heights": layer(geojson(POLYGON_Z)),
    "with measures": wkt("POLYGON M ((-71 -14 5, -70 -14 5, -70 -13 5, -71 -13 5, -71 -14 5))"),
    "with curves": wkt("CURVEPOLYGON ((-71 -14, -70 -14, -70 -13, -71 -13, -71 -14))"),
    "a surface": wkt("TIN Z (((-71 -14 0, -70 -14 0, -70 -13 0, -71 -14 0)))", "feature 1 has a shape that cannot"),
    "multipolygon": layer(geojson(shape("MultiPolygon", [[RING]]))),
    "collection": layer(geojson(
        f'{{"type": "GeometryCollection", "geometries": [{POLYGON}, {shape("Point", [0, 0])}]}}')),
    "points": layer(geojson(shape("Point", RING[0])), "holds Point, polygons were expected"),
    "lines": layer(geojson(shape("LineString", RING)), "holds LineString, polygons were expected"),
    "no geometry": layer(geojson("null"), "holds no geometry, polygons were expected"),
    "empty geometry": layer(geojson(shape("Polygon", [])), "polygons were expected"),
    "empty geometry beside another": given("area.gpkg", features=of(BOX, shapely.Polygon())),
    "no geometry beside another": given("area.gpkg", features=of(BOX, None)),
    "a ring left open": layer(geojson(shape("Polygon", [RING[:-1]]))),
    "a ring of two points": layer(geojson(shape("Polygon", [RING[:2]])), "none of its 1 polygons has an area"),
    "a ring the other way": layer(geojson(shape("Polygon", [RING[::-1]]))),
    "a hole in its numbers": layer(geojson(POLYGON.replace("-13", "NaN", 1)), "feature 1 has a shape that cannot"),
    "text for a number": layer(geojson(POLYGON.replace("-13", '"x"', 1)), "holds no geometry, polygons"),
    "a bow-tie": layer(geojson(shape("Polygon", [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]])), "mend them by hand"),
    "a hole": layer(geojson(shape("Polygon", [RING, [[-70.5, -13.5], [-70.5, -13.4], [-70.4, -13.4], [-70.5, -13.5]]])),
                    [[*SQUARE[:4], 0.995]]),
    "no CRS": layer(TOPOJSON, "states no CRS; give it as `crs: EPSG:...`", name="area.json"),
    "a local CRS": given("area.gpkg", "states a CRS that is nowhere on the Earth", ONE.set_crs(
        'LOCAL_CS["site",UNIT["metre",1],AXIS["x",EAST],AXIS["y",NORTH]]', allow_override=True)),
    "a CRS that there is not": layer(TOPOJSON, "crs is 'EPSG:1', a CRS such as", name="area.json", crs="EPSG:1"),
    "a projection": given("area.gpkg", [TEN], TENTH.to_crs(UTM)),
    "a projection in feet": given(
        "area.gpkg", [[-74, 40, -73.9, 40.1, 0.01]], of(shapely.box(-74, 40, -73.9, 40.1)).to_crs(2263)),
    "a projection, in a file of longitudes": given(
        "area.gpkg", "longitudes within 180", ONE.to_crs(UTM).set_crs(4326, allow_override=True)),
    "longitude and latitude of CRS84": given("area.gpkg", features=ONE.to_crs("OGC:CRS84")),
    "three dimensions": given("area.gpkg", features=ONE.set_crs(4979, allow_override=True)),
    # Moved by (-279, 175, -379) and (-168, -60, 320) metres, reckoned by hand.
    "a datum of its own": given(
        "area.gpkg", [[-71.0019, -14.0035, -70.0019, -13.0035, 1]], ONE.set_crs(4248, allow_override=True)),
    "grads from Paris": given(
        "area.gpkg", [[2.3365, 45.0, 3.2366, 45.9, 0.81]], of(shapely.box(0, 50, 1, 51), crs=4807)),
    "an earth-centred CRS": given(
        "area.gpkg", "counts from the middle of the Earth", of(shapely.box(1e6, 1e6, 2e6, 2e6), crs=4978)),
    "longitudes up to 360": given("area.gpkg", features=moved(360)),
    "across 180": given("area.gpkg", [[-180, -14, 180, -13, 1]], moved(250.5)),
    "latitude first": given("area.gpkg", "latitudes within 90 degrees", of(shapely.box(-14, -171, -13, -170))),
    "several layers": Kind(two_layers, "holds 2 layers, a, b; say which one"),
    "several layers, one of them": Kind(two_layers, [SQUARE], {"layer": "b"}),
    "several layers, another": Kind(two_layers, "holds no layers 'c'", {"layer": "c"}),
    "a value": given("area.gpkg", where={"name": "Peña"}),
    "a value that there is not": given("area.gpkg", "no feature has name = 'Pena'", where={"name": "Pena"}),
}  # fmt: skip


# --- rasters: their west and north, and the amounts of their four cells

GRID = Affine(0.5, 0, -70, 0, -0.5, -13)
FOUR = [-70, -13, 1, 2, 3, 4]
THREE = [-70, -13, None, 2, 3, 4]


def cells(path: Path, driver: str | None = None, **options: Any) -> list[float | None]:
    with open_raster(path, Exposure(file="x", unit="people", **options), driver) as band:
        west, _, _, north = band.extent()
        return [west, north, *(None if np.isnan(n) else float(n) for n in band.read_window(0, 0, 2, 2).ravel())]


def drawn(values: Any = (1, 2, 3, 4), kind: str = "int16", name: str = "people.tif", **how: Any) -> Write:
    """A raster of four cells, or of as many in each band."""
    bands = np.array(values, kind).reshape(-1, 2, 2)
    driver = {".asc": "AAIGrid", ".png": "PNG"}.get(Path(name).suffix, "GTiff")
    tags, scale = how.pop("tags", {}), how.pop("scale", None)
    how = {"driver": driver, "crs": "EPSG:4326", "transform": GRID} | how

    def write(folder: Path) -> Path:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            with rasterio.open(folder / name, "w", width=2, height=2, count=len(bands), dtype=kind, **how) as target:
                target.write(bands)
                target.update_tags(**tags)
                if scale is not None:
                    target.scales, target.offsets = [scale[0]] * len(bands), [scale[1]] * len(bands)
        return folder / name

    return write


def beside(write: Write, name: str, content: str) -> Write:
    return changed(write, lambda path: put(name, content)(path.parent))


def raster(
    expected: Any = FOUR, values: Any = (1, 2, 3, 4), kind: str = "int16", how: Any = None, **options: Any
) -> Kind:
    return Kind(drawn(values, kind, **(how or {})), expected, options)


def masked(folder: Path) -> Path:
    path = drawn()(folder)
    with rasterio.open(path, "r+") as target:
        target.write_mask(np.array([[0, 255], [255, 255]], np.uint8))
    return path


def with_alpha(folder: Path) -> Path:
    path = drawn([1, 2, 3, 4, 0, 255, 255, 255], "uint8")(folder)
    with rasterio.open(path, "r+") as target:
        target.colorinterp = [ColorInterp.gray, ColorInterp.alpha]
    return path


ASC = "ncols 2\nnrows 2\nxllcorner -70\nyllcorner -14\ncellsize 0.5\nNODATA_value -9999\n{} 2\n3 4\n"
VRT = (
    '<VRTDataset rasterXSize="2" rasterYSize="2"><SRS>EPSG:4326</SRS><GeoTransform>-70, 0.5, 0, -13, 0, -0.5'
    '</GeoTransform><VRTRasterBand dataType="Int16" band="1"><NoDataValue>1</NoDataValue><SimpleSource>'
    '<SourceFilename relativeToVRT="1">people.tif</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>'
)
PAM = '<PAMDataset><PAMRasterBand band="1"><NoDataValue>1</NoDataValue></PAMRasterBand></PAMDataset>'
WORLD = "0.5\n0\n0\n-0.5\n-69.75\n-13.25\n"  # of the middle of the first cell


def by_vrt(folder: Path) -> Path:
    drawn()(folder)
    return put("people.vrt", VRT)(folder)


NOWHERE = {"transform": None, "crs": None}
UNDER_0 = (-9999, 2, 3, 4)
RASTERS = {
    **{f"{kind}": raster(kind=kind) for kind in (
        "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64")},
    "one bit": raster([-70, -13, 1, 0, 1, 1], (1, 0, 1, 1), "uint8", {"nbits": 1}),
    "complex": raster("is of type complex64, numbers were expected", kind="complex64"),
    "COG": raster(how={"driver": "COG"}),
    "tiles and compression": raster(how={"tiled": True, "blockxsize": 16, "blockysize": 16, "compress": "deflate"}),
    "BigTIFF": raster(how={"BIGTIFF": "YES"}),
    "VRT": Kind(by_vrt, THREE),
    "ASCII grid": Kind(put("people.asc", ASC.format(1)), FOUR, {"crs": "EPSG:4326"}),
    "ASCII grid with no data": Kind(put("people.asc", ASC.format(-9999)), THREE, {"crs": "EPSG:4326"}),
    "ASCII grid of middles": Kind(put("people.asc", ASC.format(1).replace("corner -70", "center -69.75").replace(
        "corner -14", "center -13.75")), FOUR, {"crs": "EPSG:4326"}),
    "ASCII grid with decimal commas": Kind(
        put("people.asc", ASC.format("1,5")), [-70, -13, 1.5, 2, 3, 4], {"crs": "EPSG:4326"}),
    "cells given by their middles": raster(how={"tags": {"AREA_OR_POINT": "Point"}}),
    "the second band": raster(values=(9, 9, 9, 9, 1, 2, 3, 4), band=2),
    "a band that there is not": raster("has 1 bands, band 2 was asked for", band=2),
    "no data stated": raster(THREE, UNDER_0, how={"nodata": -9999}),
    "no data stated, not a number": raster(THREE, (np.nan, 2, 3, 4), "float32", {"nodata": np.nan}),
    "not a number, no data not stated": raster(THREE, (np.nan, 2, 3, 4), "float32"),
    "no data stated for single precision": raster(THREE, (1e20, 2, 3, 4), "float32", {"nodata": 1e20}),
    "no data not stated": raster("if it stands for no data, say so: `nodata: -9999`", UNDER_0),
    "no data said": raster(THREE, UNDER_0, nodata=-9999),
    "no data said for single precision": raster(THREE, (1e20, 2, 3, 4), "float32", nodata=1e20),
    "no data said, beyond the type": raster(kind="uint8", nodata=-9999),
    "no data said, beyond single precision": raster(kind="float32", nodata=-1.7976931348623157e308),
    "no data stated and said": raster(THREE, UNDER_0, how={"nodata": -9999}, nodata=2),
    "no data beside the file": Kind(beside(drawn(), "people.tif.aux.xml", PAM), THREE),
    "a mask": Kind(masked, THREE),
    "an alpha band": Kind(with_alpha, THREE),
    "scale and offset": raster([-70, -13, 1.5, 2, 2.5, 3], how={"scale": (0.5, 1)}),
    "scale and no data": raster([-70, -13, None, 1, 1.5, 2], UNDER_0, how={"scale": (0.5, 0), "nodata": -9999}),
    "below 0": raster("band 1 holds -1 at -69.75 -13.25, amounts of 0 or more were expected", (-1, 2, 3, 4)),
    "without end": raster("band 1 holds inf", (np.inf, 2, 3, 4), "float32"),
    "no CRS": raster("states no CRS; give it as `crs: EPSG:...`", how={"crs": None}),
    "no CRS, and it is said": raster(how={"crs": None}, crs="EPSG:4326"),
    "a CRS that there is not": raster("crs is 'EPSG:1'", how={"crs": None}, crs="EPSG:1"),
    "a local CRS": raster("crs is 'LOCAL_CS[",  how={"crs": 'LOCAL_CS["site",UNIT["metre",1]]'}),
    "an earth-centred CRS": raster("crs is 'GEOCCS[",  how={"crs": "EPSG:4978"}),
    "a projection": raster([500000, 8000000, 1, 2, 3, 4], how={
        "crs": "EPSG:32719", "transform": Affine(1000, 0, 500000, 0, -1000, 8000000)}),
    "no place": raster("does not say where its cells are", how=NOWHERE),
    "a world file": Kind(beside(drawn(**NOWHERE), "people.tfw", WORLD), FOUR, {"crs": "EPSG:4326"}),
    "a picture with a world file": Kind(
        beside(drawn(kind="uint8", name="people.png", **NOWHERE), "people.pgw", WORLD), FOUR, {"crs": "EPSG:4326"}),
    "rotated": raster("is rotated", how={"transform": GRID @ Affine.rotation(10)}),
    "south up": raster("is upside down or mirrored", how={"transform": Affine(0.5, 0, -70, 0, 0.5, -14)}),
    "east to west": raster("is upside down or mirrored", how={"transform": Affine(-0.5, 0, -69, 0, -0.5, -13)}),
    "cut short": Kind(changed(drawn(driver="COG"), lambda path: path.write_bytes(path.read_bytes()[:-5])),
                      "is damaged or cut short"),
    "empty": Kind(put("people.tif", ""), "not a raster that GDAL can read"),
    "text": Kind(put("people.tif", "x,y\n"), "not a raster that GDAL can read"),
    "zipped": Kind(zipped("people.tif", content=b"x"), "not a raster that GDAL can read"),
    "no file": Kind(lambda folder: folder / "people.tif", "there is no such file"),
}  # fmt: skip


# --- YAML: settings

SETTINGS = read_yaml(PROJECT / "config/config.yaml")


def checked(path: Path) -> float:
    """The radius of the discs, from a file that says it."""
    return check_settings(
        SETTINGS | read_yaml(path), load_sources(PROJECT / "config/sources.yaml"), str(path)
    ).buffer_km


def yaml(content: str | bytes, expected: Any) -> Kind:
    return Kind(put("a.yaml", content), expected)


YAML = {
    "UTF-8": yaml("a: Peña", {"a": "Peña"}),
    "UTF-8 with BOM": yaml("a: Peña".encode("utf-8-sig"), {"a": "Peña"}),
    "UTF-16": yaml("a: Peña".encode("utf-16"), "not valid YAML"),
    "Windows-1252": yaml("a: Peña".encode("cp1252"), "not valid YAML"),
    "CRLF": yaml("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
    "CR": yaml("a: 1\rb: 2\r", {"a": 1, "b": 2}),
    "tabs": yaml("a:\n\tb: 1", "not valid YAML"),
    "empty": yaml("", None),
    "comments alone": yaml("# nothing\n", None),
    "two documents": yaml("a: 1\n---\nb: 2\n", "not valid YAML"),
    "a key twice": yaml("a: 1\nb: 2\na: 3\n", "a stands twice, in lines 1 and 3"),
    "a key twice, once in quotes": yaml("a: 1\n'a': 3\n", "a stands twice, in lines 1 and 2"),
    "a key twice, deep": yaml("x:\n  a: 1\n  a: 1\n", "a stands twice, in lines 2 and 3"),
    "an anchor": yaml("a: &x {c: 1}\nb: *x\n", {"a": {"c": 1}, "b": {"c": 1}}),
    "an anchor that there is not": yaml("a: *x", "not valid YAML"),
    "a merge": yaml("a: &x {c: 1, d: 2}\nb: {<<: *x, c: 3}\n", {"a": {"c": 1, "d": 2}, "b": {"c": 3, "d": 2}}),
    "flow": yaml('{"a": [1, 2.5, null, true]}', {"a": [1, 2.5, None, True]}),
    "blocks of text": yaml("a: |\n  x\n  y\nb: >\n  x\n  y\n", {"a": "x\ny\n", "b": "x y\n"}),
    "yes and no": yaml("[yes, no, on, off, y, n, NO]", ["yes", "no", "on", "off", "y", "n", "NO"]),
    "true and false": yaml("[true, False, TRUE]", [True, False, True]),
    "nothing": yaml("[~, null, ]", [None, None]),
    "zeros in front": yaml("[012, 08, -01]", [12, 8, -1]),
    "eights and sixteens": yaml("[0o17, 0x1F]", [15, 31]),
    "times of day": yaml("[1:30, 20:30:40]", ["1:30", "20:30:40"]),
    "figures in groups": yaml("[1_000, '1,5']", ["1_000", "1,5"]),
    "points and exponents": yaml("[1., .5, 1e3, 1.5E-2, +2]", [1.0, 0.5, 1000.0, 0.015, 2]),
    "dates": yaml("[2019-05-03, 2019-05-03T10:00:00Z]", ["2019-05-03", "2019-05-03T10:00:00Z"]),
    "a tag of Python": yaml("!!python/object/apply:os.system [x]", "not valid YAML"),
    "a tag that does not fit": yaml("a: !!int x", "not valid YAML"),
    "nested without end": yaml("[" * 99, "nested more than 50 levels deep"),
    "a quote left open": yaml("a: 'x\nb: 1\n", "not valid YAML"),
    "control signs": yaml("a: \x07", "not valid YAML"),
}  # fmt: skip
NUMBERS = {
    "whole": yaml("buffer_km: 25", 25),
    "with a point": yaml("buffer_km: 2.5e1", 25),
    "with a comma": yaml("buffer_km: 2,5", "buffer_km is '2,5', a number"),
    "with a unit": yaml("buffer_km: 25 km", "buffer_km is '25 km', a number"),
    "in quotes": yaml("buffer_km: '25'", "buffer_km is '25', a number"),
    "true": yaml("buffer_km: true", "buffer_km is True, a number"),
    "none": yaml("buffer_km:", "buffer_km is None, a number"),
    "a list": yaml("buffer_km: [25]", "buffer_km is [25], a number"),
    "not a number": yaml("buffer_km: .nan", "buffer_km is nan"),
    "without end": yaml("buffer_km: .inf", "buffer_km is inf"),
    "below 0": yaml("buffer_km: -25", "buffer_km is -25"),
    "an old key": yaml("buffer_m: 25", "buffer_m is not a known key"),
}


KINDS: dict[str, tuple[Callable[..., Any], dict[str, Kind]]] = {
    "positions": (seen, POSITIONS),
    "records": (records, RECORDS),
    "production": (years, SMALL),
    "published shares": (shares, PUBLISHED),
    "polygons": (polygons, LAYERS),
    "rasters": (cells, RASTERS),
    "YAML": (read_yaml, YAML),
    "settings": (checked, NUMBERS),
}


@pytest.mark.parametrize(
    ("reader", "name"),
    [pytest.param(reader, name, id=f"{reader}: {name}") for reader in KINDS for name in KINDS[reader][1]],
)
def test_every_kind_is_read_right_or_refused_in_a_sentence(tmp_path: Path, reader: str, name: str) -> None:
    read, kinds = KINDS[reader]
    kind = kinds[name]
    path = kind.write(tmp_path)
    if not isinstance(kind.expected, str):
        assert read(path, **kind.options) == kind.expected
        return
    with pytest.raises(InputError) as refused:
        read(path, **kind.options)
    message = str(refused.value)
    assert kind.expected in message
    assert message.startswith(str(path.with_suffix("")))  # of the file, or of its part
    assert "\n" not in message


def test_the_table_of_the_page_counts_them() -> None:
    page = (PROJECT / "docs/reliability.md").read_text(encoding="utf-8")
    counts = {reader: [int(n) for n in numbers] for reader, *numbers in re.findall(
        r"^\| ([^|]+) \| [^|]+ \| (\d+) \| (\d+) \| (\d+) \| 0 \|$", page, re.MULTILINE)}  # fmt: skip
    expected = {}
    for reader, (_, kinds) in KINDS.items():
        refused = sum(isinstance(kind.expected, str) for kind in kinds.values())
        expected[reader] = [len(kinds), len(kinds) - refused, refused]
    assert counts == expected
