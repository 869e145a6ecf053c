# Products of each country by itself, and the table of countries. A job makes those of several countries.

NATIONAL_PRODUCTS = ["asm_gold_regions.gpkg", "regions.parquet", "sites.parquet"]
CODES = codes_of_countries() if SETTINGS.per_country else []
BATCHES = [
    CODES[first : first + SETTINGS.countries_per_job] for first in range(0, len(CODES), SETTINGS.countries_per_job)
]
COUNTRY_PRODUCTS = ["countries.csv"] if CODES else []
COUNTRY_PRODUCTS += [f"countries/{code}/{name}" for code in CODES for name in NATIONAL_PRODUCTS]


for number, codes in enumerate(BATCHES):

    rule:
        name:
            f"draw_countries_{number}"
        input:
            records="<build>/records.parquet",
            countries=COUNTRIES,
        output:
            [f"<build>/countries/{code}/{name}" for code in codes for name in NATIONAL_PRODUCTS],
            summary=f"<build>/countries/summary_{number}.parquet",
        log:
            f"<build>/logs/draw_countries.{number}.log",
        conda:
            "../envs/asmgold.yaml"
        params:
            codes=codes,
            commodity=SETTINGS.commodity,
            buffer_km=SETTINGS.buffer_km,
            tolerance_m=SETTINGS.tolerance_m,
            corrections=[plain(correction) for correction in SCENARIO.corrections],
            context=SCENARIO.context(),
        script:
            "../scripts/draw_countries.py"


if BATCHES:

    rule list_countries:
        input:
            [f"<build>/countries/summary_{number}.parquet" for number in range(len(BATCHES))],
        output:
            "<build>/countries.csv",
        log:
            "<build>/logs/list_countries.log",
        conda:
            "../envs/asmgold.yaml"
        script:
            "../scripts/list_countries.py"
