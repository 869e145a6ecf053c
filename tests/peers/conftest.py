"""Real peers that check the results, where they are installed: PostGIS, QGIS, GDAL's own validator, a browser.

Tests that lack their peer are skipped, and pytest's summary says which. Continuous integration installs them all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Query = Callable[[str], str]


def _postgres_tools() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@pytest.fixture(scope="session")
def postgis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Query]:
    """Runs SQL in a PostgreSQL cluster with PostGIS of the test's own, on a socket in a folder of its own."""
    tools = _postgres_tools()
    if tools is None:
        pytest.skip("PostgreSQL is not installed")
    folder = tmp_path_factory.mktemp("postgres", numbered=True)
    # PostgreSQL refuses to run as root; the folders above belong to whoever runs the tests.
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_postgres:
        shutil.chown(folder, "postgres")
        for parent in [folder, *folder.parents][:4]:
            parent.chmod(parent.stat().st_mode | 0o055)

    def run(*command: str, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*as_postgres, *command], check=True, capture_output=True, text=True, cwd=folder, timeout=300, **options
        )

    run(str(tools / "initdb"), "-D", f"{folder}/data", "-A", "trust", "-U", "postgres", "--no-sync")
    settings = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    run(str(tools / "pg_ctl"), "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o", settings, "start")
    psql = [
        str(tools / "psql"),
        "-h",
        str(folder),
        "-U",
        "postgres",
        "-d",
        "postgres",
        "-XAtq",
        "-v",
        "ON_ERROR_STOP=1",
    ]
    try:
        try:
            run(*psql, "-c", "CREATE EXTENSION postgis")
        except subprocess.CalledProcessError:
            pytest.skip("PostGIS is not installed")
        yield lambda sql: run(*psql, input=sql).stdout.strip()
    finally:
        run(str(tools / "pg_ctl"), "-D", f"{folder}/data", "-m", "immediate", "stop")
