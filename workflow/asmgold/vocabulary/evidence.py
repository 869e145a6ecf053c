"""Names that the configuration and the tables of evidence share."""

ALL_PERIODS = "all"  # the union of all periods of a layer of evidence
AREA = "area"  # the zone that is the whole area
PRIMARY_ONLY = "primary product only"  # a variant of the sensitivity analysis
KM2, POINTS = "km2", "points"  # what an amount is in that no field gives
# What the answer in words is read from.
ANSWER_TABLES = ("evidence", "evidence_units", "overlay_units", "chance", "influence")
