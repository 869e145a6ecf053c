from pathlib import Path

from _evidence import zones_and_seen
from _job import job

from asmgold.evidence.radius_curve import radius_curve
from asmgold.evidence.sampling import land_of, pieces_of
from asmgold.evidence.uncertainty import vary_positions, write_probability
from asmgold.io.tables import read_table, write_csv
from asmgold.publish.qgis.raster_style import write_style
from asmgold.schemas.rasters import PROBABILITY
from asmgold.schemas.tables import RECORDS

with job(snakemake):
    params, output = snakemake.params, snakemake.output
    records = read_table(Path(snakemake.input.records), RECORDS)
    # Bears gold and has a position: a site wherever its disc reaches into the area.
    candidates = records[records["fate"].isin(["site", "outside_area"])]
    zones, seen = zones_and_seen(snakemake)
    land, pieces = land_of(zones, zones["area"]), pieces_of(seen, zones, zones["area"])
    curve, quantiles = radius_curve(land, pieces, candidates["longitude"], candidates["latitude"])
    write_csv(curve, Path(output.curve))
    write_csv(quantiles, Path(output.quantiles), decimals=3)
    bands, often = vary_positions(
        land, pieces, candidates, radius_m=1000 * params.buffer_km, draws=params.draws, seed=params.seed
    )
    write_csv(bands, Path(output.bands))
    write_probability(often, land, Path(output.probability), PROBABILITY, params.tags)
    write_style(Path(output.style), PROBABILITY)
