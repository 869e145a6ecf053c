"""What the three algorithms share: words, the engine, and geometry from QGIS to shapely and back."""

import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

from qgis.core import (
    NULL,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingUtils,
    QgsUnitTypes,
)
from qgis.PyQt.QtGui import QIcon

from .words import tr

HERE = Path(__file__).parent
DEGREES = QgsCoordinateReferenceSystem("EPSG:4326")
LONGEST_EDGE_M = 10_000  # of a map projection: a longer straight edge gets points to bend at
NEEDED = "numpy", "scipy", "pyproj", "shapely"


class Algorithm(QgsProcessingAlgorithm):
    """An algorithm with its `NAME`, `TITLE` and `HELP`, in English."""

    result = None

    def createInstance(self):
        return type(self)()

    def name(self):
        return self.NAME

    def displayName(self):
        return tr(self.TITLE)

    def shortHelpString(self):
        return tr(self.HELP)

    def icon(self):
        return QIcon(str(HERE / "icon.svg"))

    def postProcessAlgorithm(self, context, feedback):
        layer = QgsProcessingUtils.mapLayerFromString(self.result, context) if self.result else None
        if layer:
            layer.loadNamedStyle(str(HERE / "regions.qml"))
        return {}


def stop(text, /, **values):
    """The exception that Processing shows as one sentence."""
    return QgsProcessingException(tr(text).format(**values))


def load_engine():
    """shapely, numpy and the functions of `asmgold.geodesy`; or what is to be installed, as one sentence."""
    if sys.version_info < (3, 9):
        raise stop("This QGIS has Python {version}: Python 3.9 or newer is needed.", version=sys.version.split()[0])
    for name in NEEDED:
        try:
            package = import_module(name)
        except ImportError:
            raise stop("The Python of this QGIS has no {name}; install it: {how}", name=name, how=_how(name)) from None
        if name == "shapely" and int(package.__version__.split(".")[0]) < 2:
            raise stop(
                "The Python of this QGIS has shapely {version}, and 2.0 or newer is needed; install it: {how}",
                version=package.__version__, how=_how("shapely>=2"),
            )  # fmt: skip
    if str(HERE / "engine") not in sys.path:
        sys.path.insert(0, str(HERE / "engine"))
    names = {name: import_module(name) for name in ("numpy", "shapely")}
    return SimpleNamespace(**names, **{name: import_module(f"asmgold.geodesy.{name}") for name in (
        "antimeridian", "around", "discs", "ellipsoid", "polygons"
    )})  # fmt: skip


def _how(package):
    return f"python3 -m pip install --user '{package}'"


def shapes_of(engine, source, context, feedback):
    """The features of a layer that have a geometry, and shapely's in EPSG:4326, valid and split at 180 degrees."""
    if not source.sourceCrs().isValid():
        raise stop("The layer {layer} has no CRS: set it in the layer's properties.", layer=source.sourceName())
    to_degrees = QgsCoordinateTransform(source.sourceCrs(), DEGREES, context.transformContext())
    metres = QgsUnitTypes.fromUnitToUnitFactor(source.sourceCrs().mapUnits(), QgsUnitTypes.DistanceMeters)
    features, shapes = [], []
    for feature in source.getFeatures(QgsFeatureRequest().setInvalidGeometryCheck(QgsFeatureRequest.GeometryNoCheck)):
        geometry = QgsGeometry(feature.geometry())
        if feedback.isCanceled() or geometry.isEmpty():
            continue
        if not source.sourceCrs().isGeographic():
            geometry = geometry.densifyByDistance(LONGEST_EDGE_M / metres)
        try:
            geometry.transform(to_degrees)
        except QgsCsException:
            feedback.pushWarning(tr("Feature {id} has no place on Earth and is left out.").format(id=feature.id()))
            continue
        shape = engine.shapely.force_2d(engine.shapely.from_wkb(bytes(geometry.asWkb())))
        if engine.shapely.get_dimensions(shape) == 2:
            if not (shape.is_valid or engine.polygons.STRUCTURE):  # shapely 2.0 mends in another way
                text = tr(
                    "Feature {id} crosses itself and is left out; mend it by Fix geometries, or install shapely 2.1."
                )
                feedback.pushWarning(text.format(id=feature.id()))
                continue
            shape = engine.antimeridian.split_at_antimeridian(engine.polygons.make_valid(shape))
        features.append(feature)
        shapes.append(shape)
    array = engine.numpy.empty(len(shapes), dtype=object)
    array[:] = shapes
    return features, array


def geometry_of(engine, shape):
    """A shape of shapely as a MultiPolygon of QGIS."""
    geometry = QgsGeometry()
    geometry.fromWkb(engine.shapely.to_wkb(shape))
    geometry.convertToMultiType()
    return geometry


def number_of(value):
    """A number from a field, or None."""
    try:
        return None if value in (None, NULL) else float(value)
    except (TypeError, ValueError):
        return None
