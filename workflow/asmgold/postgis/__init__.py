"""A published result as tables of a PostGIS database, with keys, indexes, comments and views."""
