"""Zones and shares: how much of each zone the regions cover."""

from qgis.core import (
    QgsFeature,
    QgsField,
    QgsFields,
    QgsProcessing,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QVariant

from .base import DEGREES, Algorithm, geometry_of, load_engine, shapes_of
from .words import tr


class ZonesAndShares(Algorithm):
    """Areas on the ellipsoid."""

    NAME, TITLE = "shares", "Zones and shares"
    HELP = (
        "For each zone of an overlay, such as each department or reserve: its area, the area of regions in it, and the "
        "share. Areas are geodesic, on the WGS84 ellipsoid, in square kilometres. Regions that overlap count once."
    )

    def initAlgorithm(self, configuration=None):
        polygons = [QgsProcessing.TypeVectorPolygon]
        self.addParameter(QgsProcessingParameterFeatureSource("REGIONS", tr("Regions"), polygons))
        self.addParameter(QgsProcessingParameterFeatureSource("OVERLAY", tr("Zones"), polygons))
        self.addParameter(QgsProcessingParameterFeatureSink("OUTPUT", tr("Shares"), QgsProcessing.TypeVectorPolygon))

    def processAlgorithm(self, parameters, context, feedback):
        engine = load_engine()
        overlay = self.parameterAsSource(parameters, "OVERLAY", context)
        regions = self.parameterAsSource(parameters, "REGIONS", context)
        covered = engine.shapely.union_all(shapes_of(engine, regions, context, feedback)[1])
        features, zones = shapes_of(engine, overlay, context, feedback)
        inside = [engine.polygons.polygonal(part) for part in engine.shapely.intersection(zones, covered)]
        area_km2 = engine.ellipsoid.polygon_area(zones) / 1e6
        regions_km2 = engine.ellipsoid.polygon_area(inside) / 1e6
        fields = QgsFields(overlay.fields())
        for name in ("area_km2", "regions_km2", "share"):
            fields.append(QgsField(name, QVariant.Double))
        sink, self.result = self.parameterAsSink(
            parameters, "OUTPUT", context, fields, QgsWkbTypes.MultiPolygon, DEGREES
        )
        for feature, shape, area, part in zip(features, zones, area_km2.tolist(), regions_km2.tolist()):
            row = QgsFeature(fields)
            row.setGeometry(geometry_of(engine, shape))
            row.setAttributes([*feature.attributes(), area, part, part / area if area else None])
            sink.addFeature(row)
        return {"OUTPUT": self.result}
