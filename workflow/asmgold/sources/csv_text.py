"""Tables of text as USGS publishes them: CSV, alone or in a zip. Every row comes out, also the broken ones."""

from __future__ import annotations

import codecs
import logging
import lzma
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from asmgold.errors import InputError, excerpt
from asmgold.io.checksum import refuse_pointer

log = logging.getLogger(__name__)

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MAX_BYTES = 2**31 - 1  # what Arrow reads in one block
MAX_LINES_IN_A_FIELD = 1000
NO_NUMBERS = frozenset({"", "nan", "null", "none", "na", "n/a"})  # what stands where a number is missing
MAX_LINE = 1 << 14  # within which the fields beside one are looked for

# A quote opens a field at its start only; two of them within it stand for one; the next one closes it.
_QUOTED = re.compile(rb'(?:\A|(?<=[,\r\n]))"([^"]*+(?:""[^"]*+)*+)("?)')
_FIELD = re.compile(rb'(?:"([^"]*+(?:""[^"]*+)*+)"?)?([^,\r\n]*+)(,|[\r\n]++|\Z)')
_BEHIND = re.compile(rb"[^\r\n]*")
_LINE_END = re.compile(rb"\r\n|\r|\n")


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
    refuse_pointer(path)
    if path.suffix.lower() != ".zip":
        _check_size(path.stat().st_size, str(path))
        return path.read_bytes()
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            found = [name for name in names if PurePosixPath(name).name.lower() == member]
            if len(found) == 1:
                _check_size(archive.getinfo(found[0]).file_size, f"{path}/{member}")
                return archive.read(found[0])
    except _NO_ZIP as error:
        raise InputError(f"{path}: not a whole zip archive ({excerpt(error, 200)})") from None
    if found:
        raise InputError(f"{path}: holds {len(found)} files {member}, one was expected")
    held = ", ".join(excerpt(name) for name in names[:5]) or "nothing"
    raise InputError(f"{path}: holds {held}; {member} was expected")


_NO_ZIP = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError, OverflowError,
    NotImplementedError, RuntimeError,
)  # fmt: skip


def as_utf8(content: bytes, origin: str) -> bytes:
    """The text of a table as UTF-8 without byte order mark, and a warning that names the lines that were not so.

    A table in UTF-16, as Excel's "Unicode text" is, says so at its beginning. A line that is not UTF-8 is taken for
    Windows-1252; what that leaves unclear is decoded with the other leftovers of old encodings
    (`asmgold.io.text.decoded`).
    """
    if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        content = content.decode("utf-16", errors="replace").encode()
    content = content.removeprefix(BYTE_ORDER_MARK)
    try:
        content.decode("utf-8")  # takes a tenth of the time of a look at each line
    except UnicodeDecodeError:
        return _lines_in_utf8(content, origin)
    return content


def _lines_in_utf8(content: bytes, origin: str) -> bytes:
    lines, others = content.splitlines(keepends=True), []
    for number, line in enumerate(lines):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            others.append(number + 1)
            lines[number] = line.decode("latin-1").encode()  # whose other half is that of Windows-1252
    told = f"line {others[0]}" if len(others) == 1 else f"{len(others)} lines, the first of them {others[0]}"
    log.warning("%s: is not UTF-8 in %s, which was read as Windows-1252", origin, told)
    return b"".join(lines)


def _with_doubled_quotes(line: bytes) -> bytes:
    """A line with each quote doubled that stands after a backslash, within quotes, and is neither doubled nor last."""
    pieces = line.split(b'\\"')
    taken, quotes = [pieces[0]], pieces[0].count(b'"')
    for piece in pieces[1:]:
        is_escaped = quotes % 2 == 1 and piece[:1] not in (b",", b"\r", b"\n", b"", b'"')
        taken += [b'""' if is_escaped else b'\\"', piece]
        quotes += piece.count(b'"') + (0 if is_escaped else 1)
    return b"".join(taken)


def column_names(content: bytes) -> list[str]:
    """The names of the columns of a table in UTF-8; none of an empty one."""
    return _header(content)[0] if content.strip() else []


def read_table(
    content: bytes, origin: str, needed: tuple[str, ...], optional: tuple[str, ...] = (), *, may_be_empty: bool = False
) -> tuple[pd.DataFrame, list[BrokenRow]]:
    """Columns of a CSV table as text, by `as_utf8`, with or without byte order mark, whatever its line ends.

    Parameters
    ----------
    content : the bytes of the table
    origin : how to call it in messages
    needed, optional : columns to read; others are ignored, a missing optional one comes out empty
    may_be_empty : whether a header alone is a table

    Returns
    -------
    The rows as text, "" where nothing stands, indexed by their number from 1; and the rows that have another
    number of fields than the header, which are not among them.

    Raises
    ------
    InputError : if the text is not CSV, a needed column is missing or stands twice, there is no row, or
        a quote that was left open swallows rows. Empty lines are no rows.
    """
    content = as_utf8(content, origin)
    if b'\\"' in content:  # within quotes, a quote of the text
        content = b"".join(_with_doubled_quotes(line) for line in content.splitlines(keepends=True))
    if not content.strip():
        raise InputError(f"{origin}: is empty, a table with the columns {', '.join(needed)} was expected")
    header, start = _header(content)
    missing = [name for name in needed if name not in header]
    if missing:
        raise InputError(
            f"{origin}: has no column {', '.join(missing)}; its columns are {', '.join(map(excerpt, header[:12]))}"
            + (" ..." if len(header) > 12 else "")
        )
    present = [*needed, *(name for name in optional if name in header)]
    twice = [name for name in present if header.count(name) > 1]
    if twice:
        raise InputError(f"{origin}: has the column {twice[0]} twice, once was expected")
    rows = memoryview(content)[start:]
    frame, broken = _parse(rows, {str(header.index(name)): name for name in present}, len(header), origin)
    # Where every line is a row nothing can have been swallowed, which is how tables are as a rule.
    if _lines_with_text(content) != len(frame) + len(broken) + 1 or _ends_within_quotes(content):
        _check_quotes(content, len(header), origin)
    if not len(frame) and not broken and not may_be_empty:
        raise InputError(f"{origin}: has a header and no rows")
    frame = frame.reindex(columns=[*needed, *optional], fill_value="")
    numbers = pd.RangeIndex(1, len(frame) + len(broken) + 1)
    frame.index = numbers.difference([row.row for row in broken]) if broken else numbers
    return frame, broken


def _parse(
    rows: memoryview, columns: dict[str, str], n_columns: int, origin: str
) -> tuple[pd.DataFrame, list[BrokenRow]]:
    """The columns, given as position and name, of rows without their header."""
    broken: list[BrokenRow] = []

    def set_aside(row: pyarrow.csv.InvalidRow) -> str:
        reason = f"the row has {row.actual_columns} fields, {row.expected_columns} were expected"
        broken.append(BrokenRow(row.number, reason))
        return "skip"

    if not rows:
        return pd.DataFrame(columns=list(columns.values()), dtype="str"), broken
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(pa.py_buffer(rows)),
            # One thread, so that rows are numbered; blocks as large as the file, so that no row is too long.
            read_options=pyarrow.csv.ReadOptions(
                use_threads=False, block_size=max(len(rows), 1 << 20), column_names=list(map(str, range(n_columns)))
            ),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=set_aside),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=list(columns),
                column_types=dict.fromkeys(columns, pa.string()),
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        raise InputError(f"{origin}: not a CSV table ({excerpt(error, 200)})") from None
    return table.rename_columns(list(columns.values())).to_pandas(), broken


def _header(content: bytes) -> tuple[list[str], int]:
    """The names of the columns, and where the rows start."""
    start = len(content) - len(content.lstrip(b"\r\n"))
    names: list[str] = []
    while True:
        field = _FIELD.match(content, start)
        assert field is not None  # it matches anything
        name = (field[1] or b"").replace(b'""', b'"') + field[2]
        names.append(name.decode().strip().removeprefix("\ufeff"))
        start = field.end()
        if field[3] != b",":
            return names, start


def _lines_with_text(content: bytes) -> int:
    text = np.frombuffer(content, np.uint8)
    ends = (text == 10) | (text == 13)
    return int(np.count_nonzero(ends[1:] & ~ends[:-1])) + int(not ends[-1])


def _ends_within_quotes(content: bytes) -> bool:
    """Whether the last line, taken alone, ends within quotes."""
    stripped = content.rstrip(b"\r\n")
    last = stripped[max(stripped.rfind(b"\n"), stripped.rfind(b"\r")) + 1 :]
    return any(not field[2] for field in _QUOTED.finditer(last))


def _check_quotes(content: bytes, n_columns: int, origin: str) -> None:
    """Refuse fields that hold line ends because a quote was left open, and not because their text has lines.

    That is so if the quote is never closed; if the one that closes it is followed by more text, as an opening one is;
    if two of the lines or more would be rows of their own; or if the lines are too many for a field.
    """
    for field in _QUOTED.finditer(content):
        text = field[1]
        closed, after = bool(field[2]), content[field.end() : field.end() + 1]
        if not closed:
            why = "and is not closed"
        elif b"\n" not in text and b"\r" not in text:
            continue
        elif after not in (b",", b"\n", b"\r", b""):
            why = f"on another line than it closes on, and {excerpt(after.decode(errors='replace'))!r} follows it there"
        else:
            lines = _LINE_END.split(text)
            before, behind = _fields_around(content, field.start(), field.end())
            commas = [line.count(b",") for line in lines]
            commas[0] += before
            commas[-1] += behind
            alike = commas.count(n_columns - 1)
            if alike < 2 and len(lines) <= MAX_LINES_IN_A_FIELD:
                continue
            why = f"and closes {len(lines) - 1} lines below" + (f", over {alike} rows" if alike > 1 else "")
        line = len(_LINE_END.findall(content, 0, field.start())) + 1
        raise InputError(f"{origin}: line {line}: a quote opens {why}; rows may be lost in it, mend the file there")


def _fields_around(content: bytes, start: int, end: int) -> tuple[int, int]:
    """How many commas part fields before and behind a field, on its own lines."""
    low, high = max(0, start - MAX_LINE), min(len(content), end + MAX_LINE)
    line = max(low, *(content.rfind(sign, low, start) + 1 for sign in (b"\n", b"\r")))
    behind = _BEHIND.match(content, end, high)
    before = _QUOTED.sub(b"", content[line:start]).count(b",")
    return before, _QUOTED.sub(b"", behind[0]).count(b",") if behind else 0


def _check_size(size: int, origin: str) -> None:
    if size > MAX_BYTES:
        raise InputError(f"{origin}: has {size:,} bytes, at most {MAX_BYTES:,} were expected of a table")
