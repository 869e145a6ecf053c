"""The colours of every map, one place for all: picture, GeoPackage, QGIS project, pages.

They follow Okabe and Ito (2008), whose colours people with any common colour blindness can tell apart; what stands side
by side also differs in lightness, or in shape or dashes, so that a map printed in grey still reads.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

SEA = "#DCE6EE"
NEIGHBOUR = "#EDEDEA"
NEIGHBOUR_EDGE = "#A9A9A4"
AREA = "#F9F7F1"
AREA_EDGE = "#4D4D4D"

REGION = "#E6AB02"
REGION_EDGE = "#7A5A00"
REGION_OPACITY = 0.75

MRDS = "#1B1B1B"
MAJOR_DEPOSITS = "#D55E00"
OTHER_SOURCE = "#666666"
SITE_EDGE = "#FFFFFF"
SITE_COLOURS = {"mrds": MRDS, "major_deposits": MAJOR_DEPOSITS}

# The outlines of the overlays, one after the other, from the beginning again after the last.
OVERLAY_COLOURS = ("#0072B2", "#882255", "#007A5A", "#A0522D", "#56B4E9", "#CC79A7")
OVERLAY_DASHES = ("", "", "4;1.2", "1.6;1")
OVERLAY_WIDTHS = (0.8, 0.45)

INSIDE = "#CC5500"
OUTSIDE = "#9C9C9C"
OUTSIDE_HATCH = "#6A6A6A"
UNITS = "#8C8C86"  # lines between the units of an overlay, such as departments
SEEN = "#332288"
MISSED = "#CC79A7"
MISSED_EDGE = "#7A3B5E"
SEEN_COLOURS = {"inside": SEEN, "outside": MISSED}  # mining that was seen, by whether a region holds it
CORRECTION = "#882255"
ZONE_COLOURS = {"inside": INSIDE, "outside": OUTSIDE}  # regions by whether an overlay within another one holds them

WATER = "#7FA8C9"  # rivers and the edges of lakes
LAKE = "#CFE0EC"
TOWN = "#5A5A5A"
SITES_FROM_ZOOM = 4  # of a web map of the world: farther off, a region is smaller than the sign of a site
LARGE_TOWN = 100_000  # people; smaller ones are shown from near

SHARE_BOUNDS = (0.01, 0.1, 0.25, 0.5)
SHARE_COLOURS = ("#FFFFFF", "#F6E3B0", "#E6AB02", "#B07F00", "#6B4A00")  # of units, by how much of them is region

COUNTRY_SHARE_COLOURS = ("#FFFFFF", "#E4E1F0", "#C5BEDF", "#9A8FC4", "#62549A")  # the same of countries, below regions

TEXT = "#1B1B1B"
TEXT_MUTED = "#4D4D4D"
HALO = "#FFFFFF"
GRATICULE = "#9AA7B1"


@dataclass(frozen=True)
class SiteMark:
    """How the sites of one class are drawn: `circle`, `diamond` or `square`, its size in millimetres, its colours."""

    shape: str
    size_mm: float
    face: str
    edge: str


MAIN_ROLES = ("primary", "listed", "")  # gold is the main commodity, or nothing says that it is not


def is_main(role: object) -> bool:
    """Whether the commodity is the main one of a site; where no order is given, it is taken for that."""
    return not isinstance(role, str) or role in MAIN_ROLES


def site_mark(source: str, *, main: bool) -> SiteMark:
    """The sign of a site: its shape and colour say the source, filled where the commodity is the main one."""
    shape, size = {"mrds": ("circle", 1.5), "major_deposits": ("diamond", 2.8)}.get(source, ("square", 1.6))
    colour = SITE_COLOURS.get(source, OTHER_SOURCE)
    return SiteMark(shape, size, *((colour, SITE_EDGE) if main else (SITE_EDGE, colour)))


# The pages around the maps, by day and by night. The names are those of the variables of page.css.
PAGE = {
    "ink": "#1B2126", "muted": "#4A545C", "line": "#CFD6DB", "paper": "#FFFFFF", "tint": "#F4F6F7", "accent": "#7A5A00",
    "link": "#0B5394", "edge": "#7B868D", "bar": "#ECEFF1", "hovered-row": "#FBF6E6", "chosen-row": "#F8ECC4",
    "bar-part": "#7A5A00",
}  # fmt: skip
PAGE_AT_NIGHT = {
    "ink": "#E8ECEF", "muted": "#AEB8C0", "line": "#3C464E", "paper": "#14191D", "tint": "#1D242A", "accent": "#E6AB02",
    "link": "#8EC1F5", "edge": "#7B868D", "bar": "#2A333A", "hovered-row": "#2A2718", "chosen-row": "#453A12",
    "bar-part": "#E6AB02",
}  # fmt: skip


def overlay_colour(number: int) -> str:
    """The colour of an overlay by its place in the configuration, from 0."""
    return OVERLAY_COLOURS[number % len(OVERLAY_COLOURS)]


def overlay_dashes(number: int) -> str:
    """Its dashes, lengths in millimetres as in `4;1.5`; none for a solid line."""
    return OVERLAY_DASHES[number % len(OVERLAY_DASHES)]


def overlay_width(number: int) -> float:
    """Its width in millimetres."""
    return OVERLAY_WIDTHS[number % len(OVERLAY_WIDTHS)]


def share_colour(share: float, colours: Sequence[str] = SHARE_COLOURS) -> str:
    """The colour of a unit by how much of it is region, from 0 to 1."""
    return colours[bisect_right(SHARE_BOUNDS, share)]
