"""The provider `asmgold` of the Processing toolbox."""

from pathlib import Path

from qgis.core import QgsApplication, QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .capture import CaptureOfWhatWasSeen
from .regions import GeodesicRegions
from .shares import ZonesAndShares


class Provider(QgsProcessingProvider):
    """Its algorithms."""

    def id(self):
        return "asmgold"

    def name(self):
        return "ASM gold"

    def icon(self):
        return QIcon(str(Path(__file__).with_name("icon.svg")))

    def loadAlgorithms(self):
        for algorithm in (GeodesicRegions, ZonesAndShares, CaptureOfWhatWasSeen):
            self.addAlgorithm(algorithm())


class Plugin:
    """What QGIS loads and unloads."""

    def initProcessing(self):
        self.provider = Provider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):
        self.initProcessing()

    def unload(self):
        QgsApplication.processingRegistry().removeProvider(self.provider)
