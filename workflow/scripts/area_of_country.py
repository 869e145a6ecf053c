from pathlib import Path

from _job import job

from asmgold.countries import country_area
from asmgold.publish import read_table, write_table
from asmgold.schemas import COUNTRIES

with job(snakemake):
    countries = read_table(Path(snakemake.input[0]), COUNTRIES)
    write_table(country_area(countries, snakemake.params.code), Path(snakemake.output[0]))
