"""What is loaded into PostGIS, asked by SQL."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import pytest
import shapely
from psycopg import sql

from asmgold.geodesy.ellipsoid import WGS84
from asmgold.postgis.loading import load
from asmgold.postgis.tables import TABLES
from asmgold.postgis.views import VIEWS
from tests.conftest import PROJECT
from tests.peers.conftest import Server
from tests.peers.postgis.conftest import value, values
from tests.small_result import CORRECTION, FIELDS, OVERLAYS, REJECTED, SITES, TITLES

pytestmark = pytest.mark.thorough

# What is loaded


def test_every_row_arrives_and_says_what_the_products_say(asked, results: Path) -> None:
    described = json.loads((results / "small/manifest.json").read_text())
    for table in TABLES:
        if table.product in described["products"]:
            assert value(asked, f"SELECT count(*) FROM {table.name}") == described["products"][table.product]["rows"]
    assert value(asked, "SELECT manifest FROM manifest") == described
    records = pd.read_parquet(results / "small/records.parquet").set_index("record_id")
    columns = [name for name in records.columns if name not in ("geometry", "bbox")]
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    for record_id, *fields in asked.execute(sql.SQL("SELECT record_id, {} FROM records").format(names)):
        ours = [list(v) if isinstance(v, np.ndarray) else None if pd.isna(v) else v
                for v in records.loc[record_id, columns]]  # fmt: skip
        assert fields == ours


def test_hostile_names_and_texts_are_data(asked) -> None:
    names = {name for (name,) in values(asked, "SELECT name FROM records")}
    assert {name or None for name, *_ in SITES} <= names
    assert dict(values(asked, "SELECT overlay, title FROM overlays")) == TITLES
    assert value(asked, "SELECT properties FROM overlay_features WHERE overlay = 'corridor'") == FIELDS
    [(reason, evidence)] = values(asked, "SELECT reason, evidence FROM corrections WHERE applied")
    assert (reason, evidence) == (CORRECTION.reason, CORRECTION.evidence)
    title = f"{TITLES['department']} outside {TITLES['corridor']}"
    assert value(asked, "SELECT title FROM zone_shares WHERE zone = 'corridor:outside'") == title


def test_geometry_has_its_type_its_crs_and_an_index(asked, results: Path) -> None:
    kinds = {
        (table, column): (kind, srid)
        for table, column, kind, srid in values(
            asked,
            "SELECT f_table_name, f_geometry_column, type, srid FROM geometry_columns JOIN pg_tables "
            "ON tablename = f_table_name AND schemaname = f_table_schema WHERE f_table_schema = current_schema()",
        )
    }
    assert kinds == {
        ("records", "geometry"): ("POINT", 4326),
        ("sites", "geometry"): ("POINT", 4326),
        ("regions", "geometry"): ("MULTIPOLYGON", 4326),
        ("regions", "geometry_unclipped"): ("MULTIPOLYGON", 4326),
        ("overlay_intersections", "geometry"): ("MULTIPOLYGON", 4326),
        ("overlay_features", "geometry"): ("MULTIPOLYGON", 4326),
        ("area", "geometry"): ("MULTIPOLYGON", 4326),
        ("corrections", "geometry"): ("LINESTRING", 4326),
        ("regions_by", "geometry"): ("MULTIPOLYGON", 4326),
        ("rings", "geometry"): ("MULTIPOLYGON", 4326),
        ("mining_seen", "geometry"): ("POINT", 4326),
        ("missed_mining", "geometry"): ("GEOMETRY", 4326),
    }
    indexed = values(
        asked,
        "SELECT c.relname, a.attname FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid "
        "JOIN pg_am m ON m.oid = x.relam AND m.amname = 'gist' JOIN pg_class c ON c.oid = i.indrelid "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] "
        "WHERE c.relnamespace = current_schema()::regnamespace",
    )
    assert set(indexed) == set(kinds)
    # What is drawn is what was published, to the last bit.
    regions = gpd.read_parquet(results / "small/regions.parquet").set_index("region_id")
    for region_id, wkb in values(asked, "SELECT region_id, ST_AsBinary(geometry) FROM regions"):
        ours = shapely.multipolygons(shapely.get_parts(regions.loc[region_id, "geometry"]))
        assert shapely.from_wkb(wkb).equals_exact(ours, 0)
    assert value(asked, "SELECT count(*) FROM records WHERE geometry IS NULL AND fate <> 'rejected'") == 0
    assert value(asked, "SELECT count(*) FROM records WHERE geometry IS NULL") == 1


def test_areas_are_those_that_postgis_measures(asked) -> None:
    for table in ("regions", "overlay_intersections", "area"):
        for ours, theirs in values(
            asked, f"SELECT area_km2, ST_Area(ST_Segmentize(geometry, 0.01)::geography) / 1e6 FROM {table}"
        ):
            assert ours == pytest.approx(theirs, rel=1e-6)
    for ours, theirs in values(
        asked,
        "SELECT area_unclipped_km2, ST_Area(ST_Segmentize(geometry_unclipped, 0.01)::geography) / 1e6 FROM regions",
    ):
        assert ours == pytest.approx(theirs, rel=1e-6)


def test_keys_hold_the_tables_together(asked) -> None:
    keys = dict(
        values(
            asked,
            "SELECT contype::text, count(*) FROM pg_constraint "
            "WHERE connamespace = current_schema()::regnamespace AND convalidated GROUP BY 1",
        )
    )
    assert keys["p"] == len(TABLES)
    assert keys["f"] == sum(len(table.references) for table in TABLES)
    for statement, fault in [
        ("DELETE FROM regions", psycopg.errors.ForeignKeyViolation),
        ("DELETE FROM records WHERE fate = 'site'", psycopg.errors.ForeignKeyViolation),
        ("INSERT INTO overlay_intersections SELECT * FROM overlay_intersections", psycopg.errors.UniqueViolation),
        ("UPDATE records SET fate = 'lost'", psycopg.errors.CheckViolation),
        ("UPDATE records SET latitude = 91", psycopg.errors.CheckViolation),
        ("UPDATE sites SET region_id = NULL", psycopg.errors.NotNullViolation),
        ("UPDATE sites SET geometry = ST_SetSRID(geometry, 3857)", psycopg.errors.InvalidParameterValue),
    ]:
        with pytest.raises(fault):
            asked.execute(statement)


def test_everything_is_explained_where_it_stands(asked) -> None:
    unexplained = values(
        asked,
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum >= 0 "
        "WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'v') AND NOT a.attisdropped "
        "AND coalesce(col_description(c.oid, a.attnum), '') = ''",
    )
    assert unexplained == []
    relations = dict(
        values(
            asked,
            "SELECT relname, obj_description(oid, 'pg_class') FROM pg_class "
            "WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'v')",
        )
    )
    assert set(relations) == {table.name for table in TABLES} | {view.name for view in VIEWS}
    assert all(relations.values())
    told = value(asked, "SELECT col_description('records'::regclass, attnum) FROM pg_attribute "
                         "WHERE attrelid = 'records'::regclass AND attname = 'fate'")  # fmt: skip
    assert told.startswith("What became of the record. One of site, not_gold,")


# What is asked


def test_views_answer_as_the_tables_do_elsewhere(asked, results: Path) -> None:
    folder = results / "small"
    summary = pd.read_csv(folder / "overlay_summary.csv")
    shares = {zone: rest for zone, *rest in values(
        asked, "SELECT zone, zone_km2, regions_km2, share_of_zone, share_of_regions, sites FROM zone_shares"
    )}  # fmt: skip
    for row in summary.itertuples():
        assert shares.pop(f"{row.overlay}:{row.zone}") == [
            row.zone_km2, row.regions_km2, row.share_of_zone, row.share_of_regions, row.sites,
        ]  # fmt: skip
    evidence = pd.read_csv(folder / "evidence.csv")
    [(zone, (_, regions_km2, share, _, sites))] = shares.items()
    assert zone == "area"
    assert share == pytest.approx(evidence.loc[evidence["zone"] == "area", "land_share"].iloc[0], abs=1e-6)
    regions = gpd.read_parquet(folder / "regions.parquet")
    assert regions_km2 == pytest.approx(regions["area_km2"].sum())
    assert sites == len(SITES) + 1

    counted = {(overlay, zone): n for overlay, zone, n in values(
        asked, "SELECT overlay, zone, count(*) FROM site_zones GROUP BY 1, 2")}  # fmt: skip
    assert counted == {(row.overlay, row.zone): row.sites for row in summary.itertuples()}
    points = gpd.read_parquet(folder / "sites.parquet").set_index("record_id").geometry
    for name, shape in OVERLAYS.items():
        outside = dict(
            values(asked, f"SELECT record_id, in_parent FROM sites_outside_overlays WHERE overlay = '{name}'")
        )
        assert set(outside) == set(points.index[~points.intersects(shape)])
        in_parent = points[list(outside)].intersects(OVERLAYS["department"]).to_dict() if name == "corridor" else {}
        assert all(inside == in_parent.get(record) for record, inside in outside.items())

    pieces = gpd.read_parquet(folder / "overlays.parquet")
    rows = values(asked, "SELECT region_id, overlay, zone, share_of_region FROM region_overlays")
    assert {row[0] for row in rows} == set(regions["region_id"])
    cut = {(row.region_id, row.overlay, row.zone): row.area_km2 for row in pieces.itertuples()}
    area = regions.set_index("region_id")["area_km2"]
    for region_id, overlay, zone, part in rows:
        if overlay is None:
            assert region_id not in set(pieces["region_id"])
        else:
            assert part == pytest.approx(cut.pop((region_id, overlay, zone)) / area[region_id])
    assert cut == {}


def test_rejected_and_corrected_records_are_listed_with_their_reasons(asked) -> None:
    [rejected] = values(asked, "SELECT record_id, name, longitude_text, latitude_text, fate_reason, flag_meanings "
                                "FROM records_rejected")  # fmt: skip
    assert rejected[:2] == ("mrds:rejected", REJECTED[0])
    assert REJECTED[1] in rejected[2:4]
    assert rejected[4] == "longitude is missing"
    assert any("Longitude or latitude is missing" in meaning for meaning in rejected[5])
    fates = values(asked, "SELECT fate, records FROM records_by_fate")
    assert dict(fates) == {
        "site": 5,
        "not_gold": 1,
        "plant": 0,
        "administrative_position": 0,
        "outside_area": 0,
        "rejected": 1,
    }
    [(record, moved_km, reason)] = values(asked, "SELECT record_id, moved_km, reason FROM records_corrected")
    assert (record, reason) == (CORRECTION.record, CORRECTION.reason)
    assert moved_km == pytest.approx(WGS84.inv(70.3, -13.0, -70.3, -13.0)[2] / 1000)
    assert value(asked, "SELECT count(*) FROM corrections WHERE NOT applied AND geometry IS NULL") == 1


def test_missed_mining_far_from_any_site_is_found(asked, results: Path) -> None:
    missed = gpd.read_parquet(results / "small/missed_mining.parquet")
    far = values(asked, "SELECT piece, distance_km, beyond_km, nearest_site, nearest_name FROM missed_mining_far")
    expected = missed[missed["distance_km"] > 40]
    assert 0 < len(expected) < len(missed)
    names = {f"mrds:{number}": name or None for number, (name, *_) in enumerate(SITES)} | {
        "mrds:corrected": "Sign lost"
    }
    for piece, distance_km, beyond_km, nearest, name in far:
        row = missed.iloc[piece - 1]
        assert (distance_km, nearest, name) == (row["distance_km"], row["nearest_site"], names[row["nearest_site"]])
        assert beyond_km == pytest.approx(distance_km - 20)
        theirs = value(asked, f"SELECT min(ST_Distance(m.geometry::geography, s.geometry::geography)) / 1000 "
                               f"FROM missed_mining m, sites s WHERE m.piece = {piece}")  # fmt: skip
        assert distance_km == pytest.approx(theirs, abs=0.15)
    assert len(far) == len(expected)


# The default scenario


def test_the_default_scenario_answers_as_its_products_do(built_once, gis, postgres: Server) -> None:
    told = load(built_once.folder / "results", "peru", postgres.dsn())
    assert (told.schema, told.rows["records"], told.rows["sites"]) == ("asmgold_peru", 737, 511)
    gis.execute("SET search_path TO asmgold_peru, public")
    shares = {zone: (round(share, 3), sites) for zone, share, sites in values(
        gis, "SELECT zone, share_of_zone, sites FROM zone_shares")}  # fmt: skip
    assert shares == {
        "area": (0.203, 511), "madre_de_dios:inside": (0.134, 15), "mining_corridor:inside": (0.807, 6),
        "mining_corridor:outside": (0.092, 9),
    }  # fmt: skip
    assert (
        value(gis, "SELECT count(*) FROM sites_outside_overlays WHERE overlay = 'mining_corridor' AND in_parent") == 9
    )
    assert value(gis, "SELECT count(*) FROM records_corrected") == 37
    for ours, theirs in values(
        gis, "SELECT area_km2, ST_Area(ST_Segmentize(geometry, 0.01)::geography) / 1e6 FROM regions"
    ):
        assert ours == pytest.approx(theirs, rel=2e-6)
    assert value(gis, "SELECT count(*) FROM regions WHERE NOT ST_IsValid(geometry)") == 0


def queries_of_the_guide() -> list[str]:
    text = (PROJECT / "docs/postgis.md").read_text("utf-8")
    return [block.split("```")[0] for block in text.split("```sql\n")[1:]]


def test_the_queries_of_the_guide_run(built_once, gis, postgres: Server) -> None:
    load(built_once.folder / "results", "peru", postgres.dsn())
    queries = queries_of_the_guide()
    assert len(queries) >= 6
    for query in queries:
        rows = gis.execute(query).fetchall()
        # The embedded records have all a position, and no evidence comes with them.
        assert rows or "records_rejected" in query or "missed_mining" in query, query
    assert [row[3] for row in values(gis, queries[0])] == [Decimal(share) for share in ("20.3", "13.4", "80.7", "9.2")]
