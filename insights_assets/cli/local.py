"""`insights stack` and `insights simulator`: what stands in for the real services on loopback."""

import signal
import threading
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import click

from insights_assets.local_stack import (
    DEFAULT_MONGO_PORT,
    DEFAULT_REDIS_PORT,
    LocalStack,
    LocalStackError,
)
from insights_assets.model.dates import parse_day
from insights_assets.settings import Settings
from insights_assets.simulator import SimulatorOptions, SimulatorServer, fred_url, serve
from insights_assets.vendors.registry import WIRES

DEFAULT_DATA_DIR = Path(".insights/stack")
DEFAULT_SIMULATOR_PORT = 8787
FAULTS = "How a function of the vendor fails, for example NEWS_SENTIMENT=timeout; repeatable."


data_dir_option = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    default=DEFAULT_DATA_DIR,
    help="Where the stack keeps its files.",
)


@click.command()
@data_dir_option
@click.option("--mongo-port", type=int, default=DEFAULT_MONGO_PORT, help="0 is any free one.")
@click.option("--redis-port", type=int, default=DEFAULT_REDIS_PORT, help="0 is any free one.")
def stack(data_dir: Path, mongo_port: int, redis_port: int) -> None:
    """Run MongoDB's wire protocol and Redis on loopback until stopped; port 0 is any free one."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with ExitStack() as running:
        for name, address in start_stack(running, data_dir, mongo_port, redis_port).items():
            click.echo(f"{name}={address}")
        click.echo(STACK_NOTE, err=True)
        stopped.wait()


def start_stack(
    running: ExitStack, data_dir: Path, mongo_port: int, redis_port: int
) -> dict[str, str]:
    """Start the stack for as long as `running`; return the environment that leads to it."""
    try:
        stack = running.enter_context(LocalStack(data_dir, mongo_port, redis_port))
    except LocalStackError as error:
        raise click.ClickException(str(error)) from None
    return {"INSIGHTS_MONGO_URI": stack.mongo_uri, "INSIGHTS_REDIS_URL": stack.redis_url}


def start_simulator(running: ExitStack) -> dict[str, str]:
    """Start the simulator for as long as `running`; return the environment that leads to it."""
    server = running.enter_context(SimulatorServer(SimulatorOptions()))
    keys = " and ".join(wire.key_variable for wire in WIRES.values())
    click.echo(f"{keys} are not set: the simulator stands in, the data are SIMULATED.")
    return {
        "ALPHA_VANTAGE_BASE_URL": server.base_url,
        "ALPHA_VANTAGE_API_KEY": "simulated",
        "FRED_BASE_URL": server.fred_url,
        "FRED_API_KEY": f"{'simulated':0<32}",  # as long as FRED's
    }


def has_key(settings: Settings) -> bool:
    """Return whether there is a key of any vendor: real and simulated data never mix."""
    return any(settings.value_of(wire.key_variable) for wire in WIRES.values())


STACK_NOTE = "MongoDB is nx-27017 on SQLite files, Redis is redis-server. Ctrl-C stops both."


def _until(context: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    try:
        return parse_day(value) if value else None
    except ValueError as error:
        raise click.BadParameter(str(error), context, parameter) from None


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_SIMULATOR_PORT,
    help="The port to listen on; 0 is any free one.",
)
@click.option("--latency-ms", type=int, default=0, help="Delay of each answer.")
@click.option("--fault", "faults", multiple=True, metavar="FUNCTION=KIND", help=FAULTS)
@click.option("--seed", type=int, default=7, help="Another seed makes another market.")
@click.option("--data", type=click.Path(path_type=Path), help="A folder of recorded history.")
@click.option("--until", callback=_until, metavar="YYYY-MM-DD", help="Hide what is dated later.")
@click.option("--articles-per-day", type=int, default=10, help="Articles of the news feed.")
@click.option("--plan", type=click.Choice(["free", "premium"]), help="The vendor's limits.")
def simulator(
    *,
    port: int,
    latency_ms: int,
    faults: tuple[str, ...],
    seed: int,
    data: Path | None,
    until: date | None,
    articles_per_day: int,
    plan: str | None,
) -> None:
    """Run a stand-in of the vendors' APIs on loopback until stopped."""
    try:
        options = SimulatorOptions(
            data=data,
            latency_ms=latency_ms,
            faults=faults,
            seed=seed,
            until=until,
            articles_per_day=articles_per_day,
            plan=plan,
        )
        serve(options, port, on_ready=_announce)
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None


def _announce(base_url: str) -> None:
    click.echo(f"ALPHA_VANTAGE_BASE_URL={base_url}")
    click.echo(f"FRED_BASE_URL={fred_url(base_url)}")
    click.echo(
        "Any ALPHA_VANTAGE_API_KEY will do, and any FRED_API_KEY of 32 small letters and digits."
        " Ctrl-C stops it.",
        err=True,
    )
