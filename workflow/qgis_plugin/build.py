"""Writes the QGIS plugin as one zip, the same bytes each time: `python workflow/qgis_plugin/build.py FILE.zip`.

The plugin's own files are in `asmgold_qgis/`; beside them goes a copy of `asmgold.geodesy`, which does the work.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIBRARY = HERE.parent / "asmgold"


def build(target: Path) -> None:
    """Write the zip."""
    plugin, geodesy = HERE / "asmgold_qgis", LIBRARY / "geodesy"
    files = {f"asmgold_qgis/{path.name}": path for path in plugin.iterdir() if path.is_file()}
    files |= {f"asmgold_qgis/engine/asmgold/geodesy/{path.name}": path for path in geodesy.glob("*.py")}
    files |= {"asmgold_qgis/engine/asmgold/__init__.py": LIBRARY / "__init__.py"}
    files |= {"asmgold_qgis/LICENSE": HERE.parents[1] / "LICENSE"}
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w") as package:
        for name in sorted(files):
            # Stored files are the same whatever compressor there is; ZipInfo is of 1980 unless told.
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            package.writestr(entry, files[name].read_bytes())


if __name__ == "__main__":
    build(Path(sys.argv[1]))
