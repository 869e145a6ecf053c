"""Text that others wrote, wherever it is shown: a report's Markdown, a log, a table, a page of metadata."""

from __future__ import annotations

import logging
import re
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from asmgold.errors import excerpt
from asmgold.io.logs import PlainFormatter
from asmgold.io.markdown import JOINER, code, in_sentence
from asmgold.io.tables import FORMULA, _inert
from asmgold.publish.qgis.metadata import layer_metadata
from tests.small_map import context_of_map

HOSTILE = [
    "@everyone", "fixes #1", "Closes asmgold/asmgold#12", "GH-7", "| a | b |", "\\| a \\\\| b", "`` ` ``", "`", "\\",
    "[x](javascript:alert(1))", "![x](http://127.0.0.1/a.png)", "<img src=x onerror=alert(1)>", "<!-- -->",
    "$\\href{a}{b}$",
    "https://example.org/x", "www.example.org", "# heading", "- [ ] task", "~~~", ":smile:", "&lt;b&gt;", "a  \nb",
    "**b** _i_",
]  # fmt: skip


def reader():
    """Markdown as GitHub has it: tables, and raw HTML."""
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


@given(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("|\\`@# *_<&[$~"), max_size=40))
@example("")
@pytest.mark.parametrize("hostile", HOSTILE)
def test_in_a_table_every_text_is_one_cell_of_code(hostile, found):
    for text in (hostile, found, hostile + found, found + hostile):
        tokens = reader().parse(f"| a | b |\n| --- | --- |\n| {code(text)} | end |\n")
        cells = [token for token in tokens if token.type == "inline"][2:]
        assert len(cells) == 2
        assert cells[1].content == "end"
        shown = excerpt(text, 120)
        if shown:
            assert [token.type for token in cells[0].children] == ["code_inline"]
            assert cells[0].children[0].content.replace(JOINER, "") == shown.replace(JOINER, "")


@pytest.mark.parametrize("text", HOSTILE)
def test_in_a_sentence_it_has_no_markup_mentions_nobody_and_closes_nothing(text):
    made = in_sentence(f"A {text} z")
    (_, inline, _) = reader().parse(made)
    assert {token.type for token in inline.children} <= {"text", "text_special"}
    shown = "".join(token.content for token in inline.children)
    assert not re.search(r"@\w|#\d|\bGH-\d", shown)
    assert shown.replace(JOINER, "") == " ".join(f"A {text} z".split())


def test_addresses_in_citations_stay_whole():
    assert in_sentence("See https://doi.org/10.3133/ofr20051294_a.") == "See https://doi.org/10.3133/ofr20051294_a."


@given(st.text())
@example("\x1b[2J\x07\x9b31m\u202e")
def test_a_log_steers_no_terminal(text):
    record = logging.LogRecord("name", logging.INFO, "", 0, "%s: read", (text,), None)
    line = PlainFormatter().format(record)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", line)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r\n=1", "＝1", "＠a", "\x00=1"])
def test_no_cell_of_a_table_is_a_formula(text):
    assert str(_inert(text))[0] == "'"
    assert str(_inert(text))[1] in FORMULA


def test_metadata_that_qgis_shows_as_html_has_no_markup():
    title = "<img src=http://127.0.0.1/x> & 1 < 2 </td>"
    root = ElementTree.fromstring(layer_metadata("area", context_of_map(title), {}, None))
    texts = [
        *(node.text or "" for node in root.iter()),
        *(value for node in root.iter() for value in node.attrib.values()),
    ]
    assert any("‹img" in text for text in texts)
    assert any("1 < 2" in text for text in texts)
    assert not [text for text in texts if re.search("<[a-zA-Z/!?]", text)]
