# From sites to regions.


rule dissolve_regions:
    input:
        records="<build>/records.parquet",
        area="<build>/layers/area.parquet",
        towns=TOWNS,
    output:
        regions="<build>/regions.parquet",
        sites="<build>/sites.parquet",
    log:
        "<build>/logs/dissolve_regions.log",
    benchmark:
        "<build>/benchmarks/dissolve_regions.tsv"
    conda:
        "../envs/asmgold.yaml"
    params:
        code=CODE["dissolve_regions.py"],
        tolerance_m=SETTINGS.tolerance_m,
        language=SETTINGS.language,
    script:
        "../scripts/dissolve_regions.py"


ZONES_BESIDE = [f"<build>/{name}" for name in ("rings.parquet", "regions_by.parquet") if name in ASKED]


if ZONES_BESIDE:

    rule draw_zones:
        input:
            records="<build>/records.parquet",
            sites="<build>/sites.parquet",
            area="<build>/layers/area.parquet",
        output:
            ZONES_BESIDE,
        log:
            "<build>/logs/draw_zones.log",
        benchmark:
            "<build>/benchmarks/draw_zones.tsv"
        conda:
            "../envs/asmgold.yaml"
        params:
            code=CODE["draw_zones.py"],
            rings_km=SETTINGS.rings_km,
            dissolve_by=SETTINGS.dissolve_by,
            tolerance_m=SETTINGS.tolerance_m,
        script:
            "../scripts/draw_zones.py"
