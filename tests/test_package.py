"""The package: one version, dependencies that all ways in agree on, and what it needs of the system."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import asmgold
import asmgold.cli as commands
from tests.conftest import PROJECT

pytestmark = pytest.mark.thorough

SETTINGS = tomllib.loads((PROJECT / "pyproject.toml").read_text())
NEEDED = [Requirement(line) for line in SETTINGS["project"]["dependencies"]]
LOCKS = {path.name: path.read_text() for path in PROJECT.glob("requirements*.lock")}
# Where conda-forge names a package otherwise.
CONDA_NAMES = {"matplotlib": "matplotlib-base", "pandera": "pandera-pandas"}


def pinned(lock: str) -> dict[str, set[str]]:
    """The versions that a lock names of each package: there may be one for an older Python besides."""
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", LOCKS[lock], re.MULTILINE):
        versions.setdefault(canonicalize_name(name), set()).add(version)
    return versions


def test_the_version_stands_in_one_place_and_is_the_one_to_cite(capsys: pytest.CaptureFixture[str]) -> None:
    assert SETTINGS["project"]["dynamic"] == ["version"]
    citation = yaml.safe_load((PROJECT / "CITATION.cff").read_text())
    assert citation["version"] == asmgold.__version__
    assert citation["keywords"] == SETTINGS["project"]["keywords"]
    assert [author["name"] for author in citation["authors"]] == [
        author["name"] for author in SETTINGS["project"]["authors"]
    ]
    with pytest.raises(SystemExit) as ended:
        commands.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"asmgold {asmgold.__version__}\n"


def test_the_locks_are_those_of_a_run_of_tests_and_of_clusters() -> None:
    assert LOCKS.keys() == {"requirements.lock", "requirements-dev.lock", "requirements-cluster.lock"}
    run, dev, cluster = (pinned(f"requirements{part}.lock") for part in ("", "-dev", "-cluster"))
    for lock in (dev, cluster):
        assert {name: lock.get(name) for name in run} == run
    extras = SETTINGS["project"]["optional-dependencies"]
    wanted = [line for lines in extras.values() for line in lines] + SETTINGS["dependency-groups"]["dev"]
    for lock, needed in (
        (run, NEEDED),
        (dev, map(Requirement, wanted)),
        (cluster, map(Requirement, extras["cluster"])),
    ):
        for requirement in needed:
            versions = lock[canonicalize_name(requirement.name)]
            assert all(requirement.specifier.contains(version) for version in versions), requirement
    # What draws no map is not in the way of one.
    assert not run.keys() & {
        "mypy",
        "playwright",
        "psycopg",
        "pystac",
        "rocrate",
        "ruff",
        "pytest",
        "django",
        "kubernetes",
    }
    assert len(run) <= 120


@pytest.mark.parametrize("lock", sorted(LOCKS))
def test_a_lock_has_hashes_for_all_and_names_no_host(lock: str) -> None:
    assert "//" not in LOCKS[lock]
    assert not re.search(r"^--\S*url", LOCKS[lock], re.MULTILINE)
    for entry in re.split(r"\n(?=\S)", LOCKS[lock].strip()):
        assert re.match(r"[\w.-]+==", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_the_environment_of_conda_has_the_packages_of_the_project() -> None:
    *conda, last = yaml.safe_load((PROJECT / "workflow/envs/asmgold.yaml").read_text())["dependencies"]
    (*by_pip, itself) = last["pip"]
    named = {Requirement(line).name: Requirement(line).specifier for line in conda}
    assert named.pop("python") == SETTINGS["project"]["requires-python"]
    assert not named.pop("pip")
    assert itself == "../.."
    expected = {CONDA_NAMES.get(one.name, one.name): one.specifier for one in NEEDED}
    assert named | {Requirement(line).name: Requirement(line).specifier for line in by_pip} == expected


WITHOUT_UNIX = """
import importlib, pkgutil, sys, warnings
for name in ("fcntl", "resource", "grp", "pwd", "termios"):
    sys.modules[name] = None
warnings.filterwarnings("ignore", "only soft file lock", UserWarning)
import asmgold
for module in pkgutil.walk_packages(asmgold.__path__, "asmgold."):
    if module.name != "asmgold.__main__":
        importlib.import_module(module.name)
import asmgold.cli
print(asmgold.cli.main(["fetch"]))
"""


def test_no_module_needs_what_windows_has_not() -> None:
    command = [sys.executable, "-W", "error::ImportWarning", "-c", WITHOUT_UNIX]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "0"
    for path in (PROJECT / "workflow").rglob("*.py"):
        assert not re.search(r"^(import|from) (fcntl|resource)\b", path.read_text(), re.MULTILINE), path


@pytest.mark.parametrize(
    ("arguments", "package", "extra"),
    [
        (["postgis", "--dsn", "dbname=gis"], "psycopg", "postgis"),
        (["release"], "pystac", "release"),
        (["verify", "somewhere"], "pystac", "release"),
    ],
)
def test_a_package_of_an_extra_that_is_missing_is_named(arguments: list[str], package: str, extra: str) -> None:
    code = f"import sys; sys.modules[{package!r}] = None; from asmgold.cli import main; sys.exit(main({arguments}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        f"{arguments[0]}: needs the package {package}, which is not installed here; `make {arguments[0]}` or "
        f"`pip install 'asmgold[{extra}]'` installs it\n"
    )


def test_actions_are_pinned_by_commit() -> None:
    for path in (PROJECT / ".github/workflows").glob("*.yml"):
        for used in re.findall(r"uses: (.+)", path.read_text()):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", used), f"{path}: {used}"


def test_hooks_before_a_commit_are_the_tools_of_make_check() -> None:
    hooks = yaml.safe_load((PROJECT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    checks = (PROJECT / "Makefile").read_text().partition("\ncheck:")[2].partition("\n\n")[0]
    for hook in hooks:
        tool = hook["entry"].removeprefix(".venv/bin/python -m ")
        assert tool in checks.replace("$(SNAKEMAKE)", "snakemake"), tool
    assert len(hooks) == len(checks.strip().splitlines()[1:])
    assert Path(PROJECT, "SECURITY.md").is_file()
