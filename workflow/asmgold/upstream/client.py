"""Downloads one file over HTTP, whole or not at all, and tries again where a failure may pass."""

from __future__ import annotations

import datetime
import email.utils
import hashlib
import http
import importlib.metadata
import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit, urlunsplit

import requests
import tenacity
import urllib3

import asmgold
from asmgold.errors import InputError, RefusedError, UnreachableError
from asmgold.io.files import whole_file
from asmgold.upstream.progress import Progress

log = logging.getLogger(__name__)

REDIRECTIONS = frozenset({301, 302, 303, 307, 308})
TRANSIENT_STATUSES = frozenset({408, 429})  # and 500 to 599
CHUNK = 1 << 16
MAX_MARK = 500  # characters of an ETag or a date that are kept


@dataclass(frozen=True)
class Answer:
    """What a download gave."""

    url: str
    """The URL that gave it, after redirections."""
    modified: bool
    """False if the server says that the version at hand is still the newest; then there is no file."""
    sha256: str = ""
    bytes: int = 0
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class Client:
    """The settings of downloads. The defaults suit the servers of public bodies."""

    mirror: str | None = None
    """With a mirror, `MIRROR/HOST/PATH` is requested in the place of `https://HOST/PATH`."""
    attempts: int = 5
    """How often a download is tried in all."""
    backoff_s: float = 1.0
    """The first wait between two tries is up to this long, each further one up to twice as long."""
    max_wait_s: float = 120.0
    """No wait is longer, also when the server asks for it by Retry-After."""
    connect_timeout_s: float = 15.0
    read_timeout_s: float = 60.0
    """The longest silence."""
    deadline_s: float = 3600.0
    """The longest time that one try may take."""
    max_redirections: int = 5
    max_bytes: int = 1 << 30

    def __post_init__(self) -> None:
        """Refuse a mirror that is no URL."""
        if self.mirror is not None and not re.match(r"https?://[^/\s]", self.mirror):
            raise InputError(f"mirror is {self.mirror!r}, an address such as http://127.0.0.1:8765 was expected")

    def download(
        self,
        label: str,
        url: str,
        target: Path,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> Answer:
        """Download a file.

        Parameters
        ----------
        label : what to call it in messages
        url : its official URL; with a mirror, the request goes to the mirror instead
        target : where to write it. The bytes grow in a file of another name beside it, and take this name when the
            last one is on the disk; if anything fails, nothing is left.
        etag, last_modified : what the server said of the version at hand; if it is still the newest, nothing is
            transferred

        Raises
        ------
        UnreachableError : the server did not give the file, in any of the attempts
        RefusedError : it gives more than `max_bytes`, or leads from https to http
        InputError : the file could not be written, such as on a full disk
        """
        conditions = {"If-None-Match": etag} if etag else {"If-Modified-Since": last_modified} if last_modified else {}
        by_mirror = f" by way of {self.mirror}" if self.mirror else ""

        def one_try() -> Answer:
            return self._download_once(label, url, target, conditions)

        try:
            answer: Answer = tenacity.Retrying(
                stop=tenacity.stop_after_attempt(self.attempts),
                wait=self._wait,
                retry=tenacity.retry_if_exception_type(_TransientError),
                before_sleep=lambda state: _log_retry(label, state, self.attempts),
                reraise=True,
            )(one_try)
        except _TransientError as error:
            times = "once" if self.attempts == 1 else f"{self.attempts} times"
            raise UnreachableError(f"{label}: {url} is out of reach{by_mirror}: {error} (tried {times})") from None
        except _PermanentError as error:
            raise UnreachableError(f"{label}: {url} is out of reach{by_mirror}: {error}") from None
        return answer

    def _wait(self, state: tenacity.RetryCallState) -> float:
        jitter = tenacity.wait_random_exponential(multiplier=self.backoff_s, max=self.max_wait_s)(state)
        error = state.outcome.exception() if state.outcome else None
        asked_for = error.retry_after if isinstance(error, _TransientError) else 0.0
        return max(jitter, min(asked_for, self.max_wait_s))

    def _download_once(self, label: str, url: str, target: Path, conditions: dict[str, str]) -> Answer:
        deadline = time.monotonic() + self.deadline_s
        with requests.Session() as session, self._response(session, label, url, conditions) as response:
            answered = response.url
            if response.status_code == 304 and conditions:
                return Answer(answered, modified=False)
            if response.status_code != 200:
                raise _PermanentError(f"the server answers {_status(response)}")
            sha256, size = self._write(label, response, target, deadline)
            return Answer(answered, True, sha256, size, _mark(response, "ETag"), _mark(response, "Last-Modified"))

    @contextmanager
    def _response(
        self, session: requests.Session, label: str, url: str, conditions: dict[str, str]
    ) -> Iterator[requests.Response]:
        """Follow redirections to a response that is neither one more of them nor a failure that may pass."""
        headers = {"User-Agent": user_agent(), "Accept": "*/*", "Accept-Encoding": "identity", **conditions}
        location = mirrored(url, self.mirror)
        for _ in range(self.max_redirections + 1):
            with self._network_errors():
                response = session.get(
                    location,
                    headers=headers,
                    stream=True,
                    allow_redirects=False,
                    timeout=(self.connect_timeout_s, self.read_timeout_s),
                )
            with response:
                if response.status_code in TRANSIENT_STATUSES or response.status_code >= 500:
                    raise _TransientError(f"the server answers {_status(response)}", retry_after=_retry_after(response))
                if response.status_code not in REDIRECTIONS:
                    yield response
                    return
                location = self._redirect_target(label, url, response)
        raise _PermanentError(f"it leads on more than {self.max_redirections} times, at last to {location}")

    def _redirect_target(self, label: str, url: str, response: requests.Response) -> str:
        if "Location" not in response.headers:
            raise _PermanentError(f"the server answers {_status(response)}, and does not say where to")
        target = urljoin(response.url, response.headers["Location"])
        if urlsplit(target).scheme not in ("http", "https"):
            raise RefusedError(f"{label}: {url} leads to {target}, an address on the web was expected")
        if self.mirror is None and urlsplit(response.url).scheme == "https" and urlsplit(target).scheme == "http":
            raise RefusedError(f"{label}: {url} leads from https to {target}, which anyone on the way could alter")
        return mirrored(target, self.mirror)

    def _write(self, label: str, response: requests.Response, target: Path, deadline: float) -> tuple[str, int]:
        length = response.headers.get("Content-Length", "")
        expected = int(length) if length.isdigit() else None
        if expected is not None and expected > self.max_bytes:
            raise RefusedError(f"{label}: {response.url} has {expected} bytes, at most {self.max_bytes} were expected")
        digest, size = hashlib.sha256(), 0
        with Progress(label, expected) as progress, whole_file(target) as file:
            for chunk in self._chunks(response):
                size += len(chunk)
                if size > self.max_bytes:
                    raise RefusedError(
                        f"{label}: {response.url} has more than the {self.max_bytes} bytes that are allowed"
                    )
                if time.monotonic() > deadline:
                    raise _TransientError(f"{size} bytes came in {self.deadline_s:g} s, and no end")
                digest.update(chunk)
                file.write(chunk)
                progress.advance(len(chunk))
            received = response.raw.tell()  # on the wire: the length counts what is sent, also if that is compressed
            if expected is not None and received != expected:
                raise _TransientError(f"the connection ended after {received} of {expected} bytes")
        return digest.hexdigest(), size

    def _chunks(self, response: requests.Response) -> Iterator[bytes]:
        with self._network_errors():
            yield from response.iter_content(CHUNK)

    @contextmanager
    def _network_errors(self) -> Iterator[None]:
        """Turn the errors of requests into a `_TransientError`, which is tried again, or a `_PermanentError`."""
        try:
            yield
        except requests.exceptions.SSLError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise _PermanentError("its certificate is not one to trust") from None
            raise _TransientError("no secure connection came about") from None
        except (
            requests.ConnectionError,
            requests.Timeout,
            requests.exceptions.ChunkedEncodingError,
        ) as error:
            raise _TransientError(self._reason(error)) from None
        except (
            OSError,
            urllib3.exceptions.HTTPError,
            UnicodeError,
        ) as error:  # OSError: no such bundle of certificates
            raise _PermanentError(" ".join(str(error).split())) from None

    def _reason(self, error: requests.RequestException) -> str:
        inner = error.args[0] if error.args else error
        if isinstance(inner, urllib3.exceptions.MaxRetryError):
            inner = inner.reason
        match inner:
            case urllib3.exceptions.NameResolutionError():
                return "its name could not be resolved"
            case urllib3.exceptions.NewConnectionError():
                cause = inner.__cause__
                return f"no connection ({(getattr(cause, 'strerror', None) or str(cause or inner)).lower()})"
            case urllib3.exceptions.ConnectTimeoutError():
                return f"no connection within {self.connect_timeout_s:g} s"
            case urllib3.exceptions.ReadTimeoutError():
                return f"silence for {self.read_timeout_s:g} s"
            case urllib3.exceptions.ProtocolError():
                cause = inner.args[1] if len(inner.args) > 1 else None
                if isinstance(cause, urllib3.exceptions.IncompleteRead):
                    return f"the connection ended {cause.expected} bytes before the end"
                return f"the connection broke ({getattr(cause, 'strerror', None) or cause or inner})".lower()
            case _:
                return " ".join(str(inner).split())


class _TransientError(Exception):
    """A failure that may pass: another attempt is made."""

    def __init__(self, message: str, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class _PermanentError(Exception):
    """A failure that another attempt would meet again."""


def mirrored(url: str, mirror: str | None) -> str:
    """The URL to request: `https://HOST/PATH?QUERY` becomes `MIRROR/HOST/PATH?QUERY` if there is a mirror.

    >>> mirrored("https://example.org/a/b.zip?c=1", "http://127.0.0.1:8765")
    'http://127.0.0.1:8765/example.org/a/b.zip?c=1'
    """
    parts = urlsplit(url)
    if not mirror or parts.scheme != "https" or url.startswith(mirror.rstrip("/") + "/"):
        return urlunsplit(parts._replace(fragment=""))
    query = f"?{parts.query}" if parts.query else ""
    return f"{mirror.rstrip('/')}/{parts.netloc}{parts.path or '/'}{query}"


def user_agent() -> str:
    """How the project names itself to servers."""
    try:
        pages = importlib.metadata.metadata("asmgold").get_all("Project-URL") or []
    except importlib.metadata.PackageNotFoundError:
        pages = []
    page = f" (+{str(pages[0]).rsplit(', ', 1)[-1]})" if pages else ""
    return f"asmgold/{asmgold.__version__}{page}"


def _status(response: requests.Response) -> str:
    try:
        return f"{response.status_code} {http.HTTPStatus(response.status_code).phrase}"
    except ValueError:
        return str(response.status_code)


def _mark(response: requests.Response, name: str) -> str | None:
    mark = response.headers.get(name, "").strip()
    return mark if 0 < len(mark) <= MAX_MARK and mark.isascii() and mark.isprintable() else None


def _retry_after(response: requests.Response) -> float:
    """How many seconds the server asks to wait: it says so in seconds, or by a date."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        until = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=datetime.UTC)
    return max((until - datetime.datetime.now(datetime.UTC)).total_seconds(), 0.0)


def _log_retry(label: str, state: tenacity.RetryCallState, attempts: int) -> None:
    error = state.outcome.exception() if state.outcome else None
    wait = state.next_action.sleep if state.next_action else 0.0
    log.warning("%s: %s; try %d of %d in %.0f s", label, error, state.attempt_number + 1, attempts, wait)
