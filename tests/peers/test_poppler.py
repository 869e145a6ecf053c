"""Poppler, which many PDF readers are made of, reads the printed map and the brief."""

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


MAP, BRIEF = "results/peru/map.pdf", "results/peru/brief.pdf"


def test_words_of_the_brief_are_text(poppler):
    words = " ".join(poppler("pdftotext", "-layout", BRIEF, "-").split())
    for text in ("ASM gold regions of Peru", "Before you use these figures", "of the mining seen lies there"):
        assert text in words, text


def test_words_of_the_map_are_text(poppler):
    words = " ".join(poppler("pdftotext", "-layout", MAP, "-").split())
    for text in ("ASM gold regions of Peru", "Key figures", "Madre de Dios", "BRAZIL", "Made with Natural Earth"):
        assert text in words, text


@pytest.mark.parametrize("page", [MAP, BRIEF])
def test_pages_are_drawn_of_vectors_and_embed_their_fonts(poppler, page):
    assert len(poppler("pdfimages", "-list", page).splitlines()) == 2  # the heading of an empty table
    fonts = poppler("pdffonts", page).splitlines()[2:]
    assert fonts
    for line in fonts:
        assert re.search(r"DejaVuSans\S* +CID TrueType +Identity-H +yes yes yes", line), line


@pytest.mark.parametrize("page", [MAP, BRIEF])
def test_each_is_one_page_of_a4_that_says_what_it_is_and_not_when(poppler, page):
    said = poppler("pdfinfo", page)
    assert re.search(r"Title: +ASM gold regions of Peru\n", said)
    assert re.search(r"Author: .*U.S. Geological Survey", said)
    assert re.search(r"Pages: +1\n", said)
    assert "(A4)" in said
    assert re.search(r"Tagged: +yes\n", said)
    assert poppler("pdfinfo", "-struct", page).split() == ["Document", "Figure"]
    assert "Date" not in said
