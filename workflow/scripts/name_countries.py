from pathlib import Path

from _job import job

from asmgold.io.tables import read_table, write_table
from asmgold.sources.countries import country_table

with job(snakemake):
    params = snakemake.params
    countries = country_table(read_table(Path(snakemake.input[0])), params.code_field, params.name_field)
    write_table(countries, Path(snakemake.output[0]))
