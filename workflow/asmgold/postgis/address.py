"""Where the database is: a connection string of libpq that names no password, so that none can be shown."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo

from asmgold.errors import InputError, UnreachableError, excerpt

EXAMPLES = "`host=db.example.org dbname=gis user=loader`, `postgresql://loader@db.example.org/gis`, `service=gis`"
PLACES = "~/.pgpass, a service file or the environment variable PGPASSWORD"
# Beside those that libpq itself marks as such.
SECRET = {"scram_client_key", "scram_server_key"}
# For what is not said otherwise: a server that does not answer, or a network that goes silent, ends in a message.
DEFAULTS: dict[str, str | int] = {
    "fallback_application_name": "asmgold",
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
# How libpq tells what a server said: its severity, in the server's language, and two blanks.
ANSWERED = re.compile(r": [^\s:]+: {2}\S")
PASSING = re.compile("is (starting up|shutting down|in recovery mode)|too many (clients|connections)|not yet accepting|"
                     "remaining connection slots")  # fmt: skip
# What libpq has against the connection string itself, before it asks anyone.
MISTAKEN = re.compile("definition of service|invalid [a-z_]+ (value|number)|^bad value|root certificate file|"
                      "certificate verify failed|does not support SSL")  # fmt: skip


@dataclass(frozen=True)
class Address:
    """A connection string without a password.

    Parameters
    ----------
    conninfo : as libpq reads it
    shown : the database in words, for messages
    """

    conninfo: str = field(repr=False)
    shown: str

    def connect(self) -> psycopg.Connection:
        """Open a connection, outside of any transaction. The password comes from where libpq looks for it.

        Raises
        ------
        UnreachableError : if no server answers, or it cannot take connections for now.
        InputError : if the server refuses: no such database or role, a wrong password or none.
        """
        given = pq.Conninfo.parse(self.conninfo.encode())
        named = {option.keyword.decode() for option in given if option.val is not None}
        if "service" in named or "PGSERVICE" in os.environ or "PGCONNECT_TIMEOUT" in os.environ:
            named.add("connect_timeout")
        defaults = {key: value for key, value in DEFAULTS.items() if key not in named}
        try:
            conninfo = make_conninfo(self.conninfo, client_encoding="UTF8", **defaults)
            return psycopg.connect(conninfo, prepare_threshold=None)
        except psycopg.Error as error:
            raise _failure(self, str(error)) from None


def read_address(dsn: str) -> Address:
    """Read a connection string, `key=value ...` or an URI.

    Nothing of a string that is refused is shown: what it holds is not known.

    Raises
    ------
    InputError : if it is none, or holds a password.
    """
    if not dsn.strip():
        raise InputError(f"DSN: none was given, a connection string was expected, such as {EXAMPLES}")
    try:
        options = pq.Conninfo.parse(dsn.encode())
    except (psycopg.Error, ValueError):
        raise _unreadable() from None
    values = {option.keyword.decode(): option.val.decode() for option in options if option.val is not None}
    secret = {option.keyword.decode() for option in options if option.dispchar == b"*"} | SECRET
    if secret & values.keys():
        raise InputError(f"DSN: holds a password, which lists of processes and logs would show; put it into {PLACES}, "
                         "and leave it out here")  # fmt: skip
    # A password with unescaped signs ends up elsewhere, and messages of libpq would show it there.
    misplaced = any("://" in value or ("@" in value and key != "user") for key, value in values.items())
    if misplaced or not re.fullmatch("[0-9,]*", values.get("port", "")):
        raise _unreadable()
    return Address(dsn, _in_words(values))


def _unreadable() -> InputError:
    return InputError(f"DSN: cannot be read (it is not shown), a connection string was expected, such as {EXAMPLES}")


def _in_words(values: dict[str, str]) -> str:
    """The database that is meant, as far as the connection string says so itself."""
    name = f"the database {excerpt(values['dbname'])}" if "dbname" in values else "the database"
    host = values.get("host") or values.get("hostaddr")
    parts = [f"on {excerpt(host)}" if host else "", f"port {excerpt(values['port'])}" if "port" in values else ""]
    service = f"of service {excerpt(values['service'])}" if "service" in values else ""
    return " ".join(part for part in (name, *parts, service) if part)


def _failure(address: Address, said: str) -> InputError:
    reason = excerpt(said, max_length=400)
    if "no password supplied" in said:
        return InputError(f"{address.shown}: the server wants a password, and none was found in {PLACES}")
    if ANSWERED.search(said) and not PASSING.search(said):
        hint = f"; passwords are looked for in {PLACES}" if "password" in said else ""
        return InputError(f"{address.shown}: the server refuses the connection ({reason}){hint}")
    if MISTAKEN.search(said):
        return InputError(f"{address.shown}: cannot be connected to in this way ({reason})")
    return UnreachableError(f"{address.shown}: does not answer ({reason})")
