"""The tables that stages hand to one another: columns, types, and what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asmgold.schemas.schema import ABOVE_ZERO, POSITIVE, SHARE, Column, Schema, count, geometry, listed, number, text

if TYPE_CHECKING:
    pass

FATES = {
    "site": "It counts: it bears gold, has a usable position, and its disc reaches into the area.",
    "not_gold": "It does not bear gold.",
    "plant": "It is a plant and no mine: gold is only refined or smelted there, or the source calls it a plant; and "
    "`include_plants` is off.",
    "administrative_position": "It bears gold, but its position is the middle of a country or of a division of it, "
    "where a clerk files what he cannot place; and `administrative_positions` is `exclude`.",
    "outside_area": "It bears gold, but its disc does not reach into the area.",
    "rejected": "It has no usable position, or its row cannot be read; `fate_reason` says why.",
}
BEARING = ("site", "outside_area")  # it bears the commodity and has a position: a site, if its disc reaches in
COMMODITY_ROLES = {
    "primary": "Gold is among the primary commodities (`commod1` of MRDS).",
    "secondary": "Gold is among the secondary commodities (`commod2`).",
    "tertiary": "Gold is among the tertiary commodities (`commod3`), which are not economically recoverable.",
    "listed": "Gold is listed; the source gives no order.",
    "refinery": "Gold is only refined or smelted there.",
}
FLAGS = {
    "corrected": "A declared correction was applied; `correction` names it.",
    "correction_lapsed": "A correction is declared, but the source no longer says what it expects; it was not applied.",
    "row_unreadable": "The row does not fit the table, or its own radius is none; the record is rejected and "
    "`fate_reason` says what is wrong.",
    "position_missing": "Longitude or latitude is missing; the record is rejected.",
    "position_not_a_number": "Longitude or latitude is no decimal number; the record is rejected.",
    "position_out_of_range": "Longitude is beyond 180 or latitude beyond 90 degrees; the record is rejected.",
    "position_zero": "The position is 0, 0, which stands for a missing one in many tables.",
    "position_whole_degree": "Longitude and latitude are whole degrees.",
    "position_coarse": "The position is written to 500 m or more; `precision_m` says how coarsely.",
    "position_shared": "Another record of the same source has exactly this position.",
    "position_shared_by_names": "So have at least two others, and all three have different names.",
    "position_centroid": "It lies at the middle of a country or of a division of it, and no other record is near.",
    "duplicate_probable": "Another record of the same source is taken for the same deposit (`deposit_id`).",
    "country_missing": "The source states no country; `country_located` says where the record lies.",
    "name_missing": "The source gives no name, or says that there is none (`Unknown`, `Unnamed Prospect`).",
    "name_of_a_plant": "Its name is that of a plant, such as a refinery, and no column of the source says what it is.",
    "character_lost": "A question mark stands between letters, where the source has lost one (`Lipe?a`).",
    "country_unknown": "The country stated is none that is known by that name; the record stays.",
    "outside_country": "It lies more than 5 km outside the country stated; `outside_km` says how far.",
    "at_sea": "It lies more than 5 km from any land that the map of countries shows.",
    "sign_or_order_suspect": "With another sign or order of its coordinates it would lie in the country stated; "
    "`suggested_transform` says which.",
    "encoding_mended": "Its text held leftovers of an old encoding, which were decoded.",
    "control_characters": "Its text held control characters or line ends; each run of them stands as one blank.",
}

ZONES = {
    "inside": "The part within the overlay.",
    "outside": "The rest of the overlay that this one is within.",
}

CRS = "EPSG:4326"  # of all geometry between stages and in the products

RECORD_ID = Column(
    "text",
    "Record",
    "The source's own id (`mrds:10003963`); without one, the position as read and a counter where needed.",
    unique=True,
)
SOURCE = text("Source", "The dataset: `mrds`, `major_deposits`, or a name of `points` in the configuration.")

REGION_NAME = text(
    "Region",
    "Its rank by area, and the settlement in it where most people live; or a site in it, or the nearest settlement.",
)

READ_RECORDS = Schema(
    {
        "record_id": RECORD_ID,
        "source": SOURCE,
        "row": Column("whole", "Row", "The row of the source's table, from 1."),
        "name": text("Name", "The name of the site or deposit.", nullable=True),
        "country_reported": text("Country stated", "The country as the source states it.", nullable=True),
        "longitude_text": text("Longitude as text", "The longitude as the source writes it."),
        "latitude_text": text("Latitude as text", "The latitude as the source writes it."),
        "commodities": listed("Commodities", "All commodities, in the source's order; qualifiers in brackets."),
        "commodity_role": text(
            "Role of gold", "The place gold takes among them, or none.", nullable=True, among=COMMODITY_ROLES
        ),
        "status": text("Status", "Stage of development, as the source states it (`dev_stat` of MRDS).", nullable=True),
        "deposit_type": text("Deposit type", "Type of deposit, as the source states it.", nullable=True),
        "operation_type": text(
            "Operation type", "Kind of operation, as the source states it (`oper_type` of MRDS).", nullable=True
        ),
        "url": text("Page", "The record's page at its producer.", nullable=True),
        "category": text("Category", "Whatever else tells records apart, as the source states it.", nullable=True),
        "precision_m": number("Precision stated, m", "As the source states it.", ABOVE_ZERO, nullable=True),
        "radius_km": number(
            "Own radius, km", "The radius of its own disc, as the source states it.", ABOVE_ZERO, nullable=True
        ),
        "shape": text(
            "Shape", "The line or polygon that the record is, in EPSG:4326 (WKT); none for a point.", nullable=True
        ),
        "fault": text("Fault", "Why the row cannot be read, if so.", nullable=True),
    }
)

_RECORD_COLUMNS = {
    "record_id": RECORD_ID,
    "source": SOURCE,
    "row": READ_RECORDS.columns["row"],
    "name": READ_RECORDS.columns["name"],
    "label": text(
        "Called", "The name; without one, where the record lies, told from the nearest record that has a name."
    ),
    "country_reported": READ_RECORDS.columns["country_reported"],
    "country_code": text(
        "Country code",
        "The ISO 3166 code of the country stated; several, joined by `/`, for one that is no more.",
        nullable=True,
    ),
    "country_located": text(
        "Country located", "The ISO 3166 code of the country that the position lies in.", nullable=True
    ),
    "outside_km": number(
        "Outside, km",
        "How far outside the country stated, to 0.6 km, if more than the 5 km by which borders on a world map err.",
        ABOVE_ZERO,
        nullable=True,
    ),
    "suggested_transform": text(
        "Fitting reading",
        "The other way to read a position from outside that puts it into the country stated: `-latitude` turns its "
        "sign, `exchanged` has latitude for longitude.",
        nullable=True,
    ),
    "deposit_id": text(
        "Deposit",
        "For gold: the same for all records that are the same deposit, the first of their ids.",
        nullable=True,
    ),
    "longitude": number("Longitude", "Degrees east on WGS84, as used.", (-180.0, True, 180.0, True), nullable=True),
    "latitude": number("Latitude", "Degrees north on WGS84, as used.", (-90.0, True, 90.0, True), nullable=True),
    "longitude_read": number("Longitude as read", "Degrees, as the source gives it; none if no number.", nullable=True),
    "latitude_read": number("Latitude as read", "Degrees, as the source gives it; none if no number.", nullable=True),
    "longitude_text": READ_RECORDS.columns["longitude_text"],
    "latitude_text": READ_RECORDS.columns["latitude_text"],
    "precision_m": number(
        "Precision, m",
        "That of the position: as the source states it, or the step of the last decimal that it is written with.",
        ABOVE_ZERO,
        nullable=True,
    ),
    "buffer_km": number("Radius, km", "The geodesic radius of its disc.", ABOVE_ZERO, nullable=True),
    "commodities": READ_RECORDS.columns["commodities"],
    "commodity_role": READ_RECORDS.columns["commodity_role"],
    "status": READ_RECORDS.columns["status"],
    "deposit_type": READ_RECORDS.columns["deposit_type"],
    "operation_type": READ_RECORDS.columns["operation_type"],
    "url": READ_RECORDS.columns["url"],
    "category": READ_RECORDS.columns["category"],
    "shape": READ_RECORDS.columns["shape"],
    "correction": text(
        "Correction",
        "The declared correction that was applied, if any: to the position, or to the name, country, status or type.",
        nullable=True,
    ),
    "flags": listed("Flags", "What is remarkable about the record."),
    "fate": text("Fate", "What became of the record.", among=FATES),
    "fate_reason": text("Reason", "Why, in words."),
}

RECORDS = Schema(_RECORD_COLUMNS | {"geometry": geometry("Position", "The position as used, a point in EPSG:4326.")})

SITES = Schema(
    _RECORD_COLUMNS
    | {
        "region_id": text("Region id", "The region that the site belongs to."),
        "region_name": REGION_NAME,
        "geometry": geometry("Position", "The position as used, a point in EPSG:4326."),
    }
)

ARROWS = Schema(
    {
        "correction": text("Correction", "The declared correction, an entry of `config/corrections.yaml`."),
        "record_id": RECORD_ID,
        "name": READ_RECORDS.columns["name"],
        "fate": _RECORD_COLUMNS["fate"],
        "before": text("Before", "What the source says: fields with their values."),
        "after": text("After", "What is used instead."),
        "reason": text("Reason", "What is wrong with what the source says."),
        "evidence": text("Evidence", "How one knows."),
        "geometry": geometry("Arrow", "A line from the position as read to the position as used, in EPSG:4326; "
                              "none where no position changed."),
    }
)  # fmt: skip

COUNTRIES = Schema(
    {
        "code": text(
            "Code",
            "The country's code of ISO 3166-1 (three letters), or the layer's own where it has none.",
            nullable=True,
        ),
        "name": text("Name", "Its name in the layer.", nullable=True),
        "geometry": geometry("Country", "Its polygons in EPSG:4326."),
    }
)

TOWNS = Schema(
    {
        "name": text("Name", "Of the settlement."),
        "population": number("Population", "How many live there, as the source states it.", POSITIVE),
        "geometry": geometry("Place", "A point in EPSG:4326."),
    }
)

REGIONS = Schema(
    {
        "region_id": Column(
            "text",
            "Region id",
            "`R` and ten digits that follow from the ids of its sites alone: the same sites, the same id.",
            unique=True,
        ),
        "region_name": REGION_NAME,
        "area_km2": number("Area, km2", "Area on the ellipsoid of the region as published, clipped.", POSITIVE),
        "area_unclipped_km2": number("Area unclipped, km2", "Area of the whole region before clipping.", POSITIVE),
        "n_sites": count("Sites", "Sites whose discs make up the region."),
        "n_mrds": count("Sites of MRDS", "Of these, records of MRDS."),
        "n_major_deposits": count("Major deposits", "Of these, records of Major mineral deposits of the world."),
        "n_deposits": count("Deposits", "Distinct deposits among its sites, as far as names and distances tell."),
        "countries": listed("Countries", "Where its sites are: located, or else as stated by the source."),
        "buffer_km": number("Radius, km", "The geodesic radius of the discs; of several the largest.", ABOVE_ZERO),
        "edge_error_max_m": number(
            "Edge error, m",
            "No point of the unclipped edge is farther than this from the true distance.",
            POSITIVE,
        ),
        "geometry": geometry("Region", "The region, clipped to the area, in EPSG:4326."),
        "geometry_unclipped": geometry("Region, unclipped", "The region before clipping."),
    },
    further={
        r"n_(?!sites|mrds|major_deposits|deposits)([a-z0-9_]+)": count("Sites of {}", "Of these, records of `{}`.")
    },
)

RINGS = Schema(
    {
        "ring": Column("whole", "Zone", "The number of the zone, from 1 at the sites.", unique=True),
        "from_km": number("From, km", "The geodesic distance from the nearest site at which it begins.", POSITIVE),
        "to_km": number("To, km", "And at which it ends.", ABOVE_ZERO),
        "area_km2": number("Area, km2", "Its area on the ellipsoid, within the area.", POSITIVE),
        "share_of_area": number("Share of the area", "Its area over that of the area.", SHARE),
        "geometry": geometry("Zone", "The zone within the area, in EPSG:4326."),
    }
)

REGIONS_BY = Schema(
    {
        "column": text("Column", "The column of the sites that was asked for in `dissolve_by`."),
        "value": text("Value", "Its value; empty for the sites that state none."),
        "number": count("Number", "Of the regions of this value, from the largest, 1."),
        "n_sites": count("Sites", "Sites of this value in the region."),
        "area_km2": number("Area, km2", "Its area on the ellipsoid, clipped. Regions of different values may overlap.",
                           POSITIVE),
        "geometry": geometry("Region", "The region, clipped to the area, in EPSG:4326."),
    }
)  # fmt: skip

OVERLAYS = Schema(
    {
        "overlay": text("Overlay", "The overlay's name in the configuration."),
        "zone": text("Zone", "`inside` the overlay, or `outside`: the rest of the overlay it is within.", among=ZONES),
        "region_id": text("Region id", "The region."),
        "region_name": REGION_NAME,
        "area_km2": number("Area, km2", "Area of the region within the zone.", POSITIVE),
        "geometry": geometry("Intersection", "The region within the zone."),
    }
)  # fmt: skip

OVERLAY_SUMMARY = Schema(
    {
        "overlay": OVERLAYS.columns["overlay"],
        "zone": OVERLAYS.columns["zone"],
        "zone_km2": number("Zone, km2", "Area of the zone.", POSITIVE),
        "regions_km2": number("Regions in it, km2", "Area of the published regions within the zone.", POSITIVE),
        "share_of_zone": number("Share of the zone", "Regions in it over the zone.", SHARE),
        "share_of_regions": number(
            "Share of the regions",
            "Regions in it over all published regions.",
            SHARE,
        ),
        "share_of_parent_regions": number(
            "Share of the parent's regions",
            "For an overlay within another one: regions in it over the regions in that other one.",
            SHARE,
            nullable=True,
        ),
        "sites": count("Sites", "Sites that lie in the zone."),
    }
)

OVERLAY_UNITS = Schema(
    {
        "overlay": OVERLAYS.columns["overlay"],
        "unit": text("Unit", "The value of the overlay's field `group_by`, such as the name of a province."),
        "unit_km2": number("Unit, km2", "Area of the unit.", POSITIVE),
        "regions_km2": number("Regions in it, km2", "Area of the published regions within the unit.", POSITIVE),
        "share_of_unit": number("Share of the unit", "Regions in it over the unit.", SHARE),
        "sites": count("Sites", "Sites that lie in the unit."),
        "deposits": count("Deposits", "Distinct deposits among them."),
    }
)

COUNTRY_SUMMARY = Schema(
    {
        "code": COUNTRIES.columns["code"],
        "name": COUNTRIES.columns["name"],
        "area_km2": number("Area, km2", "Area of the country on the ellipsoid.", POSITIVE),
        "sites": count("Sites", "Sites whose discs reach into the country; some may lie across its border."),
        "deposits": count("Deposits", "Distinct deposits among them."),
        "regions": count("Regions", "Regions that reach into the country."),
        "regions_km2": number("Regions, km2", "Their area within the country.", POSITIVE),
        "share_of_country": number("Share of the country", "Regions in it over its area.", SHARE),
    }
)

EXPOSURE = Schema(
    {
        "exposure": text("Exposure", "Its name in the configuration."),
        "unit": text("Unit", "What it is in."),
        "zone": text("Zone", "`area`, `<overlay>:inside`, or `<overlay>:outside`: the rest of the overlay it is "
                      "within."),
        "total": number("Total", "The amount in the zone.", POSITIVE),
        "inside": number("Inside", "Of it, what is inside the published regions.", POSITIVE),
        "share": number("Share", "Inside over total.", SHARE),
        "share_with_data": number(
            "Share with data", "Where the raster has data, as a share of the zone; no amount is known elsewhere.",
            SHARE,
        ),
    }
)  # fmt: skip

EXPOSURE_REGIONS = Schema(
    {
        "exposure": EXPOSURE.columns["exposure"],
        "unit": EXPOSURE.columns["unit"],
        "region_id": text("Region id", "The region, as published."),
        "region_name": REGION_NAME,
        "amount": number("Amount", "The amount in it.", POSITIVE),
    }
)
