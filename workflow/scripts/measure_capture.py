import logging
from pathlib import Path

from _evidence import zones_and_observations
from _job import job
from _tables import load

from asmgold.evidence.capture import capture, mining_seen, missed_mining, observed_by_overlay, with_detector_errors
from asmgold.evidence.influence import capture_by_region, influence
from asmgold.evidence.intervals import intervals, with_intervals, with_verdicts
from asmgold.evidence.null_models import null_model_capture, strata_of
from asmgold.evidence.observations import area_km2
from asmgold.evidence.sampling import weighted_points
from asmgold.evidence.units import capture_by_unit
from asmgold.io.tables import read_table, write_csv, write_table
from asmgold.regions.elsewhere import note_elsewhere
from asmgold.regions.overlays import units_of
from asmgold.schemas.evidence import CAPTURE
from asmgold.sources.small_tables import read_published

with job(snakemake):
    params, paths, output = snakemake.params, snakemake.input, snakemake.output
    zones, observations = zones_and_observations(paths, params)
    regions, sites, strata = load(paths, "regions", "sites", "strata").values()
    area = zones["area"]
    if strata is not None:
        note_elsewhere("strata", strata, read_table(Path(paths.area)))
    captured = capture(observations, zones, regions)
    points = weighted_points(observations, zones, area)
    blocks, trend = intervals(points, zones, regions, seed=params.seed)
    write_csv(blocks, Path(output.intervals))
    write_csv(trend, Path(output.trend))
    write_csv(influence(points, regions, sites, area_km2(area)), Path(output.influence))
    write_csv(capture_by_region(points, regions, area_km2(area)), Path(output.by_region))
    captured = with_verdicts(with_intervals(captured, blocks), len(sites))
    captured = with_detector_errors(captured, params.detectors)
    write_csv(CAPTURE.validate(captured[list(CAPTURE.columns)]), Path(output.capture))
    write_table(missed_mining(observations, area, regions, sites), Path(output.missed))
    units = {
        (name, unit): shape
        for (name, field), path in zip(params.group_by.items(), paths.units, strict=True)
        for unit, shape in units_of(read_table(Path(path)), name, field).items()
    }
    if units:
        by_unit = capture_by_unit(observations, zones, units, regions, sites, seed=params.seed)
        write_csv(by_unit, Path(output.by_unit[0]))
    write_table(mining_seen(points, regions), Path(output.seen))
    published = read_published(Path(paths.published)) if paths.published else None
    write_csv(observed_by_overlay(observations, zones, params.within, published), Path(output.by_overlay))
    chance = null_model_capture(
        points,
        sites,
        zones,
        None if strata is None else strata_of(strata, area, **params.strata),
        draws=params.draws,
        primary_draws=params.primary_draws,
        seed=params.seed,
    )
    write_csv(chance, Path(output.chance))
    for row in captured[(captured["period"] == "all") & (captured["zone"] == "area")].itertuples():
        logging.info("%s: %.1f %% of what was observed lies in the regions", row.evidence, 100 * row.capture)
