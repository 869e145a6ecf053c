"""Which code a script of the workflow runs, as one hash.

Snakemake sees by itself that a script changed, and not what the script imports. The hash of a script covers the modules
of the library that it imports, those that these import, and so on, with the templates and words that lie beside them.
So a change of the library reruns the jobs that it may change, and no others.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

LIBRARY = "asmgold"
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<package>asmgold[\w.]*)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n#]+)"
    r"|import[ \t]+(?P<module>asmgold[\w.]*))",
    re.MULTILINE,
)


def code_hashes(workflow: Path) -> dict[str, str]:
    """The hash of the library's code that each script imports, by the name of the script.

    Parameters
    ----------
    workflow : the folder `workflow/` of the project, with `scripts/` in it, and `asmgold/` unless that was installed
    """
    scripts = sorted((workflow / "scripts").glob("*.py"))
    if not (workflow / LIBRARY).is_dir():
        workflow = Path(__file__).resolve().parents[2]
    imports = {path: set(imported_files(path, workflow)) for path in (workflow / LIBRARY).rglob("*.py")}
    hashes = {path: hashlib.sha256(_content(path)).hexdigest() for path in imports}
    shared = {path: set(imported_files(path, workflow)) for path in scripts if path.name.startswith("_")}
    used_by_all = set().union(*shared.values())
    return {
        script.name: _hash_of(_reached(set(imported_files(script, workflow)) | used_by_all, imports), hashes, workflow)
        for script in scripts
        if script not in shared
    }


def imported_files(path: Path, workflow: Path) -> Iterator[Path]:
    """The modules of the library that a file names in its import statements, wherever these stand in it."""
    for found in _IMPORT.finditer(path.read_text("utf-8")):
        package = found["package"] or found["module"]
        names = re.findall(r"(\w+)(?:[ \t]+as[ \t]+\w+)?", found["names"] or "")
        for name in (package, *(f"{package}.{name}" for name in names)):
            file = workflow.joinpath(*name.split("."))
            if file.with_suffix(".py").is_file():
                yield file.with_suffix(".py")
            elif (file / "__init__.py").is_file():
                yield file / "__init__.py"


def _reached(start: set[Path], imports: Mapping[Path, set[Path]]) -> set[Path]:
    reached: set[Path] = set()
    waiting = list(start)
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting += imports.get(path, ())
    return reached


def _hash_of(paths: set[Path], hashes: Mapping[Path, str], workflow: Path) -> str:
    lines = sorted(f"{path.relative_to(workflow).as_posix()} {hashes[path]}\n" for path in paths)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _content(path: Path) -> bytes:
    """A module with the data beside it and in folders below that are no packages, such as `words/`."""
    data = [file for file in sorted(path.parent.iterdir()) if file.suffix not in (".py", ".pyc", ".typed")]
    folders = [folder for folder in data if folder.is_dir() and not (folder / "__init__.py").exists()]
    files = [file for file in data if file.is_file()]
    files += [file for folder in folders if folder.name != "__pycache__" for file in sorted(folder.rglob("*"))]
    contents = [path.read_bytes(), *(file.read_bytes() for file in files if file.is_file())]
    return b"".join(b"%d\n" % len(content) + content for content in contents)
