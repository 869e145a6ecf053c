"""The products of one country among many: a GeoPackage, the tables behind it, and a page."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import geopandas as gpd

from asmgold.config.models import Correction
from asmgold.io.tables import write_table
from asmgold.publish.context import AREA, Context
from asmgold.publish.geopackage import write_geopackage
from asmgold.publish.page.results import Results
from asmgold.publish.page.write import write_page
from asmgold.regions.by_country import National
from asmgold.schemas.products import PACKAGE, PAGE
from asmgold.schemas.tables import OVERLAY_SUMMARY, OVERLAYS
from asmgold.vocabulary.iso import country_name

HOME = f"../../{PAGE}"  # of the scenario, as seen from the folder of a country
AROUND = 0.3  # of its size is what its page shows beyond the country


def write_country(
    folder: Path,
    nation: National,
    *,
    context: Context,
    countries: gpd.GeoDataFrame,
    corrections: Sequence[Correction],
    with_page: bool = False,
) -> None:
    """Write `asm_gold_regions.gpkg`, `regions.parquet`, `sites.parquet` and, if asked, `index.html` of a country.

    Parameters
    ----------
    folder : where they go
    nation : what there is in the country
    context : the scenario that the country is a part of
    countries : `asmgold.schemas.tables.COUNTRIES`
    corrections : the declared corrections
    with_page : whether to write its page, which leads back to that of the scenario
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_table(nation.regions, folder / "regions.parquet")
    write_table(nation.sites, folder / "sites.parquet")
    package = folder / PACKAGE
    package.unlink(missing_ok=True)
    context = _named(nation.name, context)
    none = gpd.GeoDataFrame(OVERLAYS.empty(), geometry="geometry", crs=nation.regions.crs)
    tables: Any = {
        "regions": nation.regions, "sites": nation.sites, "records": nation.records, "area": nation.area,
        "intersections": OVERLAYS.validate(none), "overlays": {}, "countries": countries, "corrections": corrections,
    }  # fmt: skip
    write_geopackage(package, context=context, **tables)
    if with_page:
        results = Results(
            **tables, summary=OVERLAY_SUMMARY.empty(), settings={}, sources={}, around=AROUND,
            products=[path.name for path in sorted(folder.iterdir()) if path.name != PAGE],
        )  # fmt: skip
        name = country_name(nation.code, context.language) or nation.name
        write_page(folder / PAGE, results, _named(name, context), home=HOME)


def kept_folder(folder: Path, nation: National, told: Any) -> Path:
    """Where the products of a country are kept that were made of the very same, so that they need not be made again.

    Parameters
    ----------
    folder : of what is kept of all countries; nobody else writes there
    nation : what there is in the country
    told : all else that the products hang on, as plain values
    """
    digest = sha256(json.dumps(told, sort_keys=True, default=str).encode())
    for table in (nation.area, nation.regions, nation.sites, nation.records):
        written = io.BytesIO()
        table.to_parquet(written)
        digest.update(written.getbuffer())
    return folder / nation.code / digest.hexdigest()[:16]


def keep(made: Path, kept: Path) -> None:
    """Keep a copy of the products of a country in the place of what was kept of it before.

    Parameters
    ----------
    made : their folder
    kept : by `kept_folder`
    """
    shutil.rmtree(kept.parent, ignore_errors=True)
    unfinished = kept.with_name(f"{kept.name}-unfinished")
    shutil.copytree(made, unfinished)
    unfinished.rename(kept)


def _named(name: str, context: Context) -> Context:
    """The context of a scenario whose area is called so."""
    return dataclasses.replace(context, layers={**context.layers, AREA: {**context.layers[AREA], "title": name}})
