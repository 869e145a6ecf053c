from pathlib import Path

from _job import job

from asmgold.io.tables import read_table, write_table
from asmgold.sources.countries import country_area, country_table

with job(snakemake):
    params, output = snakemake.params, snakemake.output
    countries = country_table(read_table(Path(snakemake.input[0])), params.code_field, params.name_field)
    write_table(countries, Path(output.countries))
    if params.area:
        write_table(country_area(countries, params.area), Path(output.area[0]))
