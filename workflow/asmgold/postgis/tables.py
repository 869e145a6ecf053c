"""The tables of the database: their columns in the words of the data dictionary, their keys, and where they come from.

Each table of the result becomes one with the same columns. Those without a key of their own get the number of the row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, LiteralString

from asmgold.document import TABLES as DICTIONARY
from asmgold.postgis.result import PACKAGE, is_text
from asmgold.publish.context import field_of
from asmgold.schemas.evidence import PRODUCTS as EVIDENCE_DICTIONARY
from asmgold.schemas.products import PRODUCT_SCHEMAS
from asmgold.schemas.tables import ARROWS, COMMODITY_ROLES, FATES, FLAGS, ZONES

Type = Literal[
    "text", "text[]", "bigint", "double precision", "boolean", "jsonb", "timestamptz",
    "geometry(Point,4326)", "geometry(LineString,4326)", "geometry(MultiPolygon,4326)", "geometry(Geometry,4326)",
]  # fmt: skip
POINT: Type = "geometry(Point,4326)"
LINE: Type = "geometry(LineString,4326)"
POLYGONS: Type = "geometry(MultiPolygon,4326)"
ANY: Type = "geometry(Geometry,4326)"
VOCABULARIES: Mapping[str, Mapping[str, str]] = {
    "fate": FATES, "commodity_role": COMMODITY_ROLES, "zone": ZONES, "flag": FLAGS,
}  # fmt: skip


@dataclass(frozen=True)
class Column:
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
class Table:
    """A table.

    Parameters
    ----------
    name, about : what it is called and holds
    columns : in order
    key : the columns of its primary key
    references : its foreign keys
    indexes : further columns that people search by
    product, schema : the product that it is read from, with its schema (pandera); None for one that is put together
    numbered : the column that holds the number of the row, from 1, where the product has no key
    """

    name: str
    about: str
    columns: Mapping[str, Column]
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


def _column(column: Any, geometry: Type) -> Column:
    """A column of a schema."""
    field = field_of(column)
    types: Mapping[str, Type] = {"float64": "double precision", "int64": "bigint", "object": "text[]"}
    sql = geometry if column.dtype is None else "text" if is_text(column) else types[str(column.dtype)]
    # Whether there has to be geometry no schema says.
    required = not column.nullable and column.dtype is not None
    return Column(sql, field.description, required, tuple(field.meanings or ()), field.bounds)


def _about(schema: Any) -> str:
    """What the data dictionary says of the table of a schema."""
    title, text = next((title, text) for title, text, known in (*DICTIONARY, *EVIDENCE_DICTIONARY) if known is schema)
    # Of the sites it then says which columns they have; these are listed here.
    return f"{title}. {text.removesuffix(' The columns of the records, and:')}".replace("`", "")


def _published(
    name: str,
    product: str,
    key: Sequence[str],
    *references: Reference,
    geometry: Type = POLYGONS,
    indexes: Sequence[str] = (),
    numbered: bool = False,
) -> Table:
    schema = PRODUCT_SCHEMAS[product]
    columns = {column: _column(about, geometry) for column, about in schema.columns.items()}
    if numbered:
        columns = {key[0]: Column("bigint", f"The number of the row in {product}, from 1.", required=True)} | columns
    return Table(
        name, _about(schema), columns, tuple(key), references, tuple(indexes), product, schema,
        key[0] if numbered else None,
    )  # fmt: skip


def _reference(table: str, *columns: str) -> Reference:
    return Reference(columns, table)


MANIFEST = Table(
    "manifest",
    "Which result this is: one row, with the whole of manifest.json.",
    {
        "scenario": Column("text", "The scenario.", required=True),
        "title": Column("text", "What its area is called.", required=True),
        "sha256": Column("text", "The hash of manifest.json: the same hash, the same result.", required=True),
        "manifest": Column("jsonb", "All that manifest.json says: products, configuration, sources ...", required=True),
        "version": Column("text", "The version of asmgold that loaded it.", required=True),
        "loaded_at": Column("timestamptz", "When it was loaded, by the database's clock.", required=True,
                            default="now()"),
        "relations": Column("text[]", "The tables and views that were made; the next load drops these and no others.",
                            required=True),
    },
    ("scenario",),
)  # fmt: skip
VOCABULARY = Table(
    "vocabulary",
    "What the words mean that stand for fates, roles of gold, zones and flags.",
    {
        "list": Column("text", "Which words: fate, commodity_role, zone or flag.", required=True),
        "word": Column("text", "The word.", required=True),
        "meaning": Column("text", "What it means.", required=True),
    },
    ("list", "word"),
)
OVERLAY_LIST = Table(
    "overlays",
    "The overlays of the configuration: the layers that the regions are intersected with.",
    {
        "overlay": Column("text", "The overlay's name in the configuration.", required=True),
        "title": Column("text", "What it is called on maps.", required=True),
        "within": Column("text", "The overlay that it is a part of, if any; the rest of that one is its zone outside."),
    },
    ("overlay",),
    (_reference("overlays", "within"),),
)
OVERLAY_FEATURES = Table(
    "overlay_features",
    "The polygons of the overlays: the layers overlay_... of the GeoPackage, all in one table.",
    {
        "overlay": Column("text", "The overlay's name in the configuration.", required=True),
        "feature": Column("bigint", "The number of the feature in its layer, from 1.", required=True),
        "properties": Column("jsonb", "Its other columns, as the source of the layer gives them.", required=True),
        "geometry": Column(POLYGONS, "The feature, in EPSG:4326."),
    },
    ("overlay", "feature"),
    (_reference("overlays", "overlay"),),
)
AREA = Table(
    "area",
    "What the regions are clipped to: the layer area of the GeoPackage.",
    {
        "feature": Column("bigint", "The number of the feature in its layer, from 1.", required=True),
        "area_km2": Column("double precision", "Its area on the ellipsoid, with edges straight in degrees, as drawn.",
                           required=True),
        "properties": Column("jsonb", "Its other columns, as the source of the layer gives them.", required=True),
        "geometry": Column(POLYGONS, "The feature, in EPSG:4326."),
    },
    ("feature",),
)  # fmt: skip
CORRECTIONS = Table(
    "corrections",
    "The corrections of positions that are declared, with reason and evidence; for those that were applied the arrow "
    "from the old position to the new one.",
    {
        "correction": Column("text", "Its name in config/corrections.yaml.", required=True),
        "record_id": Column("text", "The record it is for, which this result need not have.", required=True),
        "expect": Column("jsonb", "The degrees that the source has to give for it to apply.", required=True),
        "set": Column("jsonb", "The degrees that are used instead.", required=True),
        "reason": _column(ARROWS.columns["reason"], LINE),
        "evidence": _column(ARROWS.columns["evidence"], LINE),
        "applied": Column("boolean", "Whether a record of this result stands corrected by it.", required=True),
        "geometry": _column(ARROWS.columns["geometry"], LINE),
    },
    ("correction",),
    indexes=("record_id",),
)

_OF_EVIDENCE = _reference("evidence", "evidence", "period", "zone")
_OF_REGION = _reference("regions", "region_id")
_OF_CORRECTION = _reference("corrections", "correction")
# In the order of loading; foreign keys are made when all rows are there.
TABLES: tuple[Table, ...] = (
    MANIFEST,
    VOCABULARY,
    OVERLAY_LIST,
    OVERLAY_FEATURES,
    AREA,
    CORRECTIONS,
    _published("records", "records.parquet", ["record_id"],
               _OF_CORRECTION, _reference("records", "deposit_id"), geometry=POINT, indexes=["fate"]),
    _published("regions", "regions.parquet", ["region_id"]),
    _published("sites", "sites.parquet", ["record_id"],
               _reference("records", "record_id"), _OF_REGION, _OF_CORRECTION, geometry=POINT),
    _published("overlay_summary", "overlay_summary.csv", ["overlay", "zone"],
               _reference("overlays", "overlay")),
    _published("overlay_intersections", "overlays.parquet", ["overlay", "zone", "region_id"],
               _reference("overlay_summary", "overlay", "zone"), _OF_REGION),
    _published("overlay_units", "overlay_units.csv", ["overlay", "unit"],
               _reference("overlays", "overlay")),
    _published("countries", "countries.csv", ["code"]),
    _published("exposure", "exposure.csv", ["exposure", "zone"]),
    _published("exposure_regions", "exposure_regions.csv", ["exposure", "region_id"], _OF_REGION),
    _published("evidence", "evidence.csv", ["evidence", "period", "zone"]),
    _published("missed_mining", "missed_mining.parquet", ["piece"],
               _reference("sites", "nearest_site"), geometry=ANY, numbered=True, indexes=["distance_km"]),
    _published("evidence_by_overlay", "overlay_by_period.csv", ["line"],
               _reference("overlays", "overlay"), numbered=True),
    _published("chance", "chance.csv", ["evidence", "period", "zone", "placed"], _OF_EVIDENCE),
    _published("radius_curve", "radius_curve.csv", ["line"], numbered=True),
    _published("radius_of_capture", "radius_of_capture.csv",
               ["evidence", "period", "zone", "share"], _OF_EVIDENCE),
    _published("sensitivity", "sensitivity.csv", ["line"], numbered=True),
    _published("position_bands", "position_bands.csv", ["line"], numbered=True),
    _published("production", "context_production.csv", ["year"]),
)  # fmt: skip
# Without these there is no result.
NEEDED = ("records.parquet", "sites.parquet", "regions.parquet", "overlays.parquet", "overlay_summary.csv", PACKAGE)
READ = frozenset({PACKAGE, *(table.product for table in TABLES if table.product)})
