from pathlib import Path

from _evidence import zones_and_observations
from _job import job
from _tables import load

from asmgold.evidence.land import land_cells
from asmgold.evidence.radius_curve import radius_curve
from asmgold.evidence.sampling import weighted_points
from asmgold.evidence.uncertainty import position_uncertainty, write_probability
from asmgold.io.tables import write_csv
from asmgold.publish.qgis.raster_style import write_style
from asmgold.records.classify import shapes_of
from asmgold.schemas.rasters import PROBABILITY
from asmgold.schemas.tables import BEARING

with job(snakemake):
    paths, params, output = snakemake.input, snakemake.params, snakemake.output
    records = load(paths, "records")["records"]
    candidates = records[records["fate"].isin(BEARING)]
    zones, observations = zones_and_observations(paths, params)
    cells, points = land_cells(zones, zones["area"]), weighted_points(observations, zones, zones["area"])
    curve, quantiles = radius_curve(cells, points, shapes_of(candidates, candidates.geometry.to_numpy()))
    write_csv(curve, Path(output.curve))
    write_csv(quantiles, Path(output.quantiles), decimals=3)
    bands, probability = position_uncertainty(cells, points, candidates, draws=params.draws, seed=params.seed)
    write_csv(bands, Path(output.bands))
    write_probability(probability, cells, Path(output.probability), PROBABILITY, params.tags)
    write_style(Path(output.style), PROBABILITY)
