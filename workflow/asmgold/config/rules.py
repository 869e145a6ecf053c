"""What the rules ask of a scenario, as plain values: which files, which batches, what a raster says of its sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asmgold.config.loading import read_yaml
from asmgold.config.models import Exposure, Layer
from asmgold.config.paths import LOCK_FILE, ROOT, located_file, shipped_project
from asmgold.config.scenario import Scenario, load_module_scenario, load_scenario, scenario_names

CONFIG_FILE = Path("config/config.yaml")


def names_of_run(given: Mapping[str, Any]) -> list[str | None]:
    """The scenarios of a run, by what Snakemake was given for it: names, or None for the one of the configuration.

    Parameters
    ----------
    given : the keys of the command line, of a module's `config`, or both
    """
    folder = (Path() if LOCK_FILE.is_file() else shipped_project()) / CONFIG_FILE.parent
    return [*scenario_names(given["scenario"], folder)] if given.get("scenario") else [None]


def rule_prefix(name: str) -> str:
    """What stands before the names of a scenario's rules where several scenarios are one plan."""
    return f"{name.replace('-', '_')}_"


def scenario_of_run(given: Mapping[str, Any], project: Path) -> Scenario:
    """The scenario of a run, by what Snakemake was given for it.

    Parameters
    ----------
    given : the keys of the command line, of a module's `config`, or both
    project : the project's folder, as seen from the working directory

    Raises
    ------
    InputError : one line for each mistake.
    """
    if not LOCK_FILE.is_file():
        return load_module_scenario(given, project)
    values = read_yaml(CONFIG_FILE) or {}
    if values.keys() <= given.keys():
        # A workflow that imports this one as a module hands on its whole configuration: what differs was given for now.
        given = {key: value for key, value in given.items() if key not in values or values[key] != value}
    return load_scenario({**values, **given}, given, project=project)


@dataclass(frozen=True)
class RuleInputs:
    """The files that rules start from.

    Parameters
    ----------
    scenario : what is asked
    absolute : whether files that no rule makes are named by absolute paths. In a folder elsewhere, a module's prefix
        would be put before relative ones
    """

    scenario: Scenario
    absolute: bool = False

    def carried(self, path: str) -> str:
        """A file that no rule makes."""
        return str(Path(path).absolute()) if self.absolute else path

    def own_files(self) -> list[str]:
        """All files of the user, with those that belong to each."""
        contents = self.scenario.own_contents.values()
        return [self.carried(path) for path in dict.fromkeys(path for content in contents for path in content)]

    def of_source(self, name: str) -> str:
        """The file of a source: carried by the project, or in the store, whose folder is the pathvar `store`."""
        path = self.scenario.source_file(name)
        if name in self.scenario.fetched:
            return f"<store>/{Path(path).relative_to(ROOT)}"
        return self.carried(path)

    def of_table(self, path: str | None) -> str | list[str]:
        """The file of a table that the configuration may name."""
        return self.carried(located_file(path, self.scenario.project)) if path else []

    def of_item(self, item: Layer | Exposure) -> str:
        """The file of a layer or an exposure: that of its source, or the user's own."""
        return self.of_source(item.source) if item.source else self.carried(self.scenario.file_of(item))

    def tiles_of(self, name: str) -> list[str]:
        """The files that a raster is put together from, if it is made in tiles."""
        rasters = self.scenario.settings.rasters
        tiles = rasters.tiles if rasters else 1
        return [f"<build>/tiles/{name}.{tile}.tif" for tile in range(tiles)] if tiles > 1 else []

    def tile_of(self, wildcards: Mapping[str, str]) -> tuple[int, int] | None:
        """Which tile of a raster a job makes, and of how many; None where it makes the whole one."""
        rasters = self.scenario.settings.rasters
        tile = wildcards.get("tile")
        return (int(tile), rasters.tiles) if rasters and tile is not None else None


def raster_tags(scenario: Scenario, names: Iterable[str | None]) -> dict[str, str]:
    """What a raster says about the sources that it was made from."""
    wanted = set(names)
    used = [source for name, source in scenario.sources.items() if name in wanted]
    return {
        "SOURCE": " ".join(dict.fromkeys(source.citation for source in used)),
        "LICENCE": "; ".join(dict.fromkeys(source.licence for source in used)),
        "DATA_DATE": max((source.date for source in used if source.date), default=""),
    }


def batches(items: Sequence[str], size: int) -> list[list[str]]:
    """The items in their order, so many at a time."""
    return [list(items[first : first + size]) for first in range(0, len(items), size)]
