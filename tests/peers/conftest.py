"""Real peers that check the results, where they are installed: PostGIS, QGIS, GDAL's own validator, a browser.

Tests that lack their peer are skipped, and pytest's summary says which. Continuous integration installs them all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

Query = Callable[[str], str]
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Server:
    """A PostgreSQL cluster of the test's own, on a socket in a folder of its own; `postgres` gets in, `guarded` only
    with `PASSWORD`."""

    folder: Path
    psql: Callable[..., str]

    def dsn(self, database: str = "postgres", user: str = "postgres") -> str:
        """A connection string for libpq, without a password."""
        return f"host={self.folder} user={user} dbname={database}"


def _postgres_tools() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL cluster with PostGIS in its database `postgres`."""
    tools = _postgres_tools()
    if tools is None:
        pytest.skip("PostgreSQL is not installed")
    # Not in a folder of pytest's: these belong to whoever runs the tests alone, and PostgreSQL refuses to run as root.
    with tempfile.TemporaryDirectory(prefix="asmgold-postgres-") as name:
        yield from _running(Path(name), tools)


def _running(folder: Path, tools: Path) -> Iterator[Server]:
    as_postgres = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    if as_postgres:
        shutil.chown(folder, "postgres")

    def run(*command: str, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, check=True, capture_output=True, text=True, cwd=folder, timeout=300, **as_postgres, **options
        )

    def psql(statements: str, database: str = "postgres") -> str:
        options = ["-h", str(folder), "-U", "postgres", "-d", database, "-XAtq", "-v", "ON_ERROR_STOP=1"]
        return run(str(tools / "psql"), *options, input=statements).stdout.strip()

    run(str(tools / "initdb"), "-D", f"{folder}/data", "-A", "trust", "-U", "postgres", "--no-sync")
    access = folder / "data/pg_hba.conf"
    access.write_text(f"local all guarded scram-sha-256\n{access.read_text()}")
    settings = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    run(str(tools / "pg_ctl"), "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o", settings, "start")
    try:
        try:
            psql("CREATE EXTENSION postgis")
        except subprocess.CalledProcessError:
            pytest.skip("PostGIS is not installed")
        psql(f"CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}'")
        yield Server(folder, psql)
    finally:
        run(str(tools / "pg_ctl"), "-D", f"{folder}/data", "-m", "immediate", "stop")


@pytest.fixture(scope="session")
def postgis(postgres: Server) -> Query:
    """Runs SQL in a database with PostGIS."""
    return postgres.psql
