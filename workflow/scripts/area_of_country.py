from pathlib import Path

from _job import job

from asmgold.io.tables import read_table, write_table
from asmgold.schemas.tables import COUNTRIES
from asmgold.sources.countries import country_area

with job(snakemake):
    countries = read_table(Path(snakemake.input[0]), COUNTRIES)
    write_table(country_area(countries, snakemake.params.code), Path(snakemake.output[0]))
