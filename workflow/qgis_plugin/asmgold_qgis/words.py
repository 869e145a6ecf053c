"""What the plugin says, in the language of QGIS: English, or Spanish where it is here."""

from qgis.core import QgsApplication

ES = {
    "Geodesic regions": "Regiones geodésicas",
    "Zones and shares": "Zonas y proporciones",
    "Capture of what was seen": "Captura de lo observado",
    "All that lies within a distance on the WGS84 ellipsoid of points, lines or polygons, one feature for each "
    "connected region, the largest first. The radius is one for all, or that of a field, in kilometres. No point "
    "of an edge is farther than the tolerance from the true distance. With zones, such as 5, 10, 20, each feature "
    "is a ring: 0 to 5 km, 5 to 10 km and so on. Regions of different values of the dissolve field are apart and "
    "may overlap.": "Todo lo que está a una distancia dada, en el elipsoide WGS84, de puntos, líneas o polígonos: un "
    "elemento por cada región conexa, la mayor primero. El radio es uno para todos o el de un campo, en kilómetros. "
    "Ningún punto de un borde se aparta de la distancia verdadera más que la tolerancia. Con zonas, como 5, 10, 20, "
    "cada elemento es un anillo: de 0 a 5 km, de 5 a 10 km, etc. Las regiones de distintos valores del campo por el "
    "que se disuelve van aparte y pueden solaparse.",
    "For each zone of an overlay, such as each department or reserve: its area, the area of regions in it, and the "
    "share. Areas are geodesic, on the WGS84 ellipsoid, in square kilometres. Regions that overlap count once.":
    "Para cada zona de una capa, como cada departamento o reserva: su área, el área de regiones en ella y la "
    "proporción. Las áreas son geodésicas, en el elipsoide WGS84, en kilómetros cuadrados. Lo que se solapa cuenta "
    "una vez.",
    "Of what was observed, points or polygons, how much lies in the regions (capture). Points count one each, or "
    "the weight of a field; polygons their geodesic area in square kilometres, or the share of their weight that "
    "lies inside. With an area, only what lies in it counts, and land share is the share of it that the regions "
    "cover; lift is capture over land share: 1 is what chance would do.": "De lo observado, puntos o polígonos, "
    "cuánto está en las regiones (captura). Cada punto cuenta uno, o el peso de un campo; los polígonos, su área "
    "geodésica en kilómetros cuadrados, o la parte de su peso que queda dentro. Con un área solo cuenta lo que está "
    "en ella; la proporción de tierra es la parte de ella que cubren las regiones, y la ganancia es la captura entre "
    "esa proporción: 1 es lo que haría el azar.",
    "Layer": "Capa",
    "Radius, km": "Radio, km",
    "Field with the radius, km": "Campo con el radio, km",
    "Zones up to, km (such as 5, 10, 20)": "Zonas hasta, km (como 5, 10, 20)",
    "Tolerance of edges, m": "Tolerancia de los bordes, m",
    "Dissolve by field": "Disolver por campo",
    "Regions": "Regiones",
    "Zones": "Zonas",
    "Shares": "Proporciones",
    "What was observed": "Lo observado",
    "Field with the weight": "Campo con el peso",
    "Area": "Área",
    "Capture": "Captura",
    "observed": "observado",
    "inside": "dentro",
    "capture": "captura",
    "land_share": "proporción de tierra",
    "lift": "ganancia",
    "This QGIS has Python {version}: Python 3.9 or newer is needed.":
    "Este QGIS tiene Python {version}: se necesita Python 3.9 o posterior.",
    "The Python of this QGIS has no {name}; install it: {how}":
    "El Python de este QGIS no tiene {name}; instálelo: {how}",
    "The Python of this QGIS has shapely {version}, and 2.0 or newer is needed; install it: {how}":
    "El Python de este QGIS tiene shapely {version} y se necesita 2.0 o posterior; instálelo: {how}",
    "The layer {layer} has no CRS: set it in the layer's properties.":
    "La capa {layer} no tiene SRC: indíquelo en las propiedades de la capa.",
    "The layer {layer} has no feature with a geometry and a radius.":
    "La capa {layer} no tiene ningún elemento con geometría y radio.",
    "Feature {id} crosses itself and is left out; mend it by Fix geometries, or install shapely 2.1.":
    "El elemento {id} se cruza a sí mismo y se omite; corríjalo con Corregir geometrías o instale shapely 2.1.",
    "Feature {id} has no place on Earth and is left out.":
    "El elemento {id} no tiene lugar en la Tierra y se omite.",
    "Feature {id} is left out: its radius is {value}; more than the tolerance and at most 1000 km was expected.":
    "El elemento {id} se omite: su radio es {value}; se esperaba más que la tolerancia y 1000 km como máximo.",
    "Zones {text}: distances in km that rise were expected, such as 5, 10, 20.":
    "Zonas {text}: se esperaban distancias crecientes en km, como 5, 10, 20.",
}  # fmt: skip


def tr(text):
    """The text in the language of QGIS."""
    return ES.get(text, text) if QgsApplication.locale().startswith("es") else text
