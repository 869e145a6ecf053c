"""The configuration as the rules see it: checked once, before any job starts."""

import sys
from pathlib import Path

from asmgold.config import load_scenario, plain
from asmgold.errors import InputError
from asmgold.inplace import recover

# Jobs on other machines read this file too, while others may be putting products in place.
for finished in recover(Path("results")) if workflow.is_main_process else ():
    print(f"{finished}: finished what a killed run had begun to put in place", file=sys.stderr, flush=True)


def told_and_ended(error):
    """What a user can mend needs no traceback."""
    print(f"\n{error}\n", file=sys.stderr, flush=True)
    raise SystemExit(1)


try:
    SCENARIO = load_scenario(config, workflow.config_settings.overwrite_config)
except InputError as error:
    told_and_ended(error)

SETTINGS = SCENARIO.settings
LAYERS = SCENARIO.layers
OVERLAYS = list(SETTINGS.overlays)
COUNTRIES = "<build>/countries.parquet" if SETTINGS.countries else []
MADE_FROM_COUNTRIES = ["area"] if SETTINGS.area.country else []
# What the report shows, each with a caption of that name in workflow/report/.
REPORTED = {
    "map.pdf": "Map",
    "map.png": "Map",
    "overlay_summary.csv": "Tables",
    "asm_gold_regions.gpkg": "Layers",
    "evidence.csv": "Evidence",
    "chance.png": "Evidence",
    "chance.csv": "Evidence",
    "corridor_by_year.png": "Evidence",
    "corridor_by_year.csv": "Evidence",
    "radius_curve.png": "Evidence",
    "radius_of_capture.csv": "Evidence",
    "sensitivity.png": "Evidence",
    "sensitivity.csv": "Evidence",
    "position_bands.csv": "Evidence",
    "context_production.png": "Context",
    "context_production.csv": "Context",
    "manifest.json": "Provenance",
}


def source_input(name):
    """The file of a source. The name of a fetched one says which bytes it holds, so that its age says nothing."""
    path = SCENARIO.source_file(name)
    return ancient(path) if name in SCENARIO.fetched else path


def input_of(item):
    """The file of a layer or an exposure: that of its source, or the user's own."""
    return source_input(item.source) if item.source else item.file


def codes_of_countries():
    """The countries that get products of their own: those of the layer, which has to be at hand."""
    # Reading a layer takes imports that other scenarios do without.
    from asmgold.countries import codes_in_file

    countries, path = SETTINGS.countries, Path(SCENARIO.file_of(SETTINGS.countries))
    try:
        if not path.is_file():
            raise InputError(f"{path}: is not here yet; `make fetch SCENARIO={SETTINGS.scenario}` fetches it")
        return codes_in_file(path, countries.layer, countries.code_field, countries.name_field)
    except InputError as error:
        told_and_ended(error)


def raster_tags(names):
    """What a raster says about the sources that it was made from."""
    used = [SCENARIO.sources[name] for name in SCENARIO.sources if name in names]
    return {
        "SOURCE": " ".join(dict.fromkeys(source.citation for source in used)),
        "LICENCE": "; ".join(dict.fromkeys(source.licence for source in used)),
        "DATA_DATE": max((source.date for source in used if source.date), default=""),
    }


def published(name):
    """The published product, annotated for the report if it is shown there."""
    product = update(f"<products>/{name}")
    if name not in REPORTED:
        return product
    return report(product, caption=f"../report/{Path(name).stem}.rst", category=REPORTED[name])


def left_words():
    """What failed and killed jobs left to be shown at the end of the run."""
    return sorted(Path(f"results/.build/{SETTINGS.scenario}/logs").glob("*.failed"))


def forget_failures():
    """Of an earlier run that was killed itself, and showed nothing."""
    for failure in left_words():
        failure.unlink()


def report_success():
    """The table that a person wants to read, if the run went as far as that."""
    summary = Path(f"results/.build/{SETTINGS.scenario}/summary.txt")
    if summary.is_file():
        print(f"\n{summary.read_text(encoding='utf-8')}", file=sys.stderr, flush=True)


def report_failure():
    """What the failed jobs had to say, once more, as the last thing on the screen."""
    failures = left_words()
    no_word = "{}: left no word: its disk is full, or it was killed at once\n"
    for words in dict.fromkeys(path.read_text(encoding="utf-8") or no_word.format(path.stem) for path in failures):
        print(f"\n{words}", file=sys.stderr)
    forget_failures()
    folder = Path(f"results/{SETTINGS.scenario}")
    kept = f" The last complete ones are still in {folder}/." if (folder / "manifest.json").is_file() else ""
    print(f"Stopped: the products were not made.{kept}", file=sys.stderr, flush=True)
