"""The map tested: by mining that was seen, against chance, and against its own choices."""

from asmgold.evidence.capture import by_overlay, capture, missed, read_published
from asmgold.evidence.chance import against_chance, random_points, strata_of
from asmgold.evidence.choices import Choices, sensitivity
from asmgold.evidence.context import production, read_production, returns_to_round_kilograms
from asmgold.evidence.curve import radius_curve
from asmgold.evidence.pieces import Land, Pieces, land_of, pieces_of
from asmgold.evidence.positions import vary_positions, write_probability
from asmgold.evidence.seen import Seen, collect, read_evidence, zones_by_name

__all__ = [
    "Choices",
    "Land",
    "Pieces",
    "Seen",
    "against_chance",
    "by_overlay",
    "capture",
    "collect",
    "land_of",
    "missed",
    "pieces_of",
    "production",
    "radius_curve",
    "random_points",
    "read_evidence",
    "read_production",
    "read_published",
    "returns_to_round_kilograms",
    "sensitivity",
    "strata_of",
    "vary_positions",
    "write_probability",
    "zones_by_name",
]
