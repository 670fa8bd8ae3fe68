"""A PostgreSQL server of the tests' own: a fresh cluster in a temporary folder, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from insights_assets_tests.support.storage import closed_port

USER, PASSWORD, DATABASE = "dagster", "pg-p4ssw0rd", "dagster"
_UNPRIVILEGED = "postgres"  # PostgreSQL refuses to run as root; its package brings this user


class PostgresServer:
    """Listens on loopback with a password, as the one of a cluster does; settings are defaults."""

    def __enter__(self) -> Self:
        self.port = closed_port()
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        password = self._folder / "password"
        password.write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (self._folder, password):
                shutil.chown(path, _UNPRIVILEGED)
        data = str(self._folder / "data")
        self._do(
            "initdb", "-D", data, "-U", USER, "-A", "scram-sha-256", f"--pwfile={password}", "-N"
        )
        options = f"-h 127.0.0.1 -p {self.port} -k {self._folder}"
        log = str(self._folder / "log")
        self._do("pg_ctl", "start", "-w", "-D", data, "-o", options, "-l", log)
        self._do("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, DATABASE)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._do("pg_ctl", "stop", "-m", "fast", "-D", str(self._folder / "data"))
        shutil.rmtree(self._folder, ignore_errors=True)

    def _do(self, command: str, *arguments: str) -> None:
        subprocess.run(
            [str(_programs() / command), *arguments],
            user=_UNPRIVILEGED if os.geteuid() == 0 else None,
            env={"PATH": os.environ["PATH"], "PGPASSWORD": PASSWORD, "LC_ALL": "C.UTF-8"},
            cwd=self._folder,
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=60,
        )


def _programs() -> Path:
    """Where initdb is: Debian keeps it out of the PATH, under the version."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"))
