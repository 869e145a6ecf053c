"""Releases: a checked, dated, complete set of results, whose origin a stranger can verify."""
