"""Capture of what was seen: how much of the observed mining lies in the regions, beside the land they cover."""

from qgis.core import (
    QgsFeature,
    QgsFeatureSink,
    QgsField,
    QgsFields,
    QgsProcessing,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QVariant

from .base import Algorithm, load_engine, number_of, shapes_of
from .words import tr

RESULTS = "observed", "inside", "capture", "land_share", "lift"


class CaptureOfWhatWasSeen(Algorithm):
    """A table of one row."""

    NAME, TITLE = "capture", "Capture of what was seen"
    HELP = (
        "Of what was observed, points or polygons, how much lies in the regions (capture). Points count one each, or "
        "the weight of a field; polygons their geodesic area in square kilometres, or the share of their weight that "
        "lies inside. With an area, only what lies in it counts, and land share is the share of it that the regions "
        "cover; lift is capture over land share: 1 is what chance would do."
    )

    def initAlgorithm(self, configuration=None):
        polygons, source = [QgsProcessing.TypeVectorPolygon], QgsProcessingParameterFeatureSource
        for parameter in (
            source("REGIONS", tr("Regions"), polygons),
            source("OBSERVED", tr("What was observed"), [QgsProcessing.TypeVectorPoint, *polygons]),
            QgsProcessingParameterField("WEIGHT", tr("Field with the weight"), None, "OBSERVED", optional=True),
            source("AREA", tr("Area"), polygons, optional=True),
            QgsProcessingParameterFeatureSink("OUTPUT", tr("Capture"), QgsProcessing.TypeVector),
        ):
            self.addParameter(parameter)
        for name in RESULTS:
            self.addOutput(QgsProcessingOutputNumber(name.upper(), tr(name)))

    def processAlgorithm(self, parameters, context, feedback):
        engine = load_engine()
        shapes = {
            name: shapes_of(engine, source, context, feedback)
            for name in ("REGIONS", "OBSERVED", "AREA")
            if (source := self.parameterAsSource(parameters, name, context)) is not None
        }
        covered = engine.shapely.union_all(shapes["REGIONS"][1])
        area = engine.shapely.union_all(shapes["AREA"][1]) if "AREA" in shapes else None
        features, observed = shapes["OBSERVED"]
        field = self.parameterAsString(parameters, "WEIGHT", context)
        weights = [number_of(feature[field]) or 0 for feature in features] if field else None
        total, inside = (_amount(engine, observed, weights, where) for where in (
            [area], [area, covered])
        )  # fmt: skip
        land_share = _area(engine, area, covered) / _area(engine, area) if area and _area(engine, area) else None
        capture = inside / total if total else None
        lift = capture / land_share if land_share and capture is not None else None
        row = total, inside, capture, land_share, lift
        fields = QgsFields()
        for name in RESULTS:
            fields.append(QgsField(name, QVariant.Double))
        sink, table = self.parameterAsSink(parameters, "OUTPUT", context, fields, QgsWkbTypes.NoGeometry)
        feature = QgsFeature(fields)
        feature.setAttributes([*row])
        sink.addFeature(feature, QgsFeatureSink.FastInsert)
        return {"OUTPUT": table, **{name.upper(): value for name, value in zip(RESULTS, row)}}


def _area(engine, *shapes):
    """Square kilometres that all of them share."""
    common = engine.polygons.polygonal(engine.shapely.intersection_all(shapes))
    return float(engine.ellipsoid.polygon_area([common])[0]) / 1e6


def _amount(engine, observed, weights, where):
    """What was observed within all of these areas; None is everywhere."""
    shapely, areas = engine.shapely, engine.ellipsoid.polygon_area
    where = [area for area in where if area is not None]
    if shapely.get_dimensions(observed).max(initial=0) < 2:
        inside = engine.numpy.ones(len(observed))
        for area in where:
            inside *= shapely.intersects(observed, area)
        return float(inside @ (weights or inside))
    if weights is None:
        return _area(engine, shapely.union_all(observed), *where)
    parts = observed
    for area in where:
        parts = [engine.polygons.polygonal(part) for part in shapely.intersection(parts, area)]
    return float((areas(parts) / areas(observed)) @ weights)
