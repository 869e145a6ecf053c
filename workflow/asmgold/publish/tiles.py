"""Vector tiles for maps on the web: regions, sites and countries in one archive of PMTiles, and a style for MapLibre.

GDAL cuts each layer into tiles. A tile of several layers is the layers one after the other (Mapbox Vector Tile
Specification 2.1, section 4.1), so joining the layers takes no more than joining the bytes of their tiles.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import write

from asmgold.io.files import write_json
from asmgold.publish import palette

REGIONS, SITES, COUNTRIES = "asm_gold_regions", "gold_sites", "countries"
MAX_ZOOM = 6  # where a unit of a tile is 153 m at the equator; a map enlarges these tiles beyond
ZOOMS = {REGIONS: (0, MAX_ZOOM), SITES: (palette.SITES_FROM_ZOOM, MAX_ZOOM), COUNTRIES: (0, MAX_ZOOM)}
COLUMNS = {  # a tile is read whole: the rest of what is known of a site is in the other products
    REGIONS: ["region_id", "region_name", "area_km2", "n_sites", "n_deposits"],
    SITES: ["record_id", "label", "source", "commodity_role", "region_id"],
    COUNTRIES: ["code", "name"],
}
COUNTRIES_DEG = 0.005  # how coarse the countries are, half a kilometre
SOURCE = "asmgold"


def write_tiles(path: Path, tables: Mapping[str, gpd.GeoDataFrame], attribution: str) -> None:
    """Write layers into one archive (PMTiles 3), the same bytes for the same tables.

    Parameters
    ----------
    path : of the archive
    tables : the layers by their names, keys of `COLUMNS`, in EPSG:4326
    attribution : whom a map has to name
    """
    tiles: dict[int, bytes] = {}
    described: list[Any] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, table in tables.items():
            part, (first, last) = Path(folder) / f"{name}.mbtiles", ZOOMS[name]
            zooms = {"MINZOOM": str(first), "MAXZOOM": str(last)}
            pyogrio.write_dataframe(_short(name, table), part, layer=name, driver="MBTiles", NAME=name, **zooms)
            with closing(sqlite3.connect(part)) as database:
                for number, content in _tiles(database):
                    tiles[number] = tiles.get(number, b"") + content
                (metadata,) = database.execute("SELECT value FROM metadata WHERE name = 'json'").fetchone()
            described += json.loads(metadata)["vector_layers"]
    shapes = [shape for table in tables.values() for shape in table.geometry]
    west, south, east, north = np.rint(1e7 * np.nan_to_num(shapely.total_bounds(shapes))).astype(int).tolist()
    header = {
        "tile_type": TileType.MVT, "tile_compression": Compression.GZIP, "min_zoom": 0, "max_zoom": MAX_ZOOM,
        "min_lon_e7": west, "min_lat_e7": south, "max_lon_e7": east, "max_lat_e7": north,
        "center_zoom": 0, "center_lon_e7": (west + east) // 2, "center_lat_e7": (south + north) // 2,
    }  # fmt: skip
    with write(path) as archive:
        for number in sorted(tiles):
            archive.write_tile(number, gzip.compress(tiles[number], mtime=0))
        archive.finalize(header, {"name": path.stem, "attribution": attribution, "vector_layers": described})


def _short(name: str, table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """What a web map asks of a layer; borders of countries thinned, so that neighbours still share them."""
    shown = table[[*COLUMNS[name], "geometry"]]
    if name != COUNTRIES:
        return shown
    return shown.set_geometry(shapely.coverage_simplify(shown.geometry.to_numpy(), COUNTRIES_DEG), crs=table.crs)


def _tiles(database: sqlite3.Connection) -> Iterator[tuple[int, bytes]]:
    """The number of each tile in PMTiles' order, and its content; MBTiles count rows from the south."""
    columns = "zoom_level, tile_column, tile_row, tile_data"
    for zoom, column, row, content in database.execute(f"SELECT {columns} FROM tiles"):
        yield zxy_to_tileid(zoom, column, 2**zoom - 1 - row), gzip.decompress(content)


def write_style(path: Path, archive: str, *, with_countries: bool, attribution: str) -> None:
    """Write a style for MapLibre with the protocol of PMTiles: the archive is looked for beside the web page.

    Parameters
    ----------
    path : of the style
    archive : the name of the archive of `write_tiles`
    with_countries : whether it has countries
    attribution : whom a map has to name
    """
    of_countries = [
        _layer(COUNTRIES, "fill", {"fill-color": palette.AREA}),
        _layer(COUNTRIES, "line", {"line-color": palette.NEIGHBOUR_EDGE, "line-width": 0.8}),
    ]
    colours = ["match", ["get", "source"], *(part for pair in palette.SITE_COLOURS.items() for part in pair)]
    layers = [
        {"id": "sea", "type": "background",
         "paint": {"background-color": palette.SEA if with_countries else palette.NEIGHBOUR}},
        *(of_countries if with_countries else []),
        _layer(REGIONS, "fill", {"fill-color": palette.REGION, "fill-opacity": palette.REGION_OPACITY}),
        _layer(REGIONS, "line", {"line-color": palette.REGION_EDGE, "line-width": 0.8}),
        {**_layer(SITES, "circle", {
            "circle-radius": ["interpolate", ["linear"], ["zoom"], palette.SITES_FROM_ZOOM, 1.5, 10, 4],
            "circle-color": [*colours, palette.OTHER_SOURCE],
            "circle-stroke-color": palette.SITE_EDGE, "circle-stroke-width": 0.5,
        }), "minzoom": palette.SITES_FROM_ZOOM},
    ]  # fmt: skip
    source = {"type": "vector", "url": f"pmtiles://{archive}", "attribution": attribution}
    write_json({"version": 8, "name": Path(archive).stem, "sources": {SOURCE: source}, "layers": layers}, path)


def _layer(name: str, kind: str, paint: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": f"{name}-{kind}", "type": kind, "source": SOURCE, "source-layer": name, "paint": dict(paint)}
