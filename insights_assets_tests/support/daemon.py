"""Starts Dagster as an operator does, on a home of its own: `dagster dev`, or the daemon alone."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import httpx

from insights_assets_tests.support.storage import closed_port

ROOT = Path(__file__).parents[2]
WORKSPACE = str(ROOT / "workspace.yaml")

# Every five seconds is Dagster's default; a test of four runs in a row has no time for that.
QUICK_QUEUE = "\nrun_queue:\n  dequeue_interval_seconds: 1\n"

# A daemon that kills itself the moment it calls the method of the instance that it is given.
DIES_AT = """
import os, runpy, signal, sys
import dagster

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

setattr(dagster.DagsterInstance, sys.argv.pop(1), die)
sys.argv[0] = os.path.join(os.path.dirname(sys.executable), "dagster-daemon")
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def make_home(folder: Path, more: str = "") -> Path:
    """Make a DAGSTER_HOME with the project's own settings, and `more`."""
    folder.mkdir(parents=True)
    settings = (ROOT / "dagster.yaml").read_text()
    (folder / "dagster.yaml").write_text(settings + QUICK_QUEUE + more)
    # The webserver, the daemon and the code server would create the tables all at once, and one of
    # them can fail at it.
    with open_home(folder) as instance:
        instance.get_runs(limit=1)
    return folder


def open_home(home: Path) -> dg.DagsterInstance:
    return dg.DagsterInstance.from_config(str(home))


@contextmanager
def dagster_dev(
    home: Path, environment: Mapping[str, str], workspace: str = WORKSPACE
) -> Iterator[int]:
    """Run the webserver and the daemon; the value is the port of the UI."""
    port = closed_port()
    command = ["-m", "dagster", "dev", "-w", workspace, "-p", str(port)]
    with running(command, home, environment):
        yield port


def run_daemon_that_dies_at(method: str, home: Path, environment: Mapping[str, str]) -> int:
    """Run the daemon until it kills itself; return its exit code."""
    command = ["-c", DIES_AT, method, "run", "-w", WORKSPACE]
    with running(command, home, environment) as process:
        return process.wait(timeout=60)


@contextmanager
def running(
    arguments: list[str], home: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run Python with these arguments on a home, and end it with all that it started."""
    with (home / "output.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=home,
            env={**os.environ, **environment, "DAGSTER_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        end_group(process.pid)
        process.wait()


@contextmanager
def serving(folder: Path, environment: Mapping[str, str], *command: str) -> Iterator[str]:
    """Run a server of `insights` on a free port; the value is its address."""
    address = f"http://127.0.0.1:{closed_port()}"
    port = address.rpartition(":")[2]
    with running(["-m", "insights_assets.cli", *command, "--port", port], folder, environment):
        wait_until(lambda: answers(address))
        yield address


def answers(address: str) -> bool:
    """Whether a server is up there."""
    try:
        httpx.get(address, trust_env=False)
    except httpx.TransportError:
        return False
    return True


def end_group(leader: int) -> None:
    """End a process and all that it started: a killed daemon leaves its code server behind."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def wait_until(reached: Callable[[], object], seconds: float = 120) -> float:
    """Wait until `reached` returns something true; return how long that took."""
    began = time.monotonic()
    while not reached():
        assert time.monotonic() - began < seconds, f"not reached within {seconds} s"
        time.sleep(0.2)
    return time.monotonic() - began
