"""A small published result of any kind of record, made by the library alone in a moment, with its manifest."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from asmgold.config.models import Correction
from asmgold.evidence.capture import capture, missed_mining
from asmgold.evidence.observations import Observation, zones_by_name
from asmgold.io.files import write_json
from asmgold.io.tables import write_table
from asmgold.publish.geopackage import write_geopackage
from asmgold.publish.manifest import build_manifest
from asmgold.records.classify import classify
from asmgold.regions.by_country import by_country, country_summary
from asmgold.regions.dissolve import dissolve
from asmgold.regions.overlays import intersect, measure_units
from asmgold.sources.records import read_records
from tests.small_map import COLUMNS, context_of_map

AREA = shapely.box(-72, -14, -69, -12)
PARENT = shapely.box(-71, -13.5, -69.5, -12.2)
CORRIDOR = shapely.box(-70.6, -13.1, -70.1, -12.7)
OVERLAYS = {"department": PARENT, "corridor": CORRIDOR}
TITLES = {"department": "Departement d'O\"r {0} %s", "corridor": "Corridor; -- \\"}
FIELDS = {"drop table x; --": "'); DROP SCHEMA public CASCADE; --", 'a"b': "\\N\\.\t{}%s", "size": 3.5}
# Two in the corridor, one beside it, one outside the department; then one that is put right.
SITES = [
    ("Robert'); DROP SCHEMA asmgold_small CASCADE; --", -70.4, -12.9),
    ('\\N "quoted" {} %s %(x)s', -70.2, -12.8),
    ("Ñandú \\. 金", -69.8, -13.2),
    ("", -71.6, -13.9),
]
CORRECTED = ("Sign lost", 70.3, -13.0)
CORRECTION = Correction(
    id="sign_lost", record="mrds:corrected", expect={"longitude": 70.3}, set={"longitude": -70.3},
    reason="The minus sign's missing; -- {}", evidence="It's there, 100 % \\'",
)  # fmt: skip
ELSEWHERE = CORRECTION.model_copy(update={"id": "elsewhere", "record": "mrds:none"})
REJECTED = ("No place", "north of 'here'", "")
BUFFER_KM = 20.0


def make_result(
    results: Path, scenario: str = "small", *, sites: Sequence[tuple[str, float, float]] = SITES, evidence: bool = True
) -> Path:
    """Write the products into `results/<scenario>`, and say where they are."""
    folder = results / scenario
    folder.mkdir(parents=True)
    around = gpd.GeoDataFrame(geometry=[AREA], crs=4326)
    layers = {name: gpd.GeoDataFrame({k: [v] for k, v in FIELDS.items()}, geometry=[shape], crs=4326)
              for name, shape in OVERLAYS.items()}  # fmt: skip
    within = {"department": None, "corridor": "department"}
    records = classify(
        _read(folder, sites), around, None, [CORRECTION, ELSEWHERE],
        buffer_m=1000 * BUFFER_KM, tolerance_m=5, include_plants=False, exclude_administrative=False,
    )  # fmt: skip
    regions, kept = dissolve(records, around, tolerance_m=5)
    intersections, summary = intersect(regions, kept, layers, within)
    for name, table in {"records": records, "regions": regions, "sites": kept, "overlays": intersections}.items():
        write_table(table, folder / f"{name}.parquet")
    summary.round(6).to_csv(folder / "overlay_summary.csv", index=False)
    units = measure_units(regions, kept, layers, {"department": "size"})
    units.round(6).to_csv(folder / "overlay_units.csv", index=False)
    _write_countries(folder, records)
    found = _write_evidence(folder, around, layers, within, regions, kept) if evidence else None
    write_geopackage(
        folder / "asm_gold_regions.gpkg", context=context_of_map("Area", TITLES), regions=regions, sites=kept,
        intersections=intersections, overlays=layers, area=around, countries=None, records=records,
        corrections=[CORRECTION, ELSEWHERE], missed=found,
    )  # fmt: skip
    write_manifest(folder, records, scenario)
    return folder


def write_manifest(folder: Path, records: Any, scenario: str) -> None:
    """Describe what is in the folder."""
    overlays = {name: {"file": f"{name}.gpkg", "title": title} for name, title in TITLES.items()}
    overlays["corridor"]["within"] = "department"
    settings = {"scenario": scenario, "area": {"file": "area.gpkg", "title": "Area"}, "buffer_km": BUFFER_KM,
                "overlays": overlays}  # fmt: skip
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    products = [path.as_posix() for path in files if path.name != "manifest.json"]
    source = {"title": "Records 'of' Area", "lock": {"sha256": "0" * 64, "bytes": 1}}
    manifest = build_manifest(
        folder, products, records=records, rows_read=records["source"].value_counts().to_dict(), settings=settings,
        sources={"mrds_area": source},
        corrections=[entry.model_dump(mode="json") for entry in (CORRECTION, ELSEWHERE)],
    )  # fmt: skip
    write_json(manifest, folder / "manifest.json")


def _read(folder: Path, sites: Sequence[tuple[str, float, float]]) -> pd.DataFrame:
    rows = [[str(number), name, lat, lon, "Peru", "Gold"] + [""] * 5 for number, (name, lon, lat) in enumerate(sites)]
    name, lon, lat = CORRECTED
    rows.append(["corrected", name, lat, lon, "Peru", "Gold"] + [""] * 5)
    rows.append(["rejected", *REJECTED, "Peru", "Gold"] + [""] * 5)
    rows.append(["copper", "No gold", -13, -70, "Peru", "Copper"] + [""] * 5)
    path = folder / "mrds.csv"
    with path.open("w", newline="", encoding="utf-8") as table:
        csv.writer(table, quoting=csv.QUOTE_ALL).writerows([COLUMNS, *rows])
    records = read_records(path, "mrds")
    path.unlink()
    return records


def _write_countries(folder: Path, records: Any) -> None:
    """The table of countries, and a product of one of them in a folder of its own."""
    countries = gpd.GeoDataFrame({"code": ["PER"], "name": ["Peru"]}, geometry=[AREA], crs=4326)
    nations = list(by_country(records, countries, ["PER"], tolerance_m=5))
    table = country_summary(pd.DataFrame([nation.summary for nation in nations]))
    table.round(6).to_csv(folder / "countries.csv", index=False)
    (folder / "countries/PER").mkdir(parents=True)
    write_table(nations[0].regions, folder / "countries/PER/regions.parquet")


def _write_evidence(
    folder: Path,
    area: gpd.GeoDataFrame,
    layers: dict[str, gpd.GeoDataFrame],
    within: dict[str, str | None],
    regions: Any,
    sites: Any,
) -> gpd.GeoDataFrame:
    """Observed mining: polygons in a region, just outside of one and far from all, and two points."""
    places = [(-70.4, -12.9), (-70.36, -13.35), (-69.2, -12.2)]
    patches = shapely.union_all([shapely.box(x - 0.02, y - 0.02, x + 0.02, y + 0.02) for x, y in places])
    points = shapely.multipoints([(-70.4, -12.9), (-69.1, -12.1)])
    observations = [Observation("patches", "all", patches), Observation("visits", "all", points)]
    zones = zones_by_name(area, layers, within)
    capture(observations, zones, regions).round(6).to_csv(folder / "evidence.csv", index=False)
    found = missed_mining(observations, zones["area"], regions, sites)
    write_table(found, folder / "missed_mining.parquet")
    return found
