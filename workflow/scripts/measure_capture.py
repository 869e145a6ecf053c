import logging
from pathlib import Path

from _evidence import zones_and_seen
from _job import job

from asmgold.evidence.capture import by_overlay, capture, missed, read_published
from asmgold.evidence.null_models import against_chance, strata_of
from asmgold.evidence.sampling import pieces_of
from asmgold.io.tables import read_table, write_csv, write_table
from asmgold.schemas.tables import REGIONS, SITES

with job(snakemake):
    params, paths, output = snakemake.params, snakemake.input, snakemake.output
    zones, seen = zones_and_seen(snakemake)
    regions, sites = read_table(Path(paths.regions), REGIONS), read_table(Path(paths.sites), SITES)
    area = zones["area"]
    captured = capture(seen, zones, regions)
    write_csv(captured, Path(output.capture))
    write_table(missed(seen, area, regions, sites), Path(output.missed))
    published = read_published(Path(paths.published)) if paths.published else None
    write_csv(by_overlay(seen, zones, params.within, published), Path(output.by_overlay))
    chance = against_chance(
        pieces_of(seen, zones, area),
        sites,
        area,
        strata_of(read_table(Path(paths.strata)), area, **params.strata) if paths.strata else None,
        radius_m=1000 * params.buffer_km,
        draws=params.draws,
        seed=params.seed,
    )
    write_csv(chance, Path(output.chance))
    for row in captured[(captured["period"] == "all") & (captured["zone"] == "area")].itertuples():
        logging.info("%s: %.1f %% of what was seen lies in the regions", row.evidence, 100 * row.capture)
