"""The tables of this stage: columns, types, and what they mean."""

from __future__ import annotations

from dataclasses import replace

from asmgold.schemas.schema import POSITIVE, SHARE, Bounds, Column, Schema, count, geometry, number, text
from asmgold.vocabulary.evidence import MEASURED, MIN_FIELDS, MIN_SITES


def _number(title: str, description: str, *bounds: Bounds) -> Column:
    """A number that may be missing."""
    return number(title, description, *bounds, nullable=True)


_EVIDENCE = text("Evidence", "The layer's name in the configuration.")
_MAYBE_EVIDENCE = text("Evidence", "The layer's name in the configuration; none where land is meant.", nullable=True)
_PERIOD = text("Period", "When it was observed; `all` is the union of all periods, so nothing counts twice, and `new` "
               "that of those that the map is tested against: all but the first, or those held out.")  # fmt: skip
_MAYBE_PERIOD = text("Period", "When it was observed, or `all`; none where land is meant.", nullable=True)
_ZONE = text("Zone", "`area`, or a zone of an overlay as in the overlay summary: `<overlay>:inside`, "
              "`<overlay>:outside`.")  # fmt: skip
_OBSERVED = _number("Observed", "What was observed in the zone, in its unit.", POSITIVE)
_UNIT = text("Unit", "`km2` of polygons, `points`, or what the weights of points are in.", nullable=True)
_INSIDE = _number("Observed inside", "Of this, what lies in the published regions; a point on an edge does.", POSITIVE)
_CAPTURE = _number("Capture", "Observed inside over observed; none where nothing was observed.", SHARE)
_LAND_SHARE = _number("Share of the land", "Published regions in the zone over the zone.", SHARE)
_LIFT = _number(
    "Lift",
    "Capture over the share of the land: 1 is what the same amount of land chosen at random would hold.",
    POSITIVE,
)
_RADIUS = _number("Radius, km", "The geodesic radius of the discs.", POSITIVE)

_BLOCKS = {
    "capture_low": _number("Capture, from", "The lower end of its 95 % interval, by a bootstrap of blocks of land; "
                           "none where what was seen lies in fewer than two effective blocks.", SHARE),
    "capture_high": _number("Capture, to", "The upper end.", SHARE),
    "land_low": _number("Share of the land, from", "The lower end of its interval.", SHARE),
    "land_high": _number("Share of the land, to", "The upper end.", SHARE),
    "lift_low": _number("Lift, from", "The lower end of its interval.", POSITIVE),
    "lift_high": _number("Lift, to", "The upper end.", POSITIVE),
    "blocks_effective": _number("Effective blocks", "How many blocks with equal amounts would be as uneven as what was "
                                "seen is over the blocks (Kish): the square of the sum over the sum of squares.",
                                POSITIVE),
    "block_deg": _number("Block, degrees", "The width of a block.", POSITIVE),
}  # fmt: skip

PLACES = {"inside": "In a published region.", "outside": "In none."}

OBSERVATIONS = Schema(
    {
        "period": text("Period", "When it was observed, if that is known.", nullable=True),
        "weight": _number("Weight", "How much was observed at a point, where a field says it.", POSITIVE),
        "unit": text("Unit", "The name of that field, which says what the weight is in.", nullable=True),
        "geometry": geometry("Observed", "Polygon or point in EPSG:4326."),
    }
)

VERDICTS = {
    MEASURED: "They may, with their intervals.",
    "nothing_seen": "Nothing was observed in the zone.",
    "too_few_sites": f"Too few records: fewer than {MIN_SITES} sites in the map, or in the unit.",
    "too_few_fields": f"Too few records: what was observed is worth fewer than {MIN_FIELDS} effective blocks, or "
    "the 95 % interval of capture is nearly all from 0 to 1.",
}
_VERDICT = text("Verdict", "Whether the figures may be quoted.", among=VERDICTS, nullable=True)
CAPTURE = Schema(
    {
        "evidence": _EVIDENCE,
        "period": _PERIOD,
        "zone": _ZONE,
        "observed": _OBSERVED,
        "observed_inside": _INSIDE,
        "capture": _CAPTURE,
        "land_share": _LAND_SHARE,
        "lift": _LIFT,
        "unit": _UNIT,
        "verdict": _VERDICT,
        **_BLOCKS,
        "detector_low": _number(
            "Capture, least",
            "If all mines that the detector missed lie outside the regions, and all "
            "its false alarms inside; none where its errors are not known.",
            SHARE,
        ),
        "detector_high": _number("Capture, most", "If they lie the other way round.", SHARE),
    }
)

BASES = {"range": "As wide as the data are correlated.", "fixed": "A size to compare with."}
INTERVALS = Schema(
    {
        "evidence": _EVIDENCE,
        "period": _PERIOD,
        "zone": _ZONE,
        "block_basis": text("Basis", "Where the width of the blocks comes from.", among=BASES),
        **{name: _BLOCKS[name] for name in ("block_deg", "blocks_effective")},
        **{name: column for name, column in _BLOCKS.items() if not name.startswith("block")},
    }
)

TREND = Schema(
    {
        "evidence": _EVIDENCE,
        "zone": _ZONE,
        "first": count("First year", "The first year after the stock."),
        "last": count("Last year", "The last year."),
        "slope": _number("Change a year", "Of the capture of what was new in each year, by least squares."),
        "slope_low": _number("Change, from", "The lower end of its 95 % interval, from the same draws of blocks as "
                             "that of capture; none where a year has fewer than two effective blocks."),
        "slope_high": _number("Change, to", "The upper end."),
        "blocks_effective": replace(_BLOCKS["blocks_effective"], description="Those of the year that has fewest."),
    }
)  # fmt: skip

EVIDENCE_REGIONS = Schema(
    {
        "evidence": _EVIDENCE,
        "region_id": text("Region", "Its `region_id`."),
        "name": text("Name", "What it is called."),
        "sites": count("Sites", "How many sites it has."),
        "observed": _number("Observed", "What was observed in the region, of all periods.", POSITIVE),
        "capture": _number("Capture", "That over all that was observed in the area.", SHARE),
        "land_share": _number("Share of the land", "The region over the area.", SHARE),
        "lift": _LIFT,
        "unit": _UNIT,
    }
)

EVIDENCE_UNITS = Schema(
    {
        "overlay": text("Overlay", "The overlay, one with `group_by`."),
        "unit": text("Unit", "The value of its field, such as the name of a department."),
        "evidence": _EVIDENCE,
        "period": _PERIOD,
        "sites": count("Sites", "How many sites lie in it."),
        "observed": _number("Observed", "What was observed in the unit, within the area.", POSITIVE),
        "observed_inside": _INSIDE,
        "capture": _CAPTURE,
        "land_share": _number(
            "Share of the land", "Published regions in the unit over the unit, within the area.", SHARE
        ),
        "lift": _LIFT,
        "searched_share": _number("Searched", "The share of the unit where was looked, if the layer says so.", SHARE),
        "land_share_searched": _number("Share of the searched land", "Published regions over that part.", SHARE),
        "lift_searched": _number("Lift where was looked", "Capture over the share of the searched land.", POSITIVE),
        "amount_unit": replace(_UNIT, title="Unit of amounts"),
        "verdict": _VERDICT,
        **{name: column for name, column in _BLOCKS.items() if not name.startswith("land")},
    }
)

MINING_SEEN = Schema(
    {
        "evidence": _EVIDENCE,
        "period": _PERIOD,
        "amount": _number("Amount", "How much was observed there.", POSITIVE),
        "unit": _UNIT,
        "place": text("Place", "Whether the point lies in a published region.", among=PLACES),
        "geometry": geometry(
            "Point", "A point that was observed, or the middle of a part of at most 440 m of what was."
        ),
    }
)

MISSED = Schema(
    {
        "evidence": _EVIDENCE,
        "period": text("Period", "When it was observed; a piece observed in several periods stands once in each."),
        "amount": _number("Amount", "How much was observed in the piece.", POSITIVE),
        "unit": _UNIT,
        "distance_km": _number(
            "Distance, km", "From the piece's nearest point to the nearest site, along the ellipsoid.", POSITIVE
        ),
        "nearest_site": text("Nearest site", "Its record.", nullable=True),
        "geometry": geometry("Missed", "A connected piece, or a point."),
    }
)

BY_OVERLAY = Schema(
    {
        "overlay": text("Overlay", "An overlay that is within another one."),
        "series": text("Series", "The layer of evidence, or the publication."),
        "period": text("Period", "When it was observed; `2021-2023` is the union of these; `all` that of all.",
                        nullable=True),
        "inside": _number("Inside", "Observed inside the overlay.", POSITIVE),
        "outside": _number("Outside", "Observed in the rest of the overlay that it is within.", POSITIVE),
        "unit": text("Unit", "As for `evidence.csv`; none for a published share.", nullable=True),
        "share_inside": _number("Share inside", "The one over both.", SHARE),
        "definition": text("Definition", "What a published share is a share of.", nullable=True),
    }
)  # fmt: skip

NULL_MODELS = {
    "area": "Each site anywhere in the area.",
    "strata": "Each site anywhere in its own stratum.",
    "clumps": "Each clump of sites, linked by steps of at most 40 km, is turned and moved as a whole.",
    "shift": "All sites are turned and moved as one; at least half of them stay in the area.",
    "thomas": "A process of clumps fitted to the sites (Thomas).",
}
STATISTICS = {"capture": "The share of what was observed.", "lift": "That share over the share of the land."}
CHANCE = Schema(
    {
        "evidence": _EVIDENCE,
        "period": _PERIOD,
        "zone": _ZONE,
        "null_model": text("Null model", "How the sites of the area are placed at random.", among=NULL_MODELS),
        "statistic": text("Statistic", "What is compared.", among=STATISTICS),
        "draws": count("Draws", "How often."),
        "value": _number("Value", "That of the real sites, measured in the same way.", POSITIVE),
        "mean": _number("Mean", "The mean of the draws.", POSITIVE),
        "p05": _number("5 %", "A twentieth of the draws have less.", POSITIVE),
        "p50": _number("50 %", "Half of the draws have less.", POSITIVE),
        "p95": _number("95 %", "A twentieth of the draws have more.", POSITIVE),
        "highest": _number("Highest", "The best of the draws.", POSITIVE),
        "p_value": _number("p", "(r + 1) / (n + 1), where r of n draws have as much or more.", SHARE),
        "p_adjusted": _number("p, adjusted", "For the number of tests of this null model and statistic (Holm 1979): "
                              "over the zones for all periods and for new ones, over zones and periods for single "
                              "ones. The primary test (new periods in the area, lift, clumps) is not adjusted.", SHARE),
    }
)  # fmt: skip

LEFT_OUT = {"region": "A published region.", "site": "The disc of one site."}
INFLUENCE = Schema(
    {
        "evidence": _EVIDENCE,
        "without": text("Without", "What is left out.", among=LEFT_OUT),
        "id": text("Id", "The `region_id` of the region, or the `record_id` of the site."),
        "name": text("Name", "What the region or the site is called."),
        "sites": count("Sites", "How many sites go with it."),
        "lost": _number("Lost", "What was observed and lies in nothing else.", POSITIVE),
        "lost_share": _number("Share lost", "Of what lies in the regions.", SHARE),
        "capture": _number("Capture without it", "In the area, of all periods.", SHARE),
        "lift": _number("Lift without it", "For a region; none for a site, whose land others cover too.", POSITIVE),
        "unit": _UNIT,
    }
)

MAPS = {
    "regions": "This map: by the distance from the edge of the nearest disc.",
    "density": "By how dense the sites are, not how near.",
    "rivers": "By the distance from the rivers of the configuration.",
    "settlements": "By the distance from the towns of the configuration.",
    "persistence": "By the distance from where mining was seen before; for new mining.",
}
_MAP = text("Map", "What ranks the land.", among=MAPS)
BASELINES = Schema(
    {
        "evidence": _EVIDENCE,
        "period": _PERIOD,
        "zone": _ZONE,
        "baseline": _MAP,
        "land_share": _number("Share of the land", "That of this map; each other one is cut where it covers as much.",
                              SHARE),
        "limit": _number("Limit", "The score at the cut: km, less than 0 within a disc; of the density its negative, "
                         "sites per 100 km2."),
        "capture": _number("Capture", "What lies on that land, of what was observed in the zone.", SHARE),
        "lift": _LIFT,
        "auc": _number("AUC", "How probably a place with mining, drawn by its amount, ranks before a place of the "
                       "zone, drawn by its area: 0.5 is a ranking that knows nothing.", SHARE),
        "auc_low": _number("AUC, low", "The lower end of its 95 % interval, of this map, by the blocks of "
                           "`intervals.csv`.", SHARE),
        "auc_high": _number("AUC, high", "The upper end.", SHARE),
        "average_precision": _number("Average precision", "The mean share of the land that is mined, over the mining; "
                                     "for amounts in km2.", SHARE),
        "boyce": _number("Boyce index", "The continuous Boyce index: 1 where mining thins out all the way with the "
                         "score, 0 where it does not hang on it, below 0 where it grows."),
    }
)  # fmt: skip

RANKING = Schema(
    {
        "evidence": _EVIDENCE,
        "period": _PERIOD,
        "zone": _ZONE,
        "baseline": _MAP,
        "land_share": _number("Share of the land", "The best land of the zone by this map.", SHARE),
        "capture": _number("Capture", "What lies on it, of what was observed in the zone.", SHARE),
        "precision": _number("Precision", "How much of it is mined; for amounts in km2.", SHARE),
    }
)

BOYCE = Schema(
    {
        "evidence": _EVIDENCE,
        "period": _PERIOD,
        "zone": _ZONE,
        "baseline": _MAP,
        "score": _number("Score", "The middle of a window of a tenth of all scores, as `limit` of `baselines.csv`."),
        "ratio": _number("Ratio", "The share of the mining in the window over its share of the land.", POSITIVE),
    }
)

NEW_MINING = Schema(
    {
        "evidence": _EVIDENCE,
        "period": _PERIOD,
        "zone": _ZONE,
        "beyond_km": _number("Beyond, km", "Only what is at least so far from all that was seen before.", POSITIVE),
        "observed": _number("Observed", "What was observed there.", POSITIVE),
        "observed_inside": _INSIDE,
        "capture": _CAPTURE,
        "land_share": _number("Share of the land", "The land there that is in a region, over all land there.", SHARE),
        "lift": _LIFT,
        "unit": _UNIT,
    }
)

RADIUS_CURVE = Schema(
    {
        "evidence": _MAYBE_EVIDENCE,
        "period": _MAYBE_PERIOD,
        "zone": _ZONE,
        "radius_km": _RADIUS,
        "land_share": _number("Share of the land", "Land of the zone, within the area, nearer than this.", SHARE),
        "capture": _number("Capture", "What was observed in the zone, within the area, nearer than this.", SHARE),
        "lift": _LIFT,
    }
)

RADIUS_OF_CAPTURE = Schema(
    {
        "evidence": _EVIDENCE,
        "period": _PERIOD,
        "zone": _ZONE,
        "share": _number("Share", "Of what was observed in the zone.", SHARE),
        "radius_km": _number("Radius, km", "The smallest radius at which that share is inside; none if none is."),
    }
)

SENSITIVITY = Schema(
    {
        "choice": text("Choice", "What is chosen; `configured` is the scenario as it stands."),
        "variant": text("Variant", "How; all else stays as configured. None where nothing changes.", nullable=True),
        "zone": _ZONE,
        "sites": count("Sites", "Sites whose disc reaches into the area; in an overlay's zone, those that lie in it."),
        "regions_km2": _number("Regions, km2", "Area of the clipped regions in the zone.", POSITIVE),
        "land_share": _LAND_SHARE,
        "evidence": _MAYBE_EVIDENCE,
        "period": _MAYBE_PERIOD,
        "capture": _CAPTURE,
        "lift": _LIFT,
    }
)

POSITION_BANDS = Schema(
    {
        "figure": text("Figure", "`regions_km2`, `land_share`, `capture` or `lift`."),
        "evidence": _MAYBE_EVIDENCE,
        "period": _MAYBE_PERIOD,
        "zone": _ZONE,
        "draws": count("Draws", "How often every site was moved within the precision of its position."),
        "stated": _number("As stated", "The figure with the positions as stated, on the same grid.", POSITIVE),
        "p05": _number("5 %", "A twentieth of the draws give less.", POSITIVE),
        "p50": _number("50 %", "Half of the draws give less.", POSITIVE),
        "p95": _number("95 %", "A twentieth of the draws give more.", POSITIVE),
    }
)

_KG = "The ministry's or UNEP's figure in kilograms, if its ounces are"
PRODUCTION = Schema(
    {
        "year": count("Year", "The year of production."),
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
    }
)
