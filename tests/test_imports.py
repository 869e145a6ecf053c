"""What the modules load: no package that they do not use."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import packages_distributions

import pytest

HEAVY = {
    "ftfy", "geopandas", "matplotlib", "numpy", "pandas", "pandera", "pyarrow", "pycountry", "pyogrio", "pyproj",
    "rapidfuzz", "rasterio", "requests", "scipy", "shapely", "tenacity",
}  # fmt: skip
TABLES = {"geopandas", "numpy", "pandas", "pyarrow", "pyproj", "shapely"}  # geopandas brings the others


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("asmgold", set()),
        ("asmgold.config.rules", set()),
        ("asmgold.config.scenario", set()),
        ("asmgold.schemas.products", set()),
        ("asmgold.vocabulary.countries", set()),
        ("asmgold.io.checksum", set()),
        ("asmgold.io.files", set()),
        ("asmgold.io.text", set()),
        ("asmgold.io.tables", TABLES),
        ("asmgold.upstream.checks", set()),
        ("asmgold.upstream.store", set()),
        ("asmgold.upstream.fetch", {"requests", "tenacity"}),
        ("asmgold.records.corrections", {"numpy", "pandas", "pyarrow"}),
    ],
)
def test_a_module_loads_what_it_uses(module: str, allowed: set[str]) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY.intersection(done.stdout.split()) <= allowed


def test_geodesy_loads_four_packages_and_what_these_load() -> None:
    code = "import sys; before = {*sys.modules}; from asmgold.geodesy import *; print(*{*sys.modules} - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()} & packages_distributions().keys()
    # These bring two more.
    assert loaded - {"asmgold", "certifi", "charset_normalizer"} == {"numpy", "pyproj", "scipy", "shapely"}
