import logging
from pathlib import Path

from _job import job
from _tables import load

from asmgold.config.models import Correction
from asmgold.publish.context import Context
from asmgold.publish.page.audit import write_audit_page
from asmgold.records.proposals import as_yaml, propose

with job(snakemake):
    params = snakemake.params
    tables = load(snakemake.input, "records", "countries")
    proposals = propose(tables["records"], tables["countries"]) if tables["countries"] is not None else []
    Path(snakemake.output.proposals).write_text(as_yaml(proposals), encoding="utf-8")
    write_audit_page(
        Path(snakemake.output.page),
        Context(**params.context),
        **tables,
        corrections=[Correction(**correction) for correction in params.corrections],
        proposals=proposals,
    )
    logging.info("%d corrections could be declared: see proposed_corrections.yaml and audit.html", len(proposals))
