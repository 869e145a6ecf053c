"""What tables, rasters and products are: columns, types, words and meanings, in one place each."""
