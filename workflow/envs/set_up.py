"""Set up `.venv` in the folder of the project: `python3 workflow/envs/set_up.py requirements.lock`.

`make` calls it. It also has to be understood by a Python that is too old for the project, in order to say so.

A set-up that was killed leaves no `.venv/ready`, and the next one starts anew.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = Path(".venv")
PYTHON = FOLDER / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOG = FOLDER / "set-up.log"
READY = {  # that of a run first: the others build on it
    "requirements.lock": FOLDER / "ready",
    "requirements-dev.lock": FOLDER / "dev-ready",
    "requirements-cluster.lock": FOLDER / "cluster-ready",
}
OLDEST = (3, 11)


def main(lock):
    """Install what a lock pins: that of a run into a new environment, another one on top of it."""
    check_python()
    os.chdir(str(PROJECT))
    uv = shutil.which("uv")
    announce(lock, "uv" if uv else "pip")
    if READY[lock] == FOLDER / "ready":
        make_environment(uv)
    else:
        (FOLDER / "ready").unlink()
    install(lock, uv)
    for marker in READY.values():
        if marker in (FOLDER / "ready", READY[lock]) or marker.exists():
            marker.touch()


def check_python():
    """Stop where the Python is too old, before anything is made."""
    if sys.version_info < OLDEST:
        sys.exit(
            "Python 3.11 or newer is needed, {} is {}.{}.{}; name another one: make run PYTHON=python3.12".format(
                sys.executable, *sys.version_info[:3]
            )
        )


def announce(lock, installer):
    """Say what takes so long, unless the folder is one in which nothing can be made."""
    if not os.access(".", os.W_OK):
        sys.exit(
            "{}: cannot be written to, and the environment is made in it; copy the project into a folder of your "
            "own".format(PROJECT)
        )
    print("Setting up {} in .venv with {} (once, about a minute) ...".format(lock, installer), flush=True)


def make_environment(uv):
    """Make an empty environment, in place of one that is there, and let it find the library of this project."""
    shutil.rmtree(str(FOLDER), ignore_errors=True)
    FOLDER.mkdir(exist_ok=True)
    if uv:
        call([uv, "venv", "--quiet", "--allow-existing", "--no-project", "--python", sys.executable, str(FOLDER)])
    else:
        call([sys.executable, "-m", "venv", str(FOLDER)])
    packages = site_packages()
    # Relative, so that it is right whatever signs the path has, and stays so where the project is moved to.
    (packages / "asmgold.pth").write_text(os.path.relpath("workflow", str(packages)) + "\n")


def site_packages():
    """The folder that packages are installed in."""
    (packages,) = FOLDER.glob("Lib/site-packages" if os.name == "nt" else "lib/python*/site-packages")
    return packages


def install(lock, uv):
    """Install what a lock pins, and compile it: left to the imports, that would make the first run slow, and each run
    where Python is told to write no compiled files."""
    if uv:
        command = [uv, "pip", "install", "--quiet", "--python", str(PYTHON)]
    else:
        quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
        command = [str(PYTHON), "-m", "pip", "install", *quiet, "--no-compile"]
    call([*command, "--require-hashes", "-r", lock])
    # Their own tests, and pip, are a fifth of the packages and never imported in a run.
    left_out = r"[/\\](tests?|pip|setuptools|pkg_resources)[/\\]"
    call([str(PYTHON), "-m", "compileall", "-q", "-j", "0", "-x", left_out, str(site_packages())])


def call(command):
    """Run a command; stop with its last words if it fails."""
    with LOG.open("ab") as log:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    if done.returncode:
        lines = [line.strip() for line in LOG.read_text(errors="replace").splitlines() if line.strip()] or [""]
        told = [line for line in lines if line.lower().startswith("error")] or lines[-1:]
        sys.exit(
            "The environment could not be set up ({}). Is there a network? All that was said is in {}; the next run "
            "begins anew.".format(told[-1], LOG)
        )


if __name__ == "__main__":
    main(sys.argv[1])
