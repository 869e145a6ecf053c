"""Letters that the fonts of pictures have, and what stands in the place of those that none has: never an empty box.

Texts are drawn in DejaVu Sans, which comes with matplotlib. What it lacks, another font of the machine draws, where
there is one; else the code points of the letters stand in brackets, and a line of the log says what to install.
"""

from __future__ import annotations

import logging
import re
import string
import unicodedata
from functools import lru_cache

from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.text import Text

from asmgold.errors import excerpt
from asmgold.io.text import FIRST_STRONG_ISOLATE, POP_ISOLATE

FONT = "DejaVu Sans"
LAST_RESORT = "Last Resort"  # a font of matplotlib's that draws a box for every letter
SHOWN_CODES = 6
EAST_ASIAN = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA", "BOPOMOFO", "FULLWIDTH")

log = logging.getLogger(__name__)


@lru_cache(maxsize=4096)
def drawable(text: str, weight: str = "normal") -> str:
    """The text with `[U+77FF U+533A]` in the place of letters that no font of this machine has, and a word in the log.

    Parameters
    ----------
    text : any
    weight : of the letters, `normal` or `bold`
    """
    lacking = "".join(dict.fromkeys(sign for sign in text if _font_of(sign, weight) is None))
    if not lacking:
        return text
    for word in text.split():
        if of_word := "".join(sign for sign in lacking if sign in word):
            _tell(word.strip(string.punctuation + FIRST_STRONG_ISOLATE + POP_ISOLATE), of_word)
    return re.sub(f"[{re.escape(lacking)}]+", _codes, text)


@lru_cache(maxsize=4096)
def families(text: str, weight: str = "normal") -> list[str]:
    """The fonts that draw a text, for matplotlib: the usual one, then those that have what it lacks."""
    return list(dict.fromkeys([FONT, *filter(None, (_font_of(sign, weight) for sign in text))]))


def make_drawable(figure: Figure) -> None:
    """See to it that every text of a picture can be drawn, the labels at its axes too; none is taken for a formula."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            _make_labels_drawable(axis)
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        text.set_text(drawable(text.get_text()))
        text.set_fontfamily(families(text.get_text()))
        text.set_parse_math(False)


def _make_labels_drawable(axis: Axis) -> None:
    labels = [label.get_text() for label in axis.get_ticklabels()]
    shown = [drawable(label) for label in labels]
    if shown != labels:
        axis.set_ticks(axis.get_ticklocs(), labels=shown)
    axis.set_tick_params(labelfontfamily=families("".join(shown)))


def carried_over(lines: list[str]) -> list[str]:
    """Lines of one text, each with a direction of its own: an isolate that a line end cuts goes on in the next line."""
    carried, is_open = [], False
    for line in lines:
        whole = (FIRST_STRONG_ISOLATE if is_open else "") + line
        is_open = whole.count(FIRST_STRONG_ISOLATE) > whole.count(POP_ISOLATE)
        carried.append(whole + (POP_ISOLATE if is_open else ""))
    return carried


@lru_cache(maxsize=4096)
def _font_of(sign: str, weight: str) -> str | None:
    """The first font that has a letter; the usual one for signs that are not seen."""
    if unicodedata.category(sign) in ("Cf", "Cc") or unicodedata.name(sign, "").startswith("VARIATION SELECTOR"):
        return FONT
    return next((name for name in (FONT, *_others()) if ord(sign) in _letters_of(name, weight)), None)


@lru_cache(maxsize=1)
def _others() -> list[str]:
    """The other fonts of this machine, those without serifs first, in the order of their names."""
    names = {font.name for font in fontManager.ttflist if not font.name.startswith(LAST_RESORT)}
    return sorted(names - {FONT}, key=lambda name: ("Sans" not in name, name))


@lru_cache(maxsize=64)
def _letters_of(name: str, weight: str) -> frozenset[int]:
    font = findfont(FontProperties(family=name, weight=weight), fallback_to_default=False)
    return frozenset(get_font(font).get_charmap())


def _codes(letters: re.Match[str]) -> str:
    codes = [f"U+{ord(sign):04X}" for sign in letters[0]]
    return f"[{' '.join(codes[:SHOWN_CODES])}{' …' if len(codes) > SHOWN_CODES else ''}]"


@lru_cache(maxsize=4096)
def _tell(word: str, lacking: str) -> None:
    """Say once of each word what it lacks, and which font has it."""
    log.warning(
        "no font of this machine has the letters %s of %s: their code points stand in pictures; install %s",
        excerpt(lacking), excerpt(word), " and ".join(dict.fromkeys(map(_font_to_install, lacking))),
    )  # fmt: skip


def _font_to_install(sign: str) -> str:
    script = unicodedata.name(sign, "UNKNOWN").split()[0].split("-")[0]
    if script in EAST_ASIAN:
        return "Noto Sans CJK"
    if unicodedata.category(sign) in ("So", "Sk"):
        return "Noto Emoji"
    return f"Noto Sans {script.capitalize()}"
