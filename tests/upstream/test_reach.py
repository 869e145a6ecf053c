"""Without a network one line says so at once; a server that is down is told from it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from asmgold.errors import UnreachableError
from asmgold.upstream.client import Client
from asmgold.upstream.reach import check_network
from tests.faulty_server import FaultyServer

UNKNOWN = "https://no-such-host.invalid/file.zip"


@pytest.fixture
def silent() -> str:
    """An address at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    return f"http://127.0.0.1:{port}/file.zip"


def test_no_server_at_all_means_no_network(silent: str) -> None:
    with pytest.raises(
        UnreachableError, match=r"you seem to be offline: no connection to 127\.0\.0\.1:\d+, no-such-host"
    ):
        check_network([silent], [UNKNOWN])


def test_one_server_that_is_down_is_no_missing_network(silent: str, server: FaultyServer) -> None:
    check_network([silent, UNKNOWN], [server.root])
    check_network([UNKNOWN, server.root], [])


def test_nothing_is_asked_for(server: FaultyServer) -> None:
    check_network([server.root + "/file.zip"], [UNKNOWN])
    assert server.requests == []


def test_a_mirror_is_tried_in_the_place_of_servers(silent: str, server: FaultyServer) -> None:
    check_network([UNKNOWN], [], mirror=server.root)
    mirror = silent.removesuffix("/file.zip")
    with pytest.raises(UnreachableError, match=f"the mirror {mirror} does not answer"):
        check_network([UNKNOWN], [], mirror=mirror)


def test_a_proxy_is_tried_in_the_place_of_servers(
    silent: str, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.root)
    check_network([UNKNOWN], [])
    monkeypatch.setenv("HTTPS_PROXY", silent)
    with pytest.raises(UnreachableError, match="offline"):
        check_network([UNKNOWN], [])


def test_a_bundle_of_certificates_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    with pytest.raises(UnreachableError, match=r"mrds: https://.*certificate bundle.*missing\.pem"):
        Client().download("mrds", "https://127.0.0.1/mrds.zip", tmp_path / "mrds.zip")
