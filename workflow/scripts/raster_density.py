from pathlib import Path

from _job import job
from _raster import make_raster

from asmgold.io.tables import read_table
from asmgold.rasters.fields import density_of_sites
from asmgold.schemas.rasters import DENSITY

with job(snakemake):
    reach = snakemake.params.bandwidth_km
    sites = read_table(Path(snakemake.input.sites))
    make_raster(
        snakemake,
        DENSITY,
        lambda grid: density_of_sites(sites["longitude"], sites["latitude"], reach, grid.cell_arcsec),
        tags={"BANDWIDTH_KM": f"{reach:g}"},
    )
