"""The words that maps and pages use, in each language: `words/<language>.yaml`, one section for each product."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from asmgold.config import read_yaml
from asmgold.vocabulary import GOLD

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
