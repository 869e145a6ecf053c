"""What the tests share: the project's folder, small layers, and a copy of the project to run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from asmgold.io.checksum import sha256_of
from asmgold.io.locks import locked

PROJECT = Path(__file__).resolve().parent.parent
# Leaves out what takes longest, for tests that look at other things.
LEAN = {
    "rasters": None, "skip_products": ["map", "page", "sensitivity"], "published_shares": None, "production": None,
    "evidence": {}, "strata": None, "monte_carlo": {"seed": 2019, "positions": 20},
}  # fmt: skip
PARTS = ("Snakefile", "profiles", "workflow", "config", "data")


LEFT_OUT = """The thorough tests were left out: second full runs, runs that are killed, releases, set-ups, the site, and
real peers (PostGIS, QGIS, GDAL, Poppler, Chromium, MapLibre, SLURM, Kubernetes). `make test-all` runs them."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what `make test` leaves out."""
    if config.option.markexpr == "not thorough":
        terminalreporter.write_line(LEFT_OUT)


@dataclass
class Copy:
    """A copy of the project that a test may change and run."""

    folder: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run snakemake as a user does; its messages are in `stderr`."""
        command = [sys.executable, "-m", "snakemake", *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=900)

    def configure(self, **values: object) -> None:
        """Change keys of config.yaml."""
        path = self.folder / "config/config.yaml"
        settings = yaml.safe_load(path.read_text()) | values
        path.write_text(yaml.safe_dump(settings, sort_keys=False))

    def put(self, source: str, content: bytes, name: str | None = None) -> Path:
        """Give a source other bytes, and pin them, as if they had been published that way."""
        registry_path, lock_path = self.folder / "config/sources.yaml", self.folder / "config/sources.lock.yaml"
        registry, lock = yaml.safe_load(registry_path.read_text()), yaml.safe_load(lock_path.read_text())
        path = self.folder / registry[source]["path"]
        if name is not None:
            path = path.with_name(name)
            registry[source]["path"] = str(path.relative_to(self.folder))
            registry_path.write_text(yaml.safe_dump(registry, sort_keys=False))
        path.write_bytes(content)
        lock[source] = {"sha256": sha256_of(path), "bytes": max(len(content), 1)}
        lock_path.write_text(yaml.safe_dump(lock, sort_keys=False))
        return path

    def product(self, name: str) -> Path:
        return self.folder / "results/peru" / name

    def products(self) -> dict[str, str]:
        """The hash of each published file by its name."""
        return {path.name: sha256_of(path) for path in sorted((self.folder / "results/peru").iterdir())}


def copy_project(target: Path, *, origin: Path = PROJECT) -> Copy:
    target.mkdir(parents=True, exist_ok=True)
    for part in (*PARTS, ".snakemake", "results"):
        source = origin / part
        if origin == PROJECT and part in (".snakemake", "results"):
            continue
        if source.is_symlink():
            (target / part).symlink_to(source.readlink())
        elif source.is_dir():
            shutil.copytree(source, target / part, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy2(source, target / part)
    for fetched in (target / "data/raw").iterdir():
        if fetched.is_dir() and fetched.name != "embedded":
            shutil.rmtree(fetched)
    return Copy(target)


@pytest.fixture
def project(tmp_path: Path) -> Copy:
    """A copy of the project in which nothing has run yet."""
    return copy_project(tmp_path / "project")


def made_once(folder: Path, **settings: object) -> Copy:
    """A copy of the project in which the default scenario was made, by whichever process of the tests comes first."""
    with locked(folder.with_suffix(".lock")):
        if not (folder / "results/peru/manifest.json").is_file():
            copy = copy_project(folder)
            if settings:  # the shipped file stays as it is otherwise
                copy.configure(**settings)
            done = copy.run()
            assert done.returncode == 0, done.stderr
    return Copy(folder)


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder of all processes that run these tests."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def built_once(shared_folder: Path) -> Copy:
    """A copy of the project in which the default scenario was made. Do not change it."""
    return made_once(shared_folder / "built")


@pytest.fixture
def built(built_once: Copy, tmp_path: Path) -> Copy:
    """A copy of a project in which the default scenario was made, to change at will."""
    return copy_project(tmp_path / "project", origin=built_once.folder)


@pytest.fixture
def lean_project(project: Copy) -> Copy:
    """A copy of the project in which nothing has run yet, and that asks for few products."""
    project.configure(**LEAN)
    return project


@pytest.fixture(scope="session")
def lean_once(shared_folder: Path) -> Copy:
    """A copy of the project in which the default scenario was made with few products. Do not change it."""
    return made_once(shared_folder / "lean", **LEAN)


@pytest.fixture
def lean(lean_once: Copy, tmp_path: Path) -> Copy:
    """A copy of a project in which the default scenario was made with few products, to change at will."""
    return copy_project(tmp_path / "project", origin=lean_once.folder)
