"""What each raster holds: the one source of its file name, tags, style and documentation."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

NODATA = -9999.0


@dataclass(frozen=True)
class RasterSpecification:
    """One raster."""

    name: str
    """Its file is called `<name>.tif`, its style `<name>.qml`."""
    title: str
    unit: str
    meaning: str
    method: str
    nodata: str
    """Where it has no data, in words."""
    ramp: tuple[tuple[float, str], ...]
    """Values and their colours, `#rrggbb` or `#rrggbbaa`; those between are mixed, those beyond as the last ones.

    The colours are those of viridis (distance) and of ColorBrewer's YlOrBr, which grow lighter from end to end for
    every kind of colour vision.
    """

    def about(self, commodity: str) -> RasterSpecification:
        """The same raster of another commodity than gold; its file keeps its name."""
        spoken = commodity.replace("_", " ")
        title, meaning = (re.sub(r"\bgold\b", spoken, text) for text in (self.title, self.meaning))
        return replace(self, title=title, meaning=meaning)

    @property
    def tags(self) -> dict[str, str]:
        """What the file says of itself."""
        return {"TITLE": self.title, "DESCRIPTION": self.meaning, "METHOD": self.method}


DISTANCE = RasterSpecification(
    name="distance_to_gold_km",
    title="Distance to the nearest gold site",
    unit="km",
    meaning="Geodesic distance on WGS84 from the centre of the cell to the nearest site, inside and outside the area.",
    method="Within 200 km of the sites by the straight line through the Earth and the mean radius of curvature, beyond "
    "by polynomials through geodesic distances to each site that can be the nearest: off by less than 0.1 m. Stored in "
    "steps of 1/1024 km: off by less than 0.6 m in all, and by less than 1.6 m beyond 16,384 km.",
    nodata="everywhere if there is no site, otherwise nowhere",
    ramp=(
        (0, "#fde725"), (5, "#b5de2b"), (10, "#6ece58"), (20, "#35b779"), (40, "#1f9e89"), (80, "#31688e"),
        (160, "#3e4989"), (320, "#440154"),
    ),
)  # fmt: skip

DENSITY = RasterSpecification(
    name="gold_sites_per_100km2",
    title="Density of gold sites",
    unit="1/(100 km2)",
    meaning="Sites per 100 square kilometres around the centre of the cell, inside and outside the area.",
    method="Kernel density with the quartic (biweight) kernel 3 / (pi h2) (1 - d2 / h2)2 for d < h, where d is the "
    "geodesic distance to a site and h is BANDWIDTH_KM. Each kernel is scaled so that its sum over the cells, "
    "times their areas on the ellipsoid, is one site.",
    nodata="nowhere; 0 where no site is within reach",
    ramp=(
        (0, "#fff7bc00"), (0.02, "#fff7bc"), (0.2, "#fee391"), (0.5, "#fec44f"), (1, "#fe9929"), (2, "#ec7014"),
        (4, "#cc4c02"), (8, "#662506"),
    ),
)  # fmt: skip

FRACTION = RasterSpecification(
    name="asm_gold_region_fraction",
    title="Fraction of the cell that is ASM gold region",
    unit="1",
    meaning="Share of the cell that lies inside the regions as published, from 0 to 1; 0 outside the area.",
    method="Exact coverage of each cell by the polygons, with edges straight in longitude and latitude; no sampling.",
    nodata="nowhere",
    ramp=((0, "#fff7bc00"), (0.01, "#fff7bc"), (0.5, "#fe9929"), (1, "#cc4c02")),
)

PROBABILITY = RasterSpecification(
    name="region_probability",
    title="How often the cell is ASM gold region",
    unit="1",
    meaning="Share of draws in which the centre of the cell lies in a region, when each record moves within the "
    "precision that its position is written with.",
    method="Each coordinate moves by up to half a step of its last decimal, uniformly. Cells of 1/120 degree, larger "
    "by a whole factor where the area would have more than four million.",
    nodata="outside the area",
    ramp=((0, "#fff7bc00"), (0.01, "#fff7bc"), (0.5, "#fe9929"), (0.99, "#cc4c02"), (1, "#8c2d04")),
)
"""Made with the evidence, on a grid of the area's own."""

RASTERS = (DISTANCE, DENSITY, FRACTION)
