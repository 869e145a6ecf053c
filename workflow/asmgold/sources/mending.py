"""Broken polygons: rings that cross or touch themselves, and holes outside their shells."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from asmgold.errors import InputError, excerpt
from asmgold.geodesy.ellipsoid import Floats, polygon_area
from asmgold.geodesy.polygons import polygonal

log = logging.getLogger(__name__)

Mend = Literal["keep", "drop", "refuse"]
MENDED = "mended"
"""The key of a table's `attrs` under which it says what was mended, a sentence for each feature."""
MAX_DOUBT = 0.05  # of a feature's area
MIN_TURN = 0.1  # of a feature's area: a bow-tie, whose halves cancel out, has points in the wrong order
MAX_NAMED = 8


def mend(features: gpd.GeoDataFrame, path: Path, choice: Mend | None) -> gpd.GeoDataFrame:
    """Make polygons valid, feature by feature, and say in `attrs[MENDED]` what was done to which.

    Parameters
    ----------
    features : polygons in EPSG:4326
    path : their file, for messages
    choice : `keep` takes every broken polygon as GEOS mends it (`make_valid`, method `structure`), `drop` leaves it
        out, `refuse` takes no layer that has one. By default those are mended of which there is little doubt what was
        meant: its area is within 5 % of what its rings enclose by the even-odd rule, and it is no bow-tie.

    Raises
    ------
    InputError : if a polygon is broken, and is not to be mended or in doubt; it names the features.
    """
    shapes: NDArray[np.object_] = np.asarray(features.geometry.array, dtype=object)
    broken = np.flatnonzero(~shapely.is_valid(shapes))
    if not broken.size:
        return features
    mended = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    drawn, after = polygon_area(shapes[broken]) / 1e6, polygon_area(mended) / 1e6
    told = [
        f"feature {number + 1} ({shapely.is_valid_reason(shapes[number])}): {after[n]:.6g} km2 mended, "
        f"{drawn[n]:.6g} km2 as its rings run"
        for n, number in enumerate(broken)
    ]
    refused = _in_doubt(shapes[broken], drawn, after) if choice is None else np.full(broken.size, choice == "refuse")
    if refused.any():
        named = [told[n] for n in np.flatnonzero(refused)]
        raise InputError(
            f"{path}: {_listed(named)}; what was meant is not certain: mend them by hand, or say `mend: keep` (take "
            "them as mended) or `mend: drop` (leave them out) beside the layer's source or file"
        )
    how = "left out" if choice == "drop" else MENDED
    log.warning("%s: %s %d of %d polygons: %s", path, how, broken.size, shapes.size, _listed(told))
    repaired = shapes.copy()
    repaired[broken] = mended
    if shapely.is_empty(repaired).all():
        raise InputError(f"{path}: none of its {shapes.size} polygons has an area, such as {told[0]}")
    features = features.assign(geometry=gpd.array.from_shapely(repaired, crs=features.crs))
    if choice == "drop":
        features = features.drop(index=features.index[broken]).reset_index(drop=True)
    features.attrs[MENDED] = [f"{how}: {text}" for text in told]
    return features


def _in_doubt(shapes: NDArray[np.object_], drawn: Floats, after: Floats) -> NDArray[np.bool_]:
    """Of which polygons it hangs on the reading how large they are."""
    read = np.array([polygonal(shape) for shape in shapely.make_valid(shapes)], dtype=object)
    even_odd = polygon_area(read) / 1e6
    largest = np.maximum(even_odd, after)
    return (np.abs(even_odd - after) > MAX_DOUBT * largest) | (drawn < MIN_TURN * largest)


def _listed(told: list[str]) -> str:
    more = f"; and {len(told) - MAX_NAMED} more" if len(told) > MAX_NAMED else ""
    return excerpt("; ".join(told[:MAX_NAMED]), 2000) + more
