# Products for people, and the moment when they take the place of the last ones.

PRODUCTS = [
    "records.parquet",
    "sites.parquet",
    "regions.parquet",
    "overlays.parquet",
    "overlay_summary.csv",
    "asm_gold_regions.gpkg",
    "map.png",
    "manifest.json",
]


rule write_geopackage:
    input:
        records="<build>/records.parquet",
        regions="<build>/regions.parquet",
        sites="<build>/sites.parquet",
        intersections="<build>/overlays.parquet",
        area="<build>/layers/area.parquet",
        overlays=expand("<build>/layers/overlay_{name}.parquet", name=OVERLAYS),
    output:
        "<build>/asm_gold_regions.gpkg",
    log:
        "<build>/logs/write_geopackage.log",
    conda:
        "../envs/asmgold.yaml"
    params:
        overlays=OVERLAYS,
        corrections=[plain(correction) for correction in SCENARIO.corrections],
        date=SCENARIO.data_date,
    script:
        "../scripts/write_geopackage.py"


rule draw_map:
    input:
        regions="<build>/regions.parquet",
        sites="<build>/sites.parquet",
        area="<build>/layers/area.parquet",
        overlays=expand("<build>/layers/overlay_{name}.parquet", name=OVERLAYS),
    output:
        "<build>/map.png",
    log:
        "<build>/logs/draw_map.log",
    conda:
        "../envs/asmgold.yaml"
    params:
        buffer_km=SETTINGS.buffer_km,
        area_title=SCENARIO.title_of("area"),
        overlay_titles={name: SCENARIO.title_of(f"overlay_{name}") for name in OVERLAYS},
        producers=list(dict.fromkeys(SCENARIO.sources[name].producer for name in SCENARIO.used_sources)),
    script:
        "../scripts/draw_map.py"


rule write_manifest:
    input:
        records="<build>/records.parquet",
        regions="<build>/regions.parquet",
        area="<build>/layers/area.parquet",
        summary="<build>/overlay_summary.csv",
        products=[f"<build>/{name}" for name in PRODUCTS if name != "manifest.json"],
        own_files=SCENARIO.own_files,
    output:
        manifest="<build>/manifest.json",
        summary="<build>/summary.txt",
    log:
        "<build>/logs/write_manifest.log",
    conda:
        "../envs/asmgold.yaml"
    params:
        settings=plain(SETTINGS),
        sources=SCENARIO.provenance(),
        corrections=[plain(correction) for correction in SCENARIO.corrections],
        area_title=SCENARIO.title_of("area"),
        folder=f"results/{SETTINGS.scenario}",
    script:
        "../scripts/write_manifest.py"


rule publish:
    input:
        [f"<build>/{name}" for name in PRODUCTS],
    output:
        [update(f"<products>/{name}") for name in PRODUCTS],
    log:
        "<build>/logs/publish.log",
    conda:
        "../envs/asmgold.yaml"
    script:
        "../scripts/publish.py"


rule all:
    input:
        rules.publish.output,
    localrule: True
