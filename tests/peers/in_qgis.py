"""Runs a script in the Python that QGIS came with, on copies of files."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

PYTHON = "/usr/bin/python3"


def in_qgis(script: str, project: Path, folder: Path) -> dict:
    """What a script of this folder says of a copy of a project and of the files beside it.

    It is given the project and a folder for pictures, and answers with JSON.
    """
    known = subprocess.run([PYTHON, "-c", "import qgis.core"], capture_output=True, check=False)
    if known.returncode:
        pytest.skip("QGIS with its Python (qgis, python3-qgis) is not installed")
    (folder / "elsewhere").mkdir()
    for path in project.parent.iterdir():
        # QGIS changes a GeoPackage by opening it; and a project has to work wherever it is taken.
        shutil.copy(path, folder / "elsewhere" / path.name)
    done = subprocess.run(
        [PYTHON, str(Path(__file__).parent / script), str(folder / "elsewhere" / project.name), str(folder)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
