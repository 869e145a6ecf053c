"""What tells a reader where north is, how far things are apart and where on Earth they lie."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from asmgold.publish.map.view import MapView
from asmgold.publish.messages import Numbers

Floats = NDArray[np.float64]

# Minutes and seconds below a degree, so that a line's label is short.
STEPS_DEG = (1 / 3600, 2 / 3600, 5 / 3600, 10 / 3600, 15 / 3600, 30 / 3600, 1 / 60, 2 / 60, 5 / 60, 10 / 60, 15 / 60,
             30 / 60, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0)  # fmt: skip


@dataclass(frozen=True)
class GridLine:
    """A meridian or a parallel on the paper.

    Attributes
    ----------
    kind : `meridian` or `parallel`
    degrees : its longitude or latitude
    pieces : its runs within the frame, metres in the plane, each of shape (n, 2)
    ends : where it leaves the frame: `left`, `bottom`, `right` or `top`, with the point
    """

    kind: str
    degrees: float
    pieces: tuple[Floats, ...]
    ends: tuple[tuple[str, float, float], ...]


def graticule(view: MapView, lines: int = 5) -> list[GridLine]:
    """Meridians and parallels in round steps, about as many as asked for along the shorter side of the frame."""
    west, south, east, north = view.frame
    _, lat = view.middle
    shorter_deg = min(east - west, north - south) / 111_000
    step = min(STEPS_DEG, key=lambda size: abs(math.log(size * lines / shorter_deg)))
    widening = max(math.cos(math.radians(lat)), 0.02)
    across = min(STEPS_DEG, key=lambda size: abs(math.log(size * widening * lines / shorter_deg)))
    if widening < 0.25 or shorter_deg > 60:
        across = 30.0
    return [*_lines(view, "parallel", step), *_lines(view, "meridian", across)]


def _lines(view: MapView, kind: str, step: float) -> Iterator[GridLine]:
    reach = _reach(view)
    along = np.linspace(*reach[1 if kind == "meridian" else 0], 721)
    frame = shapely.box(*view.frame)
    highest = 90 - step if kind == "parallel" else 180
    first, last = (edge / step for edge in reach[1 if kind == "parallel" else 0])
    for number in range(math.ceil(first - 1e-9), math.floor(last + 1e-9) + 1):
        degrees = number * step
        if kind == "parallel" and abs(degrees) > highest + 1e-9:
            continue
        fixed = np.full(along.size, degrees)
        x, y = view.projection.forward(*((along, fixed) if kind == "parallel" else (fixed, along)))
        whole = shapely.LineString(np.column_stack([x, y]))
        cut = shapely.line_merge(shapely.intersection(whole, frame))
        runs = [piece for piece in shapely.get_parts(cut) if piece.geom_type == "LineString" and piece.length > 0]
        simple = [shapely.get_coordinates(piece.simplify(view.tolerance)) for piece in runs]
        if simple:
            yield GridLine(kind, round((degrees + 180) % 360 - 180 if kind == "meridian" else degrees, 9),
                           tuple(simple), tuple(_ends(view, simple)))  # fmt: skip


def _reach(view: MapView) -> tuple[tuple[float, float], tuple[float, float]]:
    """From which to which longitude and latitude the frame shows something, degrees."""
    lon_0 = view.projection.lon_0
    if view.window is None:
        return (lon_0 - 180, lon_0 + 179.999), (-90.0, 90.0)
    west, south, east, north = view.window.bounds
    return (west, min(east, west + 359.999)), (south, north)


def _ends(view: MapView, runs: list[Floats]) -> Iterator[tuple[str, float, float]]:
    west, south, east, north = view.frame
    near = view.width / 1e6
    for x, y in (point for run in runs for point in (run[0], run[-1])):
        for side, distance in (("left", x - west), ("bottom", y - south), ("right", east - x), ("top", north - y)):
            if abs(distance) < near:
                yield side, float(x), float(y)


def degrees_in_words(line: GridLine, letters: str) -> str:
    """Such as 12°30′S.

    Parameters
    ----------
    letters : those of north, south, east and west, in this order
    """
    seconds = round(abs(line.degrees) * 3600)
    whole, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    text = f"{whole}°" + (f"{minutes:02d}′" if minutes or seconds else "") + (f"{seconds:02d}″" if seconds else "")
    return text + _direction(line.kind, line.degrees, letters)


def position_in_words(lon: float, lat: float, letters: str, numbers: Numbers) -> str:
    """A position such as 75.08°W 9.21°S.

    Parameters
    ----------
    lon, lat : degrees
    letters : those of north, south, east and west, in this order
    numbers : how the language writes numbers
    """
    lon, lat = round(lon, 2), round(lat, 2)
    east, north = _direction("meridian", lon, letters), _direction("parallel", lat, letters)
    return f"{numbers.general(abs(lon))}°{east} {numbers.general(abs(lat))}°{north}"


def _direction(kind: str, degrees: float, letters: str) -> str:
    if degrees == 0 or abs(degrees) == 180:
        return ""
    return letters[(0 if kind == "parallel" else 2) + (degrees < 0)]


def scale_bar_km(view: MapView, share: float = 0.25) -> float:
    """The round length of a scale bar that takes up to this share of the frame's width, kilometres."""
    longest = share * view.width / 1000
    power = 10.0 ** math.floor(math.log10(longest))
    return max(
        length
        for length in (power * digit for digit in (1, 2, 5))
        if length <= longest or length == power
    )  # fmt: skip


def scale_denominator(view: MapView, paper_width_m: float) -> int:
    """The map's scale is one to this, at the middle of the paper; three digits of it count."""
    exact = view.width / paper_width_m * 1000 / view.metres_on_paper(1000)
    digits = 10 ** max(0, math.floor(math.log10(exact)) - 2)
    return int(round(exact / digits) * digits)
