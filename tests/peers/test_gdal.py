"""GDAL's validator of GeoPackages, a program of its own beside the library that wrote them."""

from __future__ import annotations

import shutil
import subprocess

import pytest

pytestmark = pytest.mark.thorough


def test_the_geopackage_passes_the_validator_of_gdal(built_once):
    python = "/usr/bin/python3"
    known = subprocess.run([python, "-c", "import osgeo_utils.samples.validate_gpkg"], capture_output=True, check=False)
    if known.returncode:
        pytest.skip("GDAL's validate_gpkg (python3-gdal) is not installed")
    path = built_once.product("asm_gold_regions.gpkg")
    done = subprocess.run(
        [python, "-m", "osgeo_utils.samples.validate_gpkg", "-k", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ERROR" not in (done.stdout + done.stderr).upper(), done.stdout + done.stderr


def test_another_gdal_reads_every_layer(built_once):
    ogrinfo = shutil.which("ogrinfo")
    if ogrinfo is None:
        pytest.skip("ogrinfo (gdal-bin) is not installed")
    done = subprocess.run(
        [ogrinfo, "-so", "-al", str(built_once.product("asm_gold_regions.gpkg"))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert "Warning" not in done.stderr, done.stderr
    for layer in ("asm_gold_regions", "gold_sites", "overlay_intersections", "overlay_mining_corridor"):
        assert f"Layer name: {layer}" in done.stdout
