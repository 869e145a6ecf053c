"""Words of the field: commodities, and the codes and names of countries."""
