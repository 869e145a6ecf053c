"""Tells a machine without a network from a server that is down, before anything is tried five times."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, select_proxy

from asmgold.errors import UnreachableError
from asmgold.upstream.client import mirrored

TIMEOUT_S = 5.0
PORTS = {"http": 80, "https": 443}


def check_network(needed: Iterable[str], others: Iterable[str], mirror: str | None = None) -> None:
    """Make sure that a connection to some server can be made; to which one does not matter.

    The first address is tried alone. Only if nothing listens there are all others tried, at once, each for a few
    seconds: a server that is down is no missing network.

    Parameters
    ----------
    needed : the addresses of what is to be fetched
    others : further ones, to tell the network from the servers
    mirror, proxies of the environment : what is asked in the place of a server is what is tried

    Raises
    ------
    UnreachableError : no connection could be made to any of them
    """
    places = list(dict.fromkeys(_place(mirrored(url, mirror)) for url in (*needed, *others)))
    if not places or _is_reached(places[0]):
        return
    pool = ThreadPoolExecutor(max_workers=len(places))
    try:
        if any(done.result() for done in as_completed(pool.submit(_is_reached, place) for place in places[1:])):
            return
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    named = ", ".join(f"{host}:{port}" for host, port in places[:3]) + (" and others" if len(places) > 3 else "")
    state = f"the mirror {mirror} does not answer" if mirror else "you seem to be offline"
    raise UnreachableError(
        f"{state}: no connection to {named}. Another machine may serve the files (MIRROR=URL), or bring them by hand "
        "(`asmgold import SOURCE FILE`); `make run`, without SCENARIO=, needs no network"
    )


def _place(url: str) -> tuple[str, int]:
    """The host and port that a request would connect to."""
    asked = urlsplit(select_proxy(url, get_environ_proxies(url)) or url)
    return asked.hostname or "", asked.port or PORTS.get(asked.scheme, 80)


def _is_reached(place: tuple[str, int]) -> bool:
    try:
        socket.create_connection(place, TIMEOUT_S).close()
    except (OSError, UnicodeError):
        return False
    return True
