"""Numbers as the readers of a language write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NO_BREAK = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Numbers:
    """How numbers are written.

    >>> spanish = Numbers(thousands=".", decimal=",")
    >>> spanish.count(262626.7), spanish.share(0.2034)
    ('262.627', '20,3\\xa0%')
    """

    thousands: str
    decimal: str

    @classmethod
    def of(cls, words: Mapping[str, str]) -> Numbers:
        """As the words of a language say, of any section."""
        return cls(words["thousands"], words["decimal"])

    def count(self, value: float, decimals: int = 0) -> str:
        """A number with so many decimals."""
        return f"{value:,.{decimals}f}".translate({ord(","): self.thousands, ord("."): self.decimal})

    def share(self, value: float) -> str:
        """A fraction of 1 as per cent with one decimal."""
        return f"{self.count(100 * value, 1)}{NO_BREAK}%"

    def km2(self, value: float) -> str:
        """An area in whole square kilometres, a small one with three digits."""
        text = self.count(value) if value >= 100 or value == 0 else self.general(float(f"{value:.3g}"))
        return f"{text}{NO_BREAK}km²"

    def general(self, value: float) -> str:
        """A number with as many decimals as it has, and no more than six digits."""
        return f"{value:,.6g}".translate({ord(","): self.thousands, ord("."): self.decimal})
