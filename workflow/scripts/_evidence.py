"""What the scripts of the evidence stage read alike."""

from pathlib import Path
from typing import Any

from asmgold.evidence.observations import Seen, collect, zones_by_name
from asmgold.io.tables import read_table
from asmgold.schemas.evidence import SEEN


def zones_and_seen(snakemake: Any) -> tuple[dict[str, Any], list[Seen]]:
    """The shapes of the zones, and what was seen near them."""
    paths, params = snakemake.input, snakemake.params
    overlays = {name: read_table(Path(path)) for name, path in zip(params.within, paths.overlays, strict=True)}
    zones = zones_by_name(read_table(Path(paths.area)), overlays, params.within)
    layers = [
        (name, period, read_table(Path(path), SEEN))
        for (name, period), path in zip(params.parts, paths.seen, strict=True)
    ]
    return zones, collect(layers, zones)
