"""The files that GDAL reads where one is named: a shapefile is several, a File Geodatabase is a folder.

What a shape means stands as much in the `.prj` and the `.dbf` as in the `.shp`, so a change of any of them counts.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

# By the ending of the file that is named, those of the files beside it with the same stem. GDAL's documentation of each
# driver lists them.
BESIDE: dict[str, frozenset[str]] = {
    ".shp": frozenset({".shx", ".dbf", ".prj", ".cpg", ".qix"}),
    ".tab": frozenset({".dat", ".map", ".id", ".ind"}),
    ".mif": frozenset({".mid"}),
    ".csv": frozenset({".csvt", ".prj"}),
    ".gml": frozenset({".gfs", ".xsd"}),
    ".bil": frozenset({".hdr", ".prj", ".blw", ".stx", ".clr"}),
    ".bip": frozenset({".hdr", ".prj", ".bpw"}),
    ".bsq": frozenset({".hdr", ".prj", ".bqw"}),
    ".asc": frozenset({".prj"}),
    ".img": frozenset({".ige", ".rrd"}),
}
# What may lie beside any raster: the place of its cells, and what its own format has no room for.
BESIDE_ANY = re.compile(r"\.(aux|wld|\w\wx?w|tifw|tiffw|prj)|\.\w+\.(aux\.xml|ovr|msk|msk\.ovr)", re.IGNORECASE)
# What is written to a database and not yet in its own file.
OF_DATABASES = ("-wal", "-journal")
NAMED_IN_VRT = re.compile(r"<(?:SourceFilename|SrcDataSource)[^>]*>([^<]+)<")
TEXTS = frozenset({".geojson", ".json", ".kml", ".csv", ".gpx", ".xlsx", ".ods", ".kmz", ".zip", ".parquet", ".fgb"})


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def members_of(path: Path) -> list[Path]:
    """The file itself and those that are read with it, sorted; of a folder all files in it; of nothing, nothing."""
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file())
    if not path.is_file():
        return []
    suffix = path.suffix.lower()
    found = {path}
    for other in path.parent.iterdir():
        rest = other.name[len(path.stem) :]
        if other == path or other.name[: len(path.stem)] != path.stem or not other.is_file():
            continue
        of_format = rest.lower() in BESIDE.get(suffix, ())
        of_raster = suffix not in BESIDE and suffix not in TEXTS and BESIDE_ANY.fullmatch(rest)
        of_database = other.name in {path.name + ending for ending in OF_DATABASES}
        if of_format or of_raster or of_database:
            found.add(other)
    if suffix == ".vrt":
        named = NAMED_IN_VRT.findall(path.read_text(encoding="utf-8", errors="replace"))
        found |= {member for name in named for member in members_of(path.parent / name)}
    return sorted(found)


def content_of(path: str) -> dict[str, dict[str, str | int]]:
    """Hash and size of each member of a file, by its path."""
    return {
        member.as_posix(): {"sha256": sha256_of(member), "bytes": member.stat().st_size}
        for member in members_of(Path(path))
    }
