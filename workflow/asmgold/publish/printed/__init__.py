"""The printed map: any area on one page of A4, as PDF and as PNG."""

from asmgold.publish.printed.content import Content
from asmgold.publish.printed.sheet import compose, draw_map

__all__ = ["Content", "compose", "draw_map"]
