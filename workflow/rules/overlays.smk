# Regions intersected with the overlays.


rule intersect_overlays:
    input:
        regions="<build>/regions.parquet",
        sites="<build>/sites.parquet",
        overlays=expand("<build>/layers/overlay_{name}.parquet", name=OVERLAYS),
    output:
        intersections="<build>/overlays.parquet",
        summary="<build>/overlay_summary.csv",
    log:
        "<build>/logs/intersect_overlays.log",
    conda:
        "../envs/asmgold.yaml"
    params:
        within={name: overlay.within for name, overlay in SETTINGS.overlays.items()},
    script:
        "../scripts/intersect_overlays.py"
