# Rasters of counts or amounts, summed inside the regions and the zones of the overlays.

EXPOSURES = SETTINGS.exposure

if EXPOSURES:

    rule sum_exposure:
        input:
            rasters=[input_of(exposure) for exposure in EXPOSURES.values()],
            area="<build>/layers/area.parquet",
            regions="<build>/regions.parquet",
            intersections="<build>/overlays.parquet",
            overlays=expand("<build>/layers/overlay_{name}.parquet", name=WITHIN),
        output:
            summary="<build>/exposure.csv",
            regions="<build>/exposure_regions.csv",
        log:
            "<build>/logs/sum_exposure.log",
        benchmark:
            "<build>/benchmarks/sum_exposure.tsv"
        conda:
            "../envs/asmgold.yaml"
        params:
            code=CODE["sum_exposure.py"],
            exposures={name: plain(exposure) for name, exposure in EXPOSURES.items()},
            locks=[SCENARIO.lock_of(exposure) for exposure in EXPOSURES.values()],
            contents=[SCENARIO.content_of(exposure) for exposure in EXPOSURES.values()],
            within=WITHIN,
        script:
            "../scripts/sum_exposure.py"
