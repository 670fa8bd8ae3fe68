"""`insights dev`: everything in one terminal."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import click
import dagster as dg

from insights_assets.cli.job import EVENT_BATCH_SIZE
from insights_assets.cli.local import (
    STACK_NOTE,
    data_dir_option,
    has_key,
    start_simulator,
    start_stack,
)
from insights_assets.local_stack import DEFAULT_MONGO_PORT, DEFAULT_REDIS_PORT
from insights_assets.model.dates import now
from insights_assets.settings import load_settings

INSTANCE = Path(__file__).with_name("dagster.yaml")
WORKSPACE = Path(__file__).with_name("workspace.yaml")
DAGSTER_HOME = Path(".insights/dagster")
LOOPBACK = "127.0.0.1"
PARTITIONS = timedelta(days=90)


any_port = click.IntRange(0, 65535)
a_port = click.IntRange(1, 65535)


@click.command()
@click.option("--port", type=a_port, default=3000, help="Of the Dagster UI.")
@click.option("--api-port", type=a_port, default=8000, help="Of the page and the API.")
@click.option("--mongo-port", type=any_port, default=DEFAULT_MONGO_PORT, help="0 is any free one.")
@click.option("--redis-port", type=any_port, default=DEFAULT_REDIS_PORT, help="0 is any free one.")
@data_dir_option
def dev(port: int, api_port: int, mongo_port: int, redis_port: int, data_dir: Path) -> None:
    """Run the stack, the Dagster UI and daemon, the API, the simulator if there is no API key.

    Stores that INSIGHTS_MONGO_URI and INSIGHTS_REDIS_URL name are used instead of the stack's.
    """
    environment = dict(os.environ)
    environment.setdefault(*EVENT_BATCH_SIZE)
    with ExitStack() as running:
        _refuse_taken_ports({"--port": port, "--api-port": api_port})
        if not {"INSIGHTS_MONGO_URI", "INSIGHTS_REDIS_URL"} <= environment.keys():
            stack = start_stack(running, data_dir, mongo_port, redis_port)
            environment = stack | environment
            click.echo(STACK_NOTE)
        if not has_key(load_settings()):
            environment |= start_simulator(running)
        environment["DAGSTER_HOME"] = str(_prepare_dagster_home())
        environment.setdefault("INSIGHTS_DAGSTER_URL", f"http://127.0.0.1:{port}")
        # Two thousand partitions would be 0 % filled forever. No history is asked for by that.
        environment.setdefault("INSIGHTS_FIRST_PARTITION", str(now().date() - PARTITIONS))
        running.enter_context(_api(environment, api_port))
        click.echo(f"The page and the API come up at http://127.0.0.1:{api_port}.")
        click.echo(f"The Dagster UI comes up at http://127.0.0.1:{port}. Ctrl-C ends everything.")
        raise SystemExit(_run_dagster(environment, port))


def _refuse_taken_ports(wanted: Mapping[str, int]) -> None:
    """Refuse before anything starts: what listens there would answer in our place."""
    for option, port in wanted.items():
        try:
            socket.create_server((LOOPBACK, port)).close()
        except OSError as error:
            raise click.ClickException(
                f"port {port} cannot be opened ({error.strerror}): stop what listens there or give"
                f" another {option}"
            ) from None


def _prepare_dagster_home() -> Path:
    """Return a folder for Dagster's own storage, with the project's instance settings."""
    home = DAGSTER_HOME.absolute()
    home.mkdir(parents=True, exist_ok=True)
    shutil.copy(INSTANCE, home)
    # Dagster's processes would otherwise create the tables all at once, and one can fail at it.
    with dg.DagsterInstance.from_config(str(home)) as instance:
        instance.get_runs(limit=1)
    return home


@contextmanager
def _api(environment: dict[str, str], port: int) -> Iterator[None]:
    """Run the API beside Dagster; it ends with Ctrl-C as well, or when Dagster has ended."""
    command = [sys.executable, "-m", "insights_assets.cli", "api", "--port", str(port)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            yield
        finally:
            process.terminate()


def _run_dagster(environment: dict[str, str], port: int) -> int:
    command = [sys.executable, "-m", "dagster", "dev", "-w", str(WORKSPACE), "-p", str(port)]
    command += ["--code-server-log-level", "info"]
    # Started in the background, we may have been told to ignore Ctrl-C; Dagster must not be.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Ctrl-C reaches the whole terminal group: Dagster ends by itself, and we wait for it.
    with subprocess.Popen(command, env=environment, cwd=environment["DAGSTER_HOME"]) as dagster:  # noqa: S603
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: dagster.send_signal(signal.SIGINT))
        return dagster.wait()
