"""Products: what is handed to people, and the record of how it was made."""

from asmgold.publish.about import About
from asmgold.publish.audit_page import write_audit_page
from asmgold.publish.csv_file import write_csv
from asmgold.publish.geopackage import write_geopackage
from asmgold.publish.manifest import build_manifest, write_json
from asmgold.publish.national import write_country
from asmgold.publish.parquet import read_table, write_table
from asmgold.publish.placing import publish
from asmgold.publish.printed import Content, draw_map
from asmgold.publish.summary import summarise

__all__ = [
    "About",
    "Content",
    "build_manifest",
    "draw_map",
    "publish",
    "read_table",
    "summarise",
    "write_audit_page",
    "write_country",
    "write_csv",
    "write_geopackage",
    "write_json",
    "write_table",
]
