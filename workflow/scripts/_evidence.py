"""Reads what the jobs that test the map start from."""

from typing import Any

from asmgold.evidence.inputs import read_zones_and_observations
from asmgold.evidence.observations import Observation, Zones


def zones_and_observations(paths: Any, params: Any) -> tuple[Zones, list[Observation]]:
    """The zones and what was observed, given the inputs and the parameters of a rule."""
    return read_zones_and_observations(
        paths.area,
        paths.overlays,
        params.within,
        paths.observations,
        params.parts,
        params.held_out,
        params.searched,
        paths.searched,
    )
