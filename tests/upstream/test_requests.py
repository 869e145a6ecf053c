"""Fetching from servers that falter, redirect or give way to others: nothing is lost, and one line says why."""

from __future__ import annotations

import email.utils
import io
import json
import logging
import re
import socket
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pandas as pd
import pytest
import requests

from asmgold.config.models import Evidence, Layer, Points
from asmgold.errors import InputError, RefusedError, UnreachableError
from asmgold.sources.points import read_points
from asmgold.upstream.client import Client, mirrored
from asmgold.upstream.fetch import Fetched, fetch
from asmgold.upstream.progress import Progress
from asmgold.upstream.store import update_lock
from asmgold.vocabulary.commodities import GOLD
from tests.faulty_server import FaultyServer, Reply, faulty_server
from tests.upstream.conftest import (
    NEW,
    OLD,
    OLD_LAYER,
    PAGE,
    QUICK,
    Place,
    a_source,
    as_json,
    nothing_changes,
    with_more_urls,
)

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


# --- several URLs, tried in order


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
                "properties": {"METAL": "ORO"},
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


def test_a_layer_of_an_arcgis_server_can_be_records(tmp_path: Path, server: FaultyServer) -> None:
    found = fetch_arcgis(tmp_path, server, ArcGisLayer([1, 2, 7], 2))
    points = Points(source="miners", columns={"commodities": "METAL"}, words=["oro"])
    records = read_points(found.path, points, "miners", GOLD)
    assert (records["commodity_role"] == "listed").all()
    assert pd.to_numeric(records["longitude_text"]).tolist() == [0.01, 0.02, 0.07]


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
