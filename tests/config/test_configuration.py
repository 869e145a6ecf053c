"""The models, the shipped files, the schemas and the reference say the same."""

from __future__ import annotations

import json
import re
import shutil
import time

import geopandas as gpd
import jsonschema
import pandas as pd
import pyproj
import pytest
import shapely
import yaml
from configuration import FILES, reference, schemas
from reference import command_reference, data_dictionary

from asmgold.config.loading import load_corrections, load_lock, load_sources
from asmgold.config.models import Settings
from asmgold.config.renamed import RENAMED_KEYS
from asmgold.config.scenario import load_module_scenario, load_scenario
from asmgold.errors import InputError
from asmgold.io.checksum import check_bytes
from asmgold.sources.records import read_records
from tests.conftest import PROJECT

CONFIG = PROJECT / "config"


def test_the_reference_and_the_schemas_are_those_of_the_models():
    assert (CONFIG / "README.md").read_text() == reference(), "run `make docs`"
    assert (PROJECT / "docs/data-dictionary.md").read_text() == data_dictionary(), "run `make docs`"
    commands = command_reference((PROJECT / "Makefile").read_text())
    assert (PROJECT / "docs/commands.md").read_text() == commands, "run `make docs`"
    for name, text in schemas().items():
        assert (CONFIG / name).read_text() == text, "run `make docs`"


@pytest.mark.parametrize("name", FILES)
def test_the_shipped_files_fit_their_schemas(name):
    path = CONFIG / name.replace(".schema.json", ".yaml")
    assert f"$schema={name}" in path.read_text().splitlines()[0]
    jsonschema.validate(yaml.safe_load(path.read_text()), json.loads((CONFIG / name).read_text()))


def test_the_shipped_configuration_is_complete():
    shipped = yaml.safe_load((CONFIG / "config.yaml").read_text())
    assert set(shipped) | {"extends"} == set(Settings.model_fields)  # which is for the files of scenarios


def test_every_embedded_file_is_the_one_that_is_pinned():
    sources, locks = load_sources(CONFIG / "sources.yaml"), load_lock(CONFIG / "sources.lock.yaml")
    embedded = {name: source for name, source in sources.items() if source.path}
    assert {"mrds_peru", "major_deposits_peru", "peru_departments_2007", "mining_seen_peru", "mining_corridor"} <= set(
        embedded
    )
    for name, source in embedded.items():
        check_bytes(PROJECT / source.path, locks[name])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "not valid YAML"),
        ("- {id: a}", "0.record is missing"),
        ("- id: a\n  record: r\n  id: b", "id stands twice, in lines 1 and 3; join them to one"),
        (
            "- {id: a, record: r, expect: {latitude: 1}, set: {longitude: 1}, reason: x, evidence: y}",
            "different fields",
        ),
        (
            "- {id: a, record: r, expect: {latitude: 1.0}, set: {latitude: 91}, reason: x, evidence: y}",
            "set.latitude is 91.0, a number from -90 to 90 was expected",
        ),
        (
            "- {id: a, record: r, expect: {latitude: 1.0}, set: {latitude: null}, reason: x, evidence: y}",
            "set.latitude is None, a number from -90 to 90 was expected",
        ),
        (
            "- {id: a, record: r, expect: {longitude: west}, set: {longitude: 1}, reason: x, evidence: y}",
            "expect.longitude is 'west', a number or null was expected",
        ),
        (
            "- {id: a, record: r, expect: {name: null}, set: {name: 7}, reason: x, evidence: y}",
            "set.name is 7, a text or null was expected",
        ),
        (
            "- &a {id: a, record: r, expect: {latitude: 1.0}, set: {latitude: 2.0}, reason: x, evidence: y}\n- *a",
            "id 'a' stands twice",
        ),
    ],
)
def test_mistakes_in_a_list_of_corrections_are_named(tmp_path, text, message):
    path = tmp_path / "corrections.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        load_corrections(path)


def test_an_entry_that_was_pasted_below_another_one_is_not_lost_silently(tmp_path):
    shutil.copytree(CONFIG, tmp_path / "config")
    path = tmp_path / "config/config.yaml"
    path.write_text(f"{path.read_text()}\noverlays:\n  mine:\n    file: mine.gpkg\n")
    values = yaml.safe_load(path.read_text())  # as Snakemake reads it: without Madre de Dios
    assert list(values["overlays"]) == ["mine"]
    for scenario in ("peru", "peru-es"):
        with pytest.raises(
            InputError, match=r"config\.yaml: not valid YAML \(overlays stands twice, in lines \d+ and \d+"
        ):
            load_scenario(values | {"scenario": scenario}, {}, tmp_path / "config")


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        ({"leave_out": ["map"]}, ["leave_out is now called skip_products"]),
        ({"each_country": True}, ["each_country is now called per_country"]),
        (
            {"draws": {"seed": 1, "chance": 50}},
            ["draws is now called monte_carlo", "draws.chance is now called monte_carlo.placements"],
        ),
        ({"monte_carlo": {"chance": 50}}, ["monte_carlo.chance is now called monte_carlo.placements"]),
        (
            {"overlays": {"units": {"file": "a.gpkg", "by": "name"}}},
            ["overlays.units.by is now called overlays.units.group_by"],
        ),
        ({"rasters": {"jobs": 3}}, ["rasters.jobs is now called rasters.tiles"]),
    ],
)
@pytest.mark.parametrize("place", ["config.yaml", "scenario", "command line"])
def test_old_keys_of_the_question_are_answered_with_the_new_ones(tmp_path, values, lines, place):
    shutil.copytree(CONFIG, tmp_path / "config")
    shipped = yaml.safe_load((CONFIG / "config.yaml").read_text())
    if place == "scenario":
        (tmp_path / "config/scenarios/mine.yaml").write_text(yaml.safe_dump({"scenario": "mine", **values}))
        shipped["scenario"] = "mine"
    given = values if place == "command line" else {}
    with pytest.raises(InputError) as error:
        load_scenario(shipped | (values if place != "scenario" else {}), given, tmp_path / "config")
    assert str(error.value).splitlines() == [f"configuration: {line}" for line in lines]


@pytest.mark.parametrize(
    ("load", "key", "line"),
    [
        (load_sources, "address", "mrds.address is now called mrds.urls"),
        (load_sources, "second_address", "mrds.second_address is now called mrds.urls"),
        (load_sources, "via", "mrds.via is now called mrds.protocol"),
        (load_lock, "asked", "mrds.asked is now called mrds.requested_url"),
        (load_lock, "answered", "mrds.answered is now called mrds.resolved_url"),
    ],
)
def test_old_keys_of_a_source_are_answered_with_the_new_ones(tmp_path, load, key, line):
    path = tmp_path / "file.yaml"
    path.write_text(f"mrds:\n  {key}: https://example.org/a.zip\n")
    with pytest.raises(InputError) as error:
        load(path)
    assert str(error.value) == f"{path}: {line}"


def test_the_changelog_lists_what_was_renamed():
    chapter = (PROJECT / "CHANGELOG.md").read_text().split("### Renamed\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\S+) \| `(\S+)` \| `(\S+)` \|$", chapter, re.MULTILINE)
    keys = [(file, old, new) for file, names in RENAMED_KEYS.items() for old, new in names.items()]
    assert rows[: len(keys)] == keys
    dictionary = data_dictionary()
    for _, old, new in rows[len(keys) :]:
        assert f"`{new}`" in dictionary, new
        assert f"`{old}`" not in dictionary, old


def test_every_shipped_correction_holds_on_the_embedded_records():
    corrections = [c for c in load_corrections(CONFIG / "corrections.yaml") if c.id.startswith("peru_")]
    rows = read_records(PROJECT / "data/raw/embedded/mrds_peru.csv", "mrds").set_index("record_id")
    peru = gpd.read_file(PROJECT / "data/raw/embedded/peru_departments.geojson").union_all()
    assert len(corrections) == 37
    for correction in corrections:
        row = rows.loc[correction.record]
        said = {"longitude": float(row["longitude_text"]), "latitude": float(row["latitude_text"])}
        assert {field: said[field] for field in correction.expect} == correction.expect, correction.id
        assert row["country_reported"] == "Peru"
        mended = said | correction.set
        assert not peru.intersects(shapely.Point(said["longitude"], said["latitude"])), correction.id
        assert peru.contains(shapely.Point(mended["longitude"], mended["latitude"])), correction.id


def test_the_distances_given_as_evidence_are_true():
    corrections = load_corrections(CONFIG / "corrections.yaml")
    mrds = read_records(PROJECT / "data/raw/embedded/mrds_peru.csv", "mrds")
    deposits = read_records(PROJECT / "data/raw/embedded/major_deposits_peru.csv", "major_deposits")
    rows = pd.concat([mrds, deposits]).set_index("record_id")
    checked = 0
    for correction in corrections:
        found = re.search(r"([\d.]+) km from (\S+) of the same name", correction.evidence)
        if found is None or correction.record not in rows.index:
            continue
        mended = rows.loc[correction.record, ["longitude_text", "latitude_text"]].astype(float).tolist()
        mended = [correction.set.get("longitude", mended[0]), correction.set.get("latitude", mended[1])]
        other = rows.loc[found[2], ["longitude_text", "latitude_text"]].astype(float).tolist()
        assert pyproj.Geod(ellps="WGS84").inv(*mended, *other)[2] / 1000 == pytest.approx(float(found[1]), abs=0.051)
        assert names_agree(rows.loc[correction.record, "name"], rows.loc[found[2], "name"])
        checked += 1
    assert checked == 15


def names_agree(one, two):
    return re.sub(r"\W", "", one).casefold() == re.sub(r"\W", "", two).casefold()


def test_a_guest_changes_a_shipped_scenario_or_brings_a_whole_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    default = load_module_scenario({}, PROJECT)
    assert default.settings.scenario == "peru"
    assert default.source_file("mrds_peru") == str(PROJECT / "data/raw/embedded/mrds_peru.csv")
    assert len(default.corrections) > 37
    changed = load_module_scenario({"scenario": "peru-es", "buffer_km": 7}, PROJECT)
    assert (changed.settings.language, changed.settings.buffer_km) == ("es", 7)
    own = {"scenario": "mine", "records": ["mrds_peru"], "area": {"file": "mine.geojson"}}
    (tmp_path / "mine.geojson").touch()
    (tmp_path / "data/raw/embedded").mkdir(parents=True)
    (tmp_path / "data/raw/embedded/mrds_peru.csv").touch()
    scenario = load_module_scenario(own, PROJECT)
    assert scenario.settings.overlays == {}
    assert scenario.own_files == ["mine.geojson"]
    # What is in the working directory comes before what the project carries.
    assert scenario.source_file("mrds_peru") == "data/raw/embedded/mrds_peru.csv"
    with pytest.raises(InputError, match=r"scenario is 'preu', none of .* \(peru, .*; records and area would have"):
        load_module_scenario({"scenario": "preu"}, PROJECT)
    with pytest.raises(
        InputError, match=r"'mrds'; copy the folder .*config here and pin it by `python -m asmgold fetch`"
    ):
        load_module_scenario({"scenario": "gha"}, PROJECT)  # a country, known but not pinned


HOSTILE_YAML = {
    "[" * 2000: "nested more than 50 levels deep",
    "- " * 2000: "nested more than 50 levels deep",
    "a: !!int x": "not valid YAML",
    "a: !!timestamp x": "not valid YAML",
    f"a: {'1' * 5000}": "not valid YAML",
    "{a: 1, a: 2}": "a stands twice, in lines 1 and 1",
    "a: \xff": "a mapping was expected",
    "\n".join(
        ["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30))]
    ): "a mapping was",
    "".join(f"x{n}: 1\n" for n in range(1000)): "and 980 more mistakes",
    "x" * 10_000: "a mapping was expected",
}


@pytest.mark.parametrize(("text", "told"), HOSTILE_YAML.items(), ids=range(len(HOSTILE_YAML)))
def test_whatever_a_file_of_the_configuration_holds_the_answer_is_short_and_soon(tmp_path, text, told):
    path = tmp_path / "sources.lock.yaml"
    path.write_text(text, encoding="utf-8")
    start = time.process_time()
    with pytest.raises(InputError) as raised:
        load_lock(path)
    assert time.process_time() - start < 1
    assert told in str(raised.value)
    assert len(str(raised.value)) < 8000
    with pytest.raises(InputError, match="could not be read"):
        load_lock(tmp_path)
