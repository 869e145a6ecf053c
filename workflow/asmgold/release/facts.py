"""What a release says of itself in each of its documents: its name and date, what it shows, and its products."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PRODUCTS = "products"
CODE = "code"
STAC = "stac"
RELEASE = "release.json"
CRATE = "ro-crate-metadata.json"
CITATION = "CITATION.cff"
CHANGELOG = "CHANGELOG.md"
README = "README.md"


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
        radius = configuration["buffer_km"]
        size = f"{radius:g} km" if isinstance(radius, int | float) else "discs of different sizes"
        return f"ASM {commodity} regions of {self.area}, {size} around each site"

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


def as_instant(date: str) -> datetime.datetime:
    """Midnight UTC of a day."""
    return datetime.datetime.fromisoformat(date).replace(tzinfo=datetime.UTC)
