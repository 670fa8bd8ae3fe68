"""A clock that a test moves, for processes of their own: the real one, and how far from it."""

import os
import struct
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from insights_assets.model.dates import NEW_YORK
from insights_assets_tests.support.daemon import running
from insights_assets_tests.support.pipeline import Pipeline

MOVED_CLOCK = Path(__file__).parent / "moved_clock"
PATIENT = {"INSIGHTS_FETCH_DEADLINE_SECONDS": "30"}


class MovedClock:
    """The clock of the processes that run with `environment`."""

    def __init__(self, file: Path, instant: datetime) -> None:
        self._file = file
        path = [str(MOVED_CLOCK), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.environment = {"MOVED_CLOCK": str(file), "PYTHONPATH": os.pathsep.join(path)}
        file.write_bytes(struct.pack("d", 0))
        self.set_to(instant)

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self._ahead, NEW_YORK)

    def set_to(self, instant: datetime) -> None:
        self._write(instant.timestamp() - time.time())

    def wait_until(
        self, reached: Callable[[], object], *, times_faster: float = 1, seconds: float = 300
    ) -> None:
        """Wait until `reached` returns something true, while the time passes faster than ours."""
        began = time.monotonic()
        while not reached():
            assert time.monotonic() - began < seconds, f"not reached within {seconds} s"
            time.sleep(0.1)
            self._write(self._ahead + 0.1 * (times_faster - 1))

    def _write(self, ahead: float) -> None:
        self._ahead = ahead
        with self._file.open("r+b") as file:
            file.write(struct.pack("d", ahead))


def insights_on(
    clock: MovedClock, pipeline: Pipeline, folder: Path, *arguments: str, **environment: str
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """Run the command `insights` on a moved clock."""
    return running(
        ["-m", "insights_assets.cli", *arguments],
        folder,
        {**pipeline.environment, **clock.environment, **PATIENT, **environment},
    )
