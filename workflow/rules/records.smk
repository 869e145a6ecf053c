# From the pinned bytes of the sources to records with a fate each. What is small is read together, by one job.

READ_LAYERS = {name: layer for name, layer in LAYERS.items() if name not in {*MADE_FROM_COUNTRIES, *SCENARIO.evidence}}

READING = ("source", "file", "layer", "where", "crs", "mend")  # the keys that say how a layer is read
READING_TOWNS = ("name_field", "population_field")


rule read_records:
    input:
        [record_input(name) for name in SETTINGS.records],
    output:
        expand("<build>/read/{source}.parquet", source=SETTINGS.records),
    log:
        "<build>/logs/read_records.log",
    benchmark:
        "<build>/benchmarks/read_records.tsv"
    conda:
        "../envs/asmgold.yaml"
    resources:
        reading=1,  # one at a time: several scenarios in one plan often read the same
    params:
        code=CODE["read_records.py"],
        locks=[SCENARIO.lock_of_records(name) for name in SETTINGS.records],
        contents=[SCENARIO.content_of(SETTINGS.points.get(name)) for name in SETTINGS.records],
        names=SETTINGS.records,
        readers=[None if name in SETTINGS.points else SCENARIO.sources[name].reader for name in SETTINGS.records],
        points={name: plain(points) for name, points in SETTINGS.points.items()},
        commodity=SETTINGS.commodity,
    script:
        "../scripts/read_records.py"


rule read_layers:
    input:
        [input_of(layer) for layer in READ_LAYERS.values()],
    output:
        layers=expand("<build>/layers/{layer}.parquet", layer=READ_LAYERS),
        mended="<build>/layers/mended.json",
    log:
        "<build>/logs/read_layers.log",
    benchmark:
        "<build>/benchmarks/read_layers.tsv"
    conda:
        "../envs/asmgold.yaml"
    params:
        code=CODE["read_layers.py"],
        locks=[SCENARIO.lock_of(layer) for layer in READ_LAYERS.values()],
        contents=[SCENARIO.content_of(layer) for layer in READ_LAYERS.values()],
        layers=[
            plain(layer, *READING, *(READING_TOWNS if layer.kind == "towns" else ())) for layer in READ_LAYERS.values()
        ],
        kinds=[layer.kind for layer in READ_LAYERS.values()],
        origins=[SCENARIO.origin_of(layer) for layer in READ_LAYERS.values()],
    script:
        "../scripts/read_layers.py"


if SETTINGS.countries:

    rule name_countries:
        input:
            "<build>/layers/countries.parquet",
        output:
            countries=COUNTRIES,
            area=[f"<build>/layers/{name}.parquet" for name in MADE_FROM_COUNTRIES],
        log:
            "<build>/logs/name_countries.log",
        benchmark:
            "<build>/benchmarks/name_countries.tsv"
        conda:
            "../envs/asmgold.yaml"
        params:
            code=CODE["name_countries.py"],
            code_field=SETTINGS.countries.code_field,
            name_field=SETTINGS.countries.name_field,
            area=SETTINGS.area.country if MADE_FROM_COUNTRIES else None,
        script:
            "../scripts/name_countries.py"


rule classify_records:
    input:
        rows=expand("<build>/read/{source}.parquet", source=SETTINGS.records),
        area="<build>/layers/area.parquet",
        countries=COUNTRIES,
        divisions=expand("<build>/layers/overlay_{name}.parquet", name=UNITS_ONLY),
    output:
        "<build>/records.parquet",
    log:
        "<build>/logs/classify_records.log",
    benchmark:
        "<build>/benchmarks/classify_records.tsv"
    conda:
        "../envs/asmgold.yaml"
    resources:
        # 58,000 records (3 MB as they were read) take 900 MB.
        mem_mb=lambda wildcards, input, attempt: attempt * int(1500 + 400 * input.size_mb),
    params:
        code=CODE["classify_records.py"],
        buffer_km=SETTINGS.radii.model_dump(exclude_none=True),
        tolerance_m=SETTINGS.tolerance_m,
        include_plants=SETTINGS.include_plants,
        administrative_positions=SETTINGS.administrative_positions,
        units_only=UNITS_ONLY,
        commodity=SETTINGS.commodity,
        language=SETTINGS.language,
        corrections=[plain(correction) for correction in SCENARIO.corrections],
        deposits=plain(SETTINGS.deposits),
    script:
        "../scripts/classify_records.py"
