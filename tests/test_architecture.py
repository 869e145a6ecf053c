"""The house: each room stands on its floor, imports only what lies below or beside it, and never in a circle."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from pathlib import Path

from asmgold.config.code import imported_files
from tests.conftest import PROJECT

WORKFLOW = PROJECT / "workflow"
LIBRARY = WORKFLOW / "asmgold"
FLOORS = (
    {"errors", "geodesy", "vocabulary", "schemas"},
    {"config"},
    {"io"},
    {"sources", "records"},
    {"upstream", "regions", "rasters"},
    {"evidence"},
    {"publish"},
    {"refresh", "postgis"},
    {"release"},
    {"cli"},
    {"__main__"},
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
ARROWS = {
    path: {
        file
        for file in imported_files(path, WORKFLOW)
        if (file != path and file.parent != LIBRARY) or file.stem in FLOOR_OF
    }
    for path in LIBRARY.rglob("*.py")
}


def room_of(path: Path) -> str:
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def test_every_room_has_a_floor_and_no_arrow_runs_upward():
    rooms = {room_of(path) for path in ARROWS} - {"__init__"}
    assert rooms == set(FLOOR_OF)
    upward = [
        f"{path.relative_to(LIBRARY)} -> {file.relative_to(LIBRARY)}"
        for path, files in ARROWS.items()
        for file in files
        if room_of(path) in FLOOR_OF and FLOOR_OF[room_of(file)] > FLOOR_OF[room_of(path)]
    ]
    assert upward == []


def test_the_page_on_architecture_shows_every_room_on_its_floor():
    shown, floor = {}, -1
    page = (PROJECT / "docs/architecture.md").read_text("utf-8")
    for number, room, content in re.findall(r"^\| (\d*) ?\| `asmgold\.(\w+)` \| (.+) \|$", page, re.MULTILINE):
        floor = int(number or floor)
        shown[room] = floor
        for name in re.findall(r"`(\w+)/?`", content):
            assert list(LIBRARY.glob(f"{room}/{name}*")), f"{room}/{name}"
    assert shown == {room: floor for room, floor in FLOOR_OF.items() if room != "__main__"}


def test_no_module_imports_itself_by_way_of_others():
    TopologicalSorter(ARROWS).prepare()  # raises CycleError, which names the circle


def test_rooms_do_not_lean_on_one_another():
    rooms: dict[str, set[str]] = {}
    for path, files in ARROWS.items():
        rooms.setdefault(room_of(path), set()).update({room_of(file) for file in files} - {room_of(path)})
    TopologicalSorter(rooms).prepare()


def test_geodesy_stands_by_itself():
    assert {room_of(file) for path, files in ARROWS.items() if room_of(path) == "geodesy" for file in files} == {
        "geodesy"
    }
