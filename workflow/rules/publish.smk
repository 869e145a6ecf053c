# Products for people, and the moment when they take the place of the last ones.


rule write_geopackage:
    input:
        records="<build>/records.parquet",
        regions="<build>/regions.parquet",
        sites="<build>/sites.parquet",
        intersections="<build>/overlays.parquet",
        area="<build>/layers/area.parquet",
        overlays=expand("<build>/layers/overlay_{name}.parquet", name=OVERLAYS),
        countries=COUNTRIES,
        backdrop=BACKDROP,
        missed="<build>/missed_mining.parquet" if OBSERVATIONS else [],
        seen="<build>/mining_seen.parquet" if OBSERVATIONS else [],
        zones=ZONES_BESIDE,
        tables=[f"<build>/{name}.csv" for name in TABLES_OF_PACKAGE if f"{name}.csv" in ASKED],
    output:
        "<build>/asm_gold_regions.gpkg",
    log:
        "<build>/logs/write_geopackage.log",
    benchmark:
        "<build>/benchmarks/write_geopackage.tsv"
    conda:
        "../envs/asmgold.yaml"
    params:
        code=CODE["write_geopackage.py"],
        overlays=OVERLAYS,
        corrections=[plain(correction) for correction in SCENARIO.corrections],
        context=SCENARIO.context(),
    script:
        "../scripts/write_geopackage.py"


rule write_qgis_project:
    input:
        package="<build>/asm_gold_regions.gpkg",
        # The rasters among the products, and their styles.
        rasters=[f"<build>/{name}" for name in PRODUCTS if product_of(name).suffix in (".tif", ".qml")],
    output:
        "<build>/asm_gold_regions.qgz",
    log:
        "<build>/logs/write_qgis_project.log",
    benchmark:
        "<build>/benchmarks/write_qgis_project.tsv"
    conda:
        "../envs/asmgold.yaml"
    params:
        code=CODE["write_qgis_project.py"],
        context=SCENARIO.context(),
    script:
        "../scripts/write_qgis_project.py"


FORMATS = [f"<build>/{name}" for name, product in ASKED.items() if product.when.startswith("format ")]


if FORMATS:

    rule write_formats:
        input:
            regions="<build>/regions.parquet",
            sites="<build>/sites.parquet",
            countries=COUNTRIES if "pmtiles" in SETTINGS.products.formats else [],
        output:
            FORMATS,
        log:
            "<build>/logs/write_formats.log",
        benchmark:
            "<build>/benchmarks/write_formats.tsv"
        conda:
            "../envs/asmgold.yaml"
        params:
            code=CODE["write_formats.py"],
            context=SCENARIO.context(),
        script:
            "../scripts/write_formats.py"


# What the answer in words is read from.
ANSWERED_BY = [f"<build>/{name}.csv" for name in ANSWER_TABLES if f"{name}.csv" in ASKED] if OBSERVATIONS else []


rule draw_map:
    input:
        regions="<build>/regions.parquet",
        sites="<build>/sites.parquet",
        intersections="<build>/overlays.parquet",
        summary="<build>/overlay_summary.csv",
        area="<build>/layers/area.parquet",
        countries=COUNTRIES,
        backdrop=BACKDROP,
        overlays=expand("<build>/layers/overlay_{name}.parquet", name=OVERLAYS),
        seen="<build>/mining_seen.parquet" if OBSERVATIONS else [],
        rings="<build>/rings.parquet" if SETTINGS.rings_km else [],
        tables=ANSWERED_BY,
    output:
        pdf="<build>/map.pdf",
        png="<build>/map.png",
        brief="<build>/brief.pdf",
    log:
        "<build>/logs/draw_map.log",
    benchmark:
        "<build>/benchmarks/draw_map.tsv"
    conda:
        "../envs/asmgold.yaml"
    params:
        code=CODE["draw_map.py"],
        context=SCENARIO.context(),
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
    benchmark:
        "<build>/benchmarks/audit_records.tsv"
    conda:
        "../envs/asmgold.yaml"
    params:
        code=CODE["audit_records.py"],
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
        backdrop=[] if CODES else BACKDROP,  # the page of the world does without the towns of all countries
        own_files=INPUTS.own_files(),
        evidence=EVIDENCE_TABLES,
        units=UNITS,
        of_countries="<build>/countries.csv" if CODES else [],
        seen="<build>/mining_seen.parquet" if OBSERVATIONS else [],
        exposure="<build>/exposure.csv" if EXPOSURES else [],
        rings="<build>/rings.parquet" if SETTINGS.rings_km else [],
        mended=MENDED,
    output:
        "<build>/index.html",
    log:
        "<build>/logs/write_page.log",
    benchmark:
        "<build>/benchmarks/write_page.tsv"
    conda:
        "../envs/asmgold.yaml"
    params:
        code=CODE["write_page.py"],
        settings=plain(SETTINGS),
        sources=SCENARIO.provenance() | SCENARIO.own_provenance(),
        corrections=[plain(correction) for correction in SCENARIO.corrections],
        context=SCENARIO.context(),
        products=[name for name, product in PRODUCTS.items() if not product.is_per_country and name != PAGE],
    script:
        "../scripts/write_page.py"


rule write_manifest:
    input:
        rows=expand("<build>/read/{source}.parquet", source=SETTINGS.records),
        records="<build>/records.parquet",
        regions="<build>/regions.parquet",
        area="<build>/layers/area.parquet",
        summary="<build>/overlay_summary.csv",
        tables=ANSWERED_BY,
        products=[
            f"<build>/{name}" for name, product in PRODUCTS.items() if not product.is_per_country and name != MANIFEST
        ],
        countries="<build>/countries" if CODES else [],
        own_files=INPUTS.own_files(),
        mended=MENDED,
    output:
        manifest="<build>/manifest.json",
        summary="<build>/summary.txt",
    log:
        "<build>/logs/write_manifest.log",
    benchmark:
        "<build>/benchmarks/write_manifest.tsv"
    conda:
        "../envs/asmgold.yaml"
    params:
        code=CODE["write_manifest.py"],
        settings=plain(SETTINGS),
        sources=SCENARIO.provenance() | SCENARIO.own_provenance(),
        corrections=[plain(correction) for correction in SCENARIO.corrections],
        products=[name for name in PRODUCTS if name != MANIFEST],
        selected=[name for name, points in SETTINGS.points.items() if points.where],
        context=SCENARIO.context(),
        folder=lambda wildcards: str(PUBLISHED),
    script:
        "../scripts/write_manifest.py"


# The files of countries are one input, a folder: the manifest has their hashes, and `publish` compares them.
rule publish:
    input:
        [f"<build>/{name}" for name, product in PRODUCTS.items() if not product.is_per_country and name != MANIFEST],
        countries="<build>/countries" if CODES else [],
        manifest="<build>/manifest.json",
    output:
        [published(name) for name in PRODUCTS if name != MANIFEST],
        manifest=published(MANIFEST),
    log:
        "<build>/logs/publish.log",
    benchmark:
        "<build>/benchmarks/publish.tsv"
    conda:
        "../envs/asmgold.yaml"
    params:
        code=CODE["publish.py"],
    script:
        "../scripts/publish.py"


PUBLISHED = Path(rules.publish.output.manifest).parent
BUILD = Path(rules.write_manifest.output.manifest).parent
