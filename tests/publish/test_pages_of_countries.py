"""The page of all countries and the page of each: they lead to one another, and no region is lost on the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from asmgold.publish.country import write_country
from asmgold.publish.page.results import Results
from asmgold.publish.page.write import write_page
from asmgold.records.classify import classify
from asmgold.regions.by_country import by_country, country_summary
from asmgold.regions.dissolve import dissolve
from asmgold.regions.overlays import intersect
from asmgold.sources.records import read_records
from tests.publish.test_page import Parsed, assert_nothing_is_loaded, polygons
from tests.small_map import COLUMNS, context_of_map

FIJI = shapely.union_all([shapely.box(177, -19, 180, -16), shapely.box(-180, -19, -178, -16)])
COUNTRIES = gpd.GeoDataFrame(
    {"code": ["PER", "FJI", "ATA"], "name": ["Peru", "Fiji", "Antarctica"]},
    geometry=[shapely.box(-80, -18, -70, -5), FIJI, shapely.box(-180, -90, 180, -70)],
    crs=4326,
)
SITES = [("Inland", -75, -10), ("Also </script>", -74.9, -10), ("At the border", -70.1, -12), ("Levu", 179.95, -17)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The folder of the results, and the regions of the world."""
    folder = tmp_path_factory.mktemp("world")
    rows = [[str(n), name, lat, lon, "", "Gold", "", "", "", "", ""] for n, (name, lon, lat) in enumerate(SITES)]
    pd.DataFrame(rows, columns=COLUMNS).to_csv(folder / "mrds.csv", index=False)
    records = classify(
        read_records(folder / "mrds.csv", "mrds"), COUNTRIES, None, [],
        buffer_m=20_000, tolerance_m=5, include_plants=False, exclude_administrative=False,
    )  # fmt: skip
    context, nations = replace(context_of_map("the world"), records=[]), []
    for nation in by_country(records, COUNTRIES, COUNTRIES["code"], tolerance_m=5):
        write_country(
            folder / "countries" / nation.code, nation,
            context=context, countries=COUNTRIES, corrections=[], with_page=True,
        )  # fmt: skip
        nations.append(nation.summary)
    regions, sites = dissolve(records, COUNTRIES, tolerance_m=5)
    intersections, summary = intersect(regions, sites, {}, {})
    settings = {"tolerance_m": 5.0, "include_plants": False, "administrative_positions": "exclude",
                "corrections": False, "scenario": "world"}  # fmt: skip
    results = Results(
        regions=regions, sites=sites, records=records, intersections=intersections, summary=summary, area=COUNTRIES,
        overlays={}, countries=COUNTRIES, settings=settings, sources={}, corrections=[], products=[],
        tables={"countries": country_summary(pd.DataFrame(nations))},
    )  # fmt: skip
    write_page(folder / "index.html", results, context)
    return SimpleNamespace(folder=folder, regions=regions)


def parsed(path: Path) -> Parsed:
    return Parsed(path.read_text(encoding="utf-8"))


def test_the_page_of_the_world_draws_each_region_and_leads_to_each_country(world: Any) -> None:
    page = parsed(world.folder / "index.html")
    pages = {f"countries/{code}/index.html" for code in COUNTRIES["code"]}
    assert_nothing_is_loaded(page, pages)
    assert pages <= set(page.attributes("href"))
    assert {unit["page"] for unit in page.data["units"]} == pages
    assert [region["id"] for region in page.data["regions"]] == world.regions["region_id"].tolist()
    drawn = [polygons(region["shape"]) for region in page.data["regions"]]
    # What the page states of the world's lines: within 750 m, at the equator 0.0067 degrees.
    assert "750 m" in (world.folder / "index.html").read_text(encoding="utf-8")
    assert shapely.hausdorff_distance(drawn, world.regions.geometry.to_numpy()).max() < 0.0067
    assert page.data["view"][1] > -20  # at first as far south as there are regions, not to the pole


@pytest.mark.parametrize("code", COUNTRIES["code"])
def test_the_page_of_a_country_is_small_and_leads_back(world: Any, code: str) -> None:
    path = world.folder / "countries" / code / "index.html"
    assert path.stat().st_size < 1_000_000
    page = parsed(path)
    assert_nothing_is_loaded(page, {other.name for other in path.parent.iterdir()} | {"../../index.html"})
    assert "../../index.html" in page.attributes("href")
    assert len(page.data["regions"]) == len(gpd.read_parquet(path.parent / "regions.parquet"))


def test_a_country_across_180_degrees_is_in_one_piece_and_one_without_sites_says_so(world: Any) -> None:
    fiji = parsed(world.folder / "countries/FJI/index.html")
    assert shapely.union_all([polygons(shape) for shape in fiji.data["area"]]).bounds == (177, -19, 182, -16)
    (region,) = fiji.data["regions"]
    assert polygons(region["shape"]).geom_type == "Polygon"
    empty = (world.folder / "countries/ATA/index.html").read_text(encoding="utf-8")
    assert "No gold site on record lies within 20 km of Antarctica" in empty
