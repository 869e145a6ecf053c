import logging
from pathlib import Path

from _job import job

from asmgold.config.models import Correction
from asmgold.io.tables import read_table
from asmgold.publish.context import Context
from asmgold.publish.page.audit import write_audit_page
from asmgold.records.proposals import as_yaml, propose
from asmgold.schemas.tables import COUNTRIES, RECORDS

with job(snakemake):
    params, paths = snakemake.params, snakemake.input
    records = read_table(Path(paths.records), RECORDS)
    countries = read_table(Path(paths.countries), COUNTRIES) if paths.countries else None
    proposals = propose(records, countries) if countries is not None else []
    Path(snakemake.output.proposals).write_text(as_yaml(proposals), encoding="utf-8")
    write_audit_page(
        Path(snakemake.output.page),
        Context(**params.context),
        records=records,
        countries=countries,
        corrections=[Correction(**correction) for correction in params.corrections],
        proposals=proposals,
    )
    logging.info("%d corrections could be declared: see proposed_corrections.yaml and audit.html", len(proposals))
