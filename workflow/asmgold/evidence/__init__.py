"""The map tested: by mining that was observed, against null models, and against its own choices."""
