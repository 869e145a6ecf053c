"""ASM gold regions: geodesic buffers around records of gold, traceable to the record."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
__all__ = ["regions_of"]


def __getattr__(name: str) -> Any:
    """`regions_of`, which loads tables and geometry when it is first asked for."""
    if name in __all__:
        return getattr(import_module("asmgold.regions.around"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
