"""The `insights` command; each subcommand's module is loaded only when it is called."""

import gc
import importlib
import sys
from types import ModuleType

import click

from insights_assets.settings import SettingsError
from insights_assets.storage.errors import StoreError

COMMANDS = {
    "snapshot": "insights_assets.cli.run",
    "backfill": "insights_assets.cli.run",
    "gaps": "insights_assets.cli.gaps",
    "latest": "insights_assets.cli.read",
    "show": "insights_assets.cli.read",
    "trend": "insights_assets.cli.read",
    "export": "insights_assets.cli.research",
    "study": "insights_assets.cli.research",
    "api": "insights_assets.cli.serve",
    "mcp": "insights_assets.cli.serve",
    "stack": "insights_assets.cli.local",
    "simulator": "insights_assets.cli.local",
    "dev": "insights_assets.cli.dev",
    "demo": "insights_assets.cli.demo",
    "doctor": "insights_assets.cli.doctor",
    "migrate": "insights_assets.cli.migrate",
}


class _Commands(click.Group):
    """Loads commands on demand and turns the product's errors into one sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(_load(COMMANDS[cmd_name]), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (SettingsError, StoreError) as error:
            raise click.ClickException(str(error)) from None


def _load(name: str) -> ModuleType:
    """Import a module and all that it needs without looking for garbage.

    What is imported stays for as long as the process: to look through it again and again, and once
    more at the exit, is a quarter of the processor time of `insights snapshot`.
    """
    if name in sys.modules:
        return sys.modules[name]
    gc.disable()
    try:
        module = importlib.import_module(name)
        gc.freeze()
    finally:
        gc.enable()
    return module


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "show_default": True}
)
@click.version_option(package_name="insights_assets", message="insights_assets %(version)s")
def main() -> None:
    """Daily risk snapshots: run them, read them, try them out."""
