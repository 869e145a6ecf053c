"""Fetching from servers that falter, lie or give something else: nothing is lost, and one line says why."""

from __future__ import annotations

import email.utils
import io
import json
import logging
import re
import resource
import socket
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from asmgold.config.loading import load_lock
from asmgold.config.models import Evidence, Layer, Lock, Source
from asmgold.config.paths import stored_file
from asmgold.errors import InputError, RefusedError, UnreachableError
from asmgold.upstream import checks
from asmgold.upstream.client import Client, mirrored
from asmgold.upstream.fetch import Fetched, check_upstream, ensure, fetch, import_file, pin_missing
from asmgold.upstream.progress import Progress
from asmgold.upstream.store import incoming, prune, update_lock, write_lock
from tests.faulty_server import FaultyServer, Reply, faulty_server

PROJECT = Path(__file__).resolve().parents[2]
HEADER = "# The bytes that each source is pinned to.\n# Written by the program.\n"
COLUMNS = "dep_id,url,site_name,latitude,longitude,country,commod1,commod2,commod3,dev_stat"
QUICK = Client(attempts=3, backoff_s=0.01, max_wait_s=0.05, read_timeout_s=0.3, connect_timeout_s=1)


def mrds_csv(rows: int = 40, *, columns: str = COLUMNS, encoding: str = "utf-8", mark: str = "") -> bytes:
    lines = [columns]
    lines += [
        f'{10_000_000 + row},,"Ñahuí {row}{mark}",{-10 - row / 100},{-75 - row / 100},Peru,"Gold, Silver",,,Producer'
        for row in range(rows)
    ]
    return "\r\n".join([*lines, ""]).encode(encoding)


def zipped(**members: bytes) -> bytes:
    return archive({name.replace("__", "."): content for name, content in members.items()})


def archive(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def collection(*names: str, **more: Any) -> dict[str, Any]:
    ring = [[-70, -13], [-69, -13], [-69, -12], [-70, -12], [-70, -13]]
    features = [
        {"type": "Feature", "properties": {"shapeName": name}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for name in names
    ]
    return {"type": "FeatureCollection", "features": features, **more}


def as_json(content: object) -> bytes:
    return json.dumps(content).encode()


OLD = zipped(mrds__csv=mrds_csv(40))
NEW = zipped(mrds__csv=mrds_csv(44, mark=" II"))
OLD_LAYER = as_json(collection("Cusco", "Madre de Dios"))
NEW_LAYER = as_json(collection("Cusco", "Madre de Dios", "Puno"))


@dataclass
class Place:
    """A store with one pinned source, its lock, and the server it came from."""

    folder: Path
    server: FaultyServer
    name: str
    path: str
    source: Source
    client: Client = QUICK

    @property
    def root(self) -> Path:
        return self.folder / "data/raw"

    @property
    def lock_file(self) -> Path:
        return self.folder / "config/sources.lock.yaml"

    @property
    def lock(self) -> Lock:
        return load_lock(self.lock_file)[self.name]

    def check(self, **options: Any) -> Fetched:
        return check_upstream(
            self.name, self.source, self.lock, **{"client": self.client, "root": self.root, **options}
        )

    def ensure(self, **options: Any) -> Fetched:
        return ensure(self.name, self.source, self.lock, client=self.client, root=self.root, **options)

    def bring(self, content: bytes, **options: Any) -> Fetched:
        file = self.folder.parent / "brought"
        file.write_bytes(content)
        return import_file(self.name, self.source, file, self.lock, root=self.root, lock_file=self.lock_file, **options)

    def state(self) -> dict[str, bytes]:
        """Every file and folder, with its bytes."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes() if path.is_file() else b""
            for path in sorted(self.folder.rglob("*"))
        }


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with faulty_server() as running:
        yield running


def a_source(address: str, filename: str, reader: str, **more: Any) -> Source:
    return Source(
        title="t", producer="p", citation="c", licence="l", urls=[address], filename=filename, reader=reader, **more
    )


def a_place(tmp_path: Path, server: FaultyServer, name: str, filename: str, reader: str, content: bytes) -> Place:
    path = f"/{filename}"
    address = server.answer(
        path, Reply(content, headers={"ETag": '"old"', "Last-Modified": "Tue, 23 Aug 2022 12:00:00 GMT"})
    )
    place = Place(tmp_path / "place", server, name, path, a_source(address, filename, reader))
    place.lock_file.parent.mkdir(parents=True)
    place.lock_file.write_text(HEADER + "\nother:\n  sha256: " + "a" * 64 + "\n  bytes: 1\n")
    pin_missing(name, place.source, client=QUICK, root=place.root, lock_file=place.lock_file)
    server.requests.clear()
    return place


@pytest.fixture
def table(tmp_path: Path, server: FaultyServer) -> Place:
    return a_place(tmp_path, server, "mrds", "mrds-csv.zip", "mrds", OLD)


@pytest.fixture
def layer(tmp_path: Path, server: FaultyServer) -> Place:
    return a_place(tmp_path, server, "departments", "departments.geojson", "vector", OLD_LAYER)


@contextmanager
def nothing_changes(place: Place, kind: type[InputError], *texts: str) -> Iterator[None]:
    """The block fails with one line of this kind that says so much, and every file is as before."""
    before = place.state()
    with pytest.raises(InputError) as caught:
        yield
    assert caught.type is kind, caught.value
    assert caught.value.exit_status == {UnreachableError: 3, RefusedError: 4, InputError: 1}[kind]
    assert "\n" not in str(caught.value)
    for text in texts:
        assert text in str(caught.value)
    assert place.state() == before


# --- a server that falters, and recovers


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Reply(NEW, sent=len(NEW) // 2, then="reset"), id="reset half-way"),
        pytest.param(Reply(NEW, sent=len(NEW) // 2), id="truncated"),
        pytest.param(Reply(NEW, sent=len(NEW) // 2, then="stall"), id="stalled"),
        pytest.param(Reply(status=408), id="408"),
        pytest.param(Reply(status=429, headers={"Retry-After": "0"}), id="429"),
        pytest.param(Reply(b"oops", status=500), id="500"),
        pytest.param(Reply(b"oops", status=503), id="503"),
    ],
)
def test_a_passing_fault_is_overcome(table: Place, fault: Reply, caplog: pytest.LogCaptureFixture) -> None:
    table.server.answer(table.path, fault, fault, Reply(NEW, headers={"ETag": '"new"'}))
    before = table.state()
    with caplog.at_level(logging.INFO):
        found = table.check()
    assert found.changed
    assert found.path.read_bytes() == NEW
    assert (found.lock.etag, found.lock.rows, found.lock.bytes) == ('"new"', 44, len(NEW))
    assert len(table.server.asked(table.path)) == 3
    assert [record.message for record in caplog.records if "try 2 of 3" in record.message]
    after = table.state()
    assert {path: after[path] for path in before} == before
    assert len(after) == len(before) + 2  # the new file and its folder, beside the old


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        pytest.param(Reply(NEW, sent=len(NEW) // 2, then="reset"), "connection broke", id="reset half-way"),
        pytest.param(Reply(NEW, sent=len(NEW) // 2), "bytes before the end", id="truncated"),
        pytest.param(Reply(NEW, sent=len(NEW) // 2, then="stall"), "silence for 0.3 s", id="stalled"),
        pytest.param(Reply(status=429, headers={"Retry-After": "3600"}), "429 Too Many Requests", id="429"),
        pytest.param(Reply(status=503), "503 Service Unavailable", id="503"),
    ],
)
def test_a_lasting_fault_is_out_of_reach(table: Place, fault: Reply, text: str) -> None:
    table.server.answer(table.path, fault)
    with nothing_changes(table, UnreachableError, "mrds: ", table.source.urls[0], text, "(tried 3 times)"):
        table.check()
    assert len(table.server.asked(table.path)) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 304])
def test_a_refusal_is_not_asked_again(table: Place, status: int) -> None:
    table.server.answer(table.path, Reply(b"no", status=status))
    with nothing_changes(table, UnreachableError, f"the server answers {status}"):
        fetch(table.name, table.source, root=table.root, client=QUICK)
    assert len(table.server.asked(table.path)) == 1


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_honoured_up_to_a_bound(table: Place, form: str) -> None:
    wish = "3600" if form == "seconds" else email.utils.formatdate(time.time() + 3600, usegmt=True)
    table.server.answer(table.path, Reply(status=429, headers={"Retry-After": wish}), NEW)
    start = time.monotonic()
    assert table.check(client=replace(QUICK, max_wait_s=0.4)).changed
    assert 0.4 <= time.monotonic() - start < 2


def test_a_name_that_is_not_resolved(table: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_name(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_name)
    table.source = a_source("http://nowhere.invalid/mrds-csv.zip", "mrds-csv.zip", "mrds")
    with nothing_changes(table, UnreachableError, "nowhere.invalid", "its name could not be resolved"):
        table.check()


def test_a_refused_connection(table: Place) -> None:
    with faulty_server() as gone:
        address = gone.answer("/mrds-csv.zip", NEW)
    table.source = a_source(address, "mrds-csv.zip", "mrds")
    with nothing_changes(table, UnreachableError, "no connection (connection refused)"):
        table.check()


def test_a_download_without_end_in_time(table: Place) -> None:
    table.server.answer(table.path, NEW)
    with nothing_changes(table, UnreachableError, "and no end"):
        table.check(client=replace(QUICK, deadline_s=0.0))


# --- redirections


def test_redirections_are_followed_also_to_another_host(table: Place) -> None:
    with faulty_server() as other:
        there = other.answer("/there.zip", NEW)
        table.server.answer("/next", Reply(status=302, headers={"Location": there}))
        table.server.answer(table.path, Reply(status=301, headers={"Location": "/next"}))
        found = table.check()
    assert found.changed
    assert (found.lock.requested_url, found.lock.resolved_url) == (table.source.urls[0], there)


def test_a_loop_of_redirections(table: Place) -> None:
    table.server.answer(table.path, Reply(status=302, headers={"Location": table.path}))
    with nothing_changes(table, UnreachableError, "leads on more than 5 times"):
        table.check()
    assert len(table.server.requests) == 6


@pytest.mark.parametrize(
    ("headers", "kind", "text"),
    [
        ({}, UnreachableError, "does not say where to"),
        ({"Location": "file:///etc/hostname"}, RefusedError, "an address on the web was expected"),
    ],
)
def test_redirections_to_nowhere(table: Place, headers: dict[str, str], kind: type[InputError], text: str) -> None:
    table.server.answer(table.path, Reply(status=302, headers=headers))
    with nothing_changes(table, kind, text):
        table.check()


def test_no_way_leads_from_https_to_http(table: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def led_astray(_: object, url: str, **__: object) -> requests.Response:
        response = requests.Response()
        response.status_code, response.url, response.raw = 302, url, io.BytesIO()
        response.headers["Location"] = "http://example.org/mrds-csv.zip"
        return response

    monkeypatch.setattr(requests.Session, "get", led_astray)
    table.source = a_source("https://example.org/mrds-csv.zip", "mrds-csv.zip", "mrds")
    with nothing_changes(table, RefusedError, "leads from https to http://example.org"):
        table.check()


# --- conditional requests


def test_the_version_at_hand_is_not_transferred_again(table: Place) -> None:
    table.server.answer(table.path, Reply(status=304))
    before = table.state()
    found = table.check()
    assert (found.changed, found.lock) == (False, table.lock)
    assert table.state() == before
    asked = table.server.asked(table.path)[0].headers
    assert asked["If-None-Match"] == '"old"'
    assert "If-Modified-Since" not in asked
    assert asked["User-Agent"].startswith("asmgold/")


def test_the_same_bytes_under_another_mark_are_no_change(table: Place) -> None:
    table.server.answer(table.path, Reply(OLD, headers={"ETag": '"another"'}))
    before = table.state()
    assert not table.check().changed
    assert table.state() == before


def test_without_an_etag_the_date_is_asked_about(table: Place) -> None:
    update_lock({"mrds": table.lock.model_copy(update={"etag": None})}, table.lock_file, table.root)
    table.server.answer(table.path, Reply(status=304))
    assert not table.check().changed
    assert table.server.asked(table.path)[0].headers["If-Modified-Since"] == "Tue, 23 Aug 2022 12:00:00 GMT"


# --- a server that gives something else


def wrong_checksum() -> bytes:
    content = bytearray(archive({"mrds.csv": mrds_csv(44)}))
    start = content.index(b"PK\x01\x02")
    content[start + 16 : start + 20] = b"\0\0\0\0"
    return bytes(content)


def flipped_inside() -> bytes:
    content = bytearray(NEW)
    content[len(content) // 3] ^= 0xFF
    return bytes(content)


def lying_about_its_size() -> bytes:
    """Many bytes that claim to be a thousand."""
    content = bytearray(archive({"mrds.csv": b"0" * (4 << 20)}))
    start = content.index(b"PK\x01\x02")
    content[start + 24 : start + 28] = struct.pack("<I", 1000)
    return bytes(content)


PAGE = b"\r\n<!DOCTYPE html><html><head><title>Down for maintenance</title></head></html>"
TABLE_FAULTS = {
    "web page": (PAGE, "a web page came instead of the file ('Down for maintenance')"),
    "empty": (b"", "the file is empty"),
    "error message": (
        b'{"error": {"code": 500, "message": "Out of\\nmemory"}}',
        "error instead of the file: 500 Out of",
    ),
    "something else": (b"dep_id,site_name\n1,x\n", "the zip archive is damaged"),
    "cut short": (NEW[: len(NEW) // 2], "the zip archive is damaged or cut short"),
    "wrong checksum": (wrong_checksum(), "Bad CRC-32 for file 'mrds.csv'"),
    "flipped bits": (flipped_inside(), "the zip archive is damaged"),
    "member missing": (
        zipped(readme__txt=b"x", other__csv=mrds_csv()),
        "holds readme.txt, other.csv; mrds.csv was expected",
    ),
    "parent path": (archive({"mrds.csv": mrds_csv(), "../../evil.sh": b"x"}), "holds '../../evil.sh'"),
    "absolute path": (archive({"/etc/mrds.csv": mrds_csv()}), "holds '/etc/mrds.csv'"),
    "Windows path": (archive({"C:\\mrds.csv": mrds_csv()}), "paths that stay inside it were expected"),
    "zip bomb": (archive({"mrds.csv": b"0" * (4 << 20)}), "unpacks to more than the 1048576 bytes"),
    "zip bomb of many": (archive({f"{n}.csv": b"0" * (1 << 20) for n in range(3)}), "more than the 2097152 bytes"),
    "zip bomb that lies": (lying_about_its_size(), "the zip archive is damaged"),
    "no rows": (zipped(mrds__csv=mrds_csv(0)), "has a header and no rows"),
    "renamed column": (
        zipped(mrds__csv=mrds_csv(columns=COLUMNS.replace("latitude", "lat"))),
        "mrds: has no column latitude",
    ),
    "half the rows": (zipped(mrds__csv=mrds_csv(20)), "has 20 rows, 40 were there before"),
    "wrong encoding": (zipped(mrds__csv=mrds_csv(encoding="latin-1")), "is 0xd1, UTF-8 text was expected"),
}
LAYER_FAULTS = {
    "web page": (PAGE, "a web page came instead of the file"),
    "empty": (b"", "the file is empty"),
    "ArcGIS error": (
        as_json({"error": {"code": 400, "message": "Invalid query", "details": []}}),
        "departments: the server gave an error instead of the file: 400 Invalid query",
    ),
    "ArcGIS limit": (as_json(collection("Cusco", "Puno", exceededTransferLimit=True)), "exceededTransferLimit"),
    "ArcGIS limit in properties": (
        as_json(collection("Cusco", "Puno", properties={"exceededTransferLimit": True})),
        "exceededTransferLimit",
    ),
    "cut short": (NEW_LAYER[:-20], "not valid JSON"),
    "no number": (NEW_LAYER.replace(b"-69", b"NaN"), "NaN is not a number of JSON"),
    "too deep": (b'{"type":' + b"[" * 100_000, "not valid JSON"),
    "wrong encoding": (as_json(collection("Huánuco")).replace(b"\\u00e1", b"\xe1"), "is 0xe1, UTF-8 text was expected"),
    "another type": (as_json({"type": "Topology"}), "JSON of type 'Topology', a GeoJSON FeatureCollection"),
    "a list": (b"[1]", "JSON of type None"),
    "no features": (as_json(collection()), "GeoJSON without features"),
    "no Feature": (as_json(collection() | {"features": [{"type": "Point"}]}), "feature 1 is no Feature"),
    "no coordinates": (
        as_json(collection() | {"features": [{"type": "Feature", "geometry": {"type": "Polygon"}}]}),
        "feature 1 has no geometry of a known kind",
    ),
    "no polygons": (
        as_json(
            collection()
            | {
                "features": [
                    {
                        "type": "Feature",
                        "properties": {"shapeName": "Cusco"},
                        "geometry": {"type": "Point", "coordinates": [1, 2]},
                    }
                ]
            }
        ),
        "holds Point, polygons were expected",
    ),
    "off the globe": (NEW_LAYER.replace(b"-69", b"-690"), "longitudes within 180"),
    "ring of two points": (
        as_json(
            collection()
            | {
                "features": [
                    {
                        "type": "Feature",
                        "properties": {},
                        "geometry": {"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]},
                    }
                ]
            }
        ),
        "feature 1 has a ring that is not closed",
    ),
    "no positions": (NEW_LAYER.replace(b"-69", b'"-69"'), "feature 1 has a position that is not two or three numbers"),
    "positions of another kind": (
        NEW_LAYER.replace(b'"Polygon"', b'"MultiPolygon"'),
        "has a position that is not two or three numbers",
    ),
    "numbers for rings": (
        NEW_LAYER.replace(b"[[[-70, -13]", b"[-70, [[-13, 1]"),
        "has coordinates that are not those of a Polygon",
    ),
    "another depth": (NEW_LAYER.replace(b"[[[", b"[[").replace(b"]]]", b"]]"), "feature 1 has a position that is not"),
    "half the rows": (as_json(collection("Cusco")), "has 1 rows, 2 were there before"),
    "renamed field": (NEW_LAYER.replace(b"shapeName", b"name"), "has no field 'shapeName', its fields are name"),
}


@pytest.mark.parametrize("way", ["check", "ensure", "import"])
@pytest.mark.parametrize("fault", TABLE_FAULTS)
def test_a_wrong_table_is_refused(table: Place, fault: str, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "MAX_UNPACKED_MEMBER_BYTES", 1 << 20)
    monkeypatch.setattr(checks, "MAX_UNPACKED_BYTES", 2 << 20)
    refused_by_every_way(table, way, *TABLE_FAULTS[fault])


@pytest.mark.parametrize("way", ["check", "ensure", "import"])
@pytest.mark.parametrize("fault", LAYER_FAULTS)
def test_a_wrong_layer_is_refused(layer: Place, fault: str, way: str) -> None:
    refused_by_every_way(
        layer, way, *LAYER_FAULTS[fault], layers=[Layer(source="departments", where={"shapeName": "Cusco"})]
    )


def refused_by_every_way(place: Place, way: str, content: bytes, text: str, **options: Any) -> None:
    place.server.answer(place.path, content)
    if way == "ensure":
        stored_file(place.name, place.source, place.lock, place.root).unlink()
    ways: dict[str, Callable[[], Fetched]] = {
        "check": lambda: place.check(**options),
        "ensure": lambda: place.ensure(**options),
        "import": lambda: place.bring(content, **options),
    }
    with nothing_changes(place, RefusedError, f"{place.name}: ", text):
        ways[way]()


def test_more_bytes_than_promised(table: Place) -> None:
    table.server.answer(table.path, Reply(NEW, promised=len(NEW) - 10))
    with nothing_changes(table, RefusedError, "damaged or cut short"):
        table.check()


@pytest.mark.parametrize("unpromised", [False, True])
def test_more_bytes_than_allowed(table: Place, unpromised: bool) -> None:
    table.server.answer(table.path, Reply(b"P" * 200_000, unpromised=unpromised))
    with nothing_changes(table, RefusedError, "100000"):
        table.check(client=replace(QUICK, max_bytes=100_000))


def test_fewer_rows_are_taken_in_if_that_is_allowed(table: Place) -> None:
    fewer = zipped(mrds__csv=mrds_csv(20))
    table.server.answer(table.path, fewer)
    assert table.check(allow_fewer_rows=True).lock.rows == 20
    assert table.bring(fewer, allow_fewer_rows=True).changed
    assert table.lock.rows == 20


def test_a_tenth_of_the_rows_may_go(table: Place) -> None:
    table.server.answer(table.path, zipped(mrds__csv=mrds_csv(36)))
    assert table.check().lock.rows == 36
    table.server.answer(table.path, zipped(mrds__csv=mrds_csv(35)))
    with nothing_changes(table, RefusedError, "has 35 rows"):
        table.check()


# --- the disk


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_while_fetching(table: Place) -> None:
    table.server.answer(table.path, NEW)
    with nothing_changes(table, InputError, "mrds-csv.zip: could not be written: the disk is full"), small_disk(500):
        table.check()


def test_a_full_disk_while_importing(table: Place) -> None:
    with nothing_changes(table, InputError, "the disk is full"):
        file = table.folder.parent / "brought.zip"
        file.write_bytes(NEW)
        with small_disk(500):
            import_file(table.name, table.source, file, table.lock, root=table.root, lock_file=table.lock_file)


def test_a_full_disk_while_writing_the_lock(table: Place) -> None:
    with (
        nothing_changes(table, InputError, "sources.lock.yaml: could not be written: the disk is full"),
        small_disk(50),
    ):
        update_lock({"new": Lock(sha256="b" * 64, bytes=1)}, table.lock_file, table.root)


# --- several URLs, tried in order


def with_more_urls(place: Place, *replies: Reply | bytes) -> None:
    """The source has a URL more for each reply: `/second.zip`, `/third.zip`."""
    names = ("second", "third")[: len(replies)]
    more = [place.server.answer(f"/{name}.zip", reply) for name, reply in zip(names, replies, strict=True)]
    place.source = place.source.model_copy(update={"urls": [place.source.urls[0], *more]})


@pytest.mark.parametrize("fault", [Reply(status=404), Reply(status=503), Reply(NEW, sent=9, then="reset")])
def test_the_second_url_is_tried_when_the_first_is_out_of_reach(
    table: Place, fault: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    with_more_urls(table, NEW)
    table.server.answer(table.path, fault)
    found = fetch(table.name, table.source, root=table.root, client=QUICK)
    assert found.lock.requested_url == table.source.urls[1]
    assert "is out of reach" in caplog.text
    assert "trying the next URL" in caplog.text


def test_the_third_url_is_tried_when_the_first_two_are_out_of_reach(table: Place) -> None:
    with_more_urls(table, Reply(status=404), NEW)
    table.server.answer(table.path, Reply(status=503))
    found = fetch(table.name, table.source, root=table.root, client=QUICK)
    assert found.lock.requested_url == table.source.urls[2]


def test_the_second_url_is_not_tried_otherwise(table: Place) -> None:
    with_more_urls(table, NEW)
    table.server.answer(table.path, NEW)
    fetch(table.name, table.source, root=table.root, client=QUICK)
    table.server.answer(table.path, PAGE)
    with nothing_changes(table, RefusedError, "a web page"):
        fetch(table.name, table.source, root=table.root, client=QUICK)
    table.server.answer(table.path, Reply(status=404))
    with nothing_changes(table, UnreachableError, "404 Not Found"):
        table.check()  # a preservation copy has no news
    assert not table.server.asked("/second.zip")


def test_both_urls_out_of_reach(table: Place) -> None:
    with_more_urls(table, Reply(status=404))
    table.server.answer(table.path, Reply(status=503))
    with nothing_changes(
        table, UnreachableError, "503 Service Unavailable", "second.zip is out of reach", "404 Not Found"
    ):
        fetch(table.name, table.source, root=table.root, client=QUICK)


# --- the lock and the store


def test_the_pinned_bytes_are_fetched_when_they_are_not_there(table: Place) -> None:
    before = table.state()
    path = table.ensure().path
    assert not table.server.requests
    for damage in (path.unlink, lambda: path.write_bytes(b"altered")):
        damage()
        assert table.ensure().path.read_bytes() == OLD
    assert table.state() == before


def test_other_bytes_than_those_pinned_stop_a_run(table: Place) -> None:
    stored_file(table.name, table.source, table.lock, table.root).unlink()
    table.server.answer(table.path, NEW)
    with nothing_changes(table, RefusedError, "mrds: upstream has changed", table.lock.sha256, "`make refresh` takes"):
        table.ensure()


def test_the_second_url_gives_the_pinned_bytes_or_none(table: Place) -> None:
    stored_file(table.name, table.source, table.lock, table.root).unlink()
    table.server.answer(table.path, Reply(status=503))
    with_more_urls(table, NEW)
    with nothing_changes(table, UnreachableError, "second.zip gives other bytes than those pinned"):
        table.ensure()
    with_more_urls(table, OLD)
    assert table.ensure().path.read_bytes() == OLD


def test_pinning_a_source_leaves_the_other_entries_alone(table: Place) -> None:
    before = table.lock_file.read_text()
    assert before.startswith(HEADER + "\nmrds:\n  requested_url: ")
    assert before.endswith("\n\nother:\n  sha256: " + "a" * 64 + "\n  bytes: 1\n")
    address = table.server.answer("/again.zip", NEW)
    pin_missing(
        "again", a_source(address, "again.zip", "mrds"), client=QUICK, root=table.root, lock_file=table.lock_file
    )
    after = table.lock_file.read_text()
    assert after.startswith(HEADER + "\nagain:\n")
    assert after.endswith(before.removeprefix(HEADER))
    update_lock({"again": None}, table.lock_file, table.root)
    assert table.lock_file.read_text() == before


def test_the_lock_that_the_project_carries_is_written_as_it_is(tmp_path: Path) -> None:
    carried = PROJECT / "config/sources.lock.yaml"
    copy = tmp_path / "lock.yaml"
    copy.write_bytes(carried.read_bytes())
    write_lock(load_lock(copy), copy)
    assert copy.read_bytes() == carried.read_bytes()


def test_importing(table: Place) -> None:
    found = table.bring(NEW)
    assert found.changed
    assert found.path.read_bytes() == NEW
    assert table.lock == found.lock
    assert (found.lock.rows, found.lock.requested_url, found.lock.etag) == (44, None, None)
    state = table.state()
    assert not table.bring(NEW).changed
    assert table.state() == state
    assert not table.server.requests


def test_importing_what_is_not_there(table: Place) -> None:
    with nothing_changes(table, InputError, "missing.zip: there is no such file"):
        import_file("mrds", table.source, Path("missing.zip"), table.lock, root=table.root, lock_file=table.lock_file)


def test_old_versions_stay_until_they_are_pruned(table: Place) -> None:
    table.server.answer(table.path, NEW)
    new, old = table.check(), table.lock
    assert stored_file(table.name, table.source, old, table.root).is_file()
    assert prune(table.name, [old.sha256, new.lock.sha256], table.root) == []
    assert prune(table.name, [new.lock.sha256], table.root) == [
        stored_file(table.name, table.source, old, table.root).parent
    ]
    assert new.path.is_file()


def test_what_a_killed_program_left_is_removed(table: Place) -> None:
    left = table.root / "mrds/.incoming-left"
    left.mkdir()
    (left / "owner").touch()
    (left / "mrds-csv.zip.part").write_bytes(b"half")
    with incoming("mrds", table.root) as busy:
        assert not left.exists()
        with incoming("mrds", table.root):
            assert busy.exists()
    assert not list((table.root / "mrds").glob(".incoming-*"))


def test_nothing_is_left_where_nothing_came(tmp_path: Path, server: FaultyServer) -> None:
    source = a_source(server.answer("/x.zip", Reply(status=404)), "x.zip", "mrds")
    with pytest.raises(UnreachableError):
        fetch("x", source, root=tmp_path / "raw", client=QUICK)
    assert [path.name for path in tmp_path.rglob("*")] == ["raw", ".lock"]


# --- geoBoundaries and mirrors


def test_geoboundaries_names_the_file(tmp_path: Path, server: FaultyServer) -> None:
    file = server.answer("/files/PER.geojson", OLD_LAYER)
    address = server.answer("/api/PER/", as_json({"gjDownloadURL": file}))
    found = fetch(
        "departments",
        a_source(address, "PER.geojson", "vector", protocol="geoboundaries"),
        root=tmp_path,
        client=QUICK,
        layers=[Layer(source="departments", where={"shapeName": "Madre de Dios"})],
    )
    assert (found.lock.requested_url, found.lock.resolved_url, found.lock.rows) == (address, file, 2)


@pytest.mark.parametrize("answer", [PAGE, b"[]", b"{}", b'{"gjDownloadURL": "ftp://example.org/x"}'])
def test_geoboundaries_names_nothing(layer: Place, answer: bytes) -> None:
    address = layer.server.answer("/api/PER/", answer)
    layer.source = a_source(address, "PER.geojson", "vector", protocol="geoboundaries")
    with nothing_changes(layer, RefusedError, "departments: ", "expected"):
        layer.check()


class ArcGisLayer:
    """Answers queries of points as an ArcGIS server does that gives so many features at a time, and none after."""

    def __init__(self, ids: list[int], most: int, *, lost: int = 0) -> None:
        self.ids, self.most, self.lost = ids, most, lost
        self.asked: list[str] = []

    def get(self, path: str, _: object) -> list[Reply]:
        query = dict(parse_qsl(urlsplit(path).query))
        if query.get("returnIdsOnly") == "true":
            return [Reply(as_json({"objectIdFieldName": "FID", "objectIds": self.ids}))]
        self.asked.append(query["where"])
        where = re.fullmatch(r"\(METAL='ORO'\) AND FID >= (\d+) AND FID <= (\d+)", query["where"])
        assert where is not None
        assert (query["outSR"], query["f"]) == ("4326", "geojson")
        found = [one for one in self.ids if int(where[1]) <= one <= int(where[2]) and one != self.lost]
        features = [
            {
                "type": "Feature",
                "id": one,
                "properties": {},
                "geometry": {"type": "Point", "coordinates": [one / 100, 0]},
            }
            for one in found[: self.most]
        ]
        content = {"type": "FeatureCollection", "features": features}
        return [Reply(as_json(content | ({"exceededTransferLimit": True} if len(found) > self.most else {})))]


def fetch_arcgis(tmp_path: Path, server: FaultyServer, layer: Any) -> Fetched:
    server.replies = layer
    address = f"{server.root}/MapServer/0/query?where=METAL='ORO'&outFields=*&outSR=4326&f=geojson"
    return fetch(
        "miners",
        a_source(address, "miners.geojson", "vector", protocol="arcgis"),
        root=tmp_path,
        client=QUICK,
        layers=[Evidence(source="miners")],
    )


@pytest.mark.parametrize(("most", "batches"), [(5000, 3), (1000, 3), (400, 7)])
def test_a_layer_of_an_arcgis_server_is_fetched_in_batches(
    tmp_path: Path, server: FaultyServer, most: int, batches: int
) -> None:
    ids = [7, *range(150, 10, -1), *range(200, 2300)]
    layer = ArcGisLayer(ids, most)
    found = fetch_arcgis(tmp_path, server, layer)
    assert found.lock.rows == len(ids)
    content = json.loads(found.path.read_text())
    assert [feature["id"] for feature in content["features"]] == sorted(ids)
    assert len(layer.asked) == batches
    assert fetch_arcgis(tmp_path, server, ArcGisLayer(sorted(ids), most)).lock.sha256 == found.lock.sha256


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (ArcGisLayer([1, 2, 3], 0), "gives 0 of 3 features that it has named"),
        (ArcGisLayer([*range(1, 90)], 40, lost=60), "gives 39 of 40 features that it has named"),
        (ArcGisLayer([], 10), "GeoJSON without features"),
        ({}, "does not name the ids"),
        ({"error": {"code": 400, "message": "Invalid query"}}, "an error instead of the file: 400 Invalid query"),
        ([1], "answers with JSON that is no object"),
    ],
)
def test_an_arcgis_server_that_gives_less_is_refused(
    tmp_path: Path, server: FaultyServer, layer: Any, message: str
) -> None:
    class Always:
        def get(self, *_: object) -> list[Reply]:
            return [Reply(as_json(layer))]

    with pytest.raises(RefusedError, match=message):
        fetch_arcgis(tmp_path, server, layer if isinstance(layer, ArcGisLayer) else Always())
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lock"]


def test_a_mirror_is_asked_instead_everywhere(tmp_path: Path, server: FaultyServer) -> None:
    server.answer("/api.example.org/PER/?a=1", as_json({"gjDownloadURL": "https://files.example.org/raw.geojson"}))
    moved = {"Location": "https://media.example.org/PER.geojson"}
    server.answer("/files.example.org/raw.geojson", Reply(status=302, headers=moved))
    answered = server.answer("/media.example.org/PER.geojson", OLD_LAYER)
    found = fetch(
        "departments",
        a_source("https://api.example.org/PER/?a=1", "PER.geojson", "vector", protocol="geoboundaries"),
        root=tmp_path,
        client=replace(QUICK, mirror=server.root + "/"),
    )
    assert (found.lock.requested_url, found.lock.resolved_url) == ("https://api.example.org/PER/?a=1", answered)


def test_a_mirror_that_has_not_the_file_is_named(table: Place) -> None:
    table.source = a_source("https://example.org/x.zip", "x.zip", "mrds")
    with nothing_changes(
        table, UnreachableError, f"https://example.org/x.zip is out of reach by way of {table.server.root}: "
    ):
        table.check(client=replace(QUICK, mirror=table.server.root))


def test_what_a_mirror_rewrites() -> None:
    mirror = "http://127.0.0.1:8765/mirror"
    assert mirrored("https://a.org:8443/b?c='d'#e", mirror) == f"{mirror}/a.org:8443/b?c='d'"
    assert mirrored("https://a.org", mirror) == f"{mirror}/a.org/"
    assert mirrored(f"{mirror}/a.org/b", mirror) == f"{mirror}/a.org/b"
    assert mirrored("https://a.org/b", None) == "https://a.org/b"
    assert mirrored("https://mirror.org/a.org/b", "https://mirror.org") == "https://mirror.org/a.org/b"
    with pytest.raises(InputError, match="mirror is 'localhost', an address such as"):
        Client(mirror="localhost")


# --- progress


def test_a_bar_at_a_terminal_and_lines_in_a_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("asmgold.upstream.progress.BAR_EVERY_S", 0)
    monkeypatch.setattr("asmgold.upstream.progress.LINE_EVERY_S", 0)
    monkeypatch.setenv("COLUMNS", "80")
    terminal = io.StringIO()
    with Progress("mrds", 2_000_000, bar=terminal) as progress:
        progress.advance(1_000_000)
    assert "mrds: 1.0 of 2.0 MB (50%) [####################....................]" in terminal.getvalue()
    with caplog.at_level(logging.INFO), Progress("mrds") as progress:
        progress.advance(3_000_000)
    assert [record.message for record in caplog.records] == ["mrds: 3.0 MB"]
