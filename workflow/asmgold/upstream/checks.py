"""What is asked of bytes before they are accepted, whoever brings them."""

from __future__ import annotations

import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, NamedTuple

from asmgold.config.models import Evidence, Exposure, Layer, Lock, Points, Source
from asmgold.errors import InputError, RefusedError, excerpt
from asmgold.io.checksum import LFS_POINTER

MAX_UNPACKED_BYTES = 2 << 30
MAX_UNPACKED_MEMBER_BYTES = 1 << 30
MAX_MEMBERS = 10_000
MIN_SHARE_OF_ROWS = 0.9  # of those that the lock counts
CHUNK = 1 << 20
HEAD = 4096

GEOMETRIES = {"Point": 0, "MultiPoint": 0, "LineString": 0, "MultiLineString": 1, "Polygon": 1, "MultiPolygon": 2}

PAGE = re.compile(
    rb"\s*+(?:<\?xml[^>]*+>\s*+)?+(?:<!--(?:[^-]|-(?!->))*+-->\s*+)*+<(?:!doctype\s+html|html|head|body|title|script|h1)\b",
    re.DOTALL | re.IGNORECASE,
)


def check_file(
    path: Path,
    name: str,
    source: Source,
    lock: Lock | None = None,
    *,
    layers: Sequence[Layer | Exposure] = (),
    allow_fewer_rows: bool = False,
) -> int | None:
    """Check a file that is to become the bytes of a source. It has to bear the name that the source gives it.

    Parameters
    ----------
    path : the file
    name, source : the source and its registration
    lock : its bytes so far, to compare the number of rows with
    layers : how the file will be read, if it is a layer or a raster; by default, whatever is in it, or its first band
    allow_fewer_rows : accept that more than 10 % of the rows are gone

    Returns
    -------
    The number of its records, or of its features; None for a raster.

    Raises
    ------
    RefusedError : the file is empty, a pointer of Git LFS, a web page, an error message, a damaged, unsafe or oversized
        archive, lacks a member or a column, is not UTF-8, not valid GeoJSON, no whole GeoTIFF, or has lost its rows.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        raise InputError(f"{path}: could not be read ({(error.strerror or str(error)).lower()})") from None
    if not head:
        raise RefusedError(f"{name}: the file is empty")
    if head.startswith(LFS_POINTER):
        raise RefusedError(f"{name}: a pointer of Git LFS came instead of the file")
    if PAGE.match(head.removeprefix(b"\xef\xbb\xbf")):
        raise RefusedError(f"{name}: a web page came instead of the file{_title(head)}")
    suffix = path.suffix.lower()
    if suffix in (".geojson", ".json"):
        _check_geojson(path, name)
    elif suffix == ".zip":
        if not head.startswith(b"PK"):
            _refuse_error_message(path, name)
        check_archive(path, name)
    elif head.lstrip().startswith(b"{"):
        _refuse_error_message(path, name)
    rows = _read(path, name, source, layers)
    before = lock.rows if lock is not None else None
    if rows is not None and before is not None and rows < MIN_SHARE_OF_ROWS * before and not allow_fewer_rows:
        raise RefusedError(
            f"{name}: the file has {rows} rows, {before} were there before; it is only taken in with more "
            "than 10 % fewer if you allow that (--allow-fewer-rows)"
        )
    return rows


def check_archive(path: Path, name: str) -> None:
    """Read a zip archive from end to end: names that stay inside, right checksums, and no more bytes than allowed.

    What counts are the bytes that come out, not those that the archive claims.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS:
                raise RefusedError(f"{name}: the archive has {len(members)} members, at most {MAX_MEMBERS} are allowed")
            if len({member.filename for member in members}) < len(members):
                raise RefusedError(f"{name}: the archive holds two members of one name")
            total = 0
            for member in members:
                _check_member_name(member, name)
                unpacked = 0
                with archive.open(member) as stream:
                    while chunk := stream.read(CHUNK):
                        unpacked += len(chunk)
                        total += len(chunk)
                        if unpacked > MAX_UNPACKED_MEMBER_BYTES or total > MAX_UNPACKED_BYTES:
                            bound = (
                                MAX_UNPACKED_MEMBER_BYTES
                                if unpacked > MAX_UNPACKED_MEMBER_BYTES
                                else MAX_UNPACKED_BYTES
                            )
                            raise RefusedError(
                                f"{name}: the archive unpacks to more than the {bound} bytes that are allowed "
                                f"(at {member.filename!r})"
                            )
    except (
        zipfile.BadZipFile, zlib.error, EOFError, OSError, struct.error, NotImplementedError, RuntimeError, ValueError,
    ) as error:  # fmt: skip
        reason = " ".join(str(error).split()) or type(error).__name__
        raise RefusedError(f"{name}: the zip archive is damaged or cut short ({reason})") from None


def _check_member_name(member: zipfile.ZipInfo, name: str) -> None:
    # ZipInfo.orig_filename is what the archive says; filename was mended for this system.
    for text in (member.orig_filename, member.filename):
        posix, windows = PurePosixPath(text), PureWindowsPath(text)
        if posix.is_absolute() or windows.drive or windows.root or ".." in windows.parts or "\x00" in text:
            raise RefusedError(f"{name}: the archive holds {text!r}, paths that stay inside it were expected")


def _check_geojson(path: Path, name: str) -> None:
    content = read_json(path, name, each=_checked)
    refuse_error_object(content, name)
    kind = content.get("type") if isinstance(content, dict) else None
    if kind != "FeatureCollection":
        raise RefusedError(f"{name}: JSON of type {excerpt(repr(kind))}, a GeoJSON FeatureCollection was expected")
    properties = content.get("properties")
    if content.get("exceededTransferLimit") or (
        isinstance(properties, dict) and properties.get("exceededTransferLimit")
    ):
        raise RefusedError(f"{name}: the server gave only some of the features (exceededTransferLimit)")
    features = content.get("features")
    if not isinstance(features, list) or not features:
        raise RefusedError(f"{name}: GeoJSON without features")
    for number, feature in enumerate(features, 1):
        if not isinstance(feature, _Checked):
            raise RefusedError(f"{name}: not valid GeoJSON: feature {number} is no Feature")
        if feature.fault is not None:
            raise RefusedError(f"{name}: not valid GeoJSON: feature {number} {feature.fault}")


class _Checked(NamedTuple):
    """What is kept of a feature: a layer of hundreds of thousands, as Python's objects, would take too much memory."""

    fault: str | None


def _checked(found: dict[str, Any]) -> Any:
    return _Checked(_fault_of_geometry(found.get("geometry"))) if found.get("type") == "Feature" else found


def _fault_of_geometry(geometry: Any) -> str | None:
    if geometry is None:
        return None
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind == "GeometryCollection" and isinstance(geometry.get("geometries"), list):
        return next((fault for part in geometry["geometries"] if (fault := _fault_of_geometry(part))), None)
    if kind not in GEOMETRIES or not isinstance(geometry.get("coordinates"), list):
        return "has no geometry of a known kind with its coordinates"
    parts = geometry["coordinates"]
    if kind == "Point" and any(isinstance(value, str) and value.casefold() == "nan" for value in parts):
        return None  # how ArcGIS writes a point without a position: GDAL reads none
    for _ in range(GEOMETRIES[kind]):  # down to lists of positions
        if not all(isinstance(part, list) for part in parts):
            return f"has coordinates that are not those of a {kind}"
        parts = [inner for part in parts for inner in part]
    positions = [parts] if kind == "Point" else parts
    if not all(_is_position(position) for position in positions if position != []):
        return "has a position that is not two or three numbers"
    if kind in ("Polygon", "MultiPolygon"):
        polygons = [geometry["coordinates"]] if kind == "Polygon" else geometry["coordinates"]
        if any(len(ring) < 4 or ring[0] != ring[-1] for polygon in polygons for ring in polygon):
            return "has a ring that is not closed, or of fewer than four positions"
    return None


def _is_position(position: Any) -> bool:
    return isinstance(position, list) and len(position) >= 2 and all(type(value) in (int, float) for value in position)


def read_json(path: Path, name: str, each: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    """What a file of JSON holds; `each` says what to keep of an object. Raises RefusedError if it is none."""
    content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        return json.loads(content.decode("utf-8"), parse_constant=_no_number, object_hook=each)
    except UnicodeDecodeError as error:
        raise RefusedError(
            f"{name}: byte {error.start} is {content[error.start]:#04x}, UTF-8 text was expected"
        ) from None
    except RecursionError:
        raise RefusedError(f"{name}: not valid JSON (nested too deeply)") from None
    except ValueError as error:
        raise RefusedError(f"{name}: not valid JSON ({error})") from None


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is not a number of JSON")


def refuse_error_object(content: Any, name: str) -> None:
    """Refuse an object that says what went wrong, as servers send it with status 200."""
    if isinstance(content, dict) and "error" in content:
        error = content["error"]
        said = f"{error.get('code', '')} {error.get('message', '')}" if isinstance(error, dict) else str(error)
        raise RefusedError(f"{name}: the server gave an error instead of the file: {' '.join(said.split())[:200]}")


def _refuse_error_message(path: Path, name: str) -> None:
    """Refuse an error object in place of another format, so that the message is the server's own."""
    if path.stat().st_size <= CHUNK:
        try:
            content = read_json(path, name)
        except RefusedError:
            return
        refuse_error_object(content, name)


def _read(path: Path, name: str, source: Source, layers: Sequence[Layer | Exposure]) -> int | None:
    # The readers load much, and most files that are fetched are the pinned ones, which are not read.
    import shapely

    from asmgold.sources.datasets import count_features
    from asmgold.sources.evidence import read_evidence
    from asmgold.sources.points import read_points
    from asmgold.sources.raster import check_raster
    from asmgold.sources.records import read_records
    from asmgold.sources.vector import field_of, read_any, read_layer
    from asmgold.vocabulary.commodities import GOLD

    try:
        if source.reader == "raster":
            # One format, with its data inside: others can name further files or addresses to read from.
            for exposure in layers or (Exposure(source=name, unit=""),):
                assert isinstance(exposure, Exposure)
                check_raster(path, exposure, driver="GTiff")
            return None
        if source.reader != "vector":
            return len(read_records(path, source.reader))
        if not layers:
            return len(read_any(path))
        rows = 0
        for layer in layers:
            assert isinstance(layer, Layer)
            if isinstance(layer, Points):
                rows = max(rows, len(read_points(path, layer.model_copy(update={"where": {}}), name, GOLD)))
                continue
            features = read_evidence(path, layer) if isinstance(layer, Evidence) else read_layer(path, layer)
            field = getattr(layer, "group_by", None) or getattr(layer, "field", None)
            if field is not None:
                field_of(features, path, field)
            rows = max(rows, count_features(path, layer.layer))
        return rows
    except InputError as error:
        raise RefusedError(f"{name}: {str(error).removeprefix(f'{path}: ').replace(str(path), path.name)}") from None
    except (
        RuntimeError,
        ValueError,
        shapely.errors.ShapelyError,
    ) as error:  # what GDAL and GEOS make of broken shapes
        raise RefusedError(f"{name}: the file could not be read ({' '.join(str(error).split())[:200]})") from None


def _title(head: bytes) -> str:
    found = re.search(rb"<(title|h1)[^>]*>\s*([^<]+)", head, re.IGNORECASE)
    return f" ({' '.join(found[2].decode('utf-8', 'replace').split())[:80]!r})" if found else ""
