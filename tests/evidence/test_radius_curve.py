"""Capture by distance, without an overlay of polygons."""

from __future__ import annotations

import time

import numpy as np
import shapely

from asmgold.evidence.capture import capture
from asmgold.evidence.land import land_cells
from asmgold.evidence.radius_curve import radius_curve
from asmgold.evidence.sampling import weighted_points
from asmgold.geodesy.around import union_around
from asmgold.geodesy.union import union_of_discs, unions_of_discs
from tests.evidence.conftest import AREA, GEOD, RNG, ZONES, R, observed, scattered_polygons, table

# --- distances instead of overlays


def test_weighted_points_give_the_capture_of_the_polygons():
    observations = observed(*scattered_polygons())
    points = weighted_points(observations, ZONES, AREA)
    np.testing.assert_allclose(points.weights.sum(axis=1), points.observed, rtol=1e-6)
    lon, lat = RNG.uniform(-71, -69, 12), RNG.uniform(-14, -12, 12)
    radii = [5.0, 10.0, 20.0, 40.0]
    curve, _ = radius_curve(land_cells(ZONES, AREA), points, shapely.points(lon, lat), radii)
    for radius, discs in zip(radii, unions_of_discs(lon, lat, np.array(radii) * 1000), strict=True):
        regions = table(*shapely.intersection(discs, AREA))
        exact = capture(observations, ZONES, regions).set_index("zone")
        near = curve[curve["radius_km"] == radius].set_index("zone")
        np.testing.assert_allclose(near["capture"], exact["capture"], atol=0.004)
        np.testing.assert_allclose(near["land_share"], exact["land_share"], atol=0.001)


def test_distances_to_a_line_or_polygon_are_those_to_its_shape():
    shapes = [shapely.LineString([[-70.5, -13.2], [-70.1, -12.9]]), shapely.box(-69.9, -13.3, -69.4, -12.9)]
    observations = observed(*scattered_polygons())
    points, radii = weighted_points(observations, ZONES, AREA), [1.0, 5.0, 20.0]
    curve, _ = radius_curve(land_cells(ZONES, AREA), points, shapes, radii)
    for radius in radii:
        regions = table(*shapely.intersection(union_around(shapes, 1000 * radius), AREA))
        exact = capture(observations, ZONES, regions).set_index("zone")
        near = curve[curve["radius_km"] == radius].set_index("zone")
        np.testing.assert_allclose(near["capture"], exact["capture"], atol=0.004)
        np.testing.assert_allclose(near["land_share"], exact["land_share"], atol=0.001)


def test_what_lies_outside_the_area_counts_as_observed_but_never_as_inside():
    zones = {"area": AREA, "wide:inside": shapely.box(-71, -14, -67, -12)}
    piece = shapely.box(-69.01, -13, -68.99, -12.99)  # half of it outside the area
    observations = observed(piece, zones=zones)
    site = union_of_discs([-69.0], [-13.0], R)
    exact = capture(observations, zones, table(*shapely.intersection(site, AREA))).set_index("zone")["capture"]
    curve, _ = radius_curve(
        land_cells(zones, AREA), weighted_points(observations, zones, AREA), shapely.points([-69.0], [-13.0]), [20.0]
    )
    np.testing.assert_allclose(exact[["area", "wide:inside"]], [1, 0.5])
    np.testing.assert_allclose(curve["capture"], [1, 0.5])
    np.testing.assert_allclose(curve["land_share"].iloc[1], curve["land_share"].iloc[0] / 2, rtol=0.001)


def test_the_radius_of_capture_is_the_distance_of_the_point_that_completes_the_share():
    lon, lat, _ = GEOD.fwd([-70.0] * 10, [-13.0] * 10, np.linspace(0, 300, 10), np.arange(1, 11) * 3000.0)
    points = weighted_points(observed(*shapely.points(lon, lat)), {"area": AREA}, AREA)
    _, quantiles = radius_curve(land_cells({"area": AREA}, AREA), points, shapely.points([-70.0], [-13.0]))
    np.testing.assert_allclose(quantiles["radius_km"], [15, 24, 27, 30], atol=1e-4)


def test_fifty_radii_cost_less_than_three_times_one():
    cells, points = land_cells(ZONES, AREA), weighted_points(observed(*scattered_polygons()), ZONES, AREA)
    lon, lat = RNG.uniform(-71, -69, 200), RNG.uniform(-14, -12, 200)

    def seconds(radii):
        begin = time.process_time()
        radius_curve(cells, points, shapely.points(lon, lat), radii)
        return time.process_time() - begin

    assert min(seconds(range(1, 51)) for _ in range(3)) < 3 * min(seconds([20.0]) for _ in range(3))
