"""What a record bears, read from tokens, never from substrings."""

from __future__ import annotations

import re
from collections.abc import Iterable

from asmgold.vocabulary.commodities import GOLD, Commodity

# MRDS writes "Gold, Refinery" for a refinery of gold: these words qualify the commodity before them.
QUALIFIERS = frozenset(
    {
        "abrasive", "construction", "crushed/broken", "dimension", "free", "general", "high calcium", "metal",
        "mill concentrate", "pig iron", "refiner", "refinery", "smelter", "sulfides", "tailings", "ultra pure",
    }
)  # fmt: skip
PROCESSING = frozenset({"refiner", "refinery", "smelter"})


def mrds_commodities(text: str) -> list[tuple[str, frozenset[str]]]:
    """The commodities of an MRDS list with their qualifiers, in lower case.

    >>> mrds_commodities("Gold, Refinery, Copper")
    [('Gold', frozenset({'refinery'})), ('Copper', frozenset())]
    """
    found: list[tuple[str, frozenset[str]]] = []
    for token in _tokens(text, ","):
        if token.casefold() in QUALIFIERS and found:
            name, qualifiers = found[-1]
            found[-1] = (name, qualifiers | {token.casefold()})
        else:
            found.append((token, frozenset()))
    return found


def mrds_role(primary: str, secondary: str, tertiary: str, commodity: Commodity = GOLD) -> str | None:
    """The most important place that a commodity takes among those of an MRDS record.

    Parameters
    ----------
    primary, secondary, tertiary : the three lists of commodities of the record
    commodity : the one that is looked for

    Returns
    -------
    `primary`, `secondary` or `tertiary`; `refinery` where it is only processed; None without it.
    """
    refined = False
    for role, text in (("primary", primary), ("secondary", secondary), ("tertiary", tertiary)):
        for name, qualifiers in mrds_commodities(text):
            if name.casefold() in commodity.names:
                if not qualifiers & PROCESSING:
                    return role
                refined = True
    return "refinery" if refined else None


def listed_commodities(text: str) -> list[str]:
    """The commodities of a major deposit, which separates them by commas, hyphens and brackets in mixed case.

    >>> listed_commodities("Copper-molybdenum, Gold")
    ['Copper', 'Molybdenum', 'Gold']
    """
    return [token[0].upper() + token[1:] for token in _tokens(text, r"[,()\-]")]


def listed_role(text: str, codes: Iterable[str] | None, commodity: Commodity = GOLD) -> str | None:
    """Whether a major deposit bears a commodity.

    Parameters
    ----------
    text : its list of commodities in words
    codes : its codes of commodities, which then decide; None where the source has none
    commodity : the one that is looked for

    Returns
    -------
    `listed` if it does, otherwise None.
    """
    if codes is not None:
        return "listed" if commodity.codes.intersection(codes) else None
    found = commodity.names.intersection(name.casefold() for name in listed_commodities(text))
    return "listed" if found else None


def _tokens(text: str, separators: str) -> list[str]:
    return [token for token in (part.strip() for part in re.split(separators, text)) if token]
