# Products for people, and the moment when they take the place of the last ones.

from snakemake_interface_executor_plugins.settings import SharedFSUsage

PRODUCTS = [
    "records.parquet",
    "sites.parquet",
    "regions.parquet",
    "overlays.parquet",
    "overlay_summary.csv",
    "asm_gold_regions.gpkg",
    "asm_gold_regions.qgz",
    *(["map.pdf", "map.png"] if "map" not in SETTINGS.skip_products else []),
    "audit.html",
    "proposed_corrections.yaml",
    *RASTERS,
    *EXPOSURE_TABLES,
    *SENSITIVITY_PRODUCTS,
    *EVIDENCE_PRODUCTS,
    *CONTEXT_PRODUCTS,
    *OVERLAY_UNITS,
    *COUNTRY_PRODUCTS,
    *(["index.html"] if "page" not in SETTINGS.skip_products else []),
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
        countries=COUNTRIES,
        missed="<build>/missed_mining.parquet" if SEEN else [],
    output:
        "<build>/asm_gold_regions.gpkg",
    log:
        "<build>/logs/write_geopackage.log",
    conda:
        "../envs/asmgold.yaml"
    params:
        overlays=OVERLAYS,
        corrections=[plain(correction) for correction in SCENARIO.corrections],
        context=SCENARIO.context(),
    script:
        "../scripts/write_geopackage.py"


rule write_qgis_project:
    input:
        package="<build>/asm_gold_regions.gpkg",
        # The rasters among the products, and their styles.
        rasters=[f"<build>/{name}" for name in PRODUCTS if name.endswith((".tif", ".qml"))],
    output:
        "<build>/asm_gold_regions.qgz",
    log:
        "<build>/logs/write_qgis_project.log",
    conda:
        "../envs/asmgold.yaml"
    params:
        context=SCENARIO.context(),
    script:
        "../scripts/write_qgis_project.py"


rule draw_map:
    input:
        regions="<build>/regions.parquet",
        sites="<build>/sites.parquet",
        intersections="<build>/overlays.parquet",
        summary="<build>/overlay_summary.csv",
        area="<build>/layers/area.parquet",
        countries=COUNTRIES,
        overlays=expand("<build>/layers/overlay_{name}.parquet", name=OVERLAYS),
    output:
        pdf="<build>/map.pdf",
        png="<build>/map.png",
    log:
        "<build>/logs/draw_map.log",
    conda:
        "../envs/asmgold.yaml"
    params:
        buffer_km=SETTINGS.buffer_km,
        language=SETTINGS.language,
        commodity=SETTINGS.commodity,
        titles={"area": SCENARIO.title_of("area")} | {name: SCENARIO.title_of(f"overlay_{name}") for name in OVERLAYS},
        within={name: overlay.within for name, overlay in SETTINGS.overlays.items()},
        credits=SCENARIO.credits(),
    script:
        "../scripts/draw_map.py"


rule audit_records:
    input:
        records="<build>/records.parquet",
        countries=COUNTRIES,
    output:
        page="<build>/audit.html",
        proposals="<build>/proposed_corrections.yaml",
    log:
        "<build>/logs/audit_records.log",
    conda:
        "../envs/asmgold.yaml"
    params:
        context=SCENARIO.context(),
        corrections=[plain(correction) for correction in SCENARIO.corrections],
    script:
        "../scripts/audit_records.py"


rule write_page:
    input:
        records="<build>/records.parquet",
        regions="<build>/regions.parquet",
        sites="<build>/sites.parquet",
        intersections="<build>/overlays.parquet",
        summary="<build>/overlay_summary.csv",
        area="<build>/layers/area.parquet",
        overlays=expand("<build>/layers/overlay_{name}.parquet", name=OVERLAYS),
        countries=COUNTRIES,
        own_files=[carried(path) for path in SCENARIO.own_files],
        evidence=EVIDENCE_TABLES,
        exposure="<build>/exposure.csv" if EXPOSURE_TABLES else [],
    output:
        "<build>/index.html",
    log:
        "<build>/logs/write_page.log",
    conda:
        "../envs/asmgold.yaml"
    params:
        settings=plain(SETTINGS),
        sources=SCENARIO.provenance(),
        corrections=[plain(correction) for correction in SCENARIO.corrections],
        context=SCENARIO.context(),
        naming=NAMING,
        products=[name for name in PRODUCTS if name != "index.html"],
    script:
        "../scripts/write_page.py"


rule write_manifest:
    input:
        rows=expand("<build>/read/{source}.parquet", source=SETTINGS.records),
        records="<build>/records.parquet",
        regions="<build>/regions.parquet",
        area="<build>/layers/area.parquet",
        summary="<build>/overlay_summary.csv",
        products=[f"<build>/{name}" for name in PRODUCTS if name != "manifest.json"],
        own_files=[carried(path) for path in SCENARIO.own_files],
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
        products=[name for name in PRODUCTS if name != "manifest.json"],
        area_title=SCENARIO.title_of("area"),
        folder=str(PUBLISHED),
    script:
        "../scripts/write_manifest.py"


# Snakemake takes the checksum of each input for each output: with the files of all countries that is a minute or more.
# The manifest, which is made from them, has their hashes, and `publish` compares these. Where jobs share no folder they
# get the files that they name.
SHARED = SharedFSUsage.INPUT_OUTPUT in workflow.storage_settings.shared_fs_usage
KNOWN_BY_MANIFEST = {name for name in COUNTRY_PRODUCTS if "/" in name} if SHARED else set()


rule publish:
    input:
        [f"<build>/{name}" for name in PRODUCTS if name != "manifest.json" and name not in KNOWN_BY_MANIFEST],
        manifest="<build>/manifest.json",
    output:
        [published(name) for name in PRODUCTS if name != "manifest.json"],
        manifest=published("manifest.json"),
    log:
        "<build>/logs/publish.log",
    conda:
        "../envs/asmgold.yaml"
    script:
        "../scripts/publish.py"
