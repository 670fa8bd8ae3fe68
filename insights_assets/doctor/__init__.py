"""Examines what a run needs, from where it stands: vendors, MongoDB, Redis."""

from collections.abc import Iterator

from insights_assets.doctor.finding import Finding
from insights_assets.doctor.mongodb import examine_mongodb
from insights_assets.doctor.redis import examine_redis
from insights_assets.doctor.vendors import examine_vendors
from insights_assets.doctor.versions import examine_versions
from insights_assets.settings import Settings

__all__ = ["Finding", "examine"]


def examine(settings: Settings) -> Iterator[Finding]:
    """Return what was found, one by one as it is found."""
    yield from examine_versions()
    yield from examine_vendors(settings)
    yield from examine_mongodb(settings)
    yield from examine_redis(settings)
