"""The tables that stages hand to one another: columns, types, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pandera.pandas as pa

FATES = {
    "site": "It counts: it bears gold, has a usable position, and its disc reaches into the area.",
    "not_gold": "It does not bear gold.",
    "refinery_only": "Gold is only refined or smelted there, and `include_refineries` is off.",
    "outside_area": "It bears gold, but its disc does not reach into the area.",
    "rejected": "It has no usable position, or its row cannot be read; `fate_reason` says why.",
}
COMMODITY_ROLES = {
    "primary": "Gold is among the primary commodities (`commod1` of MRDS).",
    "secondary": "Gold is among the secondary commodities (`commod2`).",
    "tertiary": "Gold is among the tertiary commodities (`commod3`).",
    "listed": "Gold is listed; the source gives no order.",
    "refinery": "Gold is only refined or smelted there.",
}
FLAGS = {
    "corrected": "A declared correction was applied; `correction` names it.",
    "correction_lapsed": "A correction is declared, but the source no longer says what it expects; it was not applied.",
    "row_unreadable": "The row does not fit the table; the record is rejected and `fate_reason` says what is wrong.",
    "position_missing": "Longitude or latitude is missing; the record is rejected.",
    "position_not_a_number": "Longitude or latitude is no decimal number; the record is rejected.",
    "position_out_of_range": "Longitude is beyond 180 or latitude beyond 90 degrees; the record is rejected.",
    "position_zero": "The position is 0, 0, which stands for a missing one in many tables.",
    "position_whole_degree": "Longitude and latitude are whole degrees.",
    "position_coarse": "The position is written to 500 m or more; `precision_m` says how coarsely.",
    "position_shared": "Another record of the same source has exactly this position.",
    "duplicate_probable": "Another record of the same source is taken for the same deposit (`deposit_id`).",
    "country_missing": "The source states no country; `country_located` says where the record lies.",
    "name_missing": "The source gives no name, or says that there is none (`Unknown`, `Unnamed Prospect`).",
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
TEXT = pd.StringDtype(na_value=np.nan)

_is_list = pa.Check(
    lambda column: column.map(lambda value: isinstance(value, list | np.ndarray)), error="a list was expected"
)


def _text(title: str, description: str, *, nullable: bool = True, among: Mapping[str, str] | None = None) -> pa.Column:
    checks, metadata = ([pa.Check.isin(list(among))], {"meanings": among}) if among else ([], None)
    return pa.Column(
        TEXT, checks, nullable=nullable, coerce=True, title=title, description=description, metadata=metadata
    )


def _number(title: str, description: str, *checks: pa.Check, nullable: bool = False) -> pa.Column:
    return pa.Column(float, list(checks), nullable=nullable, coerce=True, title=title, description=description)


def _count(title: str, description: str) -> pa.Column:
    return pa.Column("int64", [pa.Check.ge(0)], coerce=True, title=title, description=description)


def _list(title: str, description: str) -> pa.Column:
    return pa.Column(object, [_is_list], title=title, description=description)


def _geometry(title: str, description: str) -> pa.Column:
    return pa.Column(None, nullable=True, title=title, description=description)


RECORD_ID = pa.Column(
    TEXT,
    coerce=True,
    unique=True,
    title="Record",
    description="The source's own id (`mrds:10003963`); without one, the position as read and a counter where needed.",
)
SOURCE = _text("Source", "The dataset: `mrds` or `major_deposits`.", nullable=False)

READ_RECORDS = pa.DataFrameSchema(
    {
        "record_id": RECORD_ID,
        "source": SOURCE,
        "row": pa.Column("int64", coerce=True, title="Row", description="The row of the source's table, from 1."),
        "name": _text("Name", "The name of the site or deposit."),
        "country_reported": _text("Country stated", "The country as the source states it."),
        "longitude_text": _text("Longitude as text", "The longitude as the source writes it.", nullable=False),
        "latitude_text": _text("Latitude as text", "The latitude as the source writes it.", nullable=False),
        "commodities": _list("Commodities", "All commodities, in the source's order; qualifiers in brackets."),
        "commodity_role": _text("Role of gold", "The place gold takes among them, or none.", among=COMMODITY_ROLES),
        "status": _text("Status", "Stage of development, as the source states it (`dev_stat` of MRDS)."),
        "deposit_type": _text("Deposit type", "Type of deposit, as the source states it."),
        "url": _text("Page", "The record's page at its producer."),
        "fault": _text("Fault", "Why the row cannot be read, if so."),
    },
    strict=True,
)

_RECORD_COLUMNS = {
    "record_id": RECORD_ID,
    "source": SOURCE,
    "row": READ_RECORDS.columns["row"],
    "name": READ_RECORDS.columns["name"],
    "country_reported": READ_RECORDS.columns["country_reported"],
    "country_code": _text(
        "Country code", "The ISO 3166 code of the country stated; several, joined by `/`, for one that is no more."
    ),
    "country_located": _text("Country located", "The ISO 3166 code of the country that the position lies in."),
    "outside_km": _number(
        "Outside, km",
        "How far outside the country stated, to 0.6 km, if more than the 5 km by which borders on a world map err.",
        pa.Check.gt(0),
        nullable=True,
    ),
    "suggested_transform": _text(
        "Fitting reading",
        "The other way to read a position from outside that puts it into the country stated: `-latitude` turns its "
        "sign, `exchanged` has latitude for longitude.",
    ),
    "deposit_id": _text(
        "Deposit", "For gold: the same for all records that are the same deposit, the first of their ids."
    ),
    "longitude": _number("Longitude", "Degrees east on WGS84, as used.", pa.Check.in_range(-180, 180), nullable=True),
    "latitude": _number("Latitude", "Degrees north on WGS84, as used.", pa.Check.in_range(-90, 90), nullable=True),
    "longitude_read": _number(
        "Longitude as read", "Degrees, as the source gives it; none if no number.", nullable=True
    ),
    "latitude_read": _number("Latitude as read", "Degrees, as the source gives it; none if no number.", nullable=True),
    "longitude_text": READ_RECORDS.columns["longitude_text"],
    "latitude_text": READ_RECORDS.columns["latitude_text"],
    "precision_m": _number(
        "Precision, m", "The step of the last decimal that the position is written with.", pa.Check.gt(0), nullable=True
    ),
    "commodities": READ_RECORDS.columns["commodities"],
    "commodity_role": READ_RECORDS.columns["commodity_role"],
    "status": READ_RECORDS.columns["status"],
    "deposit_type": READ_RECORDS.columns["deposit_type"],
    "url": READ_RECORDS.columns["url"],
    "correction": _text(
        "Correction",
        "The declared correction that was applied, if any: to the position, or to the name, country, status or type.",
    ),
    "flags": _list("Flags", "What is remarkable about the record."),
    "fate": _text("Fate", "What became of the record.", nullable=False, among=FATES),
    "fate_reason": _text("Reason", "Why, in words.", nullable=False),
}

RECORDS = pa.DataFrameSchema(
    _RECORD_COLUMNS | {"geometry": _geometry("Position", "The position as used, a point in EPSG:4326.")},
    strict=True,
)

SITES = pa.DataFrameSchema(
    _RECORD_COLUMNS
    | {
        "region_id": _text("Region", "The region that the site belongs to.", nullable=False),
        "geometry": _geometry("Position", "The position as used, a point in EPSG:4326."),
    },
    strict=True,
)

ARROWS = pa.DataFrameSchema(
    {
        "correction": _text("Correction", "The declared correction, an entry of `config/corrections.yaml`.",
                            nullable=False),
        "record_id": RECORD_ID,
        "name": READ_RECORDS.columns["name"],
        "fate": _RECORD_COLUMNS["fate"],
        "before": _text("Before", "What the source says: fields with their values.", nullable=False),
        "after": _text("After", "What is used instead.", nullable=False),
        "reason": _text("Reason", "What is wrong with what the source says.", nullable=False),
        "evidence": _text("Evidence", "How one knows.", nullable=False),
        "geometry": _geometry("Arrow", "A line from the position as read to the position as used, in EPSG:4326; "
                              "none where no position changed."),
    },
    strict=True,
)  # fmt: skip

COUNTRIES = pa.DataFrameSchema(
    {
        "code": _text(
            "Code", "The country's code of ISO 3166-1 (three letters), or the layer's own where it has none."
        ),
        "name": _text("Name", "Its name in the layer."),
        "geometry": _geometry("Country", "Its polygons in EPSG:4326."),
    },
    strict=True,
)

_positive = pa.Check.ge(0)

REGIONS = pa.DataFrameSchema(
    {
        "region_id": pa.Column(
            TEXT,
            coerce=True,
            unique=True,
            title="Region",
            description="`R` and ten digits that follow from the ids of its sites alone: the same sites, the same id.",
        ),
        "area_km2": _number("Area, km2", "Area on the ellipsoid of the region as published, clipped.", _positive),
        "area_unclipped_km2": _number("Area unclipped, km2", "Area of the whole region before clipping.", _positive),
        "n_sites": _count("Sites", "Sites whose discs make up the region."),
        "n_mrds": _count("Sites of MRDS", "Of these, records of MRDS."),
        "n_major_deposits": _count("Major deposits", "Of these, records of Major mineral deposits of the world."),
        "n_deposits": _count("Deposits", "Distinct deposits among its sites, as far as names and distances tell."),
        "countries": _list("Countries", "Where its sites are: located, or else as stated by the source."),
        "buffer_km": _number("Radius, km", "The geodesic radius of the discs.", pa.Check.gt(0)),
        "edge_error_max_m": _number(
            "Edge error, m",
            "No point of the unclipped edge is farther than this from the true distance.",
            _positive,
        ),
        "geometry": _geometry("Region", "The region, clipped to the area, in EPSG:4326."),
        "geometry_unclipped": _geometry("Region, unclipped", "The region before clipping."),
    },
    strict=True,
)

OVERLAYS = pa.DataFrameSchema(
    {
        "overlay": _text("Overlay", "The overlay's name in the configuration.", nullable=False),
        "zone": _text("Zone", "`inside` the overlay, or `outside`: the rest of the overlay it is within.",
                      nullable=False, among=ZONES),
        "region_id": _text("Region", "The region.", nullable=False),
        "area_km2": _number("Area, km2", "Area of the region within the zone.", _positive),
        "geometry": _geometry("Intersection", "The region within the zone."),
    },
    strict=True,
)  # fmt: skip

OVERLAY_SUMMARY = pa.DataFrameSchema(
    {
        "overlay": OVERLAYS.columns["overlay"],
        "zone": OVERLAYS.columns["zone"],
        "zone_km2": _number("Zone, km2", "Area of the zone.", _positive),
        "regions_km2": _number("Regions in it, km2", "Area of the published regions within the zone.", _positive),
        "share_of_zone": _number("Share of the zone", "Regions in it over the zone.", pa.Check.in_range(0, 1.000001)),
        "share_of_regions": _number(
            "Share of the regions",
            "Regions in it over all published regions.",
            pa.Check.in_range(0, 1.000001),
        ),
        "share_of_parent_regions": _number(
            "Share of the parent's regions",
            "For an overlay within another one: regions in it over the regions in that other one.",
            pa.Check.in_range(0, 1.000001),
            nullable=True,
        ),
        "sites": _count("Sites", "Sites that lie in the zone."),
    },
    strict=True,
)

OVERLAY_UNITS = pa.DataFrameSchema(
    {
        "overlay": OVERLAYS.columns["overlay"],
        "unit": _text(
            "Unit", "The value of the overlay's field `group_by`, such as the name of a province.", nullable=False
        ),
        "unit_km2": _number("Unit, km2", "Area of the unit.", _positive),
        "regions_km2": _number("Regions in it, km2", "Area of the published regions within the unit.", _positive),
        "share_of_unit": _number("Share of the unit", "Regions in it over the unit.", pa.Check.in_range(0, 1.000001)),
        "sites": _count("Sites", "Sites that lie in the unit."),
        "deposits": _count("Deposits", "Distinct deposits among them."),
    },
    strict=True,
)

COUNTRY_SUMMARY = pa.DataFrameSchema(
    {
        "code": COUNTRIES.columns["code"],
        "name": COUNTRIES.columns["name"],
        "area_km2": _number("Area, km2", "Area of the country on the ellipsoid.", _positive),
        "sites": _count("Sites", "Sites whose discs reach into the country; some may lie across its border."),
        "deposits": _count("Deposits", "Distinct deposits among them."),
        "regions": _count("Regions", "Regions that reach into the country."),
        "regions_km2": _number("Regions, km2", "Their area within the country.", _positive),
        "share_of_country": _number(
            "Share of the country", "Regions in it over its area.", pa.Check.in_range(0, 1.000001)
        ),
    },
    strict=True,
)

EXPOSURE = pa.DataFrameSchema(
    {
        "exposure": _text("Exposure", "Its name in the configuration.", nullable=False),
        "unit": _text("Unit", "What it is in.", nullable=False),
        "zone": _text("Zone", "`area`, `<overlay>:inside`, or `<overlay>:outside`: the rest of the overlay it is "
                      "within.", nullable=False),
        "total": _number("Total", "The amount in the zone.", _positive),
        "inside": _number("Inside", "Of it, what is inside the published regions.", _positive),
        "share": _number("Share", "Inside over total.", pa.Check.in_range(0, 1.000001)),
        "share_with_data": _number(
            "Share with data", "Where the raster has data, as a share of the zone; no amount is known elsewhere.",
            pa.Check.in_range(0, 1.000001),
        ),
    },
    strict=True,
)  # fmt: skip

EXPOSURE_REGIONS = pa.DataFrameSchema(
    {
        "exposure": EXPOSURE.columns["exposure"],
        "unit": EXPOSURE.columns["unit"],
        "region_id": _text("Region", "The region, as published.", nullable=False),
        "amount": _number("Amount", "The amount in it.", _positive),
    },
    strict=True,
)


def empty_like(schema: pa.DataFrameSchema) -> pd.DataFrame:
    """A table of that schema without rows."""
    return pd.DataFrame({name: pd.Series(dtype=object) for name in schema.columns})
