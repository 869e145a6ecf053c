# From sites to regions.


rule dissolve_regions:
    input:
        records="<build>/records.parquet",
        area="<build>/layers/area.parquet",
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
    script:
        "../scripts/dissolve_regions.py"
