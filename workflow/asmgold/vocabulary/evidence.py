"""Names that the configuration and the tables of evidence share."""

from collections.abc import Collection, Sequence

ALL_PERIODS = "all"  # the union of all periods of a layer of evidence
NEW = "new"  # that of the periods that the map is tested against: all but the first, or those of `held_out`
UNDATED = "unknown"  # the period of what has no date
UNIONS = (ALL_PERIODS, NEW)  # what is no single period
MEASURED = "measured"  # of a figure that may be quoted
MIN_SITES = 10  # of fewer sites no share is quoted
MIN_FIELDS = 3  # nor where what was seen is worth fewer independent blocks of land
SEARCHED = "searched"  # the part of the area where a layer of evidence looked
AREA = "area"  # the zone that is the whole area
PRIMARY_ONLY = "primary product only"  # a variant of the sensitivity analysis
KM2, POINTS = "km2", "points"  # what an amount is in that no field gives
# What the answer in words is read from.
ANSWER_TABLES = ("evidence", "evidence_units", "overlay_units", "chance", "influence", "baselines", "new_mining")


def searched_zone(evidence: str) -> str:
    """The name of the zone where a layer of evidence looked."""
    return f"{evidence}:{SEARCHED}"


def new_periods(periods: Sequence[str], held_out: Collection[str]) -> list[str]:
    """The periods that a map is tested against: those held out, or all but the first; none of a single one.

    What has no date is not new.
    """
    return [period for period in periods[1:] if period != UNDATED and (not held_out or period in held_out)]
