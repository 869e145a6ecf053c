"""Rasters in programs that others use: GDAL's own tools, and QGIS."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from asmgold.schemas.rasters import RASTERS

pytestmark = pytest.mark.thorough

SHOWN_IN_QGIS = """
import json, os, sys
from qgis.core import QgsApplication, QgsRasterLayer
application = QgsApplication([], False)
application.initQgis()
found = {}
for path in sys.argv[1:]:
    layer = QgsRasterLayer(path, "raster")
    ramp = layer.renderer().shader().rasterShaderFunction().colorRampItemList()
    found[path] = [layer.isValid(), layer.crs().authid(), [[item.value, item.color.name()] for item in ramp]]
print(json.dumps(found), flush=True)
os._exit(0)  # QGIS can stumble over its own end
"""


@pytest.mark.parametrize("product", RASTERS, ids=lambda product: product.name)
def test_another_gdal_reads_grid_unit_and_overviews(built_once, product):
    gdalinfo = shutil.which("gdalinfo")
    if gdalinfo is None:
        pytest.skip("gdalinfo (gdal-bin) is not installed")
    path = built_once.product(f"{product.name}.tif")
    done = subprocess.run(
        [gdalinfo, "--config", "GDAL_PAM_ENABLED", "NO", "-json", "-stats", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr, done.stderr
    found = json.loads(done.stdout)
    (band,) = found["bands"]
    assert found["size"] == [1636, 2307]
    assert 'ID["EPSG",4326]' in found["coordinateSystem"]["wkt"]
    assert band["type"] == "Float32"
    assert band["noDataValue"] == -9999
    assert band["unit"] == product.unit
    assert band["description"] == product.title
    assert [overview["size"] for overview in band["overviews"]] == [[1636 // n, 2307 // n] for n in (2, 4, 8)]
    assert found["metadata"]["IMAGE_STRUCTURE"]["LAYOUT"] == "COG"
    assert band["minimum"] >= 0
    most = {"distance_to_gold_km": 2000, "gold_sites_per_100km2": 100, "asm_gold_region_fraction": 1}
    assert 0 < band["maximum"] <= most[product.name]


def test_qgis_shows_the_rasters_in_their_own_colours(built_once):
    python = "/usr/bin/python3"
    known = subprocess.run([python, "-c", "import qgis.core"], capture_output=True, check=False)
    if not Path(python).exists() or known.returncode:
        pytest.skip("QGIS (python3-qgis) is not installed")
    paths = {product: str(built_once.product(f"{product.name}.tif")) for product in RASTERS}
    done = subprocess.run(
        [python, "-c", SHOWN_IN_QGIS, *paths.values()], capture_output=True, text=True, check=False,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        | {"QT_QPA_PLATFORM": "offscreen", "GDAL_PAM_ENABLED": "NO"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.strip().splitlines()[-1])
    for product, path in paths.items():
        valid, crs, ramp = found[path]
        assert valid
        assert crs == "EPSG:4326"
        assert [tuple(item) for item in ramp] == [(value, colour[:7]) for value, colour in product.ramp]
