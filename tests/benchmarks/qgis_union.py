"""The union of discs as an analyst makes it in QGIS: project, buffer and dissolve in a plane, project back.

    python3 qgis_union.py sites.csv 20000 regions.wkb

This is run by the Python that QGIS was installed for, without a window, and uses nothing else. It prints the
seconds of the three steps, without reading and writing, and the peak of memory, as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from qgis.analysis import QgsNativeAlgorithms
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsFeatureRequest,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsVectorLayer,
)

EQUAL_AREA = "EPSG:6933"
SEGMENTS = 32  # to a quarter of a circle


def run(algorithm: str, context: QgsProcessingContext, **parameters: Any) -> QgsVectorLayer:
    found = QgsApplication.processingRegistry().createAlgorithmById(algorithm)
    results, done = found.run({**parameters, "OUTPUT": "TEMPORARY_OUTPUT"}, context, QgsProcessingFeedback())
    if not done:
        raise RuntimeError(f"{algorithm} failed")
    return context.getMapLayer(results["OUTPUT"])


def union(sites: QgsVectorLayer, radius_m: float) -> QgsVectorLayer:
    context = QgsProcessingContext()
    plane, degrees = QgsCoordinateReferenceSystem(EQUAL_AREA), QgsCoordinateReferenceSystem("EPSG:4326")
    flat = run("native:reprojectlayer", context, INPUT=sites, TARGET_CRS=plane)
    discs = run("native:buffer", context, INPUT=flat, DISTANCE=radius_m, SEGMENTS=SEGMENTS, DISSOLVE=True)
    regions = run("native:reprojectlayer", context, INPUT=discs, TARGET_CRS=degrees)
    return regions.clone()


def peak_mb() -> float:
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 1024


def main() -> None:
    sites_csv, radius_m, regions_wkb = sys.argv[1:]
    application = QgsApplication([], False)
    application.initQgis()
    QgsApplication.processingRegistry().addProvider(QgsNativeAlgorithms())
    address = f"file://{Path(sites_csv).resolve()}?xField=longitude&yField=latitude&crs=EPSG:4326&spatialIndex=no"
    layer = QgsVectorLayer(address, "sites", "delimitedtext")
    sites = layer.materialize(QgsFeatureRequest())
    start, started = time.perf_counter(), time.process_time()
    regions = union(sites, float(radius_m))
    seconds, processor = time.perf_counter() - start, time.process_time() - started
    measured = {"seconds": seconds, "processor": processor, "peak_mb": peak_mb()}
    (feature,) = regions.getFeatures()
    Path(regions_wkb).write_bytes(bytes(feature.geometry().asWkb()))
    print(json.dumps(measured), flush=True)
    application.exitQgis()


if __name__ == "__main__":
    main()
