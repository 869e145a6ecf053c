"""A disk that does not take what is written, and replacements that a killed process left half-way."""

from __future__ import annotations

import subprocess
import sys

import pytest

from asmgold.io import transaction as inplace
from asmgold.io.files import disk_failure
from asmgold.io.transaction import replace_together

# No file of this process may be longer than this: what writes meets that as it meets a full disk.
LIMITED = """
import resource, sys
from pathlib import Path
import geopandas as gpd, numpy as np, rasterio, shapely
from matplotlib.figure import Figure
from asmgold.io.files import disk_failure
from asmgold.rasters.cog import write_raster
from asmgold.rasters.grid import Grid
from asmgold.schemas.rasters import DENSITY

folder, rng = Path(sys.argv[1]), np.random.default_rng(1)
table = gpd.GeoDataFrame({"n": range(20_000)}, geometry=shapely.points(rng.random((20_000, 2))), crs=4326)
figure = Figure()
figure.add_axes((0, 0, 1, 1)).imshow(rng.random((300, 300)))
writers = {
    "text": lambda: (folder / "a.txt").write_text("long" * 100_000),
    "table": lambda: table.to_parquet(folder / "a.parquet"),
    "layer": lambda: table.to_file(folder / "a.gpkg"),
    "picture": lambda: figure.savefig(folder / "a.png"),
    "raster": lambda: write_raster(
        folder / "a.tif", Grid(30, 0, 0, 600, 600), DENSITY, lambda part: rng.random(part.shape).astype("float32"), {}
    ),
}
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))
for name, write in writers.items():
    try:
        write()
    except Exception as error:
        print(name if disk_failure(error, folder) else f"{name}: {error!r}")
"""


def test_a_disk_that_takes_no_more_is_recognised_whichever_library_writes(tmp_path):
    done = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["text", "table", "layer", "picture", "raster"], done.stderr


def test_other_failures_are_not_taken_for_a_full_disk(tmp_path):
    assert disk_failure(ValueError("a column is missing"), tmp_path) is None
    assert disk_failure(FileNotFoundError(2, "No such file or directory", "a.tif"), tmp_path) is None


def test_what_a_killed_process_had_begun_to_put_in_place_is_finished_before_anything_else(tmp_path, monkeypatch):
    old, new, target = tmp_path / "old", tmp_path / "new", tmp_path / "target"
    target.write_text("published")
    old.write_text("begun")
    with monkeypatch.context() as killed:
        killed.setattr(inplace, "_finish", lambda staging: None)  # killed as soon as the replacement counted
        replace_together(tmp_path / "staging", {target: old})
    assert target.read_text() == "published"
    with pytest.raises(FileNotFoundError):
        replace_together(tmp_path / "staging", {target: new})  # fails, since `new` is not there
    assert target.read_text() == "begun"
