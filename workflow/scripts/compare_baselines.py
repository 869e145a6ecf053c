import logging
from pathlib import Path

from _evidence import zones_and_observations
from _job import job
from _tables import load

from asmgold.evidence.baselines import Sites, baselines, by_disc, new_mining
from asmgold.evidence.land import land_cells
from asmgold.evidence.sampling import weighted_points
from asmgold.io.tables import write_csv
from asmgold.records.classify import shapes_of
from asmgold.schemas.tables import BEARING

MAX_CELLS = 500_000  # of some 3 km in Peru; distances are compared, not areas
MARGIN_DEG = 3  # rivers and towns beyond the area by more are not the nearest

with job(snakemake):
    paths, params, output = snakemake.input, snakemake.params, snakemake.output
    zones, observations = zones_and_observations(paths, params)
    records, rivers, towns = load(paths, "records", "rivers", "towns").values()
    records = records[records["fate"].isin(BEARING)]
    sites = Sites(shapes_of(records, records.geometry.to_numpy()), records["buffer_km"].to_numpy(float))
    west, south, east, north = zones["area"].bounds
    near = {
        name: table.cx[west - MARGIN_DEG : east + MARGIN_DEG, south - MARGIN_DEG : north + MARGIN_DEG]
        for name, table in (("rivers", rivers), ("settlements", towns))
        if table is not None
    }
    lines = {name: table.geometry.to_numpy() for name, table in near.items() if len(table)}
    cells = land_cells(zones, zones["area"], max_cells=MAX_CELLS)
    points = weighted_points(observations, zones, zones["area"])
    own = by_disc(cells, points, sites)
    summary, curve, boyce = baselines(cells, points, own, sites, lines, params.held_out, seed=params.seed)
    write_csv(summary, Path(output.baselines))
    write_csv(curve, Path(output.ranking))
    write_csv(boyce, Path(output.boyce))
    write_csv(new_mining(cells, points, own, params.held_out), Path(output.new_mining))
    for row in summary[(summary["zone"] == "area") & (summary["baseline"] == "regions")].itertuples():
        logging.info("%s, %s: AUC %.2f", row.evidence, row.period, row.auc)
