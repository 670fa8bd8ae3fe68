"""What is installed."""

import platform
from collections.abc import Iterator
from importlib.metadata import version

from insights_assets.doctor.finding import Finding

PACKAGES = ("insights_assets", "dagster", "pymongo", "redis")


def examine_versions() -> Iterator[Finding]:
    """Name the versions that a report of a problem should have."""
    installed = [f"Python {platform.python_version()}", *(f"{p} {version(p)}" for p in PACKAGES)]
    yield Finding("This machine", "versions", "ok", ", ".join(installed))
