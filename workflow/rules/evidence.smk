# The map tested: against observed mining and null models, and for its sensitivity and uncertainty.

OBSERVATIONS = [f"<build>/evidence/{name}.parquet" for name in SCENARIO.evidence]
PARTS = [(name, part.period) for name, entry in SETTINGS.evidence.items() for part in entry.parts()]
HELD_OUT = {name: entry.held_out for name, entry in SETTINGS.evidence.items() if entry.held_out}
SEARCHED = {name: entry.searched.buffer_km for name, entry in SETTINGS.evidence.items() if entry.searched}
FOOTPRINTS = [f"<build>/layers/{name}.parquet" for name in SCENARIO.searched]
ZONES = {"within": WITHIN, "parts": PARTS, "held_out": HELD_OUT, "searched": SEARCHED}
STRATA = "<build>/layers/strata.parquet" if SETTINGS.strata else []
PUBLISHED_SHARES = INPUTS.of_table(SETTINGS.published_shares)
PRODUCTION = INPUTS.of_table(SETTINGS.production)

EVIDENCE = [name for name, product in ASKED.items() if product.stage == "evidence"]
EVIDENCE_TABLES = [f"<build>/{name}" for name in EVIDENCE if name.endswith(".csv")]
DRAWN = [name for name in EVIDENCE if name.endswith(".png")]


if OBSERVATIONS:

    rule read_evidence:
        input:
            files=[input_of(layer) for layer in SCENARIO.evidence.values()],
            area="<build>/layers/area.parquet",
            overlays=expand("<build>/layers/overlay_{name}.parquet", name=WITHIN),
        output:
            layers=OBSERVATIONS,
            mended="<build>/evidence/mended.json",
        log:
            "<build>/logs/read_evidence.log",
        benchmark:
            "<build>/benchmarks/read_evidence.tsv"
        conda:
            "../envs/asmgold.yaml"
        params:
            code=CODE["read_evidence.py"],
            locks=[SCENARIO.lock_of(layer) for layer in SCENARIO.evidence.values()],
            contents=[SCENARIO.content_of(layer) for layer in SCENARIO.evidence.values()],
            names=[name for name, _ in PARTS],
            origins=[SCENARIO.origin_of(layer) for layer in SCENARIO.evidence.values()],
            evidence=[
                layer.model_dump(exclude={"title"}, exclude_defaults=True) for layer in SCENARIO.evidence.values()
            ],
        script:
            "../scripts/read_evidence.py"

    rule measure_capture:
        input:
            regions="<build>/regions.parquet",
            sites="<build>/sites.parquet",
            area="<build>/layers/area.parquet",
            overlays=expand("<build>/layers/overlay_{name}.parquet", name=WITHIN),
            observations=OBSERVATIONS,
            searched=FOOTPRINTS,
            units=expand("<build>/layers/overlay_{name}.parquet", name=GROUP_BY),
            strata=STRATA,
            published=PUBLISHED_SHARES,
        output:
            seen="<build>/mining_seen.parquet",
            capture="<build>/evidence.csv",
            intervals="<build>/intervals.csv",
            influence="<build>/influence.csv",
            by_unit=["<build>/evidence_units.csv"] if GROUP_BY else [],
            missed="<build>/missed_mining.parquet",
            by_overlay="<build>/overlay_by_period.csv",
            by_region="<build>/evidence_regions.csv",
            trend="<build>/trend.csv",
            chance="<build>/chance.csv",
        log:
            "<build>/logs/measure_capture.log",
        benchmark:
            "<build>/benchmarks/measure_capture.tsv"
        conda:
            "../envs/asmgold.yaml"
        params:
            **ZONES,
            code=CODE["measure_capture.py"],
            detectors={
                name: (entry.detector.sensitivity, entry.detector.precision)
                for name, entry in SETTINGS.evidence.items()
                if entry.detector
            },
            group_by=GROUP_BY,
            contents=SCENARIO.content_of(SETTINGS.published_shares),
            draws=SETTINGS.monte_carlo.placements,
            primary_draws=SETTINGS.monte_carlo.primary_test,
            seed=SETTINGS.monte_carlo.seed,
            strata=plain(SETTINGS.strata, "field", "bands_km") if SETTINGS.strata else None,
        script:
            "../scripts/measure_capture.py"

    rule compare_baselines:
        input:
            records="<build>/records.parquet",
            area="<build>/layers/area.parquet",
            overlays=expand("<build>/layers/overlay_{name}.parquet", name=WITHIN),
            observations=OBSERVATIONS,
            searched=FOOTPRINTS,
            rivers="<build>/layers/rivers.parquet" if SETTINGS.rivers else [],
            towns=TOWNS,
        output:
            baselines="<build>/baselines.csv",
            ranking="<build>/ranking.csv",
            boyce="<build>/boyce.csv",
            new_mining="<build>/new_mining.csv",
        log:
            "<build>/logs/compare_baselines.log",
        benchmark:
            "<build>/benchmarks/compare_baselines.tsv"
        conda:
            "../envs/asmgold.yaml"
        params:
            **ZONES,
            code=CODE["compare_baselines.py"],
            seed=SETTINGS.monte_carlo.seed,
        script:
            "../scripts/compare_baselines.py"


rule measure_uncertainty:
    input:
        records="<build>/records.parquet",
        area="<build>/layers/area.parquet",
        overlays=expand("<build>/layers/overlay_{name}.parquet", name=WITHIN),
        observations=OBSERVATIONS,
        searched=FOOTPRINTS,
    output:
        curve="<build>/radius_curve.csv",
        quantiles="<build>/radius_of_capture.csv",
        bands="<build>/position_bands.csv",
        probability="<build>/region_probability.tif",
        style="<build>/region_probability.qml",
    log:
        "<build>/logs/measure_uncertainty.log",
    benchmark:
        "<build>/benchmarks/measure_uncertainty.tsv"
    conda:
        "../envs/asmgold.yaml"
    params:
        **ZONES,
        code=CODE["measure_uncertainty.py"],
        draws=SETTINGS.monte_carlo.positions,
        seed=SETTINGS.monte_carlo.seed,
        tags=raster_tags(SCENARIO, [*SCENARIO.record_sources, SETTINGS.area.source]),
    script:
        "../scripts/measure_uncertainty.py"


rule measure_sensitivity:
    input:
        records="<build>/records.parquet",
        area="<build>/layers/area.parquet",
        overlays=expand("<build>/layers/overlay_{name}.parquet", name=WITHIN),
        observations=OBSERVATIONS,
        searched=FOOTPRINTS,
    output:
        "<build>/sensitivity.csv",
    log:
        "<build>/logs/measure_sensitivity.log",
    benchmark:
        "<build>/benchmarks/measure_sensitivity.tsv"
    conda:
        "../envs/asmgold.yaml"
    params:
        **ZONES,
        code=CODE["measure_sensitivity.py"],
        configuration={
            "buffer_km": None,
            "tolerance_m": SETTINGS.tolerance_m,
            "include_plants": SETTINGS.include_plants,
            "exclude_administrative": SETTINGS.administrative_positions == "exclude",
            "with_corrections": bool(SCENARIO.corrections),
        },
    script:
        "../scripts/measure_sensitivity.py"


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
            contents=SCENARIO.content_of(SETTINGS.production),
            context=SCENARIO.context(),
        script:
            "../scripts/draw_evidence.py"
