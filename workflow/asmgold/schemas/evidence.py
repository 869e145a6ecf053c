"""The tables of this stage: columns, types, and what they mean."""

from __future__ import annotations

from typing import Any

import pandera.pandas as pa

from asmgold.schemas.tables import TEXT

SHARE = pa.Check.in_range(0, 1.000001)
POSITIVE = pa.Check.ge(0)


def _text(title: str, description: str, *, nullable: bool = False) -> pa.Column:
    return pa.Column(TEXT, nullable=nullable, coerce=True, title=title, description=description)


def _number(title: str, description: str, *checks: pa.Check) -> pa.Column:
    return pa.Column(float, list(checks), nullable=True, coerce=True, title=title, description=description)


def _whole(title: str, description: str) -> pa.Column:
    return pa.Column("int64", [POSITIVE], coerce=True, title=title, description=description)


_EVIDENCE = _text("Evidence", "The layer's name in the configuration.")
_MAYBE_EVIDENCE = _text("Evidence", "The layer's name in the configuration; none where land is meant.", nullable=True)
_PERIOD = _text("Period", "When it was seen; `all` is the union of all periods, so nothing counts twice.")
_MAYBE_PERIOD = _text("Period", "When it was seen, or `all`; none where land is meant.", nullable=True)
_ZONE = _text("Zone", "`area`, or a zone of an overlay as in the overlay summary: `<overlay>:inside`, "
              "`<overlay>:outside`.")  # fmt: skip
_OBSERVED = _number("Observed", "What was seen in the zone: km2 of polygons, or the number of points.", POSITIVE)
_INSIDE = _number("Observed inside", "Of this, what lies in the published regions; a point on an edge does.", POSITIVE)
_CAPTURE = _number("Capture", "Observed inside over observed; none where nothing was seen.", SHARE)
_LAND_SHARE = _number("Share of the land", "Published regions in the zone over the zone.", SHARE)
_LIFT = _number("Lift", "Capture over the share of the land: 1 is what land taken blindly would hold.", POSITIVE)
_RADIUS = _number("Radius, km", "The geodesic radius of the discs.", POSITIVE)

OBSERVATIONS = pa.DataFrameSchema(
    {
        "period": _text("Period", "When it was seen, if that is known.", nullable=True),
        "geometry": pa.Column(None, nullable=True, title="Observed", description="Polygon or point in EPSG:4326."),
    },
    strict=True,
)

CAPTURE = pa.DataFrameSchema(
    {
        "evidence": _EVIDENCE,
        "period": _PERIOD,
        "zone": _ZONE,
        "observed": _OBSERVED,
        "observed_inside": _INSIDE,
        "capture": _CAPTURE,
        "land_share": _LAND_SHARE,
        "lift": _LIFT,
    },
    strict=True,
)

MISSED = pa.DataFrameSchema(
    {
        "evidence": _EVIDENCE,
        "period": _text("Period", "When it was seen; a piece seen in several periods stands once in each."),
        "area_km2": _number("Area, km2", "Area of the piece; none for a point.", POSITIVE),
        "distance_km": _number(
            "Distance, km", "From the piece's nearest point to the nearest site, along the ellipsoid.", POSITIVE
        ),
        "nearest_site": _text("Nearest site", "Its record.", nullable=True),
        "geometry": pa.Column(None, nullable=True, title="Missed", description="A connected piece, or a point."),
    },
    strict=True,
)

BY_OVERLAY = pa.DataFrameSchema(
    {
        "overlay": _text("Overlay", "An overlay that is within another one."),
        "series": _text("Series", "The layer of evidence, or the publication."),
        "period": _text("Period", "When it was seen; `2021-2023` is the union of these; `all` that of all.",
                        nullable=True),
        "inside": _number("Inside", "Seen inside the overlay.", POSITIVE),
        "outside": _number("Outside", "Seen in the rest of the overlay that it is within.", POSITIVE),
        "unit": _text("Unit", "`km2` or `points`; none for a published share.", nullable=True),
        "share_inside": _number("Share inside", "The one over both.", SHARE),
        "definition": _text("Definition", "What a published share is a share of.", nullable=True),
    },
    strict=True,
)  # fmt: skip

CHANCE = pa.DataFrameSchema(
    {
        "evidence": _EVIDENCE,
        "period": _PERIOD,
        "zone": _ZONE,
        "placed": _text("Placed", "Where the sites of the area are thrown: anywhere in the `area`, or each within its "
                        "own stratum (`strata`)."),
        "draws": _whole("Draws", "How often."),
        "capture": _number("Capture", "That of the real sites, by the same pieces.", SHARE),
        "mean": _number("Mean", "Mean capture of the draws.", SHARE),
        "p05": _number("5 %", "A twentieth of the draws capture less.", SHARE),
        "p50": _number("50 %", "Half of the draws capture less.", SHARE),
        "p95": _number("95 %", "A twentieth of the draws capture more.", SHARE),
        "highest": _number("Highest", "The best of the draws.", SHARE),
        "p_value": _number("p", "(r + 1) / (n + 1), where r of n draws capture as much or more.", SHARE),
    },
    strict=True,
)  # fmt: skip

RADIUS_CURVE = pa.DataFrameSchema(
    {
        "evidence": _MAYBE_EVIDENCE,
        "period": _MAYBE_PERIOD,
        "zone": _ZONE,
        "radius_km": _RADIUS,
        "land_share": _number("Share of the land", "Land of the zone, within the area, nearer than this.", SHARE),
        "capture": _number("Capture", "What was seen in the zone, within the area, nearer than this.", SHARE),
        "lift": _LIFT,
    },
    strict=True,
)

RADIUS_OF_CAPTURE = pa.DataFrameSchema(
    {
        "evidence": _EVIDENCE,
        "period": _PERIOD,
        "zone": _ZONE,
        "share": _number("Share", "Of what was seen in the zone.", SHARE),
        "radius_km": _number("Radius, km", "The smallest radius at which that share is inside; none if none is."),
    },
    strict=True,
)

SENSITIVITY = pa.DataFrameSchema(
    {
        "choice": _text("Choice", "What is chosen; `configured` is the scenario as it stands."),
        "variant": _text("Variant", "How; all else stays as configured. None where nothing changes.", nullable=True),
        "zone": _ZONE,
        "sites": _whole("Sites", "Sites whose disc reaches into the area; in an overlay's zone, those that lie in it."),
        "regions_km2": _number("Regions, km2", "Area of the clipped regions in the zone.", POSITIVE),
        "land_share": _LAND_SHARE,
        "evidence": _MAYBE_EVIDENCE,
        "period": _MAYBE_PERIOD,
        "capture": _CAPTURE,
        "lift": _LIFT,
    },
    strict=True,
)

POSITION_BANDS = pa.DataFrameSchema(
    {
        "figure": _text("Figure", "`regions_km2`, `land_share`, `capture` or `lift`."),
        "evidence": _MAYBE_EVIDENCE,
        "period": _MAYBE_PERIOD,
        "zone": _ZONE,
        "draws": _whole("Draws", "How often every site was moved within the precision of its position."),
        "stated": _number("As stated", "The figure with the positions as stated, on the same grid.", POSITIVE),
        "p05": _number("5 %", "A twentieth of the draws give less.", POSITIVE),
        "p50": _number("50 %", "Half of the draws give less.", POSITIVE),
        "p95": _number("95 %", "A twentieth of the draws give more.", POSITIVE),
    },
    strict=True,
)

_KG = "The ministry's or UNEP's figure in kilograms, if its ounces are"
PRODUCTION = pa.DataFrameSchema(
    {
        "year": _whole("Year", "The year of production."),
        "ministry_koz": _number("Ministry, thousand ounces", "As the report prints it.", POSITIVE),
        "unep_koz": _number("UNEP, thousand ounces", "As the report prints it.", POSITIVE),
        "ratio": _number("Ratio", "UNEP over ministry.", POSITIVE),
        "ministry_kg_troy": _number("Ministry, kg (troy)", f"{_KG} troy (31.1035 g).", POSITIVE),
        "ministry_kg_avoirdupois": _number("Ministry, kg (avoirdupois)", f"{_KG} avoirdupois (28.3495 g).", POSITIVE),
        "unep_kg_troy": _number("UNEP, kg (troy)", f"{_KG} troy (31.1035 g).", POSITIVE),
        "unep_kg_avoirdupois": _number("UNEP, kg (avoirdupois)", f"{_KG} avoirdupois (28.3495 g).", POSITIVE),
        "unep_koz_if_troy": _number(
            "UNEP, thousand troy ounces",
            "If the printed ounces are avoirdupois, what they are in troy ounces.",
            POSITIVE,
        ),
        "ratio_if_troy": _number("Ratio then", "These over the ministry's, if its are troy.", POSITIVE),
    },
    strict=True,
)

PRODUCTS: tuple[tuple[str, str, Any], ...] = (
    ("Evidence", "`evidence.csv`: how much of the mining that was seen lies in the regions.", CAPTURE),
    ("Missed mining", "`missed_mining.parquet`, layer `missed_mining`: what was seen in the area, outside the "
     "regions.", MISSED),
    ("Evidence by overlay", "`overlay_by_period.csv`: inside an overlay and in the rest of the one it is within, "
     "beside published shares.", BY_OVERLAY),
    ("Chance", "`chance.csv`: the capture beside that of sites placed at random.", CHANCE),
    ("Radius", "`radius_curve.csv`: the land covered and the mining captured at each radius.", RADIUS_CURVE),
    ("Radius of capture", "`radius_of_capture.csv`.", RADIUS_OF_CAPTURE),
    ("Sensitivity", "`sensitivity.csv`: the figures when one choice changes; capture of all periods.", SENSITIVITY),
    ("Position bands", "`position_bands.csv`: the figures when each site moves within the precision of its position.",
     POSITION_BANDS),
    ("Production", "`context_production.csv`: two series of gold production in both kinds of ounces.", PRODUCTION),
)  # fmt: skip
