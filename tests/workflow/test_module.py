"""The workflow as a module of someone else's: own folder, configuration, names; nothing is written in the project."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import yaml

from asmgold.io.checksum import sha256_of
from tests.conftest import PROJECT, Copy, copy_project

pytestmark = pytest.mark.thorough

SQUARE = shapely.box(-70.5, -13.2, -69.5, -12.5)  # in Madre de Dios
QUESTION = {
    "scenario": "tambopata",
    "records": ["mrds_peru"],
    "area": {"file": "here/area.gpkg", "title": "Tambopata"},
    "overlays": {"corridor": {"source": "mining_corridor"}},
    "rasters": None,
    "monte_carlo": {"seed": 1, "placements": 19, "primary_test": 19, "positions": 20},
}
SNAKEFILE = """
configfile: "settings.yaml"

module asmgold:
    snakefile: "{project}/workflow/Snakefile"
    config: config["gold"]
    pathvars:
        results="maps",

use rule * from asmgold as asmgold_*

use rule measure_uncertainty from asmgold as asmgold_measure_uncertainty with:
    threads: 2

onsuccess:
    asmgold.report_success()

module elsewhere:
    snakefile: "{project}/workflow/Snakefile"
    config: config["gold"]
    prefix: "half"

use rule * from elsewhere as elsewhere_*

rule answer:
    default_target: True
    input:
        wide="maps/tambopata/overlay_summary.csv",
        other="half/results/.build/tambopata/layers/area.parquet",
    output:
        "answer.csv",
    shell:
        "cp {{input.wide}} {{output}}"
"""


@pytest.fixture(scope="module")
def asmgold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of the project, in which nothing may be written."""
    return copy_project(tmp_path_factory.mktemp("clone") / "asmgold").folder


@pytest.fixture
def stranger(tmp_path: Path, asmgold: Path) -> Copy:
    """A folder of someone else, with a workflow of their own."""
    folder = tmp_path / "stranger"
    (folder / "here").mkdir(parents=True)
    square = gpd.GeoDataFrame({"name": ["a"]}, geometry=[SQUARE], crs=4326)
    square.to_file(folder / "here/area.gpkg")
    (folder / "settings.yaml").write_text(yaml.safe_dump({"gold": QUESTION, "samples": ["their", "own"]}))
    (folder / "Snakefile").write_text(SNAKEFILE.format(project=asmgold))
    return Copy(folder)


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256_of(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_a_stranger_makes_maps_in_a_folder_of_their_own(stranger: Copy, asmgold: Path) -> None:
    before = contents(asmgold)
    done = stranger.run("--cores", "2", "--config", "samples=other")
    assert done.returncode == 0, done.stderr
    assert contents(asmgold) == before
    assert "regions with 16 sites cover" in done.stderr
    assert "maps/tambopata/: open" in done.stderr
    assert {path.name for path in stranger.folder.iterdir()} == {
        ".snakemake", "Snakefile", "answer.csv", "half", "here", "maps", "settings.yaml",
    }  # fmt: skip
    maps = stranger.folder / "maps/tambopata"
    manifest = json.loads((maps / "manifest.json").read_text())
    assert {path.name for path in maps.iterdir()} == {*manifest["products"], "manifest.json"}
    assert manifest["configuration"]["area"]["file"] == "here/area.gpkg"
    assert manifest["sources"]["here/area.gpkg"]["lock"]["sha256"] == sha256_of(stranger.folder / "here/area.gpkg")
    for path in (*maps.glob("*.csv"), *maps.glob("*.json"), maps / "index.html"):
        assert str(asmgold) not in path.read_text(), path

    # In both places the area is the stranger's, and the regions lie in it.
    assert gpd.read_parquet(stranger.folder / "half/results/.build/tambopata/layers/area.parquet").union_all() == SQUARE
    regions = gpd.read_parquet(maps / "regions.parquet")
    assert SQUARE.covers(regions.union_all())
    assert pd.read_csv(stranger.folder / "answer.csv")["regions_km2"].between(1, regions["area_km2"].sum()).all()

    again = stranger.run("--cores", "2", "--config", "samples=other")
    assert "Nothing to be done" in again.stderr


DEPLOYED = """
configfile: "config/config.yaml"

module asmgold:
    snakefile: {snakefile}
    config: config

use rule * from asmgold
"""


@pytest.fixture
def deployed(tmp_path: Path, asmgold: Path) -> Copy:
    """A folder with a copy of the configuration and a Snakefile that imports all rules, as snakedeploy writes it."""
    folder = tmp_path / "deployed"
    shutil.copytree(asmgold / "config", folder / "config")
    (folder / "workflow").mkdir()
    (folder / "workflow/Snakefile").write_text(DEPLOYED.format(snakefile=repr(f"{asmgold}/workflow/Snakefile")))
    return Copy(folder)


def test_the_standardised_usage_plans_all_products_by_its_own_configuration(deployed: Copy) -> None:
    (deployed.folder / "config/scenarios/narrow.yaml").write_text("scenario: narrow\nbuffer_km: 5\n")
    done = deployed.run("-n", "--config", "scenario=narrow")
    assert done.returncode == 0, done.stderr
    assert "results/narrow/manifest.json" in done.stdout
    area = "results/.build/narrow/layers/area.parquet"
    done = deployed.run("--cores", "1", "--config", "scenario=narrow", "--", area)
    assert done.returncode == 0, done.stderr
    assert len(gpd.read_parquet(deployed.folder / area)) == 1


def test_a_mistake_in_the_configuration_of_a_module_is_one_line(stranger: Copy) -> None:
    for wrong, message in (
        ({"bufer_km": 5}, "bufer_km is not a known key (did you mean 'buffer_km'?)"),
        ({"records": ["mrds"]}, "config here and pin it by `python -m asmgold fetch`"),
    ):
        (stranger.folder / "settings.yaml").write_text(yaml.safe_dump({"gold": QUESTION | wrong}))
        done = stranger.run("-n")
        assert done.returncode == 1
        assert message in done.stderr
        assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, asmgold: Path) -> Path:
    """The Python of an environment with the package, in which no checkout is known; it borrows what that needs."""
    folder = tmp_path_factory.mktemp("installed")
    source = folder / "source"
    shutil.copytree(asmgold, source, symlinks=True)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy2(PROJECT / name, source / name)
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv/bin/python"
    offline = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install"]
    own = next((folder / "venv/lib").iterdir()) / "site-packages"
    borrowed = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    (own / "borrowed.pth").write_text("".join(f"{path}\n" for path in borrowed))
    subprocess.run([*pip, *offline, str(source)], check=True)
    shutil.rmtree(source)
    return python


def run_installed(python: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module by the Python of that environment, in a folder."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [str(python), "-m", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=900
    )


def test_a_module_from_a_remote_repository_runs_by_the_data_of_the_package(
    deployed: Copy, asmgold: Path, installed: Path
) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *command], cwd=asmgold, check=True)
    try:
        remote = f'gitfile({str(asmgold)!r}, path="workflow/Snakefile", ref="main")'
        (deployed.folder / "workflow/Snakefile").write_text(DEPLOYED.format(snakefile=remote))
        area = "results/.build/peru/layers/area.parquet"
        done = run_installed(installed, deployed.folder, "snakemake", "--cores", "1", "--", area)
    finally:
        shutil.rmtree(asmgold / ".git")
    assert done.returncode == 0, done.stderr
    assert len(gpd.read_parquet(deployed.folder / area)) == 1
    assert str(installed.parents[1]) in done.stderr  # where the data was read from


def test_the_package_alone_makes_the_same_products(tmp_path: Path, installed: Path, lean_once: Copy) -> None:
    shutil.copytree(lean_once.folder / "config", tmp_path / "config")
    done = run_installed(installed, tmp_path, "asmgold", "run")
    assert done.returncode == 0, done.stderr
    alone, checkout = Copy(tmp_path).products(), lean_once.products()
    assert alone == checkout
    again = run_installed(installed, tmp_path, "asmgold", "run")
    assert again.returncode == 0
    assert "Nothing to be done" in again.stderr
    anew = run_installed(installed, tmp_path, "asmgold", "reproduce")
    assert anew.returncode == 1
    assert (
        anew.stderr == "Snakefile: there is none here; to make products anew, a checkout of the project was expected\n"
    )


def test_the_package_brings_its_configuration_along(tmp_path: Path, installed: Path) -> None:
    done = run_installed(installed, tmp_path, "asmgold", "run", "--scenario", "peru-10km")
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "config/: the configuration was put here; it is yours to change"
    assert "scenario is 'peru-10km'" in done.stderr
    assert contents(tmp_path / "config") == contents(PROJECT / "config")


def test_the_repository_fits_the_workflow_catalogue() -> None:
    assert (PROJECT / "workflow/Snakefile").is_file()
    assert (PROJECT / "config/README.md").is_file()
    readme = (PROJECT / "README.md").read_text().casefold()
    assert "snakemake" in readme
    assert "workflow" in readme
    usage = yaml.safe_load((PROJECT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert usage.keys() == {"mandatory-flags", "software-stack-deployment", "report"}
    assert usage["mandatory-flags"].keys() == {"desc", "flags"}
    assert set(usage["software-stack-deployment"]) <= {"conda", "apptainer", "apptainer+conda", "report"}
