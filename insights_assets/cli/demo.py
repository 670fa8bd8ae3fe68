"""`insights demo`: one snapshot of today on a fresh local stack, read back from both stores."""

import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console

from insights_assets.active_categories import active
from insights_assets.automation.stores import open_stores
from insights_assets.cli.local import has_key, start_simulator, start_stack
from insights_assets.cli.show import show_snapshot
from insights_assets.serving.presenters import present_snapshot
from insights_assets.settings import load_settings


@click.command()
def demo() -> None:
    """Take one snapshot of today on a fresh local stack; simulated if there is no API key."""
    with ExitStack() as running:
        data_dir = running.enter_context(tempfile.TemporaryDirectory())
        os.environ |= start_stack(running, Path(data_dir), mongo_port=0, redis_port=0)
        if not has_key(load_settings()):
            os.environ |= start_simulator(running)
        command = [sys.executable, "-m", "insights_assets.cli", "snapshot", "--json"]
        run = subprocess.run(command, check=False, stdout=subprocess.DEVNULL)  # noqa: S603
        if run.returncode:
            raise SystemExit(run.returncode)
        read_back(Console())


def read_back(console: Console) -> None:
    """Print what MongoDB and what Redis hold now."""
    settings = load_settings()
    with open_stores(settings) as (history, latest):
        for category in active(settings):
            stored = history.newest_snapshot(category.id)
            cached = latest.read(category.id)
            if not stored or not cached:
                missing = "Redis" if stored else "MongoDB"
                raise click.ClickException(
                    f"{missing} does not hold the snapshot of {category.id}."
                )
            console.rule("Read back from MongoDB")
            show_snapshot(present_snapshot(category, stored, "mongodb"), console)
            console.rule(
                f"Read back from Redis, which keeps it for {latest.seconds_left(category.id)} s"
            )
            show_snapshot(present_snapshot(category, cached, "redis"), console)
