"""The words of maps and pages in each language, from `words/<language>.yaml`, and numbers as its readers write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from asmgold.config.loading import read_yaml
from asmgold.vocabulary.commodities import GOLD

NO_BREAK = "\N{NO-BREAK SPACE}"
FOLDER = Path(__file__).parent / "words"


def load_words(language: str, section: str, commodity: str = GOLD.name) -> Mapping[str, str]:
    """The words of a section by their keys, the same keys in every language.

    They are written about gold; another commodity takes its place, word by word.

    Parameters
    ----------
    language : a code of ISO 639-1 for which there is a file, such as `en`
    section : `common`, or the product that uses them
    commodity : a name of `asmgold.vocabulary`
    """
    words = _words_of(language)
    chosen = {**words["common"], **words[section]}
    if commodity == GOLD.name:
        return chosen
    named = words["commodities"]
    spoken = str(named.get(commodity, commodity.replace("_", " ")))
    return {key: in_place_of(str(named[GOLD.name]), spoken, text) for key, text in chosen.items()}


def in_place_of(old: str, new: str, text: str) -> str:
    """A text with one word in the place of another one, also where it begins a sentence."""
    text = re.sub(rf"\b{old}\b", new, text)
    return re.sub(rf"\b{old.capitalize()}\b", new.capitalize(), text)


@cache
def _words_of(language: str) -> Mapping[str, Mapping[str, str]]:
    """All words of a language. A GeoPackage asks for some of them more than fifty times."""
    words: Mapping[str, Mapping[str, str]] = read_yaml(FOLDER / f"{language}.yaml")
    return words


@dataclass(frozen=True)
class Numbers:
    """How numbers are written.

    >>> spanish = Numbers(thousands=".", decimal=",")
    >>> spanish.count(262626.7), spanish.share(0.2034)
    ('262.627', '20,3\\xa0%')
    """

    thousands: str
    decimal: str

    @classmethod
    def of(cls, words: Mapping[str, str]) -> Numbers:
        """As the words of a language say, of any section."""
        return cls(words["thousands"], words["decimal"])

    def count(self, value: float, decimals: int = 0) -> str:
        """A number with so many decimals."""
        return f"{value:,.{decimals}f}".translate({ord(","): self.thousands, ord("."): self.decimal})

    def share(self, value: float) -> str:
        """A fraction of 1 as per cent with one decimal."""
        return f"{self.count(100 * value, 1)}{NO_BREAK}%"

    def km2(self, value: float) -> str:
        """An area in whole square kilometres, a small one with three digits."""
        text = self.count(value) if value >= 100 or value == 0 else self.general(float(f"{value:.3g}"))
        return f"{text}{NO_BREAK}km²"

    def general(self, value: float) -> str:
        """A number with as many decimals as it has, and no more than six digits."""
        return f"{value:,.6g}".translate({ord(","): self.thousands, ord("."): self.decimal})
