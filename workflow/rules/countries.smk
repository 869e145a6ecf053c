# Products of each country by itself, and the table of countries. A job makes those of several countries.


def codes_of_countries():
    """The countries that get products of their own: those of the layer, which has to be at hand."""
    # Reading a layer takes imports that other scenarios do without.
    from asmgold.sources.countries import codes_in_file

    layer = SETTINGS.countries
    path = Path(SCENARIO.file_of(layer))
    if layer.source in SCENARIO.fetched:
        digits, filename = path.parts[-2:]
        path = Path(rules.fetch_source.output[0].format(source=layer.source, digits=digits, filename=filename))
    try:
        if not path.is_file():
            raise InputError(f"{path}: is not here yet; `make fetch SCENARIO={SETTINGS.scenario}` fetches it")
        return codes_in_file(path, layer.layer, layer.code_field, layer.name_field)
    except InputError as error:
        exit_with_message(error)


CODES = codes_of_countries() if SETTINGS.per_country else []
BATCHES = batches(CODES, SETTINGS.countries_per_job)


if BATCHES:

    rule draw_countries:
        input:
            records="<build>/records.parquet",
            countries=COUNTRIES,
        output:
            directory("<build>/batches/{batch}"),
        log:
            "<build>/logs/draw_countries.{batch}.log",
        benchmark:
            "<build>/benchmarks/draw_countries.{batch}.tsv"
        wildcard_constraints:
            batch=r"\d+",
        conda:
            "../envs/asmgold.yaml"
        params:
            code=CODE["draw_countries.py"],
            codes=lambda wildcards: BATCHES[int(wildcards.batch)],
            commodity=SETTINGS.commodity,
            buffer_km=SETTINGS.buffer_km,
            tolerance_m=SETTINGS.tolerance_m,
            corrections=[plain(correction) for correction in SCENARIO.corrections],
            context=SCENARIO.context(),
        script:
            "../scripts/draw_countries.py"

    rule list_countries:
        input:
            expand("<build>/batches/{batch}", batch=range(len(BATCHES))),
        output:
            table="<build>/countries.csv",
            folder=directory("<build>/countries"),
        log:
            "<build>/logs/list_countries.log",
        benchmark:
            "<build>/benchmarks/list_countries.tsv"
        conda:
            "../envs/asmgold.yaml"
        params:
            code=CODE["list_countries.py"],
        script:
            "../scripts/list_countries.py"


PRODUCTS = products_of(SETTINGS, CODES)
