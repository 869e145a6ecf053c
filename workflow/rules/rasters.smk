# Rasters for models, all on one grid, each a cloud-optimised GeoTIFF with a style beside it. Where a raster is made in
# tiles, each is a job of its own, and the job that otherwise makes all of it puts them together.

if SETTINGS.rasters:

    rule raster_distance:
        input:
            area="<build>/layers/area.parquet",
            sites="<build>/sites.parquet",
            tiles=INPUTS.tiles_of("distance_to_gold_km"),
        output:
            raster="<build>/distance_to_gold_km.tif",
            style="<build>/distance_to_gold_km.qml",
        log:
            "<build>/logs/raster_distance.log",
        benchmark:
            "<build>/benchmarks/raster_distance.tsv"
        conda:
            "../envs/asmgold.yaml"
        threads: 8
        resources:
            # The whole world takes some 340 s of processor time.
            runtime=lambda wildcards, attempt: 60 * attempt,
        params:
            code=CODE["raster_distance.py"],
            tile=INPUTS.tile_of,
            grid=plain(SETTINGS.rasters, "cell_arcsec", "margin_km"),
            commodity=SETTINGS.commodity,
            tags=raster_tags(SCENARIO, SCENARIO.record_sources),
        script:
            "../scripts/raster_distance.py"

    use rule raster_distance as raster_distance_tile with:
        input:
            area="<build>/layers/area.parquet",
            sites="<build>/sites.parquet",
            tiles=[],
        output:
            raster="<build>/tiles/distance_to_gold_km.{tile}.tif",
        log:
            "<build>/logs/raster_distance_tile.{tile}.log",
        benchmark:
            "<build>/benchmarks/raster_distance_tile.{tile}.tsv"

    rule raster_density:
        input:
            area="<build>/layers/area.parquet",
            sites="<build>/sites.parquet",
            tiles=INPUTS.tiles_of("gold_sites_per_100km2"),
        output:
            raster="<build>/gold_sites_per_100km2.tif",
            style="<build>/gold_sites_per_100km2.qml",
        log:
            "<build>/logs/raster_density.log",
        benchmark:
            "<build>/benchmarks/raster_density.tsv"
        conda:
            "../envs/asmgold.yaml"
        params:
            code=CODE["raster_density.py"],
            tile=INPUTS.tile_of,
            grid=plain(SETTINGS.rasters, "cell_arcsec", "margin_km"),
            commodity=SETTINGS.commodity,
            bandwidth_km=SETTINGS.rasters.bandwidth_km,
            tags=raster_tags(SCENARIO, SCENARIO.record_sources),
        script:
            "../scripts/raster_density.py"

    use rule raster_density as raster_density_tile with:
        input:
            area="<build>/layers/area.parquet",
            sites="<build>/sites.parquet",
            tiles=[],
        output:
            raster="<build>/tiles/gold_sites_per_100km2.{tile}.tif",
        log:
            "<build>/logs/raster_density_tile.{tile}.log",
        benchmark:
            "<build>/benchmarks/raster_density_tile.{tile}.tsv"

    rule raster_fraction:
        input:
            area="<build>/layers/area.parquet",
            regions="<build>/regions.parquet",
            tiles=INPUTS.tiles_of("asm_gold_region_fraction"),
        output:
            raster="<build>/asm_gold_region_fraction.tif",
            style="<build>/asm_gold_region_fraction.qml",
        log:
            "<build>/logs/raster_fraction.log",
        benchmark:
            "<build>/benchmarks/raster_fraction.tsv"
        conda:
            "../envs/asmgold.yaml"
        params:
            code=CODE["raster_fraction.py"],
            tile=INPUTS.tile_of,
            grid=plain(SETTINGS.rasters, "cell_arcsec", "margin_km"),
            commodity=SETTINGS.commodity,
            tags=raster_tags(SCENARIO, [*SCENARIO.record_sources, SETTINGS.area.source]),
        script:
            "../scripts/raster_fraction.py"

    use rule raster_fraction as raster_fraction_tile with:
        input:
            area="<build>/layers/area.parquet",
            regions="<build>/regions.parquet",
            tiles=[],
        output:
            raster="<build>/tiles/asm_gold_region_fraction.{tile}.tif",
        log:
            "<build>/logs/raster_fraction_tile.{tile}.log",
        benchmark:
            "<build>/benchmarks/raster_fraction_tile.{tile}.tsv"
