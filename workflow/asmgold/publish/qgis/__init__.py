"""What QGIS reads, written without QGIS: styles, metadata of layers, and a project with its print layouts."""
