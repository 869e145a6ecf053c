"""Names that the configuration and the tables of evidence share."""

ALL_PERIODS = "all"  # the union of all periods of a layer of evidence
AREA = "area"  # the zone that is the whole area
KM2, POINTS = "km2", "points"  # what an amount is in that no field gives
ANSWER_TABLES = (
    "evidence",
    "evidence_units",
    "overlay_units",
    "chance",
    "influence",
)  # what the answer in words is read from
