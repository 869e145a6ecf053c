"""The plugin in QGIS, without a screen: it gives what the library gives, and says in one sentence what it cannot."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
from configparser import ConfigParser
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

import asmgold
from asmgold.geodesy.around import rings_around
from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.release.qgis_plugin import write_plugin
from tests.conftest import PROJECT
from tests.peers.in_qgis import PYTHON

pytestmark = pytest.mark.thorough

PLUGIN = PROJECT / "workflow/qgis_plugin"
OF_THE_ENGINE = ("numpy", "scipy", "shapely", "pyproj", "certifi")


def built(folder: Path) -> Path:
    package = folder / "plugin.zip"
    write_plugin(package, PROJECT)
    return package


def in_plugin(folder: Path, runs: list, language: str = "en", *, engine: bool = True) -> dict:
    """What the plugin says of the runs; with the engine's packages of this environment, or those of the system."""
    known = subprocess.run([PYTHON, "-c", "import qgis.core, processing"], capture_output=True, check=False,
                           env=os.environ | {"PYTHONPATH": "/usr/share/qgis/python/plugins"})  # fmt: skip
    if known.returncode:
        pytest.skip("QGIS with its Python (qgis, python3-qgis) is not installed")
    packages = folder / "packages"
    packages.mkdir()
    if engine:
        site = Path(shapely.__file__).parents[1]
        for name in OF_THE_ENGINE:
            for path in (site / name, site / f"{name}.libs"):
                if path.exists():
                    (packages / path.name).symlink_to(path)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [PYTHON, str(Path(__file__).with_name("plugin_in_qgis.py")), str(built(folder)), str(folder), language],
        input=json.dumps(runs), env=environment | {"PYTHONPATH": str(packages)},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("layers")
    random = np.random.default_rng(4)
    n = 60
    points = gpd.GeoDataFrame(
        {"km": random.choice([5.0, 10.0, 20.0], n), "metal": random.choice(["gold", "tin"], n), "t": np.arange(n)},
        geometry=gpd.points_from_xy((179.5 + random.normal(0, 0.5, n) + 180) % 360 - 180, random.normal(-17, 0.5, n)),
        crs=4326,
    )
    bad = points.head(4).assign(km=["10", "0", "-3", "far"])
    lines = gpd.GeoDataFrame(
        geometry=[shapely.LineString([(300_000, 8_500_000), (302_000, 8_503_000)]),
                  shapely.box(310_000, 8_500_000, 312_000, 8_501_000)], crs=32719,
    )  # fmt: skip
    zones = gpd.GeoDataFrame(
        {"name": ["west", "east"]},
        geometry=[shapely.box(178, -18, 179, -16), shapely.box(179, -18, 180, -16)],
        crs=4326,
    )
    tables = {"points": points, "bad": bad, "lines": lines, "zones": zones}
    for name, table in tables.items():
        table.to_file(folder / f"{name}.gpkg")
    points.to_file(folder / "nowhere.shp")
    (folder / "nowhere.prj").unlink()
    return {name: str(folder / f"{name}.gpkg") for name in tables} | {"nowhere": str(folder / "nowhere.shp")}


@pytest.fixture(scope="module")
def answers(layers: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict:
    folder = tmp_path_factory.mktemp("plugin")
    regions = str(folder / "by_field.gpkg")
    runs = {
        "by_field": ("regions", {"INPUT": layers["points"], "RADIUS_FIELD": "km"}),
        "dissolved": ("regions", {"INPUT": layers["points"], "RADIUS_KM": 15, "DISSOLVE_BY": "metal"}),
        "lines": ("regions", {"INPUT": layers["lines"], "RADIUS_KM": 0.5, "TOLERANCE_M": 1}),
        "rings": ("regions", {"INPUT": layers["points"], "RINGS_KM": "2; 5, 10"}),
        "bad_radius": ("regions", {"INPUT": layers["bad"], "RADIUS_FIELD": "km"}),
        "styled": ("regions", {"INPUT": layers["points"], "OUTPUT": "memory:"}),
        "shares": ("shares", {"REGIONS": regions, "OVERLAY": layers["zones"]}),
        "capture": (
            "capture",
            {"REGIONS": regions, "OBSERVED": layers["points"], "WEIGHT": "t", "AREA": layers["zones"]},
        ),
        "polygons": ("capture", {"REGIONS": regions, "OBSERVED": layers["zones"]}),
        "no_rings": ("regions", {"INPUT": layers["points"], "RINGS_KM": "5, 5"}),
        "no_crs": ("regions", {"INPUT": layers["nowhere"]}),
        "none": ("regions", {"INPUT": layers["points"], "RADIUS_KM": 0.004}),
        "zero": ("regions", {"INPUT": layers["points"], "RADIUS_KM": 0}),
    }
    given = [(name, {"OUTPUT": str(folder / f"{key}.gpkg")} | rest) for key, (name, rest) in runs.items()]
    answer = in_plugin(folder, given)
    answer["runs"] = dict(zip(runs, answer["runs"], strict=True))
    answer["folder"] = folder
    return answer


def table_of(answers: dict, name: str) -> gpd.GeoDataFrame:
    assert answers["runs"][name]["error"] == ""
    return gpd.read_file(answers["folder"] / f"{name}.gpkg")


@pytest.mark.parametrize(
    ("name", "layer", "arguments"),
    [
        ("by_field", "points", {"radius_km": "km"}),
        ("dissolved", "points", {"radius_km": 15, "dissolve_by": "metal"}),
        ("lines", "lines", {"radius_km": 0.5, "tolerance_m": 1.0}),
    ],
)
def test_regions_are_those_of_the_library(answers: dict, layers: dict, name: str, layer: str, arguments: dict) -> None:
    theirs, ours = table_of(answers, name), asmgold.regions_of(gpd.read_file(layers[layer]), **arguments)
    assert theirs.crs == 4326
    columns = [column for column in ours.columns if column != "geometry"]
    assert (
        theirs[columns]
        .astype(object)
        .map(lambda v: round(v, 6) if isinstance(v, float) else v)
        .equals(ours[columns].astype(object).map(lambda v: round(v, 6) if isinstance(v, float) else v))
    )
    # What comes from a map projection is reckoned back by another PROJ.
    apart = shapely.symmetric_difference(theirs.geometry.array, ours.geometry.array)
    assert polygon_area(apart).max() <= 1e-9 * polygon_area(ours.geometry.array).max()


def test_rings_are_those_of_the_library(answers: dict, layers: dict) -> None:
    theirs = table_of(answers, "rings")
    ours = rings_around(gpd.read_file(layers["points"]).geometry.array, [2000, 5000, 10_000])
    assert theirs["from_km"].tolist() == [0, 2, 5]
    assert theirs["to_km"].tolist() == [2, 5, 10]
    assert theirs["area_km2"].tolist() == pytest.approx(polygon_area(ours) / 1e6, rel=1e-12)


def test_shares_and_capture_are_what_areas_and_sums_say(answers: dict, layers: dict) -> None:
    regions, zones = (gpd.read_file(answers["folder"] / "by_field.gpkg"), gpd.read_file(layers["zones"]))
    points, covered, area = gpd.read_file(layers["points"]), regions.union_all(), zones.union_all()
    inside = polygon_area(shapely.intersection(zones.geometry.array, covered)) / 1e6
    shares = table_of(answers, "shares")
    assert shares["name"].tolist() == ["west", "east"]
    assert shares["regions_km2"].tolist() == pytest.approx(inside)
    assert shares["share"].tolist() == pytest.approx(inside / (polygon_area(zones.geometry.array) / 1e6))
    seen = points["t"] * points.intersects(area)
    found, land = answers["runs"]["capture"]["found"], inside.sum() / (polygon_area([area])[0] / 1e6)
    assert (found["OBSERVED"], found["INSIDE"]) == (seen.sum(), seen.sum())  # each lies in a disc of its own
    assert found["LAND_SHARE"] == pytest.approx(land)
    assert found["LIFT"] == pytest.approx(1 / land)
    assert answers["runs"]["polygons"]["found"]["CAPTURE"] == pytest.approx(land)
    assert len(table_of(answers, "capture")) == 1


def test_it_has_help_an_icon_and_a_style(answers: dict) -> None:
    assert {name: title for name, (title, _) in answers["shown"].items()} == {
        "regions": "Geodesic regions", "shares": "Zones and shares", "capture": "Capture of what was seen",
    }  # fmt: skip
    assert all(len(text) > 100 for _, text in answers["shown"].values())
    assert answers["icon"]
    colour, number = answers["runs"]["styled"]["found"]["OUTPUT"]
    assert colour == "#f2d06b"
    assert number > 1


def test_bad_input_is_named_in_one_sentence(answers: dict) -> None:
    runs = answers["runs"]
    told = [
        re.search(r"Feature (\d+) is left out: its radius is ([^;]*);", line) for line in runs["bad_radius"]["warnings"]
    ]
    assert [one.groups() for one in told if one] == [("2", "0"), ("3", "-3"), ("4", "far")]
    assert table_of(answers, "bad_radius")["n_features"].tolist() == [1]
    for name, sentence in {
        "no_rings": "Zones 5, 5: distances in km that rise were expected",
        "no_crs": "has no CRS: set it in the layer's properties.",
        "zero": "Incorrect parameter value for RADIUS_KM",
        "none": "has no feature with a geometry and a radius.",
    }.items():
        assert sentence in runs[name]["error"]
        assert "Traceback" not in runs[name]["error"]


def test_an_old_shapely_is_told_what_to_do_and_in_spanish(layers: dict, tmp_path: Path) -> None:
    version = subprocess.run(
        [PYTHON, "-c", "import shapely; print(shapely.__version__)"], capture_output=True, text=True, check=False
    )
    if not version.stdout.startswith("1."):
        pytest.skip("the system's Python has no shapely older than 2")
    run = ("regions", {"INPUT": layers["points"], "OUTPUT": str(tmp_path / "none.gpkg")})
    answer = in_plugin(tmp_path, [run], "es", engine=False)
    assert answer["shown"]["regions"][0] == "Regiones geodésicas"
    told = answer["runs"][0]["error"]
    assert told.startswith(f"El Python de este QGIS tiene shapely {version.stdout.strip()} y se necesita 2.0")
    assert "pip install" in told


def test_the_zip_has_the_same_bytes_each_time_and_the_metadata_are_complete(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    assert built(one).read_bytes() == built(other).read_bytes()
    metadata = ConfigParser()
    metadata.read(PLUGIN / "asmgold_qgis/metadata.txt", "utf-8")
    general = metadata["general"]
    assert general["qgisMinimumVersion"] == "3.22"
    assert general["hasProcessingProvider"] == "yes"
    assert general["version"] == asmgold.__version__
    for key in ("name", "description", "about", "author", "icon"):
        assert general[key]


def test_every_text_is_in_spanish() -> None:
    words = ast.parse((PLUGIN / "asmgold_qgis/words.py").read_text("utf-8"))
    spanish = {key.value for node in ast.walk(words) if isinstance(node, ast.Dict) for key in node.keys}
    for path in (PLUGIN / "asmgold_qgis").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("tr", "stop"):
                if isinstance(node.args[0], ast.Constant):
                    assert node.args[0].value in spanish
            elif isinstance(node, ast.Assign) and "HELP" in [getattr(name, "id", "") for name in node.targets]:
                assert node.value.value in spanish
