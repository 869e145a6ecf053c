"""Reader of a layer of evidence: where mining was observed, and when."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from asmgold.config.models import Evidence
from asmgold.errors import InputError
from asmgold.schemas.evidence import OBSERVATIONS
from asmgold.schemas.tables import CRS
from asmgold.sources.vector import read_features

# 2019-05-03 (and a time), 2019/05/03, 2019-05; 3/5/2019 and 03.05.2019, whichever of the two is the day.
DATE = re.compile(r"(\d{4})[-/]\d{1,2}([-/]\d{1,2}(\D.*)?)?|\d{1,2}[-/.]\d{1,2}[-/.](\d{4})(\D.*)?")
MILLISECONDS = range(10**11, 10**14)  # since 1970, as ArcGIS writes dates
UNKNOWN = "unknown"


def read_evidence(path: Path, evidence: Evidence) -> gpd.GeoDataFrame:
    """Read one file of a layer of evidence.

    Parameters
    ----------
    path : the file
    evidence : its entry in the configuration, for one file

    Returns
    -------
    A table of `asmgold.schemas.evidence.OBSERVATIONS`; without rows where nothing was observed.

    Raises
    ------
    InputError : as `asmgold.sources.vector.read_features`, or if the field of the period is missing.
    """
    features = read_features(path, evidence)
    field = evidence.period_field
    if field is not None and field not in features.columns:
        names = ", ".join(name for name in features.columns if name != features.geometry.name)
        raise InputError(f"{path}: has no field {field!r} for the period, its fields are {names}")
    periods = features[field].map(_period) if field else pd.Series(evidence.period, index=features.index, dtype=object)
    return OBSERVATIONS.validate(gpd.GeoDataFrame({"period": periods}, geometry=list(features.geometry), crs=CRS))


def _period(value: Any) -> str:
    """The year of a date, a whole number without its decimal point, any other value as it is."""
    if pd.isna(value):
        return UNKNOWN
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
    if text.isdecimal() and int(text) in MILLISECONDS:
        return str(datetime.datetime.fromtimestamp(int(text) / 1000, datetime.UTC).year)
    date = DATE.fullmatch(text)
    return (date[1] or date[4]) if date else text or UNKNOWN
