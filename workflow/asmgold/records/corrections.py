"""Declared corrections in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def values_in_words(values: Mapping[Any, float | str | None]) -> str:
    """Fields with their values, as a correction expects or sets them."""
    return ", ".join(f"{field} {'none' if value is None else value}" for field, value in values.items())
