"""Readers: from the bytes of a source to rows or to a layer, without judging them."""

from asmgold.sources.pinned import check_bytes, sha256_of
from asmgold.sources.raster import check_raster, open_raster
from asmgold.sources.records import read_records
from asmgold.sources.vector import read_features, read_layer, read_lines, read_polygons

__all__ = [
    "check_bytes",
    "check_raster",
    "open_raster",
    "read_features",
    "read_layer",
    "read_lines",
    "read_polygons",
    "read_records",
    "sha256_of",
]
