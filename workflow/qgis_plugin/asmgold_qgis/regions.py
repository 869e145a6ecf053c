"""Geodesic regions: what lies within a distance of the features of a layer."""

from qgis.core import (
    QgsFeature,
    QgsField,
    QgsFields,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QVariant

from .base import DEGREES, Algorithm, geometry_of, load_engine, number_of, shapes_of, stop
from .words import tr


class GeodesicRegions(Algorithm):
    """Discs around points, strips around lines and polygons, dissolved."""

    NAME, TITLE = "regions", "Geodesic regions"
    HELP = (
        "All that lies within a distance on the WGS84 ellipsoid of points, lines or polygons, one feature for each "
        "connected region, the largest first. The radius is one for all, or that of a field, in kilometres. No point "
        "of an edge is farther than the tolerance from the true distance. With zones, such as 5, 10, 20, each feature "
        "is a ring: 0 to 5 km, 5 to 10 km and so on. Regions of different values of the dissolve field are apart and "
        "may overlap."
    )

    def initAlgorithm(self, configuration=None):
        number, field = QgsProcessingParameterNumber, QgsProcessingParameterField
        for parameter in (
            QgsProcessingParameterFeatureSource("INPUT", tr("Layer"), [QgsProcessing.TypeVectorAnyGeometry]),
            number("RADIUS_KM", tr("Radius, km"), number.Double, 20.0, False, 0.001, 1000),
            field("RADIUS_FIELD", tr("Field with the radius, km"), None, "INPUT", optional=True),
            QgsProcessingParameterString("RINGS_KM", tr("Zones up to, km (such as 5, 10, 20)"), optional=True),
            number("TOLERANCE_M", tr("Tolerance of edges, m"), number.Double, 5.0, False, 0.0125),
            field("DISSOLVE_BY", tr("Dissolve by field"), None, "INPUT", optional=True),
            QgsProcessingParameterFeatureSink("OUTPUT", tr("Regions"), QgsProcessing.TypeVectorPolygon),
        ):
            self.addParameter(parameter)

    def processAlgorithm(self, parameters, context, feedback):
        engine = load_engine()
        source = self.parameterAsSource(parameters, "INPUT", context)
        tolerance_m = self.parameterAsDouble(parameters, "TOLERANCE_M", context)
        rings_m = _rings(self.parameterAsString(parameters, "RINGS_KM", context))
        by = self.parameterAsString(parameters, "DISSOLVE_BY", context)
        features, shapes = shapes_of(engine, source, context, feedback)
        if rings_m:
            radii_m, kept = engine.numpy.full(len(features), rings_m[-1]), range(len(features))
        else:
            radius_field = self.parameterAsString(parameters, "RADIUS_FIELD", context)
            radius_km = self.parameterAsDouble(parameters, "RADIUS_KM", context)
            given = [feature[radius_field] if radius_field else radius_km for feature in features]
            radii_m, kept = _radii(engine, features, given, tolerance_m, feedback)
        groups = {}
        for row in kept:
            groups.setdefault(features[row][by] if by else None, []).append(row)
        if not groups:
            raise stop("The layer {layer} has no feature with a geometry and a radius.", layer=source.sourceName())
        try:
            found = [
                (shape, value, *rest)
                for value, rows in groups.items()
                for shape, *rest in _regions(engine, shapes[rows], radii_m[rows], rings_m, tolerance_m)
            ]
        except ValueError as error:
            raise QgsProcessingException(f"{error}.") from None
        if not rings_m:
            found.sort(key=lambda one: (-one[3], str(one[1])))
        fields = _fields(source.fields().field(by) if by else None, rings_m)
        sink, self.result = self.parameterAsSink(
            parameters, "OUTPUT", context, fields, QgsWkbTypes.MultiPolygon, DEGREES
        )
        for number, (shape, value, *rest) in enumerate(found, 1):
            feature = QgsFeature(fields)
            feature.setGeometry(geometry_of(engine, shape))
            feature.setAttributes([number, *([value] if by else []), *rest])
            sink.addFeature(feature)
        return {"OUTPUT": self.result}


def _rings(text):
    """The distances in metres; none where nothing was written."""
    rings = [number_of(part) for part in text.replace(";", ",").split(",")] if text.strip() else []
    if None in rings or any(after <= before for before, after in zip([0, *rings], rings)):
        raise stop("Zones {text}: distances in km that rise were expected, such as 5, 10, 20.", text=text)
    return [1000 * ring for ring in rings]


def _radii(engine, features, given, tolerance_m, feedback):
    """Radii in metres, and the rows that have one; the others are named."""
    radii_m, kept = engine.numpy.zeros(len(features)), []
    for row, value in enumerate(given):
        radii_m[row] = 1000 * (number_of(value) or 0)
        if tolerance_m < radii_m[row] <= engine.discs.MAX_RADIUS_M:
            kept.append(row)
        else:
            text = tr(
                "Feature {id} is left out: its radius is {value}; more than the tolerance and at most 1000 km was "
                "expected."
            )
            feedback.pushWarning(text.format(id=features[row].id(), value=value))
    return radii_m, kept


def _regions(engine, shapes, radii_m, rings_m, tolerance_m):
    """Shape, number of features in it, area, bound of the edges, and for zones where they begin and end."""
    area_km2 = lambda shape: float(engine.ellipsoid.polygon_area([shape])[0]) / 1e6  # noqa: E731
    if rings_m:
        zones = engine.around.rings_around(shapes, rings_m, tolerance_m)
        bound_m = round(engine.discs.edge_error_bound(rings_m, tolerance_m), 3)
        ends = zip([0, *rings_m], rings_m)
        return [
            (zone, len(shapes), area_km2(zone), bound_m, start / 1000, end / 1000)
            for zone, (start, end) in zip(zones, ends)
        ]
    bound_m = round(engine.discs.edge_error_bound(radii_m, tolerance_m), 3)
    tree = engine.shapely.STRtree(shapes)
    return [
        (region, len(tree.query(region, predicate="intersects")), area_km2(region), bound_m)
        for region in engine.around.union_around(shapes, radii_m, tolerance_m)
    ]


def _fields(by, rings_m):
    fields = QgsFields()
    fields.append(QgsField("region", QVariant.Int))
    if by:
        fields.append(by)
    fields.append(QgsField("n_features", QVariant.Int))
    for name in ("area_km2", "edge_error_max_m", *(("from_km", "to_km") if rings_m else ())):
        fields.append(QgsField(name, QVariant.Double))
    return fields
