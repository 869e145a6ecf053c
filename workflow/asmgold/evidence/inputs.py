"""What each job of this stage starts from: the zones, what was observed, and where was looked for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import shapely

from asmgold.evidence.observations import Observation, collect_observations, zones_by_name
from asmgold.geodesy.around import union_around
from asmgold.geodesy.polygons import polygonal
from asmgold.io.tables import read_table
from asmgold.vocabulary.evidence import ALL_PERIODS, AREA, searched_zone


def read_zones_and_observations(
    area: str,
    overlays: Sequence[str],
    within: Mapping[str, str | None],
    layers: Sequence[str],
    parts: Sequence[tuple[str, str | None]],
    held_out: Mapping[str, Collection[str]],
    searched: Mapping[str, float | None],
    footprint_layers: Sequence[str],
) -> tuple[dict[str, shapely.Geometry], list[Observation]]:
    """Read what each job of this stage starts from: the zones, also those that were searched, and what was observed.

    Parameters
    ----------
    area, overlays, layers : paths of tables that earlier jobs wrote; layers are those of evidence
    within : for each overlay, in the order of their paths, the one that it is a part of, or None
    parts : for each layer the name of its evidence, and its period if all of it was observed then
    held_out : as for `collect_observations`
    searched : of each layer of evidence that says where it looked, within how many kilometres of what it saw, or None
        where the next of `footprint_layers` says it
    footprint_layers : paths of tables of polygons

    Returns
    -------
    The zones by name, and what was observed.
    """
    tables = {name: read_table(Path(path)) for name, path in zip(within, overlays, strict=True)}
    zones = zones_by_name(read_table(Path(area)), tables, within)
    observed = [(name, period, read_table(Path(path))) for (name, period), path in zip(parts, layers, strict=True)]
    observations = collect_observations(observed, zones, held_out)
    layers_left = iter(footprint_layers)
    looked = {
        name: shapely.union_all(read_table(Path(next(layers_left))).geometry.array) if km is None else km
        for name, km in searched.items()
    }
    whole = zones.pop(AREA)
    return {AREA: whole, **footprints(looked, observations, whole), **zones}, observations


def footprints(
    searched: Mapping[str, shapely.Geometry | float], observations: Sequence[Observation], area: shapely.Geometry
) -> dict[str, shapely.Geometry]:
    """The part of the area that was searched, as a zone for each layer of evidence that says where it looked.

    Nothing is seen where nobody looks, so land beyond it says nothing.

    Parameters
    ----------
    searched : by the name of the evidence, polygons in EPSG:4326, or kilometres: as near as that to anything it saw
    observations : by `collect_observations`
    area : polygons in EPSG:4326

    Returns
    -------
    Polygons in EPSG:4326 by the name of the zone; empty where nobody looked.
    """
    seen = {one.evidence: one.shape for one in observations if one.period == ALL_PERIODS}
    return {
        searched_zone(name): polygonal(shapely.intersection(_land(where, seen[name]), area))
        for name, where in searched.items()
    }


def _land(where: shapely.Geometry | float, seen: shapely.Geometry) -> shapely.Geometry:
    if isinstance(where, shapely.Geometry):
        return where
    if shapely.is_empty(seen):
        return shapely.Polygon()
    return shapely.union_all(union_around(shapely.get_parts(seen), 1000 * where))
