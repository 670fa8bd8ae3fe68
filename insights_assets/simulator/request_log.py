"""What was asked, for tests and operators; never with whose key."""

from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from insights_assets.simulator.params import Query

_REMEMBERED = 10_000


class RequestLog:
    """Counts and remembers the questions; `max_in_flight` is how many waited at one time."""

    def __init__(self) -> None:
        self._in_flight = 0
        self.clear()

    def clear(self) -> None:
        """Forget everything, except the questions that are still being answered."""
        self._by_function: Counter[str] = Counter()
        self._max_in_flight = self._in_flight
        self._requests: deque[dict[str, str]] = deque(maxlen=_REMEMBERED)

    @contextmanager
    def watching(self, query: Query) -> Iterator[None]:
        """Count a question, and hold it as in flight until it is answered."""
        self._by_function[query.get("function", "")] += 1
        public = {
            name: value
            for name, value in query.items()
            if name.lower() not in ("apikey", "api_key")
        }
        self._requests.append({**public, "at": datetime.now(UTC).isoformat()})
        self._in_flight += 1
        self._max_in_flight = max(self._max_in_flight, self._in_flight)
        try:
            yield
        finally:
            self._in_flight -= 1

    def summary(self) -> dict[str, object]:
        """The counts and the questions, oldest first, ready for JSON."""
        return {
            "total": self._by_function.total(),
            "by_function": dict(self._by_function),
            "max_in_flight": self._max_in_flight,
            "requests": list(self._requests),
        }
