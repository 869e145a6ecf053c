"""Evidence for people: pictures, and the contents of the page's sections."""

from asmgold.publish.evidence.figures import as_svg, save_png
from asmgold.publish.evidence.section import (
    Naming,
    context_section,
    evidence_section,
    figures,
    read_tables,
)

__all__ = [
    "Naming",
    "as_svg",
    "context_section",
    "evidence_section",
    "figures",
    "read_tables",
    "save_png",
]
