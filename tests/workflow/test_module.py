"""The workflow as a module of someone else's: own folder, configuration, names; nothing is written in the project."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import yaml

from asmgold.io.checksum import sha256_of
from tests.conftest import PROJECT, Copy, copy_project

SQUARE = shapely.box(-70.5, -13.2, -69.5, -12.5)  # in Madre de Dios
QUESTION = {
    "scenario": "tambopata",
    "records": ["mrds_peru"],
    "area": {"file": "here/area.gpkg", "title": "Tambopata"},
    "overlays": {"corridor": {"source": "mining_corridor"}},
    "rasters": None,
    "monte_carlo": {"seed": 1, "placements": 19, "positions": 20},
}
SNAKEFILE = """
configfile: "settings.yaml"

module asmgold:
    snakefile: "{project}/workflow/Snakefile"
    config: config["gold"]
    pathvars:
        results="maps",

use rule * from asmgold as asmgold_*

use rule vary_distance from asmgold as asmgold_vary_distance with:
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
    assert manifest["sources"]["area.gpkg"]["lock"]["sha256"] == sha256_of(stranger.folder / "here/area.gpkg")
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
    done = deployed.run("-n", "--quiet", "host", "--config", "scenario=narrow")
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


def test_a_module_that_is_not_on_this_machine_says_what_to_do(deployed: Copy, asmgold: Path) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *command], cwd=asmgold, check=True)
    try:
        remote = f'gitfile({str(asmgold)!r}, path="workflow/Snakefile", ref="main")'
        (deployed.folder / "workflow/Snakefile").write_text(DEPLOYED.format(snakefile=remote))
        done = deployed.run("-n")
    finally:
        shutil.rmtree(asmgold / ".git")
    assert done.returncode == 1
    assert "clone its repository and name the Snakefile of the clone" in done.stderr


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
