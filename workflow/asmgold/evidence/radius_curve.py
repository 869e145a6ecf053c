"""Capture, covered land and lift as functions of the radius, from one set of distances."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from asmgold.evidence.sampling import Land, Pieces, distances_m
from asmgold.geodesy.ellipsoid import Floats
from asmgold.schemas.evidence import RADIUS_CURVE, RADIUS_OF_CAPTURE
from asmgold.schemas.tables import empty_like

RADII_KM = tuple(float(radius) for radius in range(1, 51))
SHARES = (0.5, 0.8, 0.9, 0.95)


def radius_curve(
    land: Land, pieces: Pieces, lon: ArrayLike, lat: ArrayLike, radii_km: Sequence[float] = RADII_KM
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What is covered and captured at each radius.

    Parameters
    ----------
    land, pieces : by `land_of` and `pieces_of`, for the same zones
    lon, lat : every record that would be a site if its disc reached into the area, degrees
    radii_km : in any order

    Returns
    -------
    `asmgold.evidence.tables.RADIUS_CURVE`, with rows without evidence where there is none, and
    `asmgold.evidence.tables.RADIUS_OF_CAPTURE`.
    """
    radii = np.asarray(radii_km, float)
    to_land = distances_m(land.lon, land.lat, lon, lat) / 1000
    to_pieces = distances_m(pieces.lon, pieces.lat, lon, lat) / 1000
    covered = {
        zone: _reached(to_land, land.km2[row], radii) / land.zone_km2[row] for row, zone in enumerate(land.zones)
    }
    tables, quantiles = [], []
    for number, group in pieces.groups.iterrows():
        mine = pieces.group == number
        distance, weight, observed = to_pieces[mine], pieces.weight[mine], float(group["observed"])
        captured = _reached(distance, weight, radii) / observed if observed else np.full(radii.size, np.nan)
        tables.append(_rows(group["evidence"], group["period"], group["zone"], radii, covered[group["zone"]], captured))
        for share in SHARES:
            quantiles.append(
                {
                    "evidence": group["evidence"], "period": group["period"], "zone": group["zone"], "share": share,
                    "radius_km": _radius_of(share * observed, distance, weight),
                }
            )  # fmt: skip
    if not tables:
        nothing = np.full(radii.size, np.nan)
        tables = [_rows(None, None, zone, radii, share, nothing) for zone, share in covered.items()]
    curve = RADIUS_CURVE.validate(pd.concat(tables, ignore_index=True))
    return curve, RADIUS_OF_CAPTURE.validate(pd.DataFrame(quantiles) if quantiles else empty_like(RADIUS_OF_CAPTURE))


def _rows(
    evidence: str | None, period: str | None, zone: str, radii: Floats, land_share: Floats, capture: Floats
) -> pd.DataFrame:
    lift = np.divide(capture, land_share, out=np.full(radii.size, np.nan), where=land_share > 0)
    return pd.DataFrame(
        {
            "evidence": evidence, "period": period, "zone": zone, "radius_km": radii, "land_share": land_share,
            "capture": capture, "lift": lift,
        }
    )  # fmt: skip


def _reached(distance: Floats, weight: Floats, radii: Floats) -> Floats:
    """The weight that lies within each radius."""
    order = np.argsort(distance, kind="stable")
    sums = np.r_[0.0, np.cumsum(weight[order])]
    return np.asarray(sums[np.searchsorted(distance[order], radii, side="right")])


def _radius_of(needed: float, distance: Floats, weight: Floats) -> float:
    """The smallest radius within which that much lies."""
    order = np.argsort(distance, kind="stable")
    sums = np.cumsum(weight[order])
    first = np.searchsorted(sums, needed * (1 - 1e-9))
    return float(distance[order][first]) if needed > 0 and first < sums.size else float("nan")
