"""One read for all who wait: a hundred readers at once must not be a hundred reads of a store."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key")
Answer = TypeVar("Answer")


@dataclass(slots=True)
class _Turn(Generic[Answer]):
    """The last read for a key: when it began, and its answer or its error."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    began: float = float("-inf")
    answer: Answer | None = None
    error: Exception | None = None


class SharedReads(Generic[Key, Answer]):
    """Reads for one thread after the other; who waited takes what was read meanwhile.

    Nobody gets what was read from before it asked, so that no answer is older than without this.
    """

    def __init__(self, read: Callable[[Key], Answer]) -> None:
        self._read = read
        self._turns: dict[Key, _Turn[Answer]] = {}

    def __call__(self, key: Key) -> Answer | None:
        """Return what a read says that began after this call, or raise its error."""
        came = time.monotonic()
        turn = self._turns.setdefault(key, _Turn())
        with turn.lock:
            if turn.began <= came:
                turn.began, turn.answer, turn.error = time.monotonic(), None, None
                try:
                    turn.answer = self._read(key)
                except Exception as error:  # noqa: BLE001  (whatever it is, it is theirs as well)
                    turn.error = error
            if turn.error:
                raise turn.error
            return turn.answer
