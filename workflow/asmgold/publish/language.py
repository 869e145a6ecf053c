"""The words that maps and pages use, in each language: `words/<language>.yaml`, one section for each product."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from asmgold.config import read_yaml

FOLDER = Path(__file__).parent / "words"


def load_words(language: str, section: str) -> Mapping[str, str]:
    """The words of a section by their keys, the same keys in every language.

    Parameters
    ----------
    language : a code of ISO 639-1 for which there is a file, such as `en`
    section : `common`, or the product that uses them
    """
    words = _words_of(language)
    return {**words["common"], **words[section]}


@cache
def _words_of(language: str) -> Mapping[str, Mapping[str, str]]:
    """All words of a language. A GeoPackage asks for some of them more than fifty times."""
    words: Mapping[str, Mapping[str, str]] = read_yaml(FOLDER / f"{language}.yaml")
    return words
