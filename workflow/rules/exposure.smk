# Rasters of counts or amounts, summed inside the regions and the zones of the overlays.

EXPOSURES = SETTINGS.exposure
EXPOSURE_TABLES = []

if EXPOSURES:

    EXPOSURE_TABLES = ["exposure.csv", "exposure_regions.csv"]

    rule sum_exposure:
        input:
            rasters=[input_of(exposure) for exposure in EXPOSURES.values()],
            area="<build>/layers/area.parquet",
            regions="<build>/regions.parquet",
            intersections="<build>/overlays.parquet",
            overlays=expand("<build>/layers/overlay_{name}.parquet", name=OVERLAYS),
        output:
            summary="<build>/exposure.csv",
            regions="<build>/exposure_regions.csv",
        log:
            "<build>/logs/sum_exposure.log",
        conda:
            "../envs/asmgold.yaml"
        params:
            exposures={name: plain(exposure) for name, exposure in EXPOSURES.items()},
            locks=[SCENARIO.lock_of(exposure) for exposure in EXPOSURES.values()],
            within={name: overlay.within for name, overlay in SETTINGS.overlays.items()},
        script:
            "../scripts/sum_exposure.py"
