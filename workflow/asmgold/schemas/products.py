"""The registry of products: one row says all about a file of the results.

Rules, report, data dictionary, the page's list, README, releases with STAC and RO-Crate, and the tables of PostGIS
follow from these rows, so a product is added by writing one, and a rule that makes it. Planning a run imports this
module: it loads no schema before one is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
PACKAGE = "asm_gold_regions.gpkg"
PROJECT = "asm_gold_regions.qgz"
PAGE = "index.html"
TILES, STYLE_OF_TILES = "asm_gold_regions.pmtiles", "asm_gold_regions.style.json"
PAGE_OF_COUNTRY = f"countries/{{code}}/{PAGE}"

# The formats that may be asked for beside GeoPackage and Parquet: their files, of regions and of sites, or of both.
FORMATS: Mapping[str, tuple[str, ...]] = {
    "kml": ("asm_gold_regions.kml",),
    "geojson": ("asm_gold_regions.geojson", "gold_sites.geojson"),
    "flatgeobuf": ("asm_gold_regions.fgb", "gold_sites.fgb"),
    "shapefile": ("asm_gold_regions.shp.zip",),
    "pmtiles": (TILES, STYLE_OF_TILES),
    "xlsx": ("asm_gold_regions.xlsx",),
}

MEDIA_TYPES = {
    ".cff": "application/yaml",
    ".css": "text/css",
    ".csv": "text/csv",
    ".fgb": "application/flatgeobuf",
    ".geojson": "application/geo+json",
    ".gpkg": "application/geopackage+sqlite3",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".kml": "application/vnd.google-earth.kml+xml",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".pmtiles": "application/vnd.pmtiles",
    ".png": "image/png",
    ".py": "text/x-python",
    ".qgz": "application/zip",
    ".qml": "application/xml",
    ".tif": "image/tiff; application=geotiff; profile=cloud-optimized",
    ".toml": "application/toml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zip": "application/zip",
}


def media_type(name: str) -> str:
    """The media type of a file by the ending of its name."""
    return MEDIA_TYPES.get(Path(name).suffix, "text/plain")


@dataclass(frozen=True)
class Condition:
    """When a product is asked for.

    Parameters
    ----------
    holds : whether it is, by the settings of a scenario (`asmgold.config.models.Settings`)
    words : the same as the end of a sentence
    """

    holds: Callable[[Any], bool]
    words: str = ""


def _asks_for(form: str, settings: Any) -> bool:
    return form in settings.products.formats


CONDITIONS: Mapping[str, Condition] = {
    "always": Condition(lambda settings: True),
    "map": Condition(lambda settings: "map" not in settings.skip_products, "unless `skip_products` names `map`"),
    "page": Condition(lambda settings: "page" not in settings.skip_products, "unless `skip_products` names `page`"),
    "sensitivity": Condition(
        lambda settings: "sensitivity" not in settings.skip_products, "unless `skip_products` names `sensitivity`"
    ),
    "rasters": Condition(lambda settings: settings.rasters is not None, "unless `rasters` is `null`"),
    "exposure": Condition(lambda settings: bool(settings.exposure), "with `exposure`"),
    "evidence": Condition(lambda settings: bool(settings.evidence), "with `evidence`"),
    "evidence within": Condition(
        lambda settings: bool(settings.evidence) and any(overlay.within for overlay in settings.overlays.values()),
        "with `evidence` and an overlay that is `within` another one",
    ),
    "evidence by unit": Condition(
        lambda settings: bool(settings.evidence) and any(overlay.group_by for overlay in settings.overlays.values()),
        "with `evidence` and `group_by` of an overlay",
    ),
    "production": Condition(lambda settings: settings.production is not None, "with `production`"),
    "units": Condition(
        lambda settings: any(overlay.group_by for overlay in settings.overlays.values()),
        "with `group_by` of an overlay",
    ),
    "rings": Condition(lambda settings: bool(settings.rings_km), "with `rings_km`"),
    "dissolve_by": Condition(lambda settings: bool(settings.dissolve_by), "with `dissolve_by`"),
    "countries": Condition(lambda settings: settings.per_country, "with `per_country`"),
    "pages of countries": Condition(
        lambda settings: settings.per_country and "page" not in settings.skip_products,
        "with `per_country`, unless `skip_products` names `page`",
    ),
    **{
        f"format {name}": Condition(partial(_asks_for, name), f"with `{name}` in `products.formats`")
        for name in FORMATS
    },
}


@dataclass(frozen=True)
class Product:
    """A file of the results.

    Parameters
    ----------
    name : in `results/<scenario>/`; `{code}` stands for the code of each country
    stage : the file of `workflow/rules` whose rule makes it
    title, title_es : one line in English and in Spanish
    note : what a reader has to know of it besides, in English
    category : where Snakemake's report shows it; nowhere, if empty
    when : a key of `CONDITIONS`
    schema : the name of its schema in `asmgold.schemas.tables` or `.evidence`, or of its specification in `.rasters`
    key : the columns that no two rows have alike
    table : what the table is called in a database, where that is not the name of the file
    """

    name: str
    stage: str
    title: str
    title_es: str
    note: str = ""
    category: str = ""
    when: str = "always"
    schema: str = ""
    key: tuple[str, ...] = ()
    table: str = ""

    @property
    def suffix(self) -> str:
        """The ending of its name, with the dot."""
        return Path(self.name).suffix

    @property
    def media_type(self) -> str:
        """By the ending of its name."""
        return media_type(self.name)

    @property
    def is_table(self) -> bool:
        """Whether it holds rows of a schema."""
        return self.suffix in (".parquet", ".csv")

    @property
    def is_per_country(self) -> bool:
        """Whether each country has one."""
        return "{code}" in self.name

    def title_in(self, language: str) -> str:
        """The title in a language of the project."""
        return self.title_es if language == "es" else self.title

    def load_schema(self) -> Any:
        """The schema of a table (pandera), or the specification of a raster; None for a file that is neither."""
        return named_schema(self.schema) if self.schema else None


def named_schema(name: str) -> Any:
    """A schema or specification by its name, from whichever module of this package has it. Raises KeyError."""
    for module in ("rasters", "tables", "evidence"):  # the first one loads next to nothing
        if name in (names := vars(import_module(f"asmgold.schemas.{module}"))):
            return names[name]
    raise KeyError(name)


def _raster(
    name: str, stage: str, title: str, title_es: str, *, schema: str, when: str, note: str
) -> tuple[Product, Product]:
    """A raster and the style beside it."""
    return (
        Product(f"{name}.tif", stage, title, title_es, note, "Rasters", when, schema),
        Product(f"{name}.qml", stage, f"Style of {name}.tif, for QGIS", f"Estilo de {name}.tif, para QGIS", when=when),
    )


def _formats() -> list[Product]:
    """The files of regions and sites in further formats."""
    titles = {"asm_gold_regions": ("Regions", "Regiones"), "gold_sites": ("Sites", "Sitios")}
    both = ("Regions and sites", "Regiones y sitios")
    return [
        Product(
            name, "publish",
            f"{english} as {form}", f"{spanish} en {form}",
            category="Layers", when=f"format {form}",
        )
        for form, names in FORMATS.items()
        if form != "pmtiles"
        for name in names
        for english, spanish in [titles[Path(name).stem] if len(names) > 1 else both]
    ]  # fmt: skip


PRODUCTS: tuple[Product, ...] = (
    Product(
        "records.parquet", "records",
        "Every record that was read, with its fate and the reason",
        "Cada registro leído, con su destino y el motivo",
        "The rejected ones are also the table `records_rejected` of the GeoPackage.",
        schema="RECORDS", key=("record_id",),
    ),
    Product(
        "sites.parquet", "regions",
        "The records that count",
        "Los registros que cuentan",
        "Layer `gold_sites` of the GeoPackage. The columns of the records, and the region.",
        schema="SITES", key=("record_id",),
    ),
    Product(
        "regions.parquet", "regions",
        "The regions, clipped to the area and whole",
        "Las regiones, cortadas por el área y enteras",
        "Layer `asm_gold_regions` of the GeoPackage, there without the unclipped geometry.",
        schema="REGIONS", key=("region_id",),
    ),
    Product(
        "rings.parquet", "regions",
        "Nested zones by distance from the nearest site",
        "Zonas sucesivas según la distancia al sitio más cercano",
        "Layer `rings` of the GeoPackage. All records that bear the commodity count, also those outside the area.",
        when="rings", schema="RINGS", key=("ring",),
    ),
    Product(
        "regions_by.parquet", "regions",
        "The regions of the sites of each source, status or other value by themselves",
        "Las regiones de los sitios de cada fuente, estado u otro valor por separado",
        "Layer `regions_by` of the GeoPackage. Those of different values may overlap.",
        when="dissolve_by", schema="REGIONS_BY", key=("column", "value", "number"),
    ),
    Product(
        "overlays.parquet", "overlays",
        "Each region within each zone",
        "Cada región dentro de cada zona",
        "Layer `overlay_intersections` of the GeoPackage.",
        schema="OVERLAYS", key=("overlay", "zone", "region_id"), table="overlay_intersections",
    ),
    Product(
        "overlay_summary.csv", "overlays",
        "How much of each zone is region, and how much of the regions is in it",
        "Cuánto de cada zona es región, y cuánto de las regiones está en ella",
        "For an overlay within another one, the zone `outside` is the rest of that other one. Areas are on the "
        "ellipsoid.",
        "Tables", schema="OVERLAY_SUMMARY", key=("overlay", "zone"),
    ),
    Product(
        PACKAGE, "publish",
        "All layers, with styles, for QGIS",
        "Todas las capas, con estilos, para QGIS",
        "Regions, sites, overlays and their intersections with the regions, the area, corrections, and the records "
        "that were rejected, each with its style, its credits and described columns; EPSG:4326.",
        "Layers",
    ),
    Product(
        PROJECT, "publish",
        "The finished map as a QGIS project, with print layouts: double-click it",
        "El mapa terminado como proyecto de QGIS, con composiciones para imprimir: doble clic",
        "It looks for the GeoPackage beside itself.",
        "Layers",
    ),
    Product(
        "map.pdf", "publish",
        "The printed map on a page of A4, or of A3 for the whole Earth, as vectors",
        "El mapa impreso en una página A4, o A3 para toda la Tierra, como vectores",
        "Regions, sites by source, overlays, borders of the neighbours, a detail map where an overlay lies within "
        "another one, and the key figures. It shows geology on record, not mining activity.",
        "Map", "map",
    ),
    Product(
        "map.png", "publish",
        "The printed map at 300 dots per inch",
        "El mapa impreso con 300 puntos por pulgada",
        "The same as `map.pdf`.",
        "Map", "map",
    ),
    Product(
        "brief.pdf", "publish",
        "A brief on one page of A4, to be handed on",
        "Un resumen en una página A4, para entregar",
        "The answer, three figures, the map, how sure they are, and the sources, in the language of the scenario.",
        "Map", "map",
    ),
    Product(
        "audit.html", "publish",
        "What is wrong with the records",
        "Qué está mal en los registros",
        "As far as they themselves, the borders and each other tell.",
        "Records",
    ),
    Product(
        "proposed_corrections.yaml", "publish",
        "Corrections that the evidence suggests, to be reviewed",
        "Correcciones que la evidencia sugiere, para revisar",
        "In the form that `config/corrections.yaml` takes.",
        "Records",
    ),
    *_raster(
        "distance_to_gold_km", "rasters",
        "Distance to the nearest gold site",
        "Distancia al sitio de oro más cercano",
        schema="DISTANCE", when="rasters",
        note="Geodesic, from the centre of each cell, in kilometres, off by less than 0.6 m (1.6 m beyond 16,384 km).",
    ),
    *_raster(
        "gold_sites_per_100km2", "rasters",
        "Density of gold sites",
        "Densidad de los sitios de oro",
        schema="DENSITY", when="rasters",
        note="Kernel density per 100 square kilometres; the values, times the areas of the cells, add up to the number "
        "of sites, but for kernels that reach beyond the grid.",
    ),
    *_raster(
        "asm_gold_region_fraction", "rasters",
        "Fraction of the cell that is ASM gold region",
        "Fracción de la celda que es región de oro MAPE",
        schema="FRACTION", when="rasters",
        note="The shares, times the areas of the cells, add up to the area of the regions.",
    ),
    Product(
        "exposure.csv", "exposure",
        "Amounts inside the regions, by zone",
        "Cantidades dentro de las regiones, por zona",
        "Cells on an edge count by the part of them that is inside; where the raster has no data, nothing is counted.",
        "Tables", "exposure", "EXPOSURE", ("exposure", "zone"),
    ),
    Product(
        "exposure_regions.csv", "exposure",
        "Amounts inside each region",
        "Cantidades dentro de cada región",
        when="exposure", schema="EXPOSURE_REGIONS", key=("exposure", "region_id"),
    ),
    Product(
        "sensitivity.csv", "evidence",
        "The figures when a choice changes",
        "Las cifras cuando cambia una decisión",
        "Land covered and mining captured, of all periods, when all other choices stay as configured.",
        "Evidence", "sensitivity", "SENSITIVITY",
    ),
    Product(
        "sensitivity.png", "evidence",
        "The figures when a choice changes, drawn",
        "Las cifras cuando cambia una decisión, en imagen",
        "The same as `sensitivity.csv`.",
        "Evidence", "sensitivity",
    ),
    Product(
        "radius_curve.csv", "evidence",
        "Land covered and mining captured at each radius",
        "Tierra cubierta y minería captada con cada radio",
        "For radii from 1 to 50 km.",
        "Evidence", "sensitivity", "RADIUS_CURVE",
    ),
    Product(
        "radius_curve.png", "evidence",
        "Land covered and mining captured at each radius, drawn",
        "Tierra cubierta y minería captada con cada radio, en imagen",
        "The same as `radius_curve.csv`; the radius of the map is marked.",
        "Evidence", "sensitivity",
    ),
    Product(
        "position_bands.csv", "evidence",
        "The figures when the sites move within the precision of their positions",
        "Las cifras cuando los sitios se mueven dentro de la precisión de sus posiciones",
        "Every figure as stated, and its band.",
        "Evidence", "sensitivity", "POSITION_BANDS",
    ),
    *_raster(
        "region_probability", "evidence",
        "How often the cell is ASM gold region when the sites move within the precision of their positions",
        "Cuántas veces la celda es región de oro MAPE cuando los sitios se mueven dentro de su precisión",
        schema="PROBABILITY", when="sensitivity",
        note="By the centre of each cell, on a grid of the area's own.",
    ),
    Product(
        "evidence.csv", "evidence",
        "How much of the mining that was observed lies in the regions",
        "Cuánta de la minería observada está en las regiones",
        "By layer, period and zone: square kilometres of polygons, or the number of points. Lift is the share captured "
        "over the share of the land covered. It shows where gold on record and observed mining meet, not that the one "
        "led to the other; where nobody looked, nothing was observed.",
        "Evidence", "evidence", "CAPTURE", ("evidence", "period", "zone"),
    ),
    Product(
        "intervals.csv", "evidence",
        "How sure the shares of the observed mining are, for blocks of several sizes",
        "Cuán seguras son las partes de la minería observada, con bloques de varios tamaños",
        "95 % intervals by a bootstrap of blocks of land. Pieces of mining near one another are not independent; the "
        "fewer effective blocks, the less is known.",
        "Evidence", "evidence", "INTERVALS", ("evidence", "period", "zone", "block_basis", "block_deg"),
    ),
    Product(
        "influence.csv", "evidence",
        "What the share of the observed mining hangs on: regions and sites left out one by one",
        "De qué depende la parte de la minería observada: regiones y sitios omitidos uno por uno",
        "The regions and sites whose loss costs most, and capture and lift without each.",
        "Evidence", "evidence", "INFLUENCE", ("evidence", "without", "id"),
    ),
    Product(
        "evidence_regions.csv", "evidence",
        "What each region holds of the observed mining",
        "Qué contiene cada región de la minería observada",
        "Of all periods together, with its share of the land.",
        "Evidence", "evidence", "EVIDENCE_REGIONS", ("evidence", "region_id"),
    ),
    Product(
        "trend.csv", "evidence",
        "How the share of new mining that the regions hold changes from year to year",
        "Cómo cambia de año en año la parte de la minería nueva que contienen las regiones",
        "By a straight line through the years after the first, with its interval.",
        "Evidence", "evidence", "TREND", ("evidence", "zone"),
    ),
    Product(
        "new_mining.csv", "evidence",
        "How much of the new mining lies in the regions, by its distance from what was seen before",
        "Cuánta de la minería nueva está en las regiones, según su distancia de lo visto antes",
        "Near older mining anyone would look for more; what the records add shows farther away.",
        "Evidence", "evidence", "NEW_MINING", ("evidence", "period", "zone", "beyond_km"),
    ),
    Product(
        "baselines.csv", "evidence",
        "The map beside simpler ones that cover as much land",
        "El mapa junto a otros más simples que cubren la misma tierra",
        "Such as the land near mining that was seen before, near rivers or near towns; with the area under the "
        "success-rate curve (AUC) and the Boyce index of each.",
        "Evidence", "evidence", "BASELINES", ("evidence", "period", "zone", "baseline"),
    ),
    Product(
        "ranking.csv", "evidence",
        "The share of the mining on the best land, by the map and by simpler ones",
        "La parte de la minería en la mejor tierra, según el mapa y según otros más simples",
        "The success-rate curve, and how much of that land is mined.",
        "Evidence", "evidence", "RANKING", ("evidence", "period", "zone", "baseline", "land_share"),
    ),
    Product(
        "boyce.csv", "evidence",
        "How much more mining than land there is at each distance",
        "Cuánta más minería que tierra hay a cada distancia",
        "In windows of a tenth of all scores; what the Boyce index of `baselines.csv` is made from.",
        "Evidence", "evidence", "BOYCE", ("evidence", "period", "zone", "baseline", "score"),
    ),
    Product(
        "baselines.png", "evidence",
        "The map beside simpler ones, drawn",
        "El mapa junto a otros más simples, en imagen",
        "The same as `ranking.csv` and `boyce.csv`, of the first layer of evidence in the area.",
        "Evidence", "evidence",
    ),
    Product(
        "evidence_units.csv", "evidence",
        "How much of the observed mining of each unit, such as each department, lies in the regions",
        "Cuánta minería observada de cada unidad, como cada departamento, está en las regiones",
        "Of all periods together, with the share of the unit that is region.",
        "Evidence", "evidence by unit", "EVIDENCE_UNITS", ("overlay", "unit", "evidence"),
    ),
    Product(
        "mining_seen.parquet", "evidence",
        "The observed mining as points with amounts, by period",
        "La minería observada como puntos con cantidades, por período",
        "Layer `mining_seen` of the GeoPackage; each says whether it lies in a region.",
        when="evidence", schema="MINING_SEEN",
    ),
    Product(
        "missed_mining.parquet", "evidence",
        "Mining that was observed outside the regions, piece by piece",
        "Minería observada fuera de las regiones, pieza por pieza",
        "Layer `missed_mining` of the GeoPackage.",
        when="evidence", schema="MISSED",
    ),
    Product(
        "overlay_by_period.csv", "evidence",
        "Mining observed inside each overlay and in the rest of the one around it, by period",
        "Minería observada dentro de cada capa y en el resto de la que la rodea, por período",
        "Beside shares that others published. These are shares of other things, which the table spells out.",
        "Evidence", "evidence", "BY_OVERLAY", table="evidence_by_overlay",
    ),
    Product(
        "chance.csv", "evidence",
        "Capture and lift beside those of sites placed at random",
        "La captación y la ganancia junto a las de sitios puestos al azar",
        "As many sites as there are, one by one, within land that is alike, or in clumps as they come. `p_value` is "
        "the share of such maps, the real one counted in, that have as much.",
        "Evidence", "evidence", "CHANCE", ("evidence", "period", "zone", "null_model", "statistic"),
    ),
    Product(
        "chance.png", "evidence",
        "Capture beside that of sites placed at random, drawn",
        "La captación junto a la de sitios puestos al azar, en imagen",
        "The same as `chance.csv`.",
        "Evidence", "evidence",
    ),
    Product(
        "radius_of_capture.csv", "evidence",
        "The radius that captures a share of the observed mining",
        "El radio que capta una parte de la minería observada",
        "Around the sites, for 50, 80, 90 and 95 %.",
        "Evidence", "evidence", "RADIUS_OF_CAPTURE", ("evidence", "period", "zone", "share"),
    ),
    Product(
        "overlay_by_period.png", "evidence",
        "Mining observed inside each overlay, by period, drawn",
        "Minería observada dentro de cada capa, por período, en imagen",
        "The same as `overlay_by_period.csv`.",
        "Evidence", "evidence within",
    ),
    Product(
        "context_production.csv", "evidence",
        "The report's own gold figures in both kinds of ounces, apart from the map",
        "Las cifras de oro del informe en ambas clases de onza, aparte del mapa",
        "Ounces differ by a factor of 1.097 and cannot explain how the two series differ.",
        "Context", "production", "PRODUCTION", ("year",), "production",
    ),
    Product(
        "context_production.png", "evidence",
        "The report's own gold figures in both kinds of ounces, drawn",
        "Las cifras de oro del informe en ambas clases de onza, en imagen",
        "The same as `context_production.csv`.",
        "Context", "production",
    ),
    Product(
        "overlay_units.csv", "overlays",
        "How much of each unit of an overlay, such as each province, is region",
        "Cuánto de cada unidad de una capa, como cada provincia, es región",
        "With the sites and deposits in it.",
        "Tables", "units", "OVERLAY_UNITS", ("overlay", "unit"),
    ),
    Product(
        "countries.csv", "countries",
        "Sites, deposits and regions of each country",
        "Sitios, depósitos y regiones de cada país",
        "With the share of it that is region.",
        "Tables", "countries", "COUNTRY_SUMMARY", ("code",),
    ),
    Product(
        f"countries/{{code}}/{PACKAGE}", "countries",
        "All layers of one country, with styles, for QGIS",
        "Todas las capas de un país, con estilos, para QGIS",
        when="countries",
    ),
    Product(
        "countries/{code}/regions.parquet", "countries",
        "The regions of one country",
        "Las regiones de un país",
        when="countries", schema="REGIONS", key=("region_id",),
    ),
    Product(
        "countries/{code}/sites.parquet", "countries",
        "The sites of one country",
        "Los sitios de un país",
        when="countries", schema="SITES", key=("record_id",),
    ),
    Product(
        PAGE_OF_COUNTRY, "countries",
        "The map of one country as a page, which leads back to that of all",
        "El mapa de un país como página, que lleva de vuelta a la de todos",
        when="pages of countries",
    ),
    Product(
        PAGE, "publish",
        "The map as a page: tables, charts, method and credits in one file to send",
        "El mapa como página: tablas, gráficos, método y créditos en un solo archivo",
        "It opens in any browser, without a network.",
        "Page", "page",
    ),
    *_formats(),
    Product(
        TILES, "publish",
        "Regions, sites and countries as vector tiles, for maps on the web",
        "Regiones, sitios y países en teselas vectoriales, para mapas en la web",
        "Simplified by zoom: to be looked at, not measured on.",
        "Layers", "format pmtiles",
    ),
    Product(
        STYLE_OF_TILES, "publish",
        f"Style of {TILES}, for MapLibre",
        f"Estilo de {TILES}, para MapLibre",
        when="format pmtiles",
    ),
    Product(
        MANIFEST, "publish",
        "How each product was made: hashes, sources, configuration, versions",
        "Cómo se hizo cada producto: huellas, fuentes, configuración, versiones",
        "For each file its hash and rows; the sources with hash, licence and citation; the declared corrections.",
        "Provenance",
    ),
)  # fmt: skip

# The layers of the GeoPackage that have a schema; those of overlays and the area have the columns of their sources.
LAYER_SCHEMAS = {
    "asm_gold_regions": "REGIONS",
    "gold_sites": "SITES",
    "overlay_intersections": "OVERLAYS",
    "rings": "RINGS",
    "regions_by": "REGIONS_BY",
    "corrections": "ARROWS",
    "records_rejected": "RECORDS",
    "countries": "COUNTRIES",
    "towns": "TOWNS",
    "mining_seen": "MINING_SEEN",
    "missed_mining": "MISSED",
    "missed_mining_points": "MISSED",
}
# The tables of the results that the GeoPackage holds too, by their names without `.csv`.
TABLES_OF_PACKAGE = ("overlay_summary", "overlay_units", "evidence", "evidence_units", "overlay_by_period", "chance",
                     "radius_curve")  # fmt: skip
_OF_A_COUNTRY = re.compile(r"countries/[^/]+/")


def products_of(settings: Any, codes: Sequence[str] = ()) -> dict[str, Product]:
    """The products of a scenario by their names, in the order of the registry.

    Parameters
    ----------
    settings : of the scenario, `asmgold.config.models.Settings`
    codes : of the countries that get products of their own
    """
    asked = [product for product in PRODUCTS if CONDITIONS[product.when].holds(settings)]
    found: dict[str, Product] = {}
    for product in asked:
        if not product.is_per_country:
            found[product.name] = product
        elif product == next(one for one in asked if one.is_per_country):
            of_countries = [one for one in asked if one.is_per_country]
            found |= {one.name.format(code=code): one for code in codes for one in of_countries}
    return found


def product_of(name: str) -> Product | None:
    """The row of a file by its name in the results' folder; None for a file that is no product."""
    general = _OF_A_COUNTRY.sub("countries/{code}/", name)
    return next((product for product in PRODUCTS if product.name == general), None)


def table_of_package(layer: str) -> Product | None:
    """The row of a table that a layer of the GeoPackage holds; None for the other layers."""
    return product_of(f"{layer}.csv") if layer in TABLES_OF_PACKAGE else None


def title_of(name: str) -> str:
    """What a file of the results is, in English; its own name if it is no product."""
    product = product_of(name)
    return product.title if product is not None else Path(name).name
