"""Letters of any writing in pictures: no empty boxes, never silently, and figures stay where they belong."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest
import shapely
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ft2font import LoadFlags
from matplotlib.text import Text

from asmgold.io.text import isolated
from asmgold.publish import letters
from asmgold.publish.figures import as_svg
from asmgold.publish.map.lettering import broken
from asmgold.publish.map.sheet import compose
from tests.publish.test_printed_map import AREAS, assert_legible, content

CHINESE, MONGOLIAN, ARABIC, HEBREW = "矿区", "ᠮᠣᠩᠭᠣᠯ", "منطقة محمية", "אזור"


@pytest.fixture(autouse=True)
def no_memory():
    def forget():
        for name in ("drawable", "families", "_font_of", "_others", "_letters_of", "_tell"):
            getattr(letters, name).cache_clear()

    forget()
    yield
    forget()


@pytest.fixture
def bare(monkeypatch):
    """A machine with the fonts of matplotlib and no others."""
    own = Path(font_manager.__file__).parent
    fonts = [font for font in font_manager.fontManager.ttflist if Path(str(font.fname)).is_relative_to(own)]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", fonts)


def visual_order(text):
    """The letters from left to right, as matplotlib draws them."""
    font = font_manager.get_font(font_manager.findfont("DejaVu Sans"))
    return "".join(item.char for item in font._layout(text, LoadFlags.NO_HINTING))


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("title", "shown", "install"),
    [
        (CHINESE, "[U+77FF U+533A]", "Noto Sans CJK"),
        (MONGOLIAN, "[U+182E U+1823 U+1829 U+182D U+1823 U+182F]", "Noto Sans Mongolian"),
        ("Mine 🪨", "Mine [U+1FAA8]", "Noto Emoji"),
    ],
)
def test_letters_that_no_font_has_are_code_points_and_the_log_says_what_to_install(title, shown, install, caplog):
    figure = compose(content(AREAS["country"], overlays={"zone": shapely.box(-73, -13, -70, -10)},
                             titles={"zone": title}, title=title))  # fmt: skip
    said = " ".join(text.get_text() for text in figure.findobj(Text))
    assert shown in said.replace("\n", " ")
    assert title not in said
    assert_legible(figure)
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert any(title.split()[-1] in message and install in message for message in told)
    assert len(told) == len(set(told))


def test_another_font_of_the_machine_draws_what_the_usual_one_lacks(caplog):
    usual, other = (font_manager.get_font(font_manager.findfont(name)) for name in ("DejaVu Sans", "STIXGeneral"))
    sign = chr(min(code for code in {*other.get_charmap()} - {*usual.get_charmap()} if chr(code).isalpha()))
    assert letters.drawable(f"a{sign}") == f"a{sign}"
    assert letters.families(f"a{sign}")[0] == "DejaVu Sans"
    assert len(letters.families(f"a{sign}")) == 2
    assert [record for record in caplog.records if record.name == letters.__name__] == []


@pytest.mark.usefixtures("bare")
def test_pictures_of_evidence_have_no_boxes_either():
    figure = Figure()
    panel = figure.subplots()
    panel.plot([0, 1], [0, 1], label=f"{CHINESE} $x$")
    panel.set_yticks([0, 1], [CHINESE, "b"])
    panel.legend()
    svg = as_svg(figure)  # warnings are errors: matplotlib warns of each letter that it lacks
    assert "U+77FF" in svg
    assert CHINESE not in svg
    assert [label.get_text() for label in panel.get_yticklabels()] == ["[U+77FF U+533A]", "b"]
    assert panel.get_legend().get_texts()[0].get_text() == "[U+77FF U+533A] $x$"


@pytest.mark.parametrize("title", [ARABIC, HEBREW])
def test_figures_beside_a_title_from_right_to_left_stay_where_they_belong(title):
    made = content(AREAS["country"], overlays={"zone": shapely.box(-73, -13, -70, -10)}, titles={"zone": title})
    sentences = [text for _, text in made.figures if title in text]
    assert len(sentences) == 1
    order = visual_order(sentences[0])
    before, after = sentences[0].split(isolated(title))
    assert order.startswith(before)
    assert order.endswith(after)
    # And without it, the figure jumps over the title.
    assert not visual_order(sentences[0].replace(isolated(title), title)).endswith(after)


def test_an_isolate_goes_on_in_the_next_line():
    lines = broken(f"in {isolated(ARABIC * 4)}, 70.6 % of it", 8, 40)
    assert len(lines) > 1
    assert visual_order(lines[-1]).endswith("70.6 % of it")
    assert all(line.count("\u2068") == line.count("\u2069") for line in lines)


def test_a_title_cannot_turn_what_follows():
    assert isolated("Mine\u202e 5") == "Mine 5"
    assert isolated(f"{ARABIC}\u2069\u202e") == f"\u2068{ARABIC}\u2069"
    assert isolated(isolated(ARABIC)) == isolated(ARABIC)
    context = content(AREAS["country"], title=HEBREW).context
    assert replace(context, layers={"area": {"title": ARABIC}}).area == isolated(ARABIC)
