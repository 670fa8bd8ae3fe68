"""Who has presented too many wrong credentials: guessing must not pay."""

from fastapi import HTTPException
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

WINDOW_SECONDS = 60


class FailureLimit:
    """So many failures a minute from one address; then all its credentials are refused."""

    def __init__(self, per_minute: int = 10) -> None:
        self._limit = RateLimitItemPerMinute(per_minute)
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def check(self, address: str) -> None:
        """Refuse an address that has failed too often, whatever it presents now."""
        if not self._windows.test(self._limit, address):
            raise HTTPException(
                429,
                "Too many wrong credentials came from your address: try again in a minute.",
                headers={"Retry-After": str(WINDOW_SECONDS)},
            )

    def count(self, address: str) -> None:
        """Remember a failure."""
        self._windows.hit(self._limit, address)
