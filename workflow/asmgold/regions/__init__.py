"""From sites to regions, and from regions to their parts in overlays and countries."""
