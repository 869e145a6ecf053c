"""Upstream: sources are fetched, checked before they are accepted, kept by their hash, and pinned in the lock."""

from asmgold.errors import Refused, Unreachable
from asmgold.upstream.checks import check_file
from asmgold.upstream.client import Answer, Client, mirrored
from asmgold.upstream.fetching import Fetched, check_upstream, ensure, fetch, import_file, pin_missing
from asmgold.upstream.store import accept, is_stored, prune, update_lock, write_lock

__all__ = [
    "Answer",
    "Client",
    "Fetched",
    "Refused",
    "Unreachable",
    "accept",
    "check_file",
    "check_upstream",
    "ensure",
    "fetch",
    "import_file",
    "is_stored",
    "mirrored",
    "pin_missing",
    "prune",
    "update_lock",
    "write_lock",
]
