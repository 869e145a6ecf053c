# Regions intersected with the overlays.
UNITS = ["<build>/overlay_units.csv"] if GROUP_BY else []


rule intersect_overlays:
    input:
        area="<build>/layers/area.parquet",
        regions="<build>/regions.parquet",
        sites="<build>/sites.parquet",
        overlays=expand("<build>/layers/overlay_{name}.parquet", name=OVERLAYS),
    output:
        intersections="<build>/overlays.parquet",
        summary="<build>/overlay_summary.csv",
        units=UNITS,
    log:
        "<build>/logs/intersect_overlays.log",
    benchmark:
        "<build>/benchmarks/intersect_overlays.tsv"
    conda:
        "../envs/asmgold.yaml"
    params:
        code=CODE["intersect_overlays.py"],
        overlays=OVERLAYS,
        within=WITHIN,
        group_by=GROUP_BY,
    script:
        "../scripts/intersect_overlays.py"
