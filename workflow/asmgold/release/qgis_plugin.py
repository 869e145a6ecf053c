"""The plugin for QGIS as one zip: its own files, and a copy of `asmgold.geodesy`, which does the work.

`python -m asmgold.release.qgis_plugin FILE.zip` writes it from the project in the current folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

from asmgold.io.files import write_zip

PLUGIN = "asmgold-qgis.zip"


def write_plugin(target: Path, project: Path = Path()) -> None:
    """Write the zip, the same bytes each time.

    Parameters
    ----------
    target : the zip
    project : the project's folder
    """
    plugin, library = project / "workflow/qgis_plugin/asmgold_qgis", project / "workflow/asmgold"
    files = {path.name: path for path in plugin.iterdir() if path.is_file()}
    files |= {f"engine/asmgold/geodesy/{path.name}": path for path in (library / "geodesy").glob("*.py")}
    files |= {"engine/asmgold/__init__.py": library / "__init__.py", "LICENSE": project / "LICENSE"}
    target.parent.mkdir(parents=True, exist_ok=True)
    write_zip(target, {f"asmgold_qgis/{name}": files[name].read_bytes() for name in sorted(files)})


if __name__ == "__main__":
    write_plugin(Path(sys.argv[1]))
