"""Every language says the same things."""

from __future__ import annotations

import re

import pytest
import yaml

from asmgold.config import Settings
from asmgold.publish.language import FOLDER

ENGLISH = yaml.safe_load((FOLDER / "en.yaml").read_text(encoding="utf-8"))
LANGUAGES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


def test_the_languages_are_those_that_can_be_configured():
    assert sorted(Settings.model_fields["language"].annotation.__args__) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_the_same_keys_with_the_same_fields_to_fill_in(language):
    words = yaml.safe_load((FOLDER / f"{language}.yaml").read_text(encoding="utf-8"))
    assert {section: set(keys) for section, keys in words.items()} == {s: set(keys) for s, keys in ENGLISH.items()}
    for section, keys in ENGLISH.items():
        for key, text in keys.items():
            assert sorted(re.findall(r"\{\w+", words[section][key])) == sorted(re.findall(r"\{\w+", text)), key
