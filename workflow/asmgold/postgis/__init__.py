"""A published result as tables of a PostGIS database, with keys, indexes, comments and views."""

from asmgold.postgis.loading import Loaded, load

__all__ = ["Loaded", "load"]
