"""Gold is read from tokens, with its role, never from substrings."""

from __future__ import annotations

import pytest

from asmgold.sources.commodities import listed_commodities, listed_role, mrds_commodities, mrds_role


@pytest.mark.parametrize(
    ("lists", "role"),
    [
        (("Gold", "", ""), "primary"),
        (("Silver, gold", "Gold", ""), "primary"),
        (("Silver", "Copper, Gold", ""), "secondary"),
        (("", "", "Gold"), "tertiary"),
        (("Gold, Refinery", "", ""), "refinery"),
        (("Gold, Refinery", "Gold", ""), "secondary"),
        (("Gold, Silver, Tungsten, Refinery", "", ""), "primary"),
        (("PGE, Nickel, Refiner, Gold, Refinery, Copper", "", ""), "refinery"),
        (("Copper, Refinery, Gold", "", ""), "primary"),
        (("Titanium, Metal", "", ""), None),
        (("Marigold, Goldfieldite, Gold-bearing", "", ""), None),
        (("Refinery", "", ""), None),
        (("", "", ""), None),
        ((" , ,", "", ""), None),
    ],
)
def test_role_of_gold_in_mrds(lists, role):
    assert mrds_role(*lists) == role


def test_a_qualifier_stays_with_its_commodity():
    found = mrds_commodities("Titanium, Metal, Gold, Refinery, Copper")
    assert found == [("Titanium", {"metal"}), ("Gold", {"refinery"}), ("Copper", frozenset())]


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("Gold", "listed"),
        ("Copper-molybdenum-gold", "listed"),
        ("Silver, GOLD", "listed"),
        ("Rare (Copper, Gold)", "listed"),
        ("Copper, zinc", None),
        ("Goldenite-copper", None),
        ("", None),
    ],
)
def test_role_of_gold_in_the_text_of_a_major_deposit(text, role):
    assert listed_role(text, None) == role


def test_commodity_codes_win_over_the_text():
    assert listed_role("Copper", ["Cu", "Au"]) == "listed"
    assert listed_role("Gold", ["Cu"]) is None


def test_listed_commodities_are_written_in_one_way():
    assert listed_commodities("Beryllium-niobium,tin") == ["Beryllium", "Niobium", "Tin"]
