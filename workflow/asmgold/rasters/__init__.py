"""Rasters on one grid: distance to the nearest site, density of sites, fraction of each cell that is region."""
