"""What a release says of itself in each of its documents: its name and date, what it shows, and its products."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asmgold.schemas.rasters import RASTERS

PRODUCTS = "products"
CODE = "code"
STAC = "stac"
RELEASE = "release.json"
CRATE = "ro-crate-metadata.json"
CITATION = "CITATION.cff"
CHANGELOG = "CHANGELOG.md"
README = "README.md"

MEDIA_TYPES = {
    ".cff": "application/yaml",
    ".css": "text/css",
    ".csv": "text/csv",
    ".geojson": "application/geo+json",
    ".gpkg": "application/geopackage+sqlite3",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".py": "text/x-python",
    ".qgz": "application/zip",
    ".qml": "application/xml",
    ".tif": "image/tiff; application=geotiff; profile=cloud-optimized",
    ".toml": "application/toml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zip": "application/zip",
}
TITLES = {
    "asm_gold_regions.gpkg": "All layers, with styles, for QGIS",
    "asm_gold_regions.qgz": "The map as a QGIS project",
    "audit.html": "What is wrong with the records",
    "chance.csv": "Capture beside that of sites placed at random",
    "chance.png": "Capture beside that of sites placed at random",
    "context_production.csv": "Two series of gold production, apart from the map",
    "context_production.png": "Two series of gold production, apart from the map",
    "overlay_by_period.csv": "Mining seen inside each overlay and in the rest of the one around it",
    "overlay_by_period.png": "Mining seen inside each overlay and in the rest of the one around it",
    "evidence.csv": "How much of the mining that was seen lies in the regions",
    "exposure.csv": "Amounts inside the regions, by zone",
    "exposure_regions.csv": "Amounts inside each region",
    "index.html": "The map as a page: tables, charts, method and credits",
    "manifest.json": "How each product was made",
    "map.pdf": "The printed map, as vectors",
    "map.png": "The printed map",
    "missed_mining.parquet": "Mining that was seen outside the regions",
    "overlay_summary.csv": "How much of each zone is region, and how much of the regions is in it",
    "overlays.parquet": "Each region within each zone",
    "position_bands.csv": "The figures when the sites move within the precision of their positions",
    "proposed_corrections.yaml": "What could be put right in the records",
    "radius_curve.csv": "The figures at each radius",
    "radius_curve.png": "The figures at each radius",
    "radius_of_capture.csv": "The radius that captures a share of the mining that was seen",
    "records.parquet": "Every record that was read, with its fate and the reason",
    "region_probability.tif": "How often each cell is in a region when the sites move",
    "regions.parquet": "The regions, clipped to the area and whole",
    "sensitivity.csv": "The figures when a choice changes",
    "sensitivity.png": "The figures when a choice changes",
    "sites.parquet": "The records that count",
} | {f"{raster.name}.tif": raster.title for raster in RASTERS}


@dataclass(frozen=True)
class Earlier:
    """The release before.

    Parameters
    ----------
    folder : where it is
    name, date : its own
    fingerprint : the sha256 of its SHA256SUMS
    """

    folder: Path
    name: str
    date: str
    fingerprint: str


@dataclass(frozen=True)
class Facts:
    """What the documents of a release are written from.

    Parameters
    ----------
    name : of the release, and of its folder
    date : the day that it is released on, `YYYY-MM-DD`, as the one who releases states it
    manifest : that of the products
    citation : the project's own CITATION.cff
    """

    name: str
    date: str
    manifest: Mapping[str, Any]
    citation: Mapping[str, Any]

    @property
    def scenario(self) -> str:
        """The name of the scenario."""
        return str(self.manifest["configuration"]["scenario"])

    @property
    def area(self) -> str:
        """What the area is called."""
        area = self.manifest["configuration"]["area"]
        source = self.manifest["sources"].get(area.get("source"), {})
        return str(area.get("title") or source.get("title") or Path(str(area.get("file"))).stem)

    @property
    def title(self) -> str:
        """One line for a shelf."""
        configuration = self.manifest["configuration"]
        commodity = configuration.get("commodity", "gold")
        return f"ASM {commodity} regions of {self.area}, {configuration['buffer_km']:g} km around each site"

    @property
    def description(self) -> str:
        """A few sentences for those who have not heard of it."""
        commodity = self.manifest["configuration"].get("commodity", "gold")
        return (
            f"Where artisanal and small-scale mining (ASM) may work {commodity} that is on record with the U.S. "
            "Geological Survey. Regions are unions of geodesic discs around the sites; every record that was read is "
            "kept with its fate. A region is no evidence that anyone mines there."
        )  # fmt: skip

    @property
    def registered(self) -> dict[str, Mapping[str, Any]]:
        """The sources that are registered and pinned, by name: title, producer, citation, licence, address, lock."""
        return {name: source for name, source in self.manifest["sources"].items() if "title" in source}

    @property
    def own_files(self) -> dict[str, Mapping[str, Any]]:
        """The files that the user brought, by file name: hash and size alone are known of them."""
        return {name: source for name, source in self.manifest["sources"].items() if "title" not in source}

    @property
    def dates(self) -> tuple[str, str]:
        """The first and the last date of the data, `YYYY-MM-DD`; the last one is the date of the products."""
        dates = [f"{source['date']}-01-01"[:10] for source in self.registered.values() if source.get("date")]
        return min(dates, default="1970-01-01"), max(dates, default="1970-01-01")

    @property
    def version(self) -> str:
        """The version of the software that made it."""
        return str(self.manifest["software"]["packages"]["asmgold"])


def media_type(name: str) -> str:
    """The media type of a file by its name."""
    return MEDIA_TYPES.get(Path(name).suffix, "text/plain")


def title_of(name: str) -> str:
    """What a product is, in words; its name if it is not known."""
    path = Path(name)
    if path.suffix == ".qml":
        return f"Style of {path.stem}.tif, for QGIS"
    return TITLES.get(path.name, path.name)


def as_instant(date: str) -> datetime.datetime:
    """Midnight UTC of a day."""
    return datetime.datetime.fromisoformat(date).replace(tzinfo=datetime.UTC)
