from pathlib import Path

import pandas as pd
from _job import job
from _tables import load, load_each, with_mended

from asmgold.geodesy.ellipsoid import polygon_area
from asmgold.io.files import write_json
from asmgold.publish.context import Context
from asmgold.publish.manifest import build_manifest
from asmgold.publish.summary import summarise

with job(snakemake):
    params, paths = snakemake.params, snakemake.input
    tables = load(paths, "records", "regions", "area", "summary")
    records = tables["records"]
    rows = pd.concat([pd.read_parquet(path, columns=["source", "row"]) for path in paths.rows])
    manifest = build_manifest(
        Path(snakemake.output.manifest).parent,
        params.products,
        records=records,
        # The reader numbers the rows of a source from 1; of those that `where` selects it hands on some.
        rows_read={
            source: len(numbers) if source in params.selected else numbers.max()
            for source, numbers in rows.groupby("source")["row"]
        },
        settings=params.settings,
        sources=with_mended(params.sources, paths.mended),
        corrections=params.corrections,
    )
    write_json(manifest, Path(snakemake.output.manifest))
    summary = summarise(
        Context(**params.context),
        records,
        tables["regions"],
        tables["summary"],
        area_km2=polygon_area(tables["area"].geometry.array).sum() / 1e6,
        folder=params.folder,
        products=params.products,
        tables=load_each(paths.tables),
    )
    Path(snakemake.output.summary).write_text(summary, encoding="utf-8")
