from pathlib import Path

from _job import job

from asmgold.countries import country_table
from asmgold.publish import read_table, write_table

with job(snakemake):
    params = snakemake.params
    countries = country_table(read_table(Path(snakemake.input[0])), params.code_field, params.name_field)
    write_table(countries, Path(snakemake.output[0]))
