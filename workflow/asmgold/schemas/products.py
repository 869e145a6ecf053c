"""Which schema each product that is a table has: what a release is checked by, and a database made from."""

from __future__ import annotations

from asmgold.schemas.evidence import (
    BY_OVERLAY,
    CAPTURE,
    CHANCE,
    MISSED,
    POSITION_BANDS,
    PRODUCTION,
    RADIUS_CURVE,
    RADIUS_OF_CAPTURE,
    SENSITIVITY,
)
from asmgold.schemas.tables import (
    COUNTRY_SUMMARY,
    EXPOSURE,
    EXPOSURE_REGIONS,
    OVERLAY_SUMMARY,
    OVERLAY_UNITS,
    OVERLAYS,
    RECORDS,
    REGIONS,
    SITES,
)

PRODUCT_SCHEMAS = {
    "records.parquet": RECORDS,
    "sites.parquet": SITES,
    "regions.parquet": REGIONS,
    "overlays.parquet": OVERLAYS,
    "overlay_summary.csv": OVERLAY_SUMMARY,
    "overlay_units.csv": OVERLAY_UNITS,
    "countries.csv": COUNTRY_SUMMARY,
    "exposure.csv": EXPOSURE,
    "exposure_regions.csv": EXPOSURE_REGIONS,
    "evidence.csv": CAPTURE,
    "missed_mining.parquet": MISSED,
    "overlay_by_period.csv": BY_OVERLAY,
    "chance.csv": CHANCE,
    "radius_curve.csv": RADIUS_CURVE,
    "radius_of_capture.csv": RADIUS_OF_CAPTURE,
    "sensitivity.csv": SENSITIVITY,
    "position_bands.csv": POSITION_BANDS,
    "context_production.csv": PRODUCTION,
}
