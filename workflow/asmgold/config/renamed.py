"""The keys of the configuration that have another name than they once had. `CHANGELOG.md` lists them too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

RENAMED_KEYS: dict[str, dict[str, str]] = {
    "config.yaml": {
        "leave_out": "skip_products",
        "each_country": "per_country",
        "draws": "monte_carlo",
        "draws.chance": "monte_carlo.placements",
        "monte_carlo.chance": "monte_carlo.placements",
        "overlays.*.by": "overlays.*.group_by",
        "rasters.jobs": "rasters.tiles",
        "include_refineries": "include_plants",
    },
    "sources.yaml": {"*.address": "*.urls", "*.second_address": "*.urls", "*.via": "*.protocol"},
    "sources.lock.yaml": {"*.asked": "*.requested_url", "*.answered": "*.resolved_url"},
}
"""For each file its old keys and their new names. `*` stands for a name that the user chose."""


def renamed_keys(values: Any, file: str) -> list[str]:
    """One line for each key that has another name today, such as `leave_out is now called skip_products`."""
    return [
        f"{'.'.join(path)} is now called {'.'.join(_filled(new.split('.'), path))}"
        for path in _paths(values)
        for old, new in RENAMED_KEYS[file].items()
        if _filled(old.split("."), path) == path
    ]


def _paths(values: Any, parents: tuple[str, ...] = ()) -> Iterator[list[str]]:
    if isinstance(values, Mapping):
        for key, value in values.items():
            path = (*parents, str(key))
            yield list(path)
            yield from _paths(value, path)


def _filled(pattern: list[str], path: list[str]) -> list[str]:
    """The pattern with the names of the path in the place of its stars."""
    names = [*path, *pattern[len(path) :]]
    return [name if part == "*" else part for part, name in zip(pattern, names, strict=False)]
