"""The library by itself: from a wheel, in an environment where the project is not, with its types."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
import shapely

from tests.conftest import PROJECT

pytestmark = pytest.mark.thorough

LIBRARY = PROJECT / "workflow/asmgold"


def run(*command: str | Path, cwd: Path) -> str:
    """Run a program that knows of the project by nothing that this process has."""
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PIP_INDEX_URL")}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network from a copy: a build leaves files behind."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy2(PROJECT / name, folder / name)
    for name in ("config", "data/raw/embedded", "workflow"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet")
    run(sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", "dist", ".", cwd=folder)
    (built,) = (folder / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment with the wheel, which borrows the packages that it needs from this one."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv/bin/python"
    run(
        sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index",
        "--disable-pip-version-check", wheel, cwd=folder,
    )  # fmt: skip
    own = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    borrowed = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    (own / "borrowed.pth").write_text("".join(f"{path}\n" for path in borrowed))
    return python


def test_the_wheel_holds_all_of_the_library(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name.removeprefix("asmgold/") for name in archive.namelist() if name.startswith("asmgold/")}
    files = {str(path.relative_to(LIBRARY)) for path in LIBRARY.rglob("*") if path.is_file()}
    library = {name for name in packed if not name.startswith("_project/")}
    assert library == {name for name in files if "__pycache__" not in name}
    assert "py.typed" in library


def test_the_wheel_holds_what_a_run_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name.removeprefix("asmgold/_project/") for name in archive.namelist() if "/_project/" in name}
        commands = archive.read("asmgold-" + wheel.name.split("-")[1] + ".dist-info/entry_points.txt").decode()
    parts = ("config", "data/raw/embedded", "workflow")
    files = {str(path.relative_to(PROJECT)) for part in parts for path in (PROJECT / part).rglob("*") if path.is_file()}
    apart = ("workflow/asmgold", "workflow/snakemake_logger_plugin_asmgold")
    assert packed == {name for name in files if "__pycache__" not in name and not name.startswith(apart)}
    assert "asmgold = asmgold.cli:main" in commands


def test_geodesy_needs_nothing_of_the_rest(python: Path) -> None:
    code = """
import sys
from asmgold.geodesy import polygon_area, union_of_discs
heavy = {"snakemake", "pandas", "geopandas", "pandera", "pydantic", "rasterio", "pyarrow", "matplotlib", "requests"}
print(sys.modules["asmgold"].__file__)
print(sorted(heavy & sys.modules.keys()))
print(*(polygon_area(union_of_discs([0, 0.1, 30], [0, 0, 60], 20_000)) / 1e6).round(1))
"""
    place, heavy, areas = run(python, "-c", code, cwd=python.parent).splitlines()
    assert Path(place).is_relative_to(python.parents[1])
    assert heavy == "[]"
    # Two discs of one radius r at a distance d: their areas less that of a lens, on a plane; and one disc.
    distance, radius = 11.1319, 20.0
    two = shapely.union_all([shapely.Point(x, 0).buffer(radius, quad_segs=500) for x in (0, distance)])
    assert [float(area) for area in areas.split()] == pytest.approx([two.area, 1256.64], rel=2e-4)


def test_the_rest_of_the_library_works_from_the_wheel(python: Path) -> None:
    code = """
from asmgold.publish.messages import load_words
import asmgold.evidence.capture, asmgold.rasters.cog, asmgold.refresh.run, asmgold.publish.page.write
import sys
print(len(load_words("es", "map")) > 10, "snakemake" in sys.modules)
"""
    assert run(python, "-W", "error", "-c", code, cwd=python.parent).split() == ["True", "False"]


def test_its_types_are_seen(python: Path, tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text(
        "from asmgold.geodesy import edge_error_bound, union_of_discs\n"
        "bound: float = edge_error_bound(20_000, 5)\n"
        'union_of_discs([0.0], [0.0], radius_m="far")\n'
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(python), "user.py"]
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "MYPYPATH")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    faults = [line for line in done.stdout.splitlines() if "error:" in line]
    assert len(faults) == 1, done.stdout
    assert 'user.py:3: error: Argument "radius_m"' in faults[0]
    assert 'expected "float | ' in faults[0]
