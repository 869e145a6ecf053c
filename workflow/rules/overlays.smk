# Regions intersected with the overlays.

OVERLAY_UNITS = ["overlay_units.csv"] if any(overlay.group_by for overlay in SETTINGS.overlays.values()) else []


rule intersect_overlays:
    input:
        regions="<build>/regions.parquet",
        sites="<build>/sites.parquet",
        overlays=expand("<build>/layers/overlay_{name}.parquet", name=OVERLAYS),
    output:
        intersections="<build>/overlays.parquet",
        summary="<build>/overlay_summary.csv",
        units=[f"<build>/{name}" for name in OVERLAY_UNITS],
    log:
        "<build>/logs/intersect_overlays.log",
    conda:
        "../envs/asmgold.yaml"
    params:
        within={name: overlay.within for name, overlay in SETTINGS.overlays.items()},
        group_by={name: overlay.group_by for name, overlay in SETTINGS.overlays.items() if overlay.group_by},
    script:
        "../scripts/intersect_overlays.py"
