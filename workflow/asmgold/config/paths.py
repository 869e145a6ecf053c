"""Where the configuration and the files that it names are, relative to the working directory."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from asmgold.config.models import Lock, Source
from asmgold.errors import InputError

ROOT = Path("data/raw")
LOCK_FILE = Path("config/sources.lock.yaml")
DIGITS = 16


def located_file(path: str, project: Path) -> str:
    """Where a file is that the configuration names: from the working directory, or else from the project's folder.

    The project carries data of its own, which a workflow that runs in another folder finds there.
    """
    carried = project / path
    return str(carried) if carried.exists() and not Path(path).exists() else path


def stored_file(name: str, source: Source, lock: Lock, root: Path = ROOT) -> Path:
    """The path of a fetched source's file, whether it exists or not.

    It is `<root>/<source>/<first 16 digits of the sha256>/<filename>`, so that other bytes have another path.

    Parameters
    ----------
    name, source : the source and its registration
    lock : the entry that pins its bytes
    root : the folder of the store

    Raises
    ------
    InputError : the project carries the file itself, so that it is not in the store.
    """
    if source.filename is None:
        raise InputError(f"{name}: the project carries this source itself ({source.path}); it is not fetched")
    return root / name / lock.sha256[:DIGITS] / source.filename


def shipped_project() -> Path:
    """The project's folder that belongs to this library: the checkout that it is in, or what the package carries."""
    library = Path(__file__).resolve().parents[1]
    packed = library / "_project"
    return packed if packed.is_dir() else library.parents[1]


def check_path(project: Path) -> None:
    """Refuse a project whose path Snakemake would take for a pattern. Raises InputError."""
    if set("{}") & set(str(project)):
        raise InputError(f"{project}: Snakemake cannot work in a folder with {{ or }} in its path; rename the folder")


def cache_environment() -> dict[str, str]:
    """The environment for Snakemake and matplotlib, which keep files in the user's home, or else in the project."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")).absolute()  # noqa: PTH111
    there = next(folder for folder in (cache / "snakemake", cache, *cache.parents) if folder.exists())
    if _can_be_written(there):
        return {**os.environ}
    own = Path(".snakemake/cache").absolute()
    return {"MPLCONFIGDIR": str(own / "matplotlib")} | os.environ | {"XDG_CACHE_HOME": str(own)}


def _can_be_written(folder: Path) -> bool:
    """Whether a file can be made there: permissions alone tell root, and disks of other machines, too little."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def use_shipped_scripts() -> None:
    """Let the jobs that are started from now on find what the scripts of the package share."""
    paths = [str(shipped_project() / "workflow/scripts"), os.getenv("PYTHONPATH")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))


def workflow_files(project: Path) -> list[Path]:
    """The files of the workflow and its library, relative to the project, sorted."""
    found = (path.relative_to(project) for path in (project / "workflow").rglob("*") if path.is_file())
    hidden = (".", "__pycache__")
    return sorted(path for path in found if not any(part.startswith(hidden) for part in path.parts))
