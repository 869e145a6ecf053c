"""Rasters on one grid: distance to the nearest site, density of sites, fraction of each cell that is region."""

from asmgold.rasters.fields import Field, density_of_sites, distance_to_nearest, fraction_covered
from asmgold.rasters.files import BLOCK, values_of_tiles, write_raster, write_style
from asmgold.rasters.grid import Grid, grid_around
from asmgold.rasters.products import DENSITY, DISTANCE, FRACTION, NODATA, PROBABILITY, RASTERS, RasterProduct

__all__ = [
    "BLOCK",
    "DENSITY",
    "DISTANCE",
    "FRACTION",
    "NODATA",
    "PROBABILITY",
    "RASTERS",
    "Field",
    "Grid",
    "RasterProduct",
    "density_of_sites",
    "distance_to_nearest",
    "fraction_covered",
    "grid_around",
    "values_of_tiles",
    "write_raster",
    "write_style",
]
