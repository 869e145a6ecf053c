"""Every language says the same things."""

from __future__ import annotations

import re

import pytest
import yaml

from asmgold.config.models import Settings
from asmgold.publish.messages import FOLDER, in_place_of, load_words
from asmgold.vocabulary.commodities import COMMODITIES

ENGLISH = yaml.safe_load((FOLDER / "en.yaml").read_text(encoding="utf-8"))
LANGUAGES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


def test_the_languages_are_those_that_can_be_configured():
    assert sorted(Settings.model_fields["language"].annotation.__args__) == LANGUAGES


def test_another_commodity_takes_the_place_of_gold_in_the_words_and_not_in_names():
    assert load_words("en", "geopackage", "tin")["asm_gold_regions"] == "ASM tin regions"
    spanish = load_words("es", "page", "tin")
    assert any("estaño" in text for text in spanish.values())
    assert not any(re.search(r"\boro\b", text, re.IGNORECASE) for text in spanish.values())
    assert in_place_of("gold", "tin", "Gold, gold_sites, marigold") == "Tin, gold_sites, marigold"


def test_every_commodity_has_a_name_in_each_language():
    assert set(ENGLISH["commodities"]) == set(COMMODITIES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_the_same_keys_with_the_same_fields_to_fill_in(language):
    words = yaml.safe_load((FOLDER / f"{language}.yaml").read_text(encoding="utf-8"))
    assert {section: set(keys) for section, keys in words.items()} == {s: set(keys) for s, keys in ENGLISH.items()}
    for section, keys in ENGLISH.items():
        for key, text in keys.items():
            assert sorted(re.findall(r"\{\w+", words[section][key])) == sorted(re.findall(r"\{\w+", text)), key
