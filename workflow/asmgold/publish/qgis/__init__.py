"""What QGIS reads, written without QGIS: styles, metadata of layers, and a project with its print layouts."""

from asmgold.publish.qgis.metadata import dataset_metadata, layer_metadata
from asmgold.publish.qgis.project import Raster, raster_of, write_project
from asmgold.publish.qgis.styles import style_of

__all__ = ["Raster", "dataset_metadata", "layer_metadata", "raster_of", "style_of", "write_project"]
