"""The page: one HTML file with the map, the tables and the method, that opens anywhere without a network."""
