"""Readers: from the bytes of a source to rows or to a layer, without judging them."""

from asmgold.sources.pinned import check_bytes, sha256_of
from asmgold.sources.records import read_records
from asmgold.sources.vector import read_polygons

__all__ = ["check_bytes", "read_polygons", "read_records", "sha256_of"]
