"""Poppler, which many PDF readers are made of, reads the printed map."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.thorough


@pytest.fixture
def poppler(built_once):
    """Runs one of its programs on the map."""

    def run(program, *arguments):
        if shutil.which(program) is None:
            pytest.skip(f"{program} (poppler-utils) is not installed")
        command = [program, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=built_once.folder).stdout

    return run


MAP = "results/peru/map.pdf"


def test_words_of_the_map_are_text(poppler):
    words = " ".join(poppler("pdftotext", "-layout", MAP, "-").split())
    for text in ("ASM gold regions of Peru", "Key figures", "Madre de Dios", "BRAZIL", "Made with Natural Earth"):
        assert text in words, text


def test_the_map_is_drawn_of_vectors_and_embeds_its_fonts(poppler):
    assert len(poppler("pdfimages", "-list", MAP).splitlines()) == 2  # the heading of an empty table
    fonts = poppler("pdffonts", MAP).splitlines()[2:]
    assert fonts
    for line in fonts:
        assert re.search(r"DejaVuSans\S* +CID TrueType +Identity-H +yes yes yes", line), line


def test_the_map_is_a_page_of_a4_that_says_what_it_is_and_not_when(poppler):
    said = poppler("pdfinfo", MAP)
    assert re.search(r"Title: +ASM gold regions of Peru\n", said)
    assert re.search(r"Author: .*U.S. Geological Survey", said)
    assert re.search(r"Pages: +1\n", said)
    assert "(A4)" in said
    assert "Date" not in said
