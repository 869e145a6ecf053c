"""The products of one country among many: a GeoPackage and the tables behind it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd

from asmgold.config.models import Correction
from asmgold.io.tables import write_table
from asmgold.publish.context import Context
from asmgold.publish.geopackage import write_geopackage
from asmgold.regions.by_country import National
from asmgold.schemas.products import PACKAGE
from asmgold.schemas.tables import OVERLAYS


def write_country(
    folder: Path,
    nation: National,
    *,
    context: Context,
    countries: gpd.GeoDataFrame,
    corrections: Sequence[Correction],
) -> None:
    """Write `asm_gold_regions.gpkg`, `regions.parquet` and `sites.parquet` of a country.

    Parameters
    ----------
    folder : where they go
    nation : what there is in the country
    context : the scenario that the country is a part of
    countries : `asmgold.schemas.tables.COUNTRIES`
    corrections : the declared corrections
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_table(nation.regions, folder / "regions.parquet")
    write_table(nation.sites, folder / "sites.parquet")
    package = folder / PACKAGE
    package.unlink(missing_ok=True)
    none = gpd.GeoDataFrame(OVERLAYS.empty(), geometry="geometry", crs=nation.regions.crs)
    write_geopackage(
        package,
        context=dataclasses.replace(
            context, layers={**context.layers, "area": {**context.layers["area"], "title": nation.name}}
        ),
        regions=nation.regions,
        sites=nation.sites,
        intersections=OVERLAYS.validate(none),
        overlays={},
        area=nation.area,
        countries=countries,
        records=nation.records,
        corrections=corrections,
    )
