"""PostGIS measures geodesics on the same ellipsoid by other code: a second opinion on regions and areas."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from asmgold.geodesy.around import union_around
from asmgold.geodesy.discs import discs
from asmgold.geodesy.ellipsoid import NearestSite, polygon_area
from asmgold.geodesy.union import union_of_discs

pytestmark = pytest.mark.thorough

SITES = {
    "Madre de Dios": (np.array([-70.4, -70.2, -70.05, -69.6, -71.5]), np.array([-12.9, -13.0, -12.8, -12.9, -12.8])),
    "across 180 degrees": (np.array([179.9, -179.9, 179.8]), np.array([-16.5, -16.6, -16.9])),
    "Svalbard": (np.array([15.0, 15.9, 17.2]), np.array([78.2, 78.3, 78.25])),
}


def rows(lon, lat):
    """The sites as rows. One by one: to a multipoint PostGIS measures from the point that is nearest on a sphere."""
    points = ", ".join(
        f"(ST_Point({x!r}, {y!r}, 4326)::geography)" for x, y in zip(lon.tolist(), lat.tolist(), strict=True)
    )
    return f"(VALUES {points}) AS sites(site)"


def dumped(xy):
    """Points as rows with their number."""
    points = shapely.to_wkb(shapely.multipoints(xy), hex=True)
    dump = f"ST_Dump(ST_GeomFromWKB('\\x{points}'::bytea, 4326))"
    return f"(SELECT path[1] AS n, geom::geography AS point FROM {dump}) AS points"


def geometry(shape):
    return f"ST_GeomFromWKB('\\x{shapely.to_wkb(shape, hex=True)}'::bytea, 4326)"


@pytest.mark.parametrize("place", SITES)
def test_vertices_stand_at_the_radius_from_the_nearest_site(postgis, place):
    lon, lat = SITES[place]
    for region in union_of_discs(lon, lat, 20_000):
        vertices = shapely.get_coordinates(region)
        vertices = vertices[np.abs(np.abs(vertices[:, 0]) - 180) > 1e-9]
        answer = postgis(
            "SELECT min(d), max(d) FROM (SELECT min(ST_Distance(point, site)) AS d "
            f"FROM {dumped(vertices)}, {rows(lon, lat)} GROUP BY n) AS distances"
        )
        nearest, farthest = map(float, answer.split("|"))
        assert 20_000 - 5 < nearest <= farthest < 20_000 + 5


@pytest.mark.parametrize("place", SITES)
def test_regions_are_valid_there_too_and_have_the_same_area(postgis, place):
    lon, lat = SITES[place]
    for region in union_of_discs(lon, lat, 20_000):
        valid, area = postgis(
            f"SELECT ST_IsValid(g), ST_Area(g::geography) FROM (SELECT {geometry(region)} g) t"
        ).split("|")
        assert valid == "t"
        # Edges are a kilometre long: straight in degrees or geodesic, they differ by millionths of the area.
        assert polygon_area([region])[0] == pytest.approx(float(area), rel=2e-5)


def test_points_are_inside_where_the_distance_says_so(postgis):
    lon, lat = SITES["Madre de Dios"]
    random = np.random.default_rng(7)
    x, y = random.uniform(-72, -69, 2000), random.uniform(-13.5, -12.3, 2000)
    regions = shapely.union_all(union_of_discs(lon, lat, 20_000))
    inside = shapely.contains_xy(regions, x, y)
    near = NearestSite(lon, lat).query(x, y)[0]
    decided = np.abs(near - 20_000) > 5
    answer = postgis(
        "SELECT string_agg(near::int::text, '' ORDER BY n) "
        "FROM (SELECT n, bool_or(ST_DWithin(point, site, 20000)) AS near "
        f"FROM {dumped(np.column_stack([x, y]))}, {rows(lon, lat)} GROUP BY n) AS answers"
    )
    theirs = np.array([sign == "1" for sign in answer])
    np.testing.assert_array_equal(inside[decided], theirs[decided])
    assert 100 < theirs.sum() < 1900


def test_the_union_is_that_of_their_buffers_to_within_what_these_are_good_for(postgis):
    """PostGIS buffers in a map projection chosen for the place, with errors of some tenths of a per cent."""
    lon, lat = SITES["Madre de Dios"]
    area = postgis(
        f"SELECT ST_Area(ST_Union(ST_Buffer(site, 20000, 'quad_segs=64')::geometry)::geography) FROM {rows(lon, lat)}"
    )
    assert polygon_area(union_of_discs(lon, lat, 20_000)).sum() == pytest.approx(float(area), rel=5e-3)


def test_the_products_measure_the_same_there(postgis, built_once):
    regions = gpd.read_file(built_once.product("asm_gold_regions.gpkg"), layer="asm_gold_regions")
    for region in regions.head(10).itertuples():
        area = float(postgis(f"SELECT ST_Area({geometry(region.geometry)}::geography)")) / 1e6
        # Where a region is clipped by the border its edges are long: up to a hundred thousandth.
        assert region.area_km2 == pytest.approx(area, rel=5e-5)


def test_a_lone_disc_has_their_area(postgis):
    for latitude in (0, 45, 80):
        disc = discs([10.0], [latitude], 20_000, 0.05)[0]
        area = float(postgis(f"SELECT ST_Area({geometry(disc)}::geography)"))
        assert polygon_area([disc])[0] == pytest.approx(area, rel=1e-6)


def check_against_distances(postgis, regions, xy, shapes, radii, slack_m):
    """Points are inside when, and only when, PostGIS finds a shape within its radius; not asked within the slack."""
    values = ", ".join(f"({geometry(shape)}::geography, {radius})" for shape, radius in zip(shapes, radii, strict=True))
    near, far = (
        np.array([sign == "1" for sign in postgis(
            "SELECT string_agg(near::int::text, '' ORDER BY n) FROM (SELECT n, bool_or(ST_DWithin(point, shape, radius "
            f"+ {slack})) AS near FROM {dumped(xy)}, (VALUES {values}) AS shapes(shape, radius) GROUP BY n) AS answers"
        )])
        for slack in (-slack_m, slack_m)
    )  # fmt: skip
    inside = np.zeros(len(xy), bool)
    inside[shapely.STRtree(regions).query(shapely.points(xy), predicate="intersects")[0]] = True
    assert inside[near].all()
    assert not inside[~far].any()
    assert (far & ~near).mean() < 0.01
    assert 0.05 < near.mean() < 0.95


@pytest.mark.parametrize("centre", [(-70.0, -13.0), (179.95, 40.0), (20.0, 78.0)])
def test_discs_of_mixed_sizes_hold_the_points_within_them(postgis, centre):
    random = np.random.default_rng(17)
    spread = np.array([0.5 / np.cos(np.radians(centre[1])), 0.5])
    sites, xy = (np.array(centre) + spread * random.uniform(-1, 1, (n, 2)) for n in (40, 1000))
    sites[:, 0], xy[:, 0] = ((lon + 180) % 360 - 180 for lon in (sites[:, 0], xy[:, 0]))
    radii = random.choice([500.0, 3_000.0, 12_345.0, 20_000.0], 40)
    check_against_distances(postgis, union_of_discs(*sites.T, radii), xy, shapely.points(sites), radii, 5)


def test_what_is_near_lines_and_polygons_is_what_they_find_near(postgis):
    random = np.random.default_rng(3)
    shapes = [
        shapely.LineString([(-70.4, -13.2), (-70.1, -12.9), (-70.15, -12.6)]),
        shapely.MultiLineString([[(-69.9, -13.3), (-69.8, -13.1)], [(-70.6, -12.7), (-70.5, -12.6)]]),
        shapely.box(-69.8, -12.9, -69.6, -12.75).difference(shapely.box(-69.75, -12.86, -69.66, -12.79)),
        shapely.Point(-70.5, -13.3),
    ]
    # Their edges are geodesics, ours straight in degrees: with a point every 100 m these are the same.
    theirs, radii = [shapely.segmentize(shape, 0.001) for shape in shapes], [2_000.0, 500.0, 3_000.0, 8_000.0]
    xy = random.uniform((-70.8, -13.5), (-69.4, -12.4), (3000, 2))
    check_against_distances(postgis, union_around(shapes, radii), xy, theirs, radii, 5)
