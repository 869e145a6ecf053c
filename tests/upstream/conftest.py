"""A server that answers as it is told, and a store with one pinned source."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from asmgold.config.loading import load_lock
from asmgold.config.models import Lock, Source
from asmgold.errors import InputError, RefusedError, UnreachableError
from asmgold.upstream.client import Client
from asmgold.upstream.fetch import Fetched, check_upstream, ensure, import_file, pin_missing
from tests.faulty_server import FaultyServer, Reply, faulty_server

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


PAGE = b"\r\n<!DOCTYPE html><html><head><title>Down for maintenance</title></head></html>"


def with_more_urls(place: Place, *replies: Reply | bytes) -> None:
    """The source has a URL more for each reply: `/second.zip`, `/third.zip`."""
    names = ("second", "third")[: len(replies)]
    more = [place.server.answer(f"/{name}.zip", reply) for name, reply in zip(names, replies, strict=True)]
    place.source = place.source.model_copy(update={"urls": [place.source.urls[0], *more]})
