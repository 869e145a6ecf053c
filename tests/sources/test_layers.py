"""Files that GIS people meet every day, read as the layer: areas are those of the squares that were written."""

from __future__ import annotations

import shutil
import zipfile

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import Geod, Transformer

from asmgold.config.models import Layer, Rivers, Towns
from asmgold.errors import InputError
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.regions.elsewhere import note_elsewhere
from asmgold.sources.vector import read_layer, read_lines, read_polygons

WEST, EAST = shapely.box(-71, -14, -70, -13), shapely.box(-69, -14, -68, -13)
BOTH = gpd.GeoDataFrame({"name": ["west", "east"], "code": np.array([1, 2], np.int32)}, geometry=[WEST, EAST], crs=4326)
KM2 = float(polygon_area(np.array([WEST, EAST], dtype=object)).sum()) / 1e6
GEOD = Geod(ellps="WGS84")


def km2(path, **layer):
    return float(polygon_area(read_polygons(path, Layer(file="x", **layer)).geometry.array).sum()) / 1e6


# --- several layers


@pytest.fixture(params=["gpkg", "zip", "gdb", "folder.zip"])
def two_layers(request, tmp_path):
    path = tmp_path / f"areas.{request.param}"
    if request.param in ("gpkg", "gdb"):
        for name, some in BOTH.groupby("name"):
            driver = "GPKG" if request.param == "gpkg" else "OpenFileGDB"
            some.to_file(path, layer=name, driver=driver, mode="a" if path.exists() else "w")
        return path
    made = tmp_path / "made"
    made.mkdir()
    for name, some in BOTH.groupby("name"):
        some.to_file(made / f"{name}.shp")
    with zipfile.ZipFile(path, "w") as archive:
        for file in made.iterdir():
            archive.write(file, f"{'layers/2020/' if 'folder' in request.param else ''}{file.name}")
            archive.writestr(f"__MACOSX/._{file.name}", b"")
    return path


def test_of_several_layers_one_is_asked_for(two_layers):
    with pytest.raises(InputError, match="holds 2 layers, east, west; say which one by `layer: east`"):
        km2(two_layers)
    assert km2(two_layers, layer="west") == pytest.approx(KM2 / 2)
    assert km2(two_layers, layer=["west", "east"]) == km2(two_layers, layer="all") == pytest.approx(KM2)
    with pytest.raises(InputError, match="holds no layers 'wset', one was expected; it has east, west"):
        km2(two_layers, layer="wset")


def test_a_table_beside_a_layer_is_none(tmp_path):
    path = tmp_path / "areas.gpkg"
    BOTH.to_file(path, layer="areas")
    pyogrio.write_dataframe(BOTH.drop(columns="geometry"), path, layer="notes", append=True)
    assert km2(path) == pytest.approx(KM2)


def test_layers_in_different_crs_are_not_joined(tmp_path):
    path = tmp_path / "areas.gpkg"
    BOTH.to_file(path, layer="a")
    BOTH.to_crs(32719).to_file(path, layer="b")
    with pytest.raises(InputError, match="its layers are in EPSG:4326 and EPSG:32719, one CRS was expected"):
        km2(path, layer="all")


# --- other forms


def test_geoparquet_and_a_geodatabase_and_a_zip_in_a_folder_are_layers(tmp_path):
    BOTH.to_parquet(tmp_path / "areas.parquet")
    BOTH.to_file(tmp_path / "areas.gdb", driver="OpenFileGDB")
    shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path, "areas.gdb")
    for name in ("areas.parquet", "areas.gdb", "packed.zip"):
        assert km2(tmp_path / name) == pytest.approx(KM2), name
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"broken\.parquet: not a GeoParquet file"):
        km2(tmp_path / "broken.parquet")


@pytest.mark.parametrize(
    ("names", "held"), [(["notes.txt", "inner.zip"], "holds notes.txt, inner.zip;"), ([], "holds nothing;")]
)
def test_a_zip_without_a_layer_says_what_it_holds(tmp_path, names, held):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    with pytest.raises(InputError, match=f"{held} a layer such as a shapefile or a GeoPackage was expected"):
        km2(tmp_path / "a.zip")


def test_collections_keep_their_polygons_however_deep(tmp_path):
    deep = shapely.GeometryCollection([shapely.GeometryCollection([EAST, shapely.Point(0, 0)]), shapely.LineString()])
    mixed = gpd.GeoDataFrame(geometry=[WEST, shapely.GeometryCollection([deep, WEST.boundary])], crs=4326)
    mixed.to_file(tmp_path / "clipped.gpkg")
    assert km2(tmp_path / "clipped.gpkg") == pytest.approx(KM2)


def test_a_ring_that_is_not_closed_is_closed_and_one_with_a_hole_in_its_numbers_is_refused(tmp_path):
    ring = [[-71, -14], [-70, -14], [-70, -13], [-71, -13]]
    text = '{{"type": "Feature", "properties": {{}}, "geometry": {{"type": "Polygon", "coordinates": [{}]}}}}'
    (tmp_path / "open.geojson").write_text(text.format(ring))
    assert km2(tmp_path / "open.geojson") == pytest.approx(KM2 / 2)
    (tmp_path / "nan.geojson").write_text(text.format(ring).replace("-13]]", "NaN], [-71, -14]]"))
    with pytest.raises(InputError, match=r"nan\.geojson: feature 1 has a shape that cannot be read"):
        km2(tmp_path / "nan.geojson")


def test_fields_of_one_name_are_told_apart(tmp_path):
    path = tmp_path / "joined.shp"
    gpd.GeoDataFrame({"aa": [1, 2], "ab": [3, 4]}, geometry=[WEST, EAST], crs=4326).to_file(path)
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace(b"ab", b"aa", 1))
    read = read_polygons(path, Layer(file="x"))
    assert read[["aa", "aa_2"]].to_numpy().tolist() == [[1, 3], [2, 4]]
    assert km2(path, where={"aa_2": 4}) == pytest.approx(KM2 / 2)


def test_whole_numbers_beside_a_missing_one_are_found_by_their_value(tmp_path):
    path = tmp_path / "coded.gpkg"
    codes = [1, None]
    gpd.GeoDataFrame({"code": np.array(codes, float)}, geometry=[WEST, EAST], crs=4326).to_file(path)
    assert km2(path, where={"code": 1}) == pytest.approx(KM2 / 2)


# --- coordinate reference systems


@pytest.mark.parametrize("name", ["undefined.gpkg", "local.shp"])
def test_a_local_crs_counts_as_none(tmp_path, name):
    path = tmp_path / name
    with pytest.warns(UserWarning, match="'crs' was not provided"):
        BOTH.set_crs(None, allow_override=True).to_file(path)
    if name.endswith(".shp"):
        (tmp_path / "local.prj").write_text('LOCAL_CS["Undefined",UNIT["Meter",1.0]]')
    with pytest.raises(InputError, match="give it as `crs: EPSG:"):
        km2(path)
    assert km2(path, crs="EPSG:4326") == pytest.approx(KM2)


@pytest.mark.parametrize("crs", [3460, 3832, 3857, 3994])
def test_a_shape_in_a_projection_is_split_where_it_crosses_180_degrees(tmp_path, crs):
    box = shapely.box(178, -19, 184, -16)
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(*shapely.get_coordinates(box).T)
    if crs == 3857:  # of which what lies east of 180 degrees goes on to the east
        x = np.where(x < 0, x + 2 * 20037508.342789244, x)
    path = tmp_path / "fiji.gpkg"
    gpd.GeoDataFrame(geometry=[shapely.Polygon(np.c_[x, y])], crs=crs).to_file(path)
    read = read_polygons(path, Layer(file="x"))
    assert km2(path) == pytest.approx(float(polygon_area(np.array([box], dtype=object))[0]) / 1e6, rel=2e-3)
    assert read.total_bounds == pytest.approx([-180, -19, 180, -16], abs=0.03)
    assert read.geometry.iloc[0].intersection(shapely.box(-170, -90, 170, 90)).is_empty


@pytest.mark.parametrize(("crs", "lat"), [(3413, 70), (3031, -70), (3571, 60), (3995, 75)])
@pytest.mark.parametrize("order", [1, -1])
def test_a_shape_that_holds_a_pole_reaches_it(tmp_path, crs, lat, order):
    lon = np.arange(-180.0, 180.0, 0.5)
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(lon, np.full(lon.size, float(lat)))
    path = tmp_path / "cap.gpkg"
    gpd.GeoDataFrame(geometry=[shapely.Polygon(np.c_[x, y][::order])], crs=crs).to_file(path)
    expected = abs(GEOD.polygon_area_perimeter(lon, np.full(lon.size, lat))[0]) / 1e6
    assert km2(path) == pytest.approx(expected, rel=1e-4)
    assert read_polygons(path, Layer(file="x")).covers(shapely.Point(0, 90 * np.sign(lat))).all()


def test_longitudes_that_go_on_beyond_180_degrees_are_the_places_they_mean(tmp_path):
    path = tmp_path / "fiji.geojson"
    box = shapely.box(178, -19, 184, -16)
    gpd.GeoDataFrame(geometry=[box], crs=4326).to_file(path)
    assert km2(path) == pytest.approx(float(polygon_area(np.array([box], dtype=object))[0]) / 1e6, rel=1e-9)


def test_a_wide_shape_in_degrees_stays_wide(tmp_path):
    path = tmp_path / "belt.gpkg"
    belt = shapely.box(-170, -10, 170, 10)
    gpd.GeoDataFrame(geometry=[belt], crs=4269).to_file(path)
    assert km2(path) == pytest.approx(float(polygon_area(np.array([belt], dtype=object))[0]) / 1e6, rel=1e-6)


def test_a_line_is_cut_where_it_crosses_180_degrees(tmp_path):
    x, y = Transformer.from_crs(4326, 3460, always_xy=True).transform([178, 182], [-18, -17])
    path = tmp_path / "cable.gpkg"
    gpd.GeoDataFrame(geometry=[shapely.LineString(np.c_[x, y])], crs=3460).to_file(path)
    length = sum(GEOD.geometry_length(part) for part in read_lines(path, Layer(file="x")).geometry)
    assert length == pytest.approx(GEOD.inv(178, -18, 182, -17)[2], rel=1e-4)


def test_degrees_that_are_called_metres_are_pointed_out(tmp_path, caplog):
    path = tmp_path / "metres.gpkg"
    BOTH.set_crs(32719, allow_override=True).to_file(path)
    read_polygons(path, Layer(file="x"))
    assert (
        "WGS 84 / UTM zone 19S, in metre, but its coordinates, from -71 -14 to -68 -13, look like degrees"
        in caplog.text
    )


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (shapely.box(-71, -14, -70, -13), ""),
        (shapely.box(-14, -71, -13, -70), "with longitude and latitude swapped it would"),
        (shapely.box(0, 0, 1, 1), "is its CRS right?"),
    ],
)
def test_a_layer_that_lies_elsewhere_is_pointed_out(caplog, layer, said):
    note_elsewhere("overlays.mine", gpd.GeoDataFrame(geometry=[layer], crs=4326), BOTH)
    assert caplog.text.strip().endswith(said)
    assert ("overlays.mine: nothing of it lies near the area" in caplog.text) == bool(said)


def test_a_field_with_values_of_several_kinds_stays_text_without_a_word(tmp_path):
    values = ['"north"', "NaN", '{"a": 1}']
    ring = shapely.get_coordinates(WEST).tolist()
    features = [
        f'{{"type": "Feature", "properties": {{"name": {value}}}, '
        f'"geometry": {{"type": "Polygon", "coordinates": [{ring}]}}}}'
        for value in values
    ]
    path = tmp_path / "mixed.geojson"
    path.write_text(f'{{"type": "FeatureCollection", "features": [{", ".join(features)}]}}')
    assert read_polygons(path, Layer(file="x"))["name"].iloc[0] == "north"


# --- what a layer is for


def test_rivers_and_towns_are_read_as_lines_and_points_also_when_they_are_fetched(tmp_path):
    line, point = shapely.LineString([(-71, -13), (-70, -12)]), shapely.Point(-70, -13)
    shapes = {"rivers.geojson": line, "towns.geojson": point}
    for name, shape in shapes.items():
        features = gpd.GeoDataFrame({"name": ["A"], "population": [5]}, geometry=[shape], crs=4326)
        features.to_file(tmp_path / name)
    rivers, towns = (tmp_path / name for name in shapes)
    assert read_layer(rivers, Rivers(file="x")).geometry.tolist() == [line]
    assert read_layer(towns, Towns(file="x")).geometry.tolist() == [point]
    with pytest.raises(InputError, match="holds Point, lines were expected"):
        read_layer(towns, Rivers(file="x"))
