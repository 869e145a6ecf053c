"""The commands, `asmgold COMMAND` or `python -m asmgold COMMAND`.

`run`; beside a run `describe`, `fetch`, `import`, `refresh`, `rollback`, `reproduce`, `report`, `release`, `verify`,
`postgis`.
"""

from __future__ import annotations

import argparse
import datetime
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, NoReturn

from asmgold import __version__
from asmgold.config.loading import load_refresh_settings, read_yaml
from asmgold.config.models import Lock
from asmgold.config.paths import LOCK_FILE, cache_environment, shipped_project
from asmgold.config.scenario import Scenario, load_scenario, scenario_names
from asmgold.errors import BusyError, InputError, UnreachableError, excerpt
from asmgold.io.checksum import sha256_of
from asmgold.io.logs import log_plainly
from asmgold.io.transaction import recover
from asmgold.refresh.replace import ROLLBACK, ScenarioPaths, rollback
from asmgold.release.reproduce import reproduce
from asmgold.schemas.products import MANIFEST
from asmgold.upstream.client import Client
from asmgold.upstream.fetch import ensure, import_file, pin_missing
from asmgold.upstream.reach import check_network
from asmgold.upstream.store import is_stored

CONFIG = Path("config")
RESULTS = Path("results")
# Packages that not every environment has, and the extra that brings them.
EXTRAS = {"psycopg": "postgis", "pystac": "release", "rocrate": "release"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns its exit status.

    0 done, or nothing to do; 1 a mistake in the configuration or on this machine; 3 upstream, or the database, out of
    reach; 4 refused, by a check of what upstream gave, by a gate, or for the sake of what others have in the database;
    5 another run is under way. `verify`: 1 the release is not as it was released; 3 it is, but could not be made again
    as was asked.
    """
    options = _parser().parse_args(arguments)
    log_plainly(logging.StreamHandler(sys.stderr))
    try:
        return COMMANDS[options.command](options) or 0
    except ModuleNotFoundError as error:
        extra = EXTRAS.get(str(error.name).partition(".")[0])
        if extra is None:
            raise
        print(f"{options.command}: needs the package {error.name}, which is not installed here; "
              f"`make {options.command}` or `pip install 'asmgold[{extra}]'` installs it", file=sys.stderr)  # fmt: skip
        return 1
    except InputError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


def run_scenarios(given: str | None, client: Client) -> int:
    """Make the products of one or several scenarios: fetch what they need, then let Snakemake make what is outdated.

    The default scenario needs nothing that is fetched. In a folder without a configuration, the one that the package
    carries is put there first, to be changed at will. Of several scenarios, one that fails does not stop the others.
    """
    if not CONFIG.exists():
        shutil.copytree(shipped_project() / CONFIG, CONFIG)
        print(f"{CONFIG}/: the configuration was put here; it is yours to change", file=sys.stderr)
    if given is None:
        return _snakemake()
    if status := fetch_scenarios(given, client):
        return status
    several = ["--keep-going"] if len(scenario_names(given, CONFIG)) > 1 else []
    return _snakemake(*several, "--config", f"scenario={given}")


def fetch_scenarios(given: str | None, client: Client) -> int:
    """Pin and store what one or several scenarios need and have not."""
    statuses = [fetch_scenario(name, client) for name in (scenario_names(given, CONFIG) if given else [None])]
    return next(filter(None, statuses), 0)


def fetch_scenario(name: str | None, client: Client) -> int:
    """Pin and store what a scenario needs and has not. One source that fails does not keep the others away."""
    scenario = _scenario(name)
    failures: list[InputError] = []
    missing = [
        (source_name, scenario.sources[source_name], lock)
        for source_name in scenario.fetched
        for lock in [scenario.locks.get(source_name)]
        if lock is None or not is_stored(source_name, scenario.sources[source_name], lock)
    ]
    if not missing:
        print(f"{scenario.settings.scenario}: nothing to fetch, all that it needs is here and matches its pins")
        return 0
    check_network(
        [source.urls[0] for _, source, _ in missing],
        [source.urls[0] for source in scenario.sources.values() if source.filename],
        client.mirror,
    )
    for source_name, source, lock in missing:
        layers = scenario.layers_of(source_name)
        try:
            if lock is None:
                fetched = pin_missing(source_name, source, client=client, layers=layers)
                print(f"{source_name}: fetched {_counted(fetched.lock)} and pinned them: sha256 {fetched.lock.sha256}")
            else:
                ensure(source_name, source, lock, client=client, layers=layers)
                print(f"{source_name}: fetched what is pinned: sha256 {lock.sha256}")
        except InputError as error:
            print(error, file=sys.stderr)
            failures.append(error)
    # What a person has to look into comes before what may pass by itself.
    failures.sort(key=lambda failure: isinstance(failure, UnreachableError))
    return failures[0].exit_status if failures else 0


def import_source(name: str, file: Path, scenario_name: str | None, *, allow_fewer_rows: bool) -> None:
    """Take in a file that a person brought."""
    scenario = _scenario(scenario_name)
    sources, locks = scenario.sources, scenario.locks
    if name not in sources:
        known = ", ".join(key for key, source in sources.items() if source.filename)
        raise InputError(f"{name}: not a source of config/sources.yaml that is fetched ({known})")
    layers = scenario.layers_of(name)
    found = import_file(
        name, sources[name], file, locks.get(name), layers=layers, allow_fewer_rows=allow_fewer_rows
    )  # fmt: skip
    outcome = f"pinned {_counted(found.lock)}" if found.changed else "these bytes are pinned already"
    print(f"{name}: {outcome}: sha256 {found.lock.sha256}")


def describe_table(file: Path, layer: str | None) -> None:
    """Print the columns of a table, and a scenario that makes records of it."""
    from asmgold.sources.describe import describe  # which loads much

    print(describe(file, layer), end="")


def _counted(lock: Lock) -> str:
    return f"{lock.rows} rows" if lock.rows is not None else f"{lock.bytes} bytes"


def refresh_scenario(options: argparse.Namespace) -> None:
    """Take in what changed upstream, or nothing."""
    from asmgold.refresh.run import refresh  # which loads what a run that has nothing to do is faster without

    scenario = _scenario(options.scenario)
    place = _place(scenario)
    settings = load_refresh_settings(CONFIG / "refresh.yaml")

    def build(lock_file: Path, running: IO[str]) -> None:
        _run_workflow(place, lock_file, running)

    refresh(
        scenario,
        place,
        settings,
        build,
        client=_client(options),
        only=options.sources,
        allow_fewer_rows=options.allow_fewer_rows,
    )


def roll_back(scenario_name: str | None) -> None:
    """Return to the results and pins before the last refresh."""
    from asmgold.refresh.run import alone  # as above

    place = _place(_scenario(scenario_name))
    with alone(place):
        # A rollback that was killed when it counted already is finished now, and not followed by a second one.
        if recover(place.results).get(place.scenario) != ROLLBACK:
            rollback(place)
    print(f"{place.scenario}: the results and pins before the last refresh are back")


def reproduce_scenario(name: str | None) -> int:
    """Make a scenario anew elsewhere, and say of each product whether it is the same."""
    scenario = _scenario(name)
    compared = reproduce(scenario)
    print(*(comparison.sentence for comparison in compared), sep="\n")
    differing = [comparison.product for comparison in compared if comparison.fault]
    if differing:
        print(f"{scenario.settings.scenario}: {len(differing)} of {len(compared)} products differ from the published "
              f"ones: {', '.join(differing)}")  # fmt: skip
    else:
        print(f"{scenario.settings.scenario}: all {len(compared)} products, made anew in another folder, are identical "
              "with the published ones, byte for byte")  # fmt: skip
    return 1 if differing else 0


def make_release(options: argparse.Namespace) -> None:
    """Take the published result of a scenario through the gates into a folder of its own."""
    from asmgold.release.build import Order, check_date, release
    from asmgold.release.sums import SUMS  # needs packages that the other commands do not

    date = check_date(options.date or _today())
    for finished in recover(RESULTS):
        print(f"{finished}: finished what a killed run had begun to put in place", file=sys.stderr)
    folder = release(_scenario(options.scenario), Order(date, options.name, options.before))
    print(f"{folder}: released. The sha256 of its {SUMS}, to be stated where the release is announced:")
    print(sha256_of(folder / SUMS))


def verify_release(folder: Path, *, again: bool) -> int:
    """Check a release, and say of each check what came of it, and in the end what it means."""
    from asmgold.release.sums import SUMS
    from asmgold.release.verify import verify

    findings = verify(folder, again=again)
    print(*(finding.line for finding in findings), sep="\n")
    named = {kind: [finding.what for finding in findings if finding.kind == kind] for kind in ("fault", "unchecked")}
    if named["fault"]:
        print(f"{folder}: NOT as it was released: {excerpt(', '.join(dict.fromkeys(named['fault'])), 600)}")
        return 1
    left = f"; not checked: {', '.join(named['unchecked'])}" if named["unchecked"] else ""
    print(f"{folder}: as it was released, by all that was checked{left}")
    print(f"The sha256 of its {SUMS}, to compare with what those who released it state:\n{sha256_of(folder / SUMS)}")
    return 3 if again and "rerun" in named["unchecked"] else 0


def _today() -> str:
    """The day (UTC), or that of SOURCE_DATE_EPOCH, by which builds are made the same on any day."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return datetime.datetime.now(datetime.UTC).date().isoformat()
    try:
        return datetime.datetime.fromtimestamp(int(epoch), datetime.UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        raise InputError(f"SOURCE_DATE_EPOCH is {epoch!r}, seconds since 1970 were expected") from None


def write_report(name: str | None) -> int:
    """Write Snakemake's report of the last run of a scenario, beside its results."""
    scenario = _scenario(name).settings.scenario
    manifest, report = RESULTS / scenario / MANIFEST, RESULTS / f"{scenario}-report.html"
    if not manifest.is_file():
        raise InputError(f"{manifest}: there is none, so there is nothing to report on; run {scenario} first")
    command = [*_snakemake_command(), "--config", f"scenario={scenario}", "--report", str(report)]
    done = subprocess.run(
        command, env=cache_environment(), check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )  # fmt: skip
    if done.returncode:
        last = "\n".join(done.stdout.strip().splitlines()[-15:])
        raise InputError(f"{scenario}: no report could be written:\n{last}")
    print(f"{report}: {report.stat().st_size / 1e6:.1f} MB, opens in a browser without a network")
    return 0


def load_into_postgis(name: str | None, dsn: str, schema: str | None) -> None:
    """Load a published result into a PostGIS database, in place of an older load."""
    from asmgold.postgis.loading import load  # psycopg is there for this command alone

    scenario = name or _scenario(None).settings.scenario
    loaded = load(RESULTS, scenario, dsn, schema or None)
    counts = ", ".join(f"{loaded.rows[table]} {table}" for table in ("records", "sites", "regions"))
    which = "in place of the load before" if loaded.replaced else "for the first time"
    print(f"{scenario}: loaded into schema {loaded.schema} of {loaded.database}, {which}: {counts}")


def _run_workflow(place: ScenarioPaths, lock_file: Path, running: IO[str]) -> None:
    """Make the products in the build folder by Snakemake, short of publishing them."""
    status = _snakemake(
        str(place.build / MANIFEST), "--rerun-incomplete", "--no-hooks",
        "--config", f"scenario={place.scenario}", f"lock_file={lock_file}",
        running=running,
    )  # fmt: skip
    if status == BusyError.exit_status:
        raise BusyError(f"{place.scenario}: nothing was replaced")
    if status:
        raise InputError(f"{place.scenario}: what is new could not be made into products; nothing was replaced")


def _snakemake(*arguments: str, running: IO[str] | None = None) -> int:
    """Run Snakemake. It holds the lock on the file `running`, too: it may outlive this process, if that is killed.

    It ends with status 5 if another run is at work on the scenario.
    """
    passed = [running.fileno()] if running is not None and os.name == "posix" else []
    environment = cache_environment() | {"ASMGOLD_ALONE": "1"}
    process = subprocess.Popen(
        [*_snakemake_command(), *arguments], stdout=sys.stderr, pass_fds=passed, env=environment
    )  # fmt: skip
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.wait()  # it was interrupted as well, and puts its things in order
        raise


def _snakemake_command() -> list[str]:
    """How to call Snakemake: on the workflow of the checkout that this is, or else on the one of the package."""
    in_checkout = Path("workflow/asmgold").is_dir()
    where = [] if in_checkout else ["--snakefile", str(shipped_project() / "workflow/Snakefile")]
    return [sys.executable, "-m", "snakemake", *where]


def _place(scenario: Scenario) -> ScenarioPaths:
    return ScenarioPaths(RESULTS, scenario.settings.scenario, LOCK_FILE)


def _scenario(name: str | None) -> Scenario:
    values = read_yaml(CONFIG / "config.yaml")
    if not isinstance(values, dict):
        raise InputError(f"{CONFIG / 'config.yaml'}: a mapping of keys was expected")
    return load_scenario(values | ({"scenario": name} if name else {}), {}, CONFIG, pinned=False)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments, but show none that may hold a password."""
        if "://" in message or "password" in message.casefold():
            message = "arguments that are not understood; they are not shown, since they may hold a password"
        super().error(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="asmgold",
        description="ASM gold regions from records of the USGS. `asmgold COMMAND --help` explains a command.",
    )
    parser.add_argument("--version", action="version", version=f"asmgold {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")

    def add(name: str, meaning: str, scenario: str | None = "default: that of config/config.yaml") -> _Parser:
        command: _Parser = commands.add_parser(name, help=meaning, description=f"{meaning[0].upper()}{meaning[1:]}.")
        if scenario:
            command.add_argument("--scenario", metavar="NAME", help=scenario)
        return command

    several = "one, several with blanks between them, or a group; default: that of config/config.yaml"
    run = add("run", "make the products of a scenario; fetch first what a scenario that is named needs", several)
    fetch = add("fetch", "fetch and pin what a scenario needs and has not", several)
    refresh = add("refresh", "take in what changed upstream, if it passes the gates")
    refresh.add_argument("sources", nargs="*", metavar="SOURCE", help="ask for these sources only")
    add("rollback", "return to the results and pins before the last refresh")
    import_file = add(
        "import", "take in a file that was brought by hand, and pin it", "check a layer as this scenario reads it"
    )
    import_file.add_argument("source", metavar="SOURCE", help="an entry of config/sources.yaml")
    import_file.add_argument("file", metavar="FILE", type=Path)
    for command in (refresh, import_file):
        command.add_argument(
            "--allow-fewer-rows", action="store_true", help="also if more than 10 %% of the rows are gone"
        )
    for command in (run, fetch, refresh):
        command.add_argument(
            "--mirror",
            metavar="URL",
            default=os.environ.get("ASMGOLD_MIRROR"),
            help="ask URL/HOST/PATH instead of https://HOST/PATH (default: the environment variable ASMGOLD_MIRROR)",
        )

    describe = add(
        "describe", "look at a table or layer of records, and propose the scenario that maps it", scenario=None
    )
    describe.add_argument("file", metavar="FILE", type=Path)
    describe.add_argument("--layer", metavar="NAME", help="of a file that holds several")
    add("reproduce", "make a scenario anew in another folder and compare the products")
    add("report", "write Snakemake's report of the last run")
    release = add("release", "take the results through the gates into releases/, with provenance")
    release.add_argument("--name", help="of the release and its folder; default: SCENARIO-DATE")
    release.add_argument("--date", metavar="YYYY-MM-DD", help="the day of the release; default: today (UTC)")
    release.add_argument(
        "--before", metavar="NAME", help="the release to compare with; default: the last one before it"
    )
    verify = add("verify", "check a release that someone was sent", scenario=None)
    verify.add_argument("folder", metavar="FOLDER", type=Path)
    verify.add_argument("--rerun", action="store_true", help="make the products again, and compare every byte")
    postgis = add("postgis", "load a published result into a PostGIS database, whole or not at all")
    postgis.add_argument(
        "--dsn", nargs="+", required=True, metavar="DSN", help="where to, without a password: docs/postgis.md"
    )
    postgis.add_argument("--schema", metavar="NAME", help="default: asmgold_NAME, with _ for -")
    return parser


def _client(options: argparse.Namespace) -> Client:
    return Client(mirror=options.mirror or None)


COMMANDS: dict[str, Callable[[argparse.Namespace], int | None]] = {
    "run": lambda options: run_scenarios(options.scenario, _client(options)),
    "fetch": lambda options: fetch_scenarios(options.scenario, _client(options)),
    "refresh": refresh_scenario,
    "rollback": lambda options: roll_back(options.scenario),
    "import": lambda options: import_source(
        options.source, options.file, options.scenario, allow_fewer_rows=options.allow_fewer_rows
    ),
    "describe": lambda options: describe_table(options.file, options.layer),
    "reproduce": lambda options: reproduce_scenario(options.scenario),
    "report": lambda options: write_report(options.scenario),
    "release": make_release,
    "verify": lambda options: verify_release(options.folder, again=options.rerun),
    "postgis": lambda options: load_into_postgis(options.scenario, " ".join(options.dsn), options.schema),
}
