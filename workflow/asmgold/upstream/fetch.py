"""Brings the bytes of a source into the store, from its URLs or from a file, and pins them in the lock."""

from __future__ import annotations

import datetime
import json
import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from asmgold.config.models import Exposure, Layer, Lock, Source
from asmgold.config.paths import LOCK_FILE, ROOT, stored_file
from asmgold.errors import InputError, RefusedError, UnreachableError
from asmgold.io.files import disk_errors_as_input_errors
from asmgold.upstream.arcgis import download_in_batches
from asmgold.upstream.checks import check_file
from asmgold.upstream.client import Answer, Client
from asmgold.upstream.store import accept, incoming, is_stored, update_lock

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fetched:
    """Bytes of a source, and the lock entry that pins them."""

    path: Path
    """Where the file is in the store. If nothing changed, it may be missing there; `ensure` brings it."""
    lock: Lock
    changed: bool
    """Whether they differ from those that were pinned before, or none were."""


def fetch(
    name: str,
    source: Source,
    lock: Lock | None = None,
    *,
    client: Client | None = None,
    root: Path = ROOT,
    layers: Sequence[Layer | Exposure] = (),
    allow_fewer_rows: bool = False,
    conditional: bool = True,
    first_url_only: bool = False,
) -> Fetched:
    """Download a source and put its file into the store, if it passes all checks.

    The lock is not changed. A new file lies beside the old one, under its own hash; nothing uses it until the lock
    names it (`update_lock`), and `prune` removes it if the lock never does.

    Parameters
    ----------
    name, source : the source and its registration
    lock : its entry in the lock, or None if it has none
    client : the settings of the download
    root : the folder of the store
    layers : how the scenario reads the source, if it is a layer or a raster: a missing field is found by this check
    allow_fewer_rows : accept that more than 10 % of the rows are gone
    conditional : whether the server may answer that the version in the lock is still the newest
    first_url_only : whether not to try the other URLs if the first is out of reach

    Raises
    ------
    UnreachableError : upstream did not give the file
    RefusedError : it gave something else
    InputError : the disk does not take it
    """
    client = client or Client()
    filename = _filename(name, source)
    urls = source.urls[:1] if first_url_only else source.urls
    with incoming(name, root) as folder:
        temporary = folder / filename
        requested, answer = _download(name, source, lock if conditional else None, temporary, client, urls)
        if lock is not None and (not answer.modified or answer.sha256 == lock.sha256):
            path = stored_file(name, source, lock, root)
            if answer.modified and not is_stored(name, source, lock, root):
                accept(temporary, name, source, root)
            return Fetched(path, lock, changed=False)
        rows = check_file(temporary, name, source, lock, layers=layers, allow_fewer_rows=allow_fewer_rows)
        path, pinned = accept(temporary, name, source, root)
    entry = Lock(
        requested_url=requested,
        resolved_url=answer.url,
        sha256=pinned.sha256,
        bytes=pinned.bytes,
        rows=rows,
        etag=answer.etag,
        last_modified=answer.last_modified,
        retrieved=_today(),
    )
    return Fetched(path, entry, changed=True)


def ensure(
    name: str,
    source: Source,
    lock: Lock,
    *,
    client: Client | None = None,
    root: Path = ROOT,
    layers: Sequence[Layer | Exposure] = (),
) -> Fetched:
    """Make sure that the bytes that the lock pins are in the store: download them if they are not. Keeps the lock.

    Parameters
    ----------
    name, source, lock : the source, its registration, and the entry that pins it
    client, root, layers : as for `fetch`

    Raises
    ------
    UnreachableError : upstream did not give the file, or only a later URL of it did, and gave other bytes
    RefusedError : upstream gives other bytes than those pinned
    """
    path = stored_file(name, source, lock, root)
    if is_stored(name, source, lock, root):
        return Fetched(path, lock, changed=False)
    with incoming(name, root) as folder:
        temporary = folder / _filename(name, source)
        requested, answer = _download(name, source, None, temporary, client or Client(), source.urls)
        if answer.sha256 != lock.sha256:
            # What is wrong with the bytes says more than that they are others.
            check_file(temporary, name, source, lock, layers=layers)
            if requested != source.urls[0]:
                raise UnreachableError(
                    f"{name}: {source.urls[0]} is out of reach, and {requested} gives other bytes than those pinned"
                )
            raise RefusedError(
                f"{name}: upstream has changed: {source.urls[0]} gives sha256 {answer.sha256}, {lock.sha256} is "
                "pinned; `make refresh` takes the new version in"
            )
        accept(temporary, name, source, root)
    return Fetched(path, lock, changed=False)


def pin_missing(
    name: str,
    source: Source,
    *,
    client: Client | None = None,
    root: Path = ROOT,
    lock_file: Path = LOCK_FILE,
    layers: Sequence[Layer | Exposure] = (),
) -> Fetched:
    """Fetch a source that has no entry in the lock, and add its entry.

    Parameters
    ----------
    name, source, client, root, layers : as for `fetch`, which raises the errors
    lock_file : the lock that gets the entry
    """
    fetched = fetch(name, source, client=client, root=root, layers=layers)
    update_lock({name: fetched.lock}, lock_file, root)
    return fetched


def import_file(
    name: str,
    source: Source,
    file: Path,
    lock: Lock | None = None,
    *,
    root: Path = ROOT,
    lock_file: Path = LOCK_FILE,
    layers: Sequence[Layer | Exposure] = (),
    allow_fewer_rows: bool = False,
) -> Fetched:
    """Copy a file that a person brought into the store, after the same checks as a download, and pin it.

    Parameters
    ----------
    name, source, lock, root, layers, allow_fewer_rows : as for `fetch`
    file : the file that was brought
    lock_file : the lock that gets the entry

    Raises
    ------
    RefusedError : it does not pass the checks
    InputError : it is not there, or the disk does not take it
    """
    filename = _filename(name, source)
    if not file.is_file():
        raise InputError(f"{file}: there is no such file")
    with incoming(name, root) as folder:
        temporary = folder / filename
        with disk_errors_as_input_errors(temporary):
            shutil.copyfile(file, temporary)
        rows = check_file(temporary, name, source, lock, layers=layers, allow_fewer_rows=allow_fewer_rows)
        path, pinned = accept(temporary, name, source, root)
    if lock is not None and lock.sha256 == pinned.sha256:
        return Fetched(path, lock, changed=False)
    entry = Lock(sha256=pinned.sha256, bytes=pinned.bytes, rows=rows, retrieved=_today())
    update_lock({name: entry}, lock_file, root)
    return Fetched(path, entry, changed=True)


def check_upstream(
    name: str,
    source: Source,
    lock: Lock,
    *,
    client: Client | None = None,
    root: Path = ROOT,
    layers: Sequence[Layer | Exposure] = (),
    allow_fewer_rows: bool = False,
) -> Fetched:
    """Find out whether there is another version than the one pinned, and put it into the store beside that one.

    Only the first URL is tried, since a preservation copy has no new versions. The lock and the pinned file stay.

    Parameters
    ----------
    name, source, lock, client, root, layers, allow_fewer_rows : as for `fetch`

    Returns
    -------
    If `changed`, the staged file and the entry that would pin it; otherwise the entry that was given.
    """
    return fetch(
        name, source, lock,
        client=client, root=root, layers=layers, allow_fewer_rows=allow_fewer_rows, first_url_only=True,
    )  # fmt: skip


def _download(
    name: str, source: Source, lock: Lock | None, target: Path, client: Client, urls: Sequence[str]
) -> tuple[str, Answer]:
    """Download a source from the first of the URLs that is in reach. Returns that URL and the server's answer."""
    failures: list[str] = []
    for url in urls:
        if failures:
            log.warning("%s: %s; trying the next URL", name, failures[-1])
        try:
            return url, _download_from(name, source, url, lock, target, client)
        except UnreachableError as error:
            failures.append(str(error).removeprefix(f"{name}: "))
    raise UnreachableError(f"{name}: {'; '.join(failures)}")


def _download_from(name: str, source: Source, url: str, lock: Lock | None, target: Path, client: Client) -> Answer:
    etag, last_modified = (lock.etag, lock.last_modified) if lock and lock.requested_url == url else (None, None)
    protocol = source.protocol if url == source.urls[0] else None
    if protocol == "arcgis":
        return download_in_batches(name, url, target, client)
    if protocol == "geoboundaries":
        url = _url_by_geoboundaries(name, url, target.with_name("answer.json"), client)
    return client.download(name, url, target, etag=etag, last_modified=last_modified)


def _url_by_geoboundaries(name: str, url: str, target: Path, client: Client) -> str:
    client.download(name, url, target)
    try:
        content = json.loads(target.read_bytes())
    except (ValueError, RecursionError):
        raise RefusedError(f"{name}: {url} does not answer with JSON, gjDownloadURL was expected in it") from None
    found = content.get("gjDownloadURL") if isinstance(content, dict) else None
    schemes = ("https",) if urlsplit(url).scheme == "https" else ("https", "http")
    if not isinstance(found, str) or urlsplit(found).scheme not in schemes:
        raise RefusedError(f"{name}: {url} names {found!r} as gjDownloadURL, an https address was expected")
    return found


def _filename(name: str, source: Source) -> str:
    if source.filename is None:
        raise InputError(f"{name}: the project carries this source itself ({source.path}); it is not fetched")
    return source.filename


def _today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()
