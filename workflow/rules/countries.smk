# Products of each country by itself, and the table of countries. A job makes those of several countries.

CODES = codes_of_countries() if SETTINGS.per_country else []
BATCHES = batches(CODES, SETTINGS.countries_per_job)


if BATCHES:

    rule draw_countries:
        input:
            records="<build>/records.parquet",
            countries=COUNTRIES,
            towns=TOWNS,
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
            tolerance_m=SETTINGS.tolerance_m,
            corrections=[plain(correction) for correction in SCENARIO.corrections],
            context=SCENARIO.context(),
            with_page=PAGE in ASKED,
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
