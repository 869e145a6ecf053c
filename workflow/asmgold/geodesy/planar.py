"""Edges as GIS software draws them: straight in longitude and latitude."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray


def densify(geometries: ArrayLike, max_segment_deg: float) -> NDArray[Any]:
    """Add vertices so that no edge is longer than ``max_segment_deg`` degrees, without moving the edge."""
    return np.asarray(shapely.segmentize(np.asarray(geometries, dtype=object), max_segment_deg))
