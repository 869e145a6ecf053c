# From the pinned bytes of the sources to records with a fate each.


rule read_records:
    input:
        lambda wildcards: source_input(wildcards.source),
    output:
        "<build>/read/{source}.parquet",
    log:
        "<build>/logs/read_records.{source}.log",
    wildcard_constraints:
        source="|".join(SETTINGS.records),
    conda:
        "../envs/asmgold.yaml"
    params:
        lock=lambda wildcards: SCENARIO.pin(wildcards.source),
        reader=lambda wildcards: SCENARIO.sources[wildcards.source].reader,
        commodity=SETTINGS.commodity,
    script:
        "../scripts/read_records.py"


rule read_layer:
    input:
        lambda wildcards: input_of(LAYERS[wildcards.layer]),
    output:
        "<build>/layers/{layer}.parquet",
    log:
        "<build>/logs/read_layer.{layer}.log",
    wildcard_constraints:
        layer="|".join(name for name in LAYERS if name not in MADE_FROM_COUNTRIES),
    conda:
        "../envs/asmgold.yaml"
    params:
        lock=lambda wildcards: SCENARIO.lock_of(LAYERS[wildcards.layer]),
        layer=lambda wildcards: LAYERS[wildcards.layer].model_dump(
            include={"source", "file", "layer", "where", "crs"}, exclude_none=True
        ),
        lines=lambda wildcards: bool(getattr(LAYERS[wildcards.layer], "bands_km", None)),
    script:
        "../scripts/read_layer.py"


if MADE_FROM_COUNTRIES:

    rule area_of_country:
        input:
            COUNTRIES,
        output:
            "<build>/layers/area.parquet",
        log:
            "<build>/logs/area_of_country.log",
        conda:
            "../envs/asmgold.yaml"
        params:
            code=SETTINGS.area.country,
        script:
            "../scripts/area_of_country.py"


if SETTINGS.countries:

    rule name_countries:
        input:
            "<build>/layers/countries.parquet",
        output:
            COUNTRIES,
        log:
            "<build>/logs/name_countries.log",
        conda:
            "../envs/asmgold.yaml"
        params:
            code_field=SETTINGS.countries.code_field,
            name_field=SETTINGS.countries.name_field,
        script:
            "../scripts/name_countries.py"


rule classify_records:
    input:
        rows=expand("<build>/read/{source}.parquet", source=SETTINGS.records),
        area="<build>/layers/area.parquet",
        countries=COUNTRIES,
    output:
        "<build>/records.parquet",
    log:
        "<build>/logs/classify_records.log",
    conda:
        "../envs/asmgold.yaml"
    resources:
        # 58,000 records (3 MB as they were read) take 900 MB.
        mem_mb=lambda wildcards, input, attempt: attempt * int(1500 + 400 * input.size_mb),
    params:
        buffer_km=SETTINGS.buffer_km,
        tolerance_m=SETTINGS.tolerance_m,
        include_refineries=SETTINGS.include_refineries,
        commodity=SETTINGS.commodity,
        corrections=[plain(correction) for correction in SCENARIO.corrections],
        deposits=plain(SETTINGS.deposits),
    script:
        "../scripts/classify_records.py"
