import os
from pathlib import Path

from _job import job

from asmgold.config.models import Lock, Source
from asmgold.upstream.client import Client
from asmgold.upstream.fetch import ensure

with job(snakemake):
    ensure(
        snakemake.wildcards.source,
        Source(**snakemake.params.source),
        Lock(**snakemake.params.pin),
        client=Client(mirror=os.environ.get("ASMGOLD_MIRROR") or None),
        root=Path(snakemake.output[0]).parents[2],
    )
