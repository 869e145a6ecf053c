"""Countries by their codes of ISO 3166-1: which there are, and what they are called."""

from __future__ import annotations

import difflib
import gettext
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pycountry.db import Country

KOSOVO = "XKX"  # no code of ISO 3166-1, but the one that users have agreed on
NAMED = 3


def known_country(code: str) -> str:
    """A code of ISO 3166-1 alpha-3 in capitals. Raises ValueError for any other, naming the nearest ones."""
    import pycountry  # here and below, since few of those who import this module look a country up

    capitals = code.strip().upper()
    if capitals == KOSOVO or pycountry.countries.get(alpha_3=capitals) is not None:
        return capitals
    nearest = ", ".join(f"{country.alpha_3} ({country.name})" for country in _nearest(code.strip()))
    raise ValueError(f"is {code!r}, a code of ISO 3166-1 such as PER was expected; the nearest are {nearest}")


@cache
def country_name(code: str, language: str) -> str | None:
    """The short name of a country in a language, such as Brasil; None for a code that ISO 3166 does not know.

    Parameters
    ----------
    code : of ISO 3166-1 alpha-3
    language : a code of ISO 639-1, such as `es`. Source: the translations of Debian's iso-codes, in pycountry
    """
    import pycountry

    country = pycountry.countries.get(alpha_3=code)
    if country is None:
        return "Kosovo" if code == KOSOVO else None
    short = getattr(country, "common_name", country.name)
    translation = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True)
    # "Congo, República Democrática del" is for lists in alphabetical order.
    last, _, first = translation.gettext(short).partition(", ")
    return f"{first} {last}".strip()


def _nearest(text: str) -> list[Country]:
    """Countries of that name or two-letter code, and those with the most similar codes or names."""
    import pycountry

    known = {}
    for country in pycountry.countries:
        for word in (country.alpha_2, country.alpha_3, country.name, getattr(country, "common_name", country.name)):
            known[word.casefold()] = country
    similar = difflib.get_close_matches(text.casefold(), known, n=2 * NAMED, cutoff=0.0)
    return list({known[word].alpha_3: known[word] for word in similar}.values())[:NAMED]
