"""The manifest: what was made, from which bytes, by which rule, with which software."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pyproj
import rasterio
import shapely

from asmgold import __version__
from asmgold.errors import AccountingError
from asmgold.io.checksum import sha256_of
from asmgold.records.accounting import account_for
from asmgold.schemas.products import PACKAGE

PACKAGES = ("exactextract", "geopandas", "matplotlib", "numpy", "pandas", "pandera", "pyarrow", "pydantic", "pyogrio",
            "pyproj", "rasterio", "scipy", "shapely", "snakemake")  # fmt: skip


def build_manifest(
    folder: Path,
    products: Sequence[str],
    *,
    records: pd.DataFrame,
    rows_read: Mapping[str, int],
    settings: Mapping[str, Any],
    sources: Mapping[str, Any],
    corrections: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Describe a complete set of products. Nothing in it depends on the clock, the host or a path.

    Parameters
    ----------
    folder, products : where the files are, and their names in it, as they will be published
    records : `asmgold.schemas.tables.RECORDS`
    rows_read : how many rows the reader found in each source of records
    settings : the scenario's configuration
    sources : for each source that was used, its registration, its lock, and what was mended of it
    corrections : the declared corrections

    Raises
    ------
    AccountingError : if a row that was read has no fate or several, or a product holds other records than have its
        fate.
    """
    counts = account_for(records, rows_read)
    described = {name: describe_product(folder / name) for name in sorted(products)}
    _check_rows(described, counts)
    return {
        "products": described,
        "records": {source: {fate: int(n) for fate, n in row.items()} for source, row in counts.iterrows()},
        "configuration": dict(settings),
        "corrections": {
            "declared": [dict(correction) for correction in corrections],
            "applied": sorted(records["correction"].dropna()),
        },
        "sources": dict(sources),
        "software": {
            "python": platform.python_version(),
            "packages": {"asmgold": __version__, **{name: version(name) for name in PACKAGES}},
            "gdal": {
                "pyogrio": ".".join(map(str, pyogrio.__gdal_version__)),
                "rasterio": rasterio.__gdal_version__,
            },
            "geos": shapely.geos_version_string,
            "proj": pyproj.proj_version_str,
        },
    }


def _check_rows(described: Mapping[str, Mapping[str, Any]], counts: pd.DataFrame) -> None:
    """See that the products hold as many records as have the fate that they are about."""
    total, sites, rejected = (int(counts[name].sum()) for name in ("rows_read", "site", "rejected"))
    layers = {"gold_sites": sites, "records_rejected": rejected}
    for name, expected in (("records.parquet", total), ("sites.parquet", sites), (PACKAGE, layers)):
        rows = described.get(name, {"rows": expected})["rows"]
        found = {layer: rows[layer] for layer in layers} if expected is layers else rows
        if found != expected:
            raise AccountingError(f"{name}: holds {found} records, {expected} were expected by their fates")


def describe_product(path: Path) -> dict[str, Any]:
    """Hash and size of a file; the rows of a table, those of each layer of a GeoPackage, the cells of a raster."""
    described = {"sha256": sha256_of(path), "bytes": path.stat().st_size}
    match path.suffix:
        case ".parquet":
            return described | {"rows": pq.read_metadata(path).num_rows}
        case ".csv":
            return described | {"rows": len(pd.read_csv(path))}
        case ".tif":
            with rasterio.open(path) as raster:
                return described | {"width": raster.width, "height": raster.height}
        case ".gpkg":
            layers = pyogrio.list_layers(path)[:, 0]
            return described | {
                "rows": {
                    str(name): int(pyogrio.read_info(path, layer=name, force_feature_count=True)["features"])
                    for name in layers
                }
            }
    return described
