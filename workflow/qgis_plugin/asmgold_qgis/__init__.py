"""The QGIS plugin: three algorithms for the Processing toolbox, on a copy of `asmgold.geodesy`."""


def classFactory(iface):
    from .provider import Plugin

    return Plugin()
