"""Repairs text of the sources: wrong encodings, and control characters."""

from __future__ import annotations

import re
import unicodedata

CONTROL = re.compile("[\x00-\x1f\x7f\u2028\u2029]+")
NAMELESS = re.compile(
    r"\W*+((un(named|identified|known|titled)|name (unknown|not known))\b|(no name( given)?|n/?a|none)?\W*$)"
)
WEB_ADDRESS = re.compile(r"https?://[^\s]+", re.IGNORECASE)
LEFTOVER = re.compile("[\x80-\x9f]")
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
RIGHT_TO_LEFT = ("R", "AL", "AN")


def nameless(text: str) -> bool:
    """Whether the text of a name means that there is no name: `Unknown`, `Unnamed Prospect`, `Name unknown`, `?`."""
    return NAMELESS.match(text.casefold()) is not None


def web_address(text: object) -> str | None:
    """An address that leads to a page of the web and nowhere else, or None."""
    return text if isinstance(text, str) and WEB_ADDRESS.fullmatch(text) else None


def readable(text: str) -> str:
    """The text with a blank in the place of control characters, which end texts in a GeoPackage and steer terminals."""
    return CONTROL.sub(" ", text).strip() if CONTROL.search(text) else text


def isolated(text: str) -> str:
    """The text as it can stand among others: one with letters from right to left moves no figure beside it.

    Marks of direction of its own, by which it could turn what follows, are left out, and control characters are blanks.
    """
    own = DIRECTION.sub("", readable(text))
    if own.isascii() or not any(unicodedata.bidirectional(sign) in RIGHT_TO_LEFT for sign in own):
        return own
    return FIRST_STRONG_ISOLATE + own + POP_ISOLATE


def decoded(text: str) -> str:
    r"""The text with the letters that a wrong encoding has made unreadable.

    A character from 80 to 9F (hexadecimal) is a byte that was never decoded: a punctuation mark of Windows-1252
    (`Côte D\x92Ivoire`), or else a letter of Mac Roman (`G\x9fzelyayla`); both occur in the data. UTF-8 that was read
    as something else is put right by ftfy, where it is sure.
    """
    if text.isascii():
        return text
    import ftfy  # most texts are ASCII, and most jobs read none

    return str(ftfy.fix_encoding(LEFTOVER.sub(_meant, text)))


def _meant(leftover: re.Match[str]) -> str:
    byte = leftover[0].encode("latin-1")
    punctuation = byte in b"\x85\x91\x92\x93\x94\x95\x96\x97"
    return byte.decode("cp1252" if punctuation else "mac_roman")
