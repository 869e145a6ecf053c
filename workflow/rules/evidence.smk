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
PUBLISHED_SHARES = table_input(SETTINGS.published_shares)
PRODUCTION = table_input(SETTINGS.production)

SENSITIVITY_PRODUCTS = (
    [
        "sensitivity.csv",
        "sensitivity.png",
        "radius_curve.csv",
        "radius_curve.png",
        "position_bands.csv",
        "region_probability.tif",
        "region_probability.qml",
    ]
    if "sensitivity" not in SETTINGS.skip_products
    else []
)
EVIDENCE_PRODUCTS = (
    [
        "evidence.csv",
        "missed_mining.parquet",
        "overlay_by_period.csv",
        "chance.csv",
        "chance.png",
        "radius_of_capture.csv",
    ]
    if SEEN
    else []
)
if SEEN and any(ZONES["within"].values()):
    EVIDENCE_PRODUCTS.append("overlay_by_period.png")
CONTEXT_PRODUCTS = ["context_production.csv", "context_production.png"] if PRODUCTION else []
EVIDENCE_TABLES = [
    f"<build>/{name}" for name in SENSITIVITY_PRODUCTS + EVIDENCE_PRODUCTS + CONTEXT_PRODUCTS if name.endswith(".csv")
]


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
        tags=raster_tags([*SETTINGS.records, SETTINGS.area.source]),
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


if SENSITIVITY_PRODUCTS or CONTEXT_PRODUCTS:

    rule draw_evidence:
        input:
            [f"<build>/{name}" for name in SENSITIVITY_PRODUCTS + EVIDENCE_PRODUCTS if name.endswith(".csv")],
            production=PRODUCTION,
        output:
            [
                f"<build>/{name}"
                for name in SENSITIVITY_PRODUCTS + EVIDENCE_PRODUCTS + CONTEXT_PRODUCTS
                if name.endswith(".png") or name == "context_production.csv"
            ],
        log:
            "<build>/logs/draw_evidence.log",
        conda:
            "../envs/asmgold.yaml"
        params:
            language=SETTINGS.language,
            buffer_km=SETTINGS.buffer_km,
            naming=NAMING,
        script:
            "../scripts/draw_evidence.py"
