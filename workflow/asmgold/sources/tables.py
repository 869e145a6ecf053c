"""Tables of text as USGS publishes them: CSV, alone or in a zip. Every row comes out, also the broken ones."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from asmgold.errors import InputError

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass
class BrokenRow:
    """A row with another number of fields than the header has."""

    row: int
    reason: str


def read_bytes(path: Path, member: str) -> bytes:
    """The table's bytes: the file itself, or the member of that name in a zip, in whatever folder.

    Raises
    ------
    InputError : if the file is missing, claims to be a zip and is none, is cut short or lacks the member.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    if path.suffix.lower() != ".zip":
        return path.read_bytes()
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if PurePosixPath(name).name.lower() == member:
                    return archive.read(name)
            held = ", ".join(archive.namelist()[:5]) or "nothing"
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{path}: not a whole zip archive ({error})") from None
    raise InputError(f"{path}: holds {held}; {member} was expected")


def read_table(
    content: bytes, origin: str, needed: tuple[str, ...], optional: tuple[str, ...] = ()
) -> tuple[pd.DataFrame, list[BrokenRow]]:
    """Columns of a CSV table as text, in UTF-8, with or without byte order mark, whatever its line ends.

    Parameters
    ----------
    content : the bytes of the table
    origin : how to call it in messages
    needed, optional : columns to read; others are ignored, a missing optional one comes out empty

    Returns
    -------
    The rows as text, "" where nothing stands, indexed by their number from 1; and the rows that have another
    number of fields than the header, which are not among them.

    Raises
    ------
    InputError : if the text is not UTF-8 or not CSV, a needed column is missing or stands twice, or there is no row.
    """
    content = content.removeprefix(BYTE_ORDER_MARK)
    if not content.strip():
        raise InputError(f"{origin}: is empty, a table with the columns {', '.join(needed)} was expected")
    _check_text(content, origin)
    header = _header(content, origin)
    missing = [name for name in needed if name not in header]
    if missing:
        raise InputError(
            f"{origin}: has no column {', '.join(missing)}; its columns are {', '.join(header[:12])}"
            + (" ..." if len(header) > 12 else "")
        )
    present = [*needed, *(name for name in optional if name in header)]
    twice = [name for name in present if header.count(name) > 1]
    if twice:
        raise InputError(f"{origin}: has the column {twice[0]} twice, once was expected")
    broken: list[BrokenRow] = []

    def set_aside(row: pyarrow.csv.InvalidRow) -> str:
        reason = f"the row has {row.actual_columns} fields, {row.expected_columns} were expected"
        broken.append(BrokenRow(row.number - 1 if row.number else 0, reason))
        return "skip"

    try:
        table = pyarrow.csv.read_csv(
            io.BytesIO(content),
            # One thread, so that rows are numbered; blocks as large as the file, so that no row is too long.
            read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=max(len(content), 1 << 20)),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=set_aside),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=present,
                column_types=dict.fromkeys(present, pa.string()),
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        raise InputError(f"{origin}: not a CSV table ({error})") from None
    if table.num_rows == 0 and not broken:
        raise InputError(f"{origin}: has a header and no rows")
    frame = table.to_pandas().reindex(columns=[*needed, *optional], fill_value="")
    numbers = pd.RangeIndex(1, len(frame) + len(broken) + 1)
    frame.index = numbers.difference([row.row for row in broken]) if broken else numbers
    return frame, broken


def _header(content: bytes, origin: str) -> list[str]:
    first_lines = content[: 1 << 20]
    try:
        reader = pyarrow.csv.open_csv(
            io.BytesIO(first_lines),
            parse_options=pyarrow.csv.ParseOptions(invalid_row_handler=lambda row: "skip"),
        )
    except pa.ArrowInvalid as error:
        raise InputError(f"{origin}: not a CSV table ({error})") from None
    return [str(name).strip() for name in reader.schema.names]


def _check_text(content: bytes, origin: str) -> None:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{origin}: byte {error.start} (line {line}) is {content[error.start]:#04x}, UTF-8 text was expected"
        ) from None
