"""A store that does not answer costs one caller its timeout, and the others nothing."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from insights_assets.storage.errors import StoreUnreachable

COOLDOWN_SECONDS = 3.0


class CircuitBreaker:
    """Remembers for a few seconds that a store did not answer; then one caller asks it again."""

    def __init__(
        self,
        cooldown_seconds: float = COOLDOWN_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cooldown_seconds = cooldown_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._unreachable: str | None = None
        self._ask_again = 0.0

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Ask the store inside; raise StoreUnreachable at once while it is known to be so."""
        with self._lock:
            if self._unreachable:
                if self._clock() < self._ask_again:
                    raise StoreUnreachable(self._unreachable)
                self._ask_again = self._clock() + self._cooldown_seconds  # the others go on waiting
        try:
            yield
        except StoreUnreachable as error:
            with self._lock:
                self._unreachable = str(error)
                self._ask_again = self._clock() + self._cooldown_seconds
            raise
        with self._lock:
            self._unreachable = None
