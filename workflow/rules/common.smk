"""The configuration as the rules see it: checked once, before any job starts."""

import os
import shlex
import sys
import time
from contextlib import suppress
from pathlib import Path

from asmgold.config.code import code_hashes
from asmgold.config.paths import check_path, shipped_project, use_shipped_scripts
from asmgold.config.rules import RuleInputs, batches, raster_tags, scenario_of_run
from asmgold.config.scenario import plain
from asmgold.errors import BusyError, InputError
from asmgold.io.failures import still_running, take_failures
from asmgold.io.runs import enter
from asmgold.io.transaction import recover
from asmgold.publish.promote import CHANGED, faults_of, mend
from asmgold.schemas.products import MANIFEST, PAGE, TABLES_OF_PACKAGE, product_of, products_of
from asmgold.vocabulary.evidence import ANSWER_TABLES


def exit_with_message(error):
    """What a user can mend needs no traceback."""
    print(f"\n{error}\n", file=sys.stderr, flush=True)
    raise SystemExit(error.exit_status)


# Another workflow may use this one as a module, from a folder of its own: docs/module.md. What the project carries is
# found from this file, whose name Python knows.
PROJECT = Path(exit_with_message.__code__.co_filename).parents[2]
if not PROJECT.is_dir():
    # A Snakefile that was fetched from a repository has nothing beside it: what the installed package carries stands in.
    PROJECT = shipped_project()
    use_shipped_scripts()
if Path(sys.executable).exists():  # Snakemake gives it to a shell as it stands: quotes keep a path with blanks whole
    sys.executable = shlex.quote(sys.executable)
IS_GUEST = not PROJECT.samefile(Path())

FETCHED_BEFORE = config.pop("fetched by others", [])  # of the same plan: no key that anyone would give by hand

try:
    check_path(PROJECT.resolve())
    SCENARIO = scenario_of_run(config, PROJECT if IS_GUEST else Path())
except InputError as error:
    exit_with_message(error)

SETTINGS = SCENARIO.settings
ASKED = products_of(SETTINGS)
INPUTS = RuleInputs(SCENARIO, absolute=IS_GUEST)
LAYERS = SCENARIO.layers
OVERLAYS = list(SETTINGS.overlays)
WITHIN = {name: overlay.within for name, overlay in SETTINGS.overlays.items() if not overlay.units_only}
UNITS_ONLY = {name: overlay.group_by for name, overlay in SETTINGS.overlays.items() if overlay.units_only}
GROUP_BY = {name: overlay.group_by for name, overlay in SETTINGS.overlays.items() if overlay.group_by}
COUNTRIES = "<build>/countries.parquet" if SETTINGS.countries else []
BACKDROP = [f"<build>/layers/{name}.parquet" for name in SCENARIO.backdrop]
TOWNS = "<build>/layers/towns.parquet" if SETTINGS.towns else []
MADE_FROM_COUNTRIES = ["area"] if SETTINGS.area.is_from_countries else []
# What was mended in the layers, by the names of their files.
MENDED = ["<build>/layers/mended.json", *(["<build>/evidence/mended.json"] if SCENARIO.evidence else [])]
# The hash of what each script imports: a parameter of its rule, so that a change of the library reruns what it changes.
CODE = code_hashes(PROJECT / "workflow")


def source_input(name):
    """The file of a source. The name of a fetched one says which bytes it holds, so that its age says nothing."""
    path = INPUTS.of_source(name)
    return ancient(path) if name in SCENARIO.fetched else path


def input_of(item):
    """The file of a layer or an exposure: that of its source, or the user's own."""
    return source_input(item.source) if item.source else INPUTS.of_item(item)


def record_input(name):
    """The file of a source of records, registered or the user's own."""
    return input_of(SETTINGS.points[name]) if name in SETTINGS.points else source_input(name)


def codes_of_countries():
    """The countries that get products of their own: those of the layer, which has to be at hand."""
    from asmgold.sources.countries import codes_in_file  # which loads what other scenarios do without

    layer = SETTINGS.countries
    path = Path(SCENARIO.file_of(layer))
    if layer.source in SCENARIO.fetched:
        digits, filename = path.parts[-2:]
        path = Path(rules.fetch_source.output[0].format(source=layer.source, digits=digits, filename=filename))
    try:
        if not path.is_file():
            raise InputError(f"{path}: is not here yet; `make fetch SCENARIO={SETTINGS.scenario}` fetches it")
        return codes_in_file(path, layer.layer, layer.code_field, layer.name_field)
    except InputError as error:
        exit_with_message(error)


def published(name):
    """The published product, annotated for the report if the registry shows it there."""
    path, product = update(f"<products>/{name}"), product_of(name)
    if not product.category:
        return path
    labels = {"file": name, "what": product.title_in(SETTINGS.language)}
    return report(path, category=product.category, labels=labels)


def arrive():
    """Before anything is planned: see who else is at work, and put in order what killed runs left behind."""
    try:
        others, left = enter(SETTINGS.scenario, (BUILD, PUBLISHED))
    except OSError:
        others, left = [], ""  # no locks here, or nothing may be written: Snakemake's own locks stand as they are
    if others and "ASMGOLD_ALONE" in os.environ:
        exit_with_message(BusyError(f"{SETTINGS.scenario}: {others[0]} is at work on it; nothing was done"))
    if left:
        tell(f"{SETTINGS.scenario}: takes over from a run that was killed ({left})")
    try:
        for finished in recover(PUBLISHED.parent):
            tell(f"{finished}: finished what a killed run had begun to put in place")
        if not others:
            wait_for_jobs()
            if faults := mend(BUILD, PUBLISHED):
                aside = f"what stood there is now in {BUILD / CHANGED}/"
                tell(f"{PUBLISHED}: not as its manifest says: {', '.join(faults)}; published again, {aside}")
        elif (PUBLISHED / MANIFEST).is_file() and (faults := faults_of(PUBLISHED)):
            raise BusyError(f"{PUBLISHED / faults[0]}: not as its manifest says, and {others[0]} is at work on it")
    except OSError as error:
        exit_with_message(InputError(f"{PUBLISHED.parent}: cannot be written ({error.strerror})"))
    except InputError as error:
        exit_with_message(error)


def wait_for_jobs():
    """Let jobs end that a killed run has left running."""
    told = []
    while running := still_running(BUILD / "logs"):
        if running != told:
            tell(f"{SETTINGS.scenario}: waits for what a killed run has left running: {', '.join(running)}")
        told = running
        time.sleep(0.2)


def tell(line):
    print(line, file=sys.stderr, flush=True)


def report_success():
    """The table that a person wants to read, if the run went as far as that."""
    summary = BUILD / "summary.txt"
    if (PUBLISHED / MANIFEST).is_file() and (faults := faults_of(PUBLISHED)):
        exit_with_message(InputError(f"{PUBLISHED / faults[0]}: not as its manifest says; run once more"))
    if summary.is_file():
        print(f"\n{summary.read_text(encoding='utf-8')}", file=sys.stderr, flush=True)


def forget_failures():
    """Remove what the last run left to be shown."""
    take_failures(BUILD / "logs")


def report_failure():
    """What the failed jobs had to say, once more, as the last thing on the screen."""
    for message in take_failures(BUILD / "logs"):
        print(f"\n{message}", file=sys.stderr)
    with suppress(OSError):  # of a full disk; the next run finishes it then
        recover(PUBLISHED.parent)  # of a job that was killed, though Snakemake has put back old files since
    kept = "" if faults_of(PUBLISHED) else f" The last complete ones are still in {PUBLISHED}/."
    print(f"Stopped: the products of {SETTINGS.scenario} were not made.{kept}", file=sys.stderr, flush=True)
