import logging
from pathlib import Path

from _job import job
from _tables import load

from asmgold.evidence.capture import capture, missed_mining, observed_by_overlay
from asmgold.evidence.null_models import null_model_capture, strata_of
from asmgold.evidence.observations import read_zones_and_observations
from asmgold.evidence.sampling import weighted_points
from asmgold.io.tables import write_csv, write_table
from asmgold.sources.small_tables import read_published

with job(snakemake):
    params, paths, output = snakemake.params, snakemake.input, snakemake.output
    zones, observations = read_zones_and_observations(
        paths.area, paths.overlays, params.within, paths.observations, params.parts
    )
    regions, sites, strata = load(paths, "regions", "sites", "strata").values()
    area = zones["area"]
    captured = capture(observations, zones, regions)
    write_csv(captured, Path(output.capture))
    write_table(missed_mining(observations, area, regions, sites), Path(output.missed))
    published = read_published(Path(paths.published)) if paths.published else None
    write_csv(observed_by_overlay(observations, zones, params.within, published), Path(output.by_overlay))
    chance = null_model_capture(
        weighted_points(observations, zones, area),
        sites,
        area,
        None if strata is None else strata_of(strata, area, **params.strata),
        radius_m=1000 * params.buffer_km,
        draws=params.draws,
        seed=params.seed,
    )
    write_csv(chance, Path(output.chance))
    for row in captured[(captured["period"] == "all") & (captured["zone"] == "area")].itertuples():
        logging.info("%s: %.1f %% of what was observed lies in the regions", row.evidence, 100 * row.capture)
