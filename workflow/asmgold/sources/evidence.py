"""Reader of a layer of evidence: where mining was observed, and when."""

from __future__ import annotations

import datetime
import logging
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from asmgold.config.models import Evidence
from asmgold.errors import InputError, excerpt
from asmgold.io.values import as_text, text_of
from asmgold.schemas.evidence import OBSERVATIONS
from asmgold.schemas.tables import CRS
from asmgold.sources.datasets import Box
from asmgold.sources.positions import DECIMAL_COMMA
from asmgold.sources.vector import POINT_TYPES, field_of, read_features
from asmgold.vocabulary.evidence import UNDATED

log = logging.getLogger(__name__)

# 2019-05-03 (and a time), 2019/05/03, 2019-05; 3/5/2019 and 03.05.2019, whichever of the two is the day.
DATE = re.compile(r"(\d{4})[-/]\d{1,2}([-/]\d{1,2}(\D.*)?)?|\d{1,2}[-/.]\d{1,2}[-/.](\d{4})(\D.*)?")
MILLISECONDS = range(10**11, 10**14)  # since 1970, as ArcGIS writes dates


def read_evidence(path: Path, evidence: Evidence, near: Box | None = None) -> gpd.GeoDataFrame:
    """Read one file of a layer of evidence.

    Parameters
    ----------
    path : the file
    evidence : its entry in the configuration, for one file
    near : as for `asmgold.sources.vector.read_features`

    Returns
    -------
    A table of `asmgold.schemas.evidence.OBSERVATIONS`; without rows where nothing was observed.

    Raises
    ------
    InputError : as `asmgold.sources.vector.read_features`; if the field of the period or of the weight is missing; or
        if a weight is missing, negative or no number.
    """
    features = read_features(path, evidence, near)
    table = pd.DataFrame({"period": evidence.period, "weight": np.nan, "unit": None}, index=features.index)
    if evidence.period_field is not None:
        periods = as_text(field_of(features, path, evidence.period_field, "period"))
        if (undated := np.flatnonzero(periods.isna() | (periods == ""))).size:
            log.warning(
                "%s: %d of %d features have no %s, feature %d the first; their period is called %r",
                path, undated.size, len(features), evidence.period_field, undated[0] + 1, UNDATED,
            )  # fmt: skip
        table["period"] = periods.map(_period)
    if evidence.weight_field is not None:
        values = field_of(features, path, evidence.weight_field, "weight")
        table["weight"], table["unit"] = _weights(features, values, path), evidence.weight_field
    observed = gpd.GeoDataFrame(table, geometry=list(features.geometry), crs=CRS)
    observed.attrs |= features.attrs
    return OBSERVATIONS.validate(observed)


def _weights(features: gpd.GeoDataFrame, values: pd.Series, path: Path) -> pd.Series:
    """The weights of points, checked."""
    if len(features) and not np.isin(shapely.get_type_id(features.geometry.array), POINT_TYPES).all():
        raise InputError(
            f"{path}: holds polygons, points were expected with weight_field; polygons have their own area"
        )
    plain = _with_points(values, path) if features.attrs.get(DECIMAL_COMMA) else values
    weights = pd.to_numeric(plain, errors="coerce").astype(float)
    if (wrong := np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))).size:
        found = as_text(values.iloc[wrong[:1]]).fillna("").iloc[0]
        what = f"is {excerpt(found)!r}" if found else "is missing"
        raise InputError(f"{path}: feature {wrong[0] + 1}: {values.name} {what}, a number from 0 was expected"
                         + (f"; so it is in {wrong.size - 1} others" if wrong.size > 1 else ""))  # fmt: skip
    return weights


def _with_points(values: pd.Series, path: Path) -> pd.Series:
    """Numbers with decimal commas as numbers with points; beside one of them, 1.234 may be a thousand and more."""
    comma, point = (values.str.contains(sign, regex=False, na=False) for sign in ",.")
    if comma.any() and point.any():
        found = " and ".join(repr(excerpt(values[sign].iloc[0])) for sign in (comma, point))
        raise InputError(f"{path}: {values.name} is {found}, decimal commas or decimal points were expected")
    return values.str.replace(",", ".")


def _period(value: Any) -> str:
    """The year of a date, a whole number without its decimal point, any other value as it is."""
    text = "" if pd.isna(value) else text_of(value)
    if text.isdecimal() and len(text) <= len(str(MILLISECONDS.stop)) and int(text) in MILLISECONDS:
        return str(datetime.datetime.fromtimestamp(int(text) / 1000, datetime.UTC).year)
    date = DATE.fullmatch(text)
    return (date[1] or date[4]) if date else text or UNDATED
