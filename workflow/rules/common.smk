"""The configuration as the rules see it: checked once, before any job starts."""

import hashlib
import os
import sys
from pathlib import Path

from asmgold.config import load_guest_scenario, load_scenario, plain
from asmgold.config.places import LOCK_FILE, ROOT, located_file, workflow_files
from asmgold.errors import InputError
from asmgold.inplace import recover

# Another workflow may use this one as a module, from a folder of its own: docs/module.md.
IS_MODULE = not workflow.modifier.is_main_snakefile()
PROJECT = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parents[1]


def exit_with_message(error):
    """What a user can mend needs no traceback."""
    print(f"\n{error}\n", file=sys.stderr, flush=True)
    raise SystemExit(1)


def given_for_this_run():
    """What the command line says, as far as it reaches this workflow."""
    given = workflow.config_settings.overwrite_config
    return {key: value for key, value in given.items() if not IS_MODULE or config.get(key) == value}


def place_of(pathvar):
    """Where a folder is in the end: by the pathvars and the prefix of whoever uses this workflow as a module."""
    return Path(workflow.pathvars.apply(workflow.modifier.path_modifier.replace_prefix(pathvar)))


if not PROJECT.is_dir():
    exit_with_message(
        f"{PROJECT}: this workflow reads files beside it; clone its repository and name the Snakefile of the clone"
    )

# Jobs on other machines read this file too, while others may be putting products in place.
for finished in recover(place_of("<results>")) if workflow.is_main_process else ():
    print(f"{finished}: finished what a killed run had begun to put in place", file=sys.stderr, flush=True)

try:
    project = Path() if PROJECT.samefile(Path()) else PROJECT
    if LOCK_FILE.is_file():
        SCENARIO = load_scenario(config, given_for_this_run(), project=project)
    else:
        SCENARIO = load_guest_scenario(config, project)
except InputError as error:
    exit_with_message(error)

SETTINGS = SCENARIO.settings
BUILD, PUBLISHED = place_of(f"<results>/.build/{SETTINGS.scenario}"), place_of(f"<results>/{SETTINGS.scenario}")
LAYERS = SCENARIO.layers
OVERLAYS = list(SETTINGS.overlays)
COUNTRIES = "<build>/countries.parquet" if SETTINGS.countries else []
MADE_FROM_COUNTRIES = ["area"] if SETTINGS.area.of_countries else []
# What the report shows, and where: each product with a caption of its stem in workflow/report/.
REPORTED = {
    "index": "Page",
    "map": "Map",
    "asm_gold_regions": "Layers",
    "overlay_summary": "Tables",
    "overlay_units": "Tables",
    "countries": "Tables",
    "exposure": "Tables",
    "distance_to_gold_km": "Rasters",
    "gold_sites_per_100km2": "Rasters",
    "asm_gold_region_fraction": "Rasters",
    "region_probability": "Rasters",
    "evidence": "Evidence",
    "chance": "Evidence",
    "overlay_by_period": "Evidence",
    "radius_curve": "Evidence",
    "radius_of_capture": "Evidence",
    "sensitivity": "Evidence",
    "position_bands": "Evidence",
    "context_production": "Context",
    "audit": "Records",
    "proposed_corrections": "Records",
    "manifest": "Provenance",
}


def carried(path):
    """A file that no rule makes. A module's prefix is for the files that rules make."""
    return os.path.abspath(path) if IS_MODULE else path


def source_input(name):
    """The file of a source. The name of a fetched one says which bytes it holds, so that its age says nothing."""
    path = SCENARIO.source_file(name)
    return ancient(f"<store>/{Path(path).relative_to(ROOT)}") if name in SCENARIO.fetched else carried(path)


def input_of(item):
    """The file of a layer or an exposure: that of its source, or the user's own."""
    return source_input(item.source) if item.source else carried(SCENARIO.file_of(item))


def table_input(path):
    """The file of a table that the configuration may name."""
    return carried(located_file(path, SCENARIO.project)) if path else []


def codes_of_countries():
    """The countries that get products of their own: those of the layer, which has to be at hand."""
    # Reading a layer takes imports that other scenarios do without.
    from asmgold.countries import codes_in_file

    countries, path = SETTINGS.countries, Path(SCENARIO.file_of(SETTINGS.countries))
    if countries.source in SCENARIO.fetched:
        path = place_of("<store>") / path.relative_to(ROOT)
    try:
        if not path.is_file():
            raise InputError(f"{path}: is not here yet; `make fetch SCENARIO={SETTINGS.scenario}` fetches it")
        return codes_in_file(path, countries.layer, countries.code_field, countries.name_field)
    except InputError as error:
        exit_with_message(error)


def raster_tags(names):
    """What a raster says about the sources that it was made from."""
    used = [SCENARIO.sources[name] for name in SCENARIO.sources if name in names]
    return {
        "SOURCE": " ".join(dict.fromkeys(source.citation for source in used)),
        "LICENCE": "; ".join(dict.fromkeys(source.licence for source in used)),
        "DATA_DATE": max((source.date for source in used if source.date), default=""),
    }


def tiles_of(name):
    """The files that a raster is put together from, if it is made in tiles."""
    tiles = SETTINGS.rasters.tiles
    return [f"<build>/tiles/{name}.{tile}.tif" for tile in range(tiles)] if tiles > 1 else []


def tile_of(wildcards):
    """Which tile of a raster a job makes, and of how many; None where it makes the whole one."""
    tile = wildcards.get("tile")
    return None if tile is None else [int(tile), SETTINGS.rasters.tiles]


def published(name):
    """The published product, annotated for the report if it is shown there."""
    product = update(f"<products>/{name}")
    stem = Path(name).stem
    if stem not in REPORTED or name.endswith(".qml") or "/" in name:
        return product
    return report(product, caption=f"../report/{stem}.rst", category=REPORTED[stem])


def rerun_when_library_changes():
    """Give all rules the hash of the library. Snakemake sees by itself that a script changed, not what it imports."""
    digest = hashlib.sha256()
    for path in workflow_files(PROJECT):
        if path.is_relative_to("workflow/asmgold"):
            content = (PROJECT / path).read_bytes()
            digest.update(f"{path.as_posix()} {len(content)}\n".encode() + content)
    rules_of_project = (PROJECT / "workflow/rules").resolve()
    for each in workflow.rules:
        if Path(each.snakefile).parent.resolve() == rules_of_project:
            each.set_params(library=digest.hexdigest())


def left_words():
    """What failed and killed jobs left to be shown at the end of the run."""
    return sorted(BUILD.glob("logs/*.failed"))


def forget_failures():
    """Of an earlier run that was killed itself, and showed nothing."""
    for failure in left_words():
        failure.unlink()


def report_success():
    """The table that a person wants to read, if the run went as far as that."""
    summary = BUILD / "summary.txt"
    if summary.is_file():
        print(f"\n{summary.read_text(encoding='utf-8')}", file=sys.stderr, flush=True)


def report_failure():
    """What the failed jobs had to say, once more, as the last thing on the screen."""
    failures = left_words()
    no_word = "{}: left no word: its disk is full, or it was killed at once\n"
    for words in dict.fromkeys(path.read_text(encoding="utf-8") or no_word.format(path.stem) for path in failures):
        print(f"\n{words}", file=sys.stderr)
    forget_failures()
    kept = f" The last complete ones are still in {PUBLISHED}/." if (PUBLISHED / "manifest.json").is_file() else ""
    print(f"Stopped: the products were not made.{kept}", file=sys.stderr, flush=True)
