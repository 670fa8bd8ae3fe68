"""Who has presented too many wrong credentials: guessing must not pay."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import ip_address, ip_network

from fastapi import HTTPException

WINDOW_SECONDS = 60
MOST_REMEMBERED = 10_000  # a few megabytes, however many addresses somebody guesses from


class Lockout:
    """So many failures a minute from one address; then all its credentials are refused."""

    def __init__(self, per_minute: int = 10, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        # The instants of the last failures of each, the one that failed last at the end.
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, address: str) -> None:
        """Refuse an address that has failed too often, whatever it presents now."""
        with self._lock:
            last = self._failures.get(_network(address), deque[float]())
            if len(last) < self._per_minute or self._clock() - last[0] >= WINDOW_SECONDS:
                return
        raise HTTPException(
            429,
            "Too many wrong credentials came from your address: try again in a minute.",
            headers={"Retry-After": str(WINDOW_SECONDS)},
        )

    def count(self, address: str) -> None:
        """Remember a failure; whoever has not failed for the longest time is forgotten."""
        network = _network(address)
        with self._lock:
            last = self._failures.setdefault(network, deque(maxlen=self._per_minute))
            last.append(self._clock())
            self._failures.move_to_end(network)
            if len(self._failures) > MOST_REMEMBERED:
                self._failures.popitem(last=False)


def _network(address: str) -> str:
    """Name whom an address belongs to: one customer has 2^64 of IPv6."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address[:64]
    if ip.version == 4 or ip.ipv4_mapped:
        return address
    return str(ip_network((int(ip), 64), strict=False))
