"""The edge between what the vendor has by now and the future."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from insights_assets.simulator.market_days import (
    BAR,
    last_ended_session,
    last_published_observation,
)


@dataclass(frozen=True)
class Horizon:
    """The newest stamp the vendor would serve of each kind, for one moment.

    `until` hides, on top of that, everything whose stamp is dated after it.
    Stamps are the vendor's own text; all of its formats sort in the order of time.
    """

    now: datetime
    until: date | None = None

    @property
    def today(self) -> date:
        """The day the vendor believes it is, in New York."""
        return self._at_most_until(self.now.date())

    @property
    def last_session(self) -> str:
        """The newest daily bar: its session has ended."""
        return self._at_most_until(last_ended_session(self.now)).isoformat()

    @property
    def last_bar(self) -> str:
        """The newest half-hour bar: stamped with its start, it must have ended."""
        started = f"{self.now - BAR:%Y-%m-%d %H:%M:%S}"
        return min(started, f"{self.until} 23:59:59") if self.until else started

    @property
    def last_observation(self) -> str:
        """The newest yield that has been published."""
        return self._at_most_until(last_published_observation(self.now)).isoformat()

    @property
    def last_article(self) -> str:
        """The newest article, in the vendor's UTC stamp."""
        published = f"{self.now.astimezone(UTC):%Y%m%dT%H%M%S}"
        return min(published, f"{self.until:%Y%m%d}T235959") if self.until else published

    def _at_most_until(self, day: date) -> date:
        return min(day, self.until) if self.until else day
