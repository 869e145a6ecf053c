"""Polygons that cross themselves: mended where it is certain what was meant, and told; refused or chosen otherwise."""

from __future__ import annotations

import math

import geopandas as gpd
import pytest
import shapely

from asmgold.config.models import Layer
from asmgold.errors import InputError
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.schemas.tables import CRS
from asmgold.sources.mending import MENDED
from asmgold.sources.vector import read_area, read_polygons

SOUND = shapely.box(-70, -13, -69, -12)
BOW_TIE = shapely.Polygon([(-70.6, -13.6), (-69.6, -12.6), (-69.6, -13.6), (-70.6, -12.6)])
# A ring that runs twice round the same ground: by the even-odd rule the inner turn is a hole.
TWICE = shapely.Polygon(
    [
        (3 * r * math.cos(a) / 10, 3 * r * math.sin(a) / 10)
        for n in range(60)
        for a, r in [(n * math.pi / 15, 2 + n / 60)]
    ]
)
# A ring that overshoots a corner: a small loop there runs the other way round.
TIP = shapely.Polygon([(-70, -13), (-69, -13), (-69, -12), (-70.05, -12), (-69.95, -11.95)])


def layer_of(tmp_path, *shapes):
    path = tmp_path / "zones.geojson"
    names = [f"zone {n}" for n in range(1, len(shapes) + 1)]
    gpd.GeoDataFrame({"name": names}, geometry=list(shapes), crs=CRS).to_file(path)
    return path


def km2(*shapes):
    return sum(polygon_area(list(shapes))) / 1e6


def test_what_is_certain_is_mended_and_told(tmp_path):
    assert not TIP.is_valid
    read = read_polygons(layer_of(tmp_path, SOUND, TIP), Layer(file="x"))
    assert read.is_valid.all()
    corner = -70 + 0.05 * 1 / 1.05  # where the last edge crosses the top
    parts = [shapely.Polygon([(-70, -13), (-69, -13), (-69, -12), (corner, -12)]),
             shapely.Polygon([(-70.05, -12), (-69.95, -11.95), (corner, -12)])]  # fmt: skip
    assert km2(read.geometry.iloc[1]) == pytest.approx(km2(*parts), rel=1e-6)
    (told,) = read.attrs[MENDED]
    assert told.startswith("mended: feature 2 (Self-intersection")
    assert "km2 mended, " in told


def test_of_sound_polygons_nothing_is_told(tmp_path):
    assert MENDED not in read_polygons(layer_of(tmp_path, SOUND), Layer(file="x")).attrs


def test_a_union_tells_what_was_mended_of_its_parts(tmp_path):
    assert len(read_area(layer_of(tmp_path, SOUND, TIP), Layer(file="x")).attrs[MENDED]) == 1


@pytest.mark.parametrize("shape", [BOW_TIE, TWICE], ids=["bow-tie", "runs round twice"])
def test_what_is_in_doubt_is_refused_with_its_areas(tmp_path, shape):
    assert not shape.is_valid
    with pytest.raises(
        InputError, match=r"feature 2 \(Self-intersection.*km2 as its rings run; .*`mend: keep`"
    ) as found:
        read_polygons(layer_of(tmp_path, SOUND, shape), Layer(file="x"))
    assert "%" not in str(found.value)


@pytest.mark.parametrize("where", [{}, {"name": "zone 2"}])
def test_whether_one_is_mended_does_not_hang_on_the_others(tmp_path, where):
    path = layer_of(tmp_path, shapely.box(-75, -15, -71, -5), TIP, SOUND)
    assert len(read_polygons(path, Layer(file="x", where=where)).attrs[MENDED]) == 1
    path = layer_of(tmp_path, shapely.box(-75, -15, -71, -5), shapely.transform(BOW_TIE, lambda xy: xy / 1000))
    with pytest.raises(InputError, match="what was meant is not certain"):
        read_polygons(path, Layer(file="x", where=where))


def test_the_user_may_choose(tmp_path):
    path = layer_of(tmp_path, BOW_TIE, SOUND)
    kept = read_polygons(path, Layer(file="x", mend="keep"))
    halves = [shapely.Polygon([(-70.6, -13.6), (-70.1, -13.1), (-70.6, -12.6)]),
              shapely.Polygon([(-69.6, -13.6), (-70.1, -13.1), (-69.6, -12.6)])]  # fmt: skip
    assert km2(kept.geometry.iloc[0]) == pytest.approx(km2(*halves), rel=1e-9)
    dropped = read_polygons(path, Layer(file="x", mend="drop"))
    assert list(dropped["name"]) == ["zone 2"]
    assert dropped.attrs[MENDED][0].startswith("left out: feature 1 ")
    with pytest.raises(InputError, match="feature 2 "):
        read_polygons(layer_of(tmp_path, SOUND, TIP), Layer(file="x", mend="refuse"))
