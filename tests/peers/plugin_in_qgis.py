"""Installs the plugin into a profile of QGIS, without a screen, runs its algorithms and says as JSON what came of it.

Run by the Python that QGIS came with: `python3 plugin_in_qgis.py <plugin.zip> <folder> <language>`, with the runs as
JSON on standard input: a list of pairs, the name of an algorithm and its parameters.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import zipfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp())
os.environ["QGIS_CUSTOM_CONFIG_PATH"] = sys.argv[2]

import qgis.utils
from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback, QgsSettings, QgsVectorLayer

ZIP, FOLDER, LANGUAGE = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]


class Feedback(QgsProcessingFeedback):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__(False)
        self.warnings: list[str] = []

    def pushWarning(self, warning):
        self.warnings.append(warning)


def ran(name: str, parameters: dict) -> dict:
    """What an algorithm gave, said and warned of."""
    import processing

    feedback, context = Feedback(), QgsProcessingContext()
    try:
        found = processing.run(f"asmgold:{name}", parameters, feedback=feedback, context=context)
    except Exception as error:
        return {"error": str(error), "warnings": feedback.warnings}
    layer = found["OUTPUT"]
    if isinstance(layer, QgsVectorLayer):
        found["OUTPUT"] = [layer.renderer().symbol().color().name(), layer.featureCount()]
    return {"error": "", "warnings": feedback.warnings, "found": found}


def main() -> None:
    """Install, load, run."""
    sys.path.append("/usr/share/qgis/python/plugins")
    plugins = FOLDER / "python/plugins"
    with zipfile.ZipFile(ZIP) as package:
        package.extractall(plugins)
    application = QgsApplication([], False)
    application.initQgis()
    QgsSettings().setValue("locale/overrideFlag", True)
    QgsSettings().setValue("locale/userLocale", LANGUAGE)
    from processing.core.Processing import Processing

    Processing.initialize()
    sys.path.insert(0, str(plugins))
    qgis.utils.plugin_paths = [str(plugins)]
    qgis.utils.updateAvailablePlugins()
    assert qgis.utils.loadPlugin("asmgold_qgis")
    assert qgis.utils.startProcessingPlugin("asmgold_qgis")
    provider = QgsApplication.processingRegistry().providerById("asmgold")
    shown = {each.name(): [each.displayName(), each.shortHelpString()] for each in provider.algorithms()}
    answer = {
        "shown": shown,
        "icon": not provider.icon().isNull(),
        "runs": [ran(name, parameters) for name, parameters in json.load(sys.stdin)],
    }
    print(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)  # QGIS may crash when Python takes it down


main()
