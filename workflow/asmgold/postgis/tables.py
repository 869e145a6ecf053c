"""The tables of the database: their columns in the words of the data dictionary, their keys, and where they come from.

Each table of the result becomes one with the same columns. Those without a key of their own get the number of the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, LiteralString

from asmgold.publish.fields import in_plain_text
from asmgold.schemas import schema as schemas
from asmgold.schemas.products import PACKAGE, PRODUCTS, Product
from asmgold.schemas.tables import ARROWS, COMMODITY_ROLES, FATES, FLAGS, ZONES

Type = Literal[
    "text",
    "text[]",
    "bigint",
    "double precision",
    "boolean",
    "jsonb",
    "timestamptz",
    "geometry(Point,4326)",
    "geometry(LineString,4326)",
    "geometry(MultiPolygon,4326)",
    "geometry(Geometry,4326)",
]
POINT: Type = "geometry(Point,4326)"
LINE: Type = "geometry(LineString,4326)"
POLYGONS: Type = "geometry(MultiPolygon,4326)"
ANY: Type = "geometry(Geometry,4326)"
VOCABULARIES: Mapping[str, Mapping[str, str]] = {
    "fate": FATES,
    "commodity_role": COMMODITY_ROLES,
    "zone": ZONES,
    "flag": FLAGS,
}


@dataclass(frozen=True)
class SqlColumn:
    """A column.

    Parameters
    ----------
    type : in SQL
    about : what it means
    required : whether each row has a value
    words : the only values it takes, if it takes but a few
    bounds : or the least and the greatest value, and whether these themselves are taken
    default : in SQL, what the database puts there by itself
    """

    type: Type
    about: str
    required: bool = False
    words: tuple[str, ...] = ()
    bounds: tuple[float, bool, float, bool] | None = None
    default: LiteralString | None = None

    @property
    def is_geometry(self) -> bool:
        """Whether it holds geometry."""
        return self.type.startswith("geometry")


@dataclass(frozen=True)
class Reference:
    """Columns whose values are a key of another table."""

    columns: tuple[str, ...]
    table: str


@dataclass(frozen=True)
class SqlTable:
    """A table.

    Parameters
    ----------
    name, about : what it is called and holds
    columns : in order
    key : the columns of its primary key
    references : its foreign keys
    indexes : further columns that people search by
    product, schema : the product that it is read from, with its schema; None for one that is put together
    numbered : the column that holds the number of the row, from 1, where the product has no key
    """

    name: str
    about: str
    columns: Mapping[str, SqlColumn]
    key: tuple[str, ...]
    references: tuple[Reference, ...] = ()
    indexes: tuple[str, ...] = ()
    product: str | None = None
    schema: Any = None
    numbered: str | None = None

    @property
    def geometries(self) -> list[str]:
        """The columns that hold geometry."""
        return [name for name, column in self.columns.items() if column.is_geometry]

    def with_further(self, columns: Iterable[str]) -> SqlTable:
        """With those columns of a result that its schema allows beside the usual ones, before the geometry."""
        names = [name for name in columns if name not in self.columns]
        found = {name: about for name in names if self.schema and (about := self.schema.column(name))}
        if not found:
            return self
        further = {name: _column(about, POLYGONS) for name, about in found.items()}
        ahead = {name: column for name, column in self.columns.items() if not column.is_geometry}
        return replace(self, columns={**ahead, **further, **self.columns})


def _column(column: schemas.Column, geometry: Type) -> SqlColumn:
    """A column of a schema."""
    types: Mapping[str, Type] = {
        "text": "text",
        "number": "double precision",
        "whole": "bigint",
        "list": "text[]",
        "geometry": geometry,
    }
    plain = in_plain_text(column)
    return SqlColumn(
        types[column.kind], plain.description, not column.nullable, tuple(column.meanings or ()), column.bounds
    )


def _published(product: Product) -> SqlTable:
    """The table of a product: its columns, a key, and what the database knows of it besides."""
    schema, key = product.load_schema(), product.key
    name = product.table or Path(product.name).stem
    columns = {column: _column(about, GEOMETRIES.get(name, POLYGONS)) for column, about in schema.columns.items()}
    if not key:
        key = (ROW_NUMBERS.get(name, "line"),)
        number = SqlColumn("bigint", f"The number of the row in {product.name}, from 1.", required=True)
        columns = {key[0]: number} | columns
    return SqlTable(
        name,
        f"{product.title}.",
        columns,
        key,
        REFERENCES.get(name, ()),
        INDEXES.get(name, ()),
        product.name,
        schema,
        None if product.key else key[0],
    )


def _reference(table: str, *columns: str) -> Reference:
    return Reference(columns, table)


MANIFEST = SqlTable(
    "manifest",
    "Which result this is: one row, with the whole of manifest.json.",
    {
        "scenario": SqlColumn("text", "The scenario.", required=True),
        "title": SqlColumn("text", "What its area is called.", required=True),
        "sha256": SqlColumn("text", "The hash of manifest.json: the same hash, the same result.", required=True),
        "manifest": SqlColumn(
            "jsonb", "All that manifest.json says: products, configuration, sources ...", required=True
        ),
        "version": SqlColumn("text", "The version of asmgold that loaded it.", required=True),
        "loaded_at": SqlColumn(
            "timestamptz", "When it was loaded, by the database's clock.", required=True, default="now()"
        ),
        "relations": SqlColumn(
            "text[]", "The tables and views that were made; the next load drops these and no others.", required=True
        ),
    },
    ("scenario",),
)
VOCABULARY = SqlTable(
    "vocabulary",
    "What the words mean that stand for fates, roles of gold, zones and flags.",
    {
        "list": SqlColumn("text", "Which words: fate, commodity_role, zone or flag.", required=True),
        "word": SqlColumn("text", "The word.", required=True),
        "meaning": SqlColumn("text", "What it means.", required=True),
    },
    ("list", "word"),
)
OVERLAY_LIST = SqlTable(
    "overlays",
    "The overlays of the configuration: the layers that the regions are intersected with.",
    {
        "overlay": SqlColumn("text", "The overlay's name in the configuration.", required=True),
        "title": SqlColumn("text", "What it is called on maps.", required=True),
        "within": SqlColumn(
            "text", "The overlay that it is a part of, if any; the rest of that one is its zone outside."
        ),
    },
    ("overlay",),
    (_reference("overlays", "within"),),
)
OVERLAY_FEATURES = SqlTable(
    "overlay_features",
    "The polygons of the overlays: the layers overlay_... of the GeoPackage, all in one table.",
    {
        "overlay": SqlColumn("text", "The overlay's name in the configuration.", required=True),
        "feature": SqlColumn("bigint", "The number of the feature in its layer, from 1.", required=True),
        "properties": SqlColumn("jsonb", "Its other columns, as the source of the layer gives them.", required=True),
        "geometry": SqlColumn(POLYGONS, "The feature, in EPSG:4326."),
    },
    ("overlay", "feature"),
    (_reference("overlays", "overlay"),),
)
AREA = SqlTable(
    "area",
    "What the regions are clipped to: the layer area of the GeoPackage.",
    {
        "feature": SqlColumn("bigint", "The number of the feature in its layer, from 1.", required=True),
        "area_km2": SqlColumn(
            "double precision", "Its area on the ellipsoid, with edges straight in degrees, as drawn.", required=True
        ),
        "properties": SqlColumn("jsonb", "Its other columns, as the source of the layer gives them.", required=True),
        "geometry": SqlColumn(POLYGONS, "The feature, in EPSG:4326."),
    },
    ("feature",),
)
CORRECTIONS = SqlTable(
    "corrections",
    "The corrections of positions that are declared, with reason and evidence; for those that were applied the arrow "
    "from the old position to the new one.",
    {
        "correction": SqlColumn("text", "Its name in config/corrections.yaml.", required=True),
        "record_id": SqlColumn("text", "The record it is for, which this result need not have.", required=True),
        "expect": SqlColumn("jsonb", "The degrees that the source has to give for it to apply.", required=True),
        "set": SqlColumn("jsonb", "The degrees that are used instead.", required=True),
        "reason": _column(ARROWS.columns["reason"], LINE),
        "evidence": _column(ARROWS.columns["evidence"], LINE),
        "applied": SqlColumn("boolean", "Whether a record of this result stands corrected by it.", required=True),
        "geometry": _column(ARROWS.columns["geometry"], LINE),
    },
    ("correction",),
    indexes=("record_id",),
)

_OF_EVIDENCE = _reference("evidence", "evidence", "period", "zone")
_OF_OVERLAY = _reference("overlays", "overlay")
_OF_REGION = _reference("regions", "region_id")
_OF_CORRECTION = _reference("corrections", "correction")
ROW_NUMBERS = {"missed_mining": "piece", "mining_seen": "part"}
GEOMETRIES: Mapping[str, Type] = {"records": POINT, "sites": POINT, "mining_seen": POINT, "missed_mining": ANY}
REFERENCES: Mapping[str, tuple[Reference, ...]] = {
    "records": (_OF_CORRECTION, _reference("records", "deposit_id")),
    "sites": (_reference("records", "record_id"), _OF_REGION, _OF_CORRECTION),
    "overlay_summary": (_OF_OVERLAY,),
    "overlay_intersections": (_reference("overlay_summary", "overlay", "zone"), _OF_REGION),
    "overlay_units": (_OF_OVERLAY,),
    "exposure_regions": (_OF_REGION,),
    "missed_mining": (_reference("sites", "nearest_site"),),
    "evidence_by_overlay": (_OF_OVERLAY,),
    "chance": (_OF_EVIDENCE,),
    "intervals": (_OF_EVIDENCE,),
    "evidence_regions": (_OF_REGION,),
    "baselines": (_OF_EVIDENCE,),
    "ranking": (_reference("baselines", "evidence", "period", "zone", "baseline"),),
    "boyce": (_reference("baselines", "evidence", "period", "zone", "baseline"),),
    "new_mining": (_OF_EVIDENCE,),
    "radius_of_capture": (_OF_EVIDENCE,),
}
INDEXES: Mapping[str, tuple[str, ...]] = {"records": ("fate",), "missed_mining": ("distance_km",)}
_TABULAR = [product for product in PRODUCTS if product.is_table and not product.is_per_country]
# In the order of loading; foreign keys are made when all rows are there.
TABLES: tuple[SqlTable, ...] = (
    MANIFEST,
    VOCABULARY,
    OVERLAY_LIST,
    OVERLAY_FEATURES,
    AREA,
    CORRECTIONS,
    *map(_published, _TABULAR),
)
# Without these there is no result.
NEEDED = (*(product.name for product in _TABULAR if product.when == "always"), PACKAGE)
READ = frozenset({PACKAGE, *(product.name for product in _TABULAR)})
