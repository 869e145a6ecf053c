# The map tested: by mining that was seen, against chance, and against its own choices.

SEEN = [f"<build>/evidence/{name}.parquet" for name in SCENARIO.evidence]
SEEN_PARTS = [(name, part.period) for name, entry in SETTINGS.evidence.items() for part in entry.parts()]
ZONES = {"within": {name: overlay.within for name, overlay in SETTINGS.overlays.items()}, "parts": SEEN_PARTS}
STRATA = "<build>/layers/strata.parquet" if SETTINGS.strata else []
NAMING = {
    "commodity": SETTINGS.commodity,
    "area": SCENARIO.title_of("area"),
    "overlays": {name: SCENARIO.title_of(f"overlay_{name}") for name in OVERLAYS},
    "evidence": {name: entry.title or name for name, entry in SETTINGS.evidence.items()},
    "notes": {name: entry.note for name, entry in SETTINGS.evidence.items()},
    "parents": ZONES["within"],
    "strata": SCENARIO.title_of("strata") if SETTINGS.strata else None,
}
PUBLISHED_SHARES = INPUTS.of_table(SETTINGS.published_shares)
PRODUCTION = INPUTS.of_table(SETTINGS.production)

EVIDENCE = [name for name, product in ASKED.items() if product.stage == "evidence"]
EVIDENCE_TABLES = [f"<build>/{name}" for name in EVIDENCE if name.endswith(".csv")]
DRAWN = [name for name in EVIDENCE if name.endswith(".png")]


if SEEN:

    rule read_evidence:
        input:
            lambda wildcards: input_of(LAYERS[wildcards.layer]),
        output:
            "<build>/evidence/{layer}.parquet",
        log:
            "<build>/logs/read_evidence.{layer}.log",
        wildcard_constraints:
            layer="|".join(SCENARIO.evidence),
        conda:
            "../envs/asmgold.yaml"
        params:
            lock=lambda wildcards: SCENARIO.lock_of(LAYERS[wildcards.layer]),
            evidence=lambda wildcards: LAYERS[wildcards.layer].model_dump(exclude={"title"}, exclude_defaults=True),
        script:
            "../scripts/read_evidence.py"

    rule measure_capture:
        input:
            regions="<build>/regions.parquet",
            sites="<build>/sites.parquet",
            area="<build>/layers/area.parquet",
            overlays=expand("<build>/layers/overlay_{name}.parquet", name=OVERLAYS),
            seen=SEEN,
            strata=STRATA,
            published=PUBLISHED_SHARES,
        output:
            capture="<build>/evidence.csv",
            missed="<build>/missed_mining.parquet",
            by_overlay="<build>/overlay_by_period.csv",
            chance="<build>/chance.csv",
        log:
            "<build>/logs/measure_capture.log",
        conda:
            "../envs/asmgold.yaml"
        params:
            **ZONES,
            buffer_km=SETTINGS.buffer_km,
            draws=SETTINGS.monte_carlo.placements,
            seed=SETTINGS.monte_carlo.seed,
            strata=plain(SETTINGS.strata, "field", "bands_km") if SETTINGS.strata else None,
        script:
            "../scripts/measure_capture.py"


rule vary_distance:
    input:
        records="<build>/records.parquet",
        area="<build>/layers/area.parquet",
        overlays=expand("<build>/layers/overlay_{name}.parquet", name=OVERLAYS),
        seen=SEEN,
    output:
        curve="<build>/radius_curve.csv",
        quantiles="<build>/radius_of_capture.csv",
        bands="<build>/position_bands.csv",
        probability="<build>/region_probability.tif",
        style="<build>/region_probability.qml",
    log:
        "<build>/logs/vary_distance.log",
    conda:
        "../envs/asmgold.yaml"
    params:
        **ZONES,
        buffer_km=SETTINGS.buffer_km,
        draws=SETTINGS.monte_carlo.positions,
        seed=SETTINGS.monte_carlo.seed,
        tags=raster_tags(SCENARIO, [*SETTINGS.records, SETTINGS.area.source]),
    script:
        "../scripts/vary_distance.py"


rule vary_choices:
    input:
        rows=expand("<build>/read/{source}.parquet", source=SETTINGS.records),
        records="<build>/records.parquet",
        area="<build>/layers/area.parquet",
        overlays=expand("<build>/layers/overlay_{name}.parquet", name=OVERLAYS),
        seen=SEEN,
    output:
        "<build>/sensitivity.csv",
    log:
        "<build>/logs/vary_choices.log",
    conda:
        "../envs/asmgold.yaml"
    params:
        **ZONES,
        buffer_km=SETTINGS.buffer_km,
        tolerance_m=SETTINGS.tolerance_m,
        include_refineries=SETTINGS.include_refineries,
        corrections=[plain(correction) for correction in SCENARIO.corrections],
    script:
        "../scripts/vary_choices.py"


if DRAWN:

    rule draw_evidence:
        input:
            [table for table in EVIDENCE_TABLES if not table.endswith("context_production.csv")],
            production=PRODUCTION,
        output:
            [f"<build>/{name}" for name in DRAWN],
            ["<build>/context_production.csv"] if PRODUCTION else [],
        log:
            "<build>/logs/draw_evidence.log",
        benchmark:
            "<build>/benchmarks/draw_evidence.tsv"
        conda:
            "../envs/asmgold.yaml"
        params:
            code=CODE["draw_evidence.py"],
            language=SETTINGS.language,
            buffer_km=SETTINGS.buffer_km,
            naming=NAMING,
        script:
            "../scripts/draw_evidence.py"
