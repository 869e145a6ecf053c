"""How `make` sets up the environment: by uv or pip, again after a failure, and in one line where it cannot."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from asmgold.config.paths import cache_environment
from asmgold.io.checksum import sha256_of
from tests.conftest import PROJECT, Copy, copy_project

pytestmark = pytest.mark.thorough

MAKE = shutil.which("make") or "make"
SYSTEM = ("bash", "cat", "cp", "dirname", "env", "kill", "ln", "mkdir", "rm", "sh", "touch")
# Makes what looks like an environment, and notes what it is asked to install.
UV = """\
case "$1" in
  venv) for folder; do :; done
        mkdir -p "$folder/bin" "$folder/lib/python3.11/site-packages"; ln -sf "{python}" "$folder/bin/python" ;;
  pip) echo "$@" >> asked.txt; {install} ;;
esac
"""
OLD_PYTHON = """\
exec "{python}" -c '
import runpy, sys
sys.version_info = (3, 10, 2, "final", 0)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")' "$@"
"""


class Checkout:
    """A folder with what sets up an environment, and the programs that `make` may find there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = folder / "programs"
        (folder / "workflow/envs").mkdir(parents=True)
        self.programs.mkdir()
        shutil.copy2(PROJECT / "Makefile", folder)
        shutil.copy2(PROJECT / "workflow/envs/set_up.py", folder / "workflow/envs")
        (folder / "requirements.lock").write_text("nothing-of-that-name==1.0 --hash=sha256:" + 64 * "0" + "\n")
        shutil.copy2(folder / "requirements.lock", folder / "requirements-dev.lock")
        for name in SYSTEM:
            (self.programs / name).symlink_to(str(shutil.which(name)))
        self.program("python3", f'exec "{sys.executable}" "$@"')

    def program(self, name: str, text: str) -> None:
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def uv(self, install: str = "true") -> None:
        self.program("uv", UV.format(python=sys.executable, install=install))

    def make(self, *targets: str, user: str | None = None, **environment: str) -> tuple[int, list[str]]:
        """Run make. Returns its status and the lines that are not make's own."""
        done = subprocess.run(
            [MAKE, *targets], cwd=self.folder, user=user, check=False, capture_output=True, text=True, timeout=120,
            env={"PATH": str(self.programs), "LANG": "C.UTF-8", **environment},
        )  # fmt: skip
        lines = (done.stdout + done.stderr).splitlines()
        return done.returncode, [line for line in lines if line.strip() and not line.startswith("make")]

    def is_ready(self, marker: str = "ready") -> bool:
        return (self.folder / ".venv" / marker).is_file()

    def asked(self) -> list[str]:
        return (self.folder / "asked.txt").read_text().splitlines()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """One whose path holds spaces and accents."""
    return Checkout(tmp_path / "una copia ñ")


def test_uv_sets_up_each_lock_once_where_it_is_there(checkout: Checkout) -> None:
    checkout.uv()
    status, lines = checkout.make(".venv/ready")
    assert (status, lines) == (0, ["Setting up requirements.lock in .venv with uv (once, about a minute) ..."])
    assert checkout.make(".venv/ready") == (0, [])
    assert checkout.make(".venv/dev-ready")[0] == 0
    assert checkout.make(".venv/ready", ".venv/dev-ready") == (0, [])
    assert [line.split("--require-hashes ")[1] for line in checkout.asked()] == [
        "-r requirements.lock", "-r requirements-dev.lock",
    ]  # fmt: skip
    (found,) = checkout.folder.glob(".venv/lib/python*/site-packages/asmgold.pth")
    assert (found.parent / found.read_text().strip()).resolve() == checkout.folder / "workflow"

    os.utime(checkout.folder / "requirements.lock")  # as when another version of the project is checked out
    assert checkout.make(".venv/dev-ready")[0] == 0
    assert len(checkout.asked()) == 4


def test_without_uv_pip_does_it_and_a_failure_is_one_line_that_the_next_run_mends(checkout: Checkout) -> None:
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0"}
    status, lines = checkout.make("run", **nowhere)
    assert status == 2
    assert lines[0] == "Setting up requirements.lock in .venv with pip (once, about a minute) ..."
    assert len(lines) == 2
    assert lines[1].startswith(
        "The environment could not be set up (ERROR: No matching distribution found for nothing-"
    )
    assert "Is there a network?" in lines[1]
    assert not checkout.is_ready()
    assert (checkout.folder / ".venv/set-up.log").read_text().startswith("ERROR")

    checkout.uv()
    assert checkout.make(".venv/ready")[0] == 0
    assert checkout.is_ready()


@pytest.mark.parametrize("marker", ["ready", "dev-ready"])
def test_a_set_up_that_was_killed_is_begun_anew(checkout: Checkout, marker: str) -> None:
    checkout.uv()
    if marker == "dev-ready":
        assert checkout.make(".venv/ready")[0] == 0
    checkout.uv('touch .venv/half-made; kill -9 "$PPID"')
    assert checkout.make(f".venv/{marker}")[0] == 2
    assert not checkout.is_ready()
    assert (checkout.folder / ".venv/half-made").exists()
    checkout.uv()
    assert checkout.make(f".venv/{marker}")[0] == 0
    assert checkout.is_ready()
    assert checkout.is_ready(marker)
    assert not (checkout.folder / ".venv/half-made").exists()


def test_an_old_python_is_told_before_anything_is_made(checkout: Checkout) -> None:
    checkout.program("python3", OLD_PYTHON.format(python=sys.executable))
    status, lines = checkout.make("run")
    assert status == 2
    assert len(lines) == 1
    assert lines[0].startswith("Python 3.11 or newer is needed, ")
    assert lines[0].endswith(" is 3.10.2; name another one: make run PYTHON=python3.12")
    assert not (checkout.folder / ".venv").exists()

    checkout.program("newer", f'exec "{sys.executable}" "$@"')
    checkout.uv()
    assert checkout.make(".venv/ready", "PYTHON=newer")[0] == 0


@pytest.fixture
def place_of_all() -> Iterator[Path]:
    """A folder that any user may enter."""
    with tempfile.TemporaryDirectory(prefix="asmgold ñ ") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_checkout_that_is_read_only_is_told(place_of_all: Path) -> None:
    checkout = Checkout(place_of_all / "checkout")
    checkout.uv()
    if is_root := os.getuid() == 0:  # who may write anywhere, and whose own Python others may not see
        checkout.program("python3", 'exec /usr/bin/python3 "$@"')
    checkout.folder.chmod(0o555)
    try:
        status, lines = checkout.make(".venv/ready", user="nobody" if is_root else None)
    finally:
        checkout.folder.chmod(0o755)
    if is_root and ("not found" in lines[0] or "newer is needed" in lines[0]):
        pytest.skip("no Python that another user could take")
    assert (status, len(lines)) == (2, 1)
    assert lines[0] == (
        f"{checkout.folder.resolve()}: cannot be written to, and the environment is made in it; copy the project into "
        "a folder of your own"
    )
    assert checkout.make(".venv/ready")[0] == 0


def test_a_run_does_not_mind_blanks_accents_and_signs_of_the_shell_in_its_path(tmp_path: Path) -> None:
    copy = copy_project(tmp_path / """una copia ñ & 'its "own"; $HOME [a] (b) %s # `c` * ~ !""")
    venv.create(copy.folder / ".venv", with_pip=False, symlinks=True)
    (packages,) = copy.folder.glob(".venv/lib/python*/site-packages")
    borrowed = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    (packages / "borrowed.pth").write_text("".join(f"{path}\n" for path in ["../../../../workflow", *borrowed]))
    table = "results/.build/peru/records.parquet"
    command = [str(copy.folder / ".venv/bin/python"), "-m", "snakemake", "--cores", "1", "--", table]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, cwd=copy.folder, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (copy.folder / table).is_file()


def test_braces_in_the_path_are_told_in_one_line_before_any_job(tmp_path: Path) -> None:
    copy = copy_project(tmp_path / "a{b}")
    environment = os.environ | {"PYTHONPATH": str(copy.folder / "workflow")}
    done = subprocess.run(
        [sys.executable, "-m", "asmgold", "run"], cwd=copy.folder, env=environment, check=False, capture_output=True,
        text=True,
    )  # fmt: skip
    told = [line for line in done.stderr.splitlines() if line and not line.startswith("Using")]
    assert done.returncode == 1
    assert told == [
        f"{copy.folder.resolve()}: Snakemake cannot work in a folder with {{ or }} in its path; rename the folder"
    ]
    assert not (copy.folder / "results").exists()


def test_git_changes_no_line_ends(tmp_path: Path) -> None:
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    origin.mkdir()
    shutil.copyfile(PROJECT / ".gitattributes", origin / ".gitattributes")
    for part in ("config", "data/raw/embedded", "docs", "workflow/scripts"):
        shutil.copytree(PROJECT / part, origin / part, ignore=shutil.ignore_patterns("__pycache__"))

    def git(*arguments: str) -> None:
        who = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
        subprocess.run(["git", *who, *arguments], cwd=origin, check=True, capture_output=True)

    git("init", "-q")
    git("-c", "core.autocrlf=true", "add", ".")
    git("commit", "-q", "-m", "all")
    git("clone", "-q", "-c", "core.autocrlf=true", str(origin), str(clone))
    for path in origin.rglob("*"):
        if path.is_file() and ".git" not in path.relative_to(origin).parts:
            assert (clone / path.relative_to(origin)).read_bytes() == path.read_bytes(), path
    assert sha256_of(clone / "data/raw/embedded/mrds_peru.csv").startswith("8164b5e41fe2")


def test_a_home_that_cannot_be_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "XDG_CACHE_HOME" not in cache_environment()
    (tmp_path / "file").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "file"))  # nobody can write there, root included
    assert cache_environment()["XDG_CACHE_HOME"] == str(tmp_path / ".snakemake/cache")
    monkeypatch.setenv("MPLCONFIGDIR", "mine")
    assert cache_environment()["MPLCONFIGDIR"] == "mine"


def test_snakemake_by_hand_needs_no_home(project: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", os.devnull + "/nobody")
    done = project.run("results/.build/peru/context_production.png")  # drawn by matplotlib
    assert done.returncode == 0, done.stderr
    assert "matplotlib" not in done.stderr.casefold()
    assert (project.folder / ".snakemake/cache/snakemake").is_dir()
    assert (project.folder / ".snakemake/cache/matplotlib").is_dir()
