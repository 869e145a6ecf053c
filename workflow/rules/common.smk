"""The configuration as the rules see it: checked once, before any job starts."""

import sys
from pathlib import Path

from asmgold.config import (
    Area,
    Layer,
    check_settings,
    load_corrections,
    load_lock,
    load_sources,
    read_yaml,
)
from asmgold.errors import InputError


def stop(message):
    """End with the message alone: what a user can mend needs no traceback."""
    print(f"\n{message}\n", file=sys.stderr, flush=True)
    raise SystemExit(1)


try:
    scenario_file = Path(f"config/scenarios/{config.get('scenario')}.yaml")
    if scenario_file.is_file():
        workflow.configfile(scenario_file)
    elif config.get("scenario") != read_yaml(Path("config/config.yaml")).get("scenario"):
        known = sorted(path.stem for path in Path("config/scenarios").glob("*.yaml"))
        raise InputError(
            f"configuration: scenario is {config['scenario']!r}, that of config/config.yaml or one of "
            f"config/scenarios/ was expected ({', '.join(known) or 'there is none yet'})"
        )
    SOURCES = load_sources(Path("config/sources.yaml"))
    LOCKS = load_lock(Path("config/sources.lock.yaml"))
    SETTINGS = check_settings({key: value for key, value in config.items() if key != "pathvars"}, SOURCES)
    CORRECTIONS = load_corrections(Path("config/corrections.yaml")) if SETTINGS.corrections else []
    unpinned = [
        name
        for name in [
            *SETTINGS.records,
            SETTINGS.area.source,
            *(o.source for o in SETTINGS.overlays.values()),
        ]
        if name is not None and name not in LOCKS
    ]
    if unpinned:
        raise InputError(
            f"config/sources.lock.yaml: has no entry {unpinned[0]!r}, each source that is used was expected"
        )
except InputError as error:
    stop(error)

LAYERS = {"area": SETTINGS.area} | {f"overlay_{name}": overlay for name, overlay in SETTINGS.overlays.items()}


def as_params(model):
    """A model's plain values, so that a change of one of them reruns what depends on it and nothing else."""
    return model.model_dump(mode="json", exclude_none=True)


def layer_file(layer):
    return SOURCES[layer.source].path if layer.source else layer.file


def layer_title(name, layer):
    return layer.title or (SOURCES[layer.source].title if layer.source else name.replace("_", " "))


def used_sources():
    """Registration and lock of every source that the scenario uses, in the order of the registry."""
    named = {
        *SETTINGS.records,
        *(layer.source for layer in LAYERS.values() if layer.source),
    }
    return {
        name: as_params(source) | {"lock": as_params(LOCKS[name])} for name, source in SOURCES.items() if name in named
    }


def data_date():
    """The products carry the date of the newest data in them, never that of the clock."""
    dates = [source["date"] for source in used_sources().values() if source.get("date")]
    return max([f"{date}-01-01"[:10] for date in dates], default="1970-01-01")


def report_success():
    summary = Path(f"results/.build/{SETTINGS.scenario}/summary.txt")
    print(f"\n{summary.read_text(encoding='utf-8')}", file=sys.stderr, flush=True)


def report_failure():
    failures = sorted(Path(f"results/.build/{SETTINGS.scenario}/logs").glob("*.failed"))
    for failure in failures:
        print(f"\n{failure.read_text(encoding='utf-8')}", file=sys.stderr)
        failure.unlink()
    folder = Path(f"results/{SETTINGS.scenario}")
    kept = f" The last complete ones are still in {folder}/." if (folder / "manifest.json").is_file() else ""
    print(f"Stopped: the products were not made.{kept}", file=sys.stderr, flush=True)
