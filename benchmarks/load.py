"""Questions on a fixed timetable: a late answer does not delay the next question."""

import asyncio
import gc
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

CONNECTIONS = 50


@dataclass(frozen=True, slots=True)
class Answers:
    """The milliseconds from when each answer was due, and how many failed."""

    taken: list[float]
    failed: int


def load(url: str, rate: int, seconds: int, halfway: Callable[[], object] | None = None) -> Answers:
    """Ask `url` at `rate` a second; `halfway` is called beside it."""
    gc.freeze()  # who asks should not take the time to look through its own garbage
    return asyncio.run(_load(url, rate, seconds, halfway))


async def _load(url: str, rate: int, seconds: int, halfway: Callable[[], object] | None) -> Answers:
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    async with httpx.AsyncClient(trust_env=False, limits=limits, timeout=10) as client:

        async def ask(due: float) -> float:
            (await client.get(url)).raise_for_status()
            return 1000 * (time.perf_counter() - due)

        await asyncio.gather(*[ask(time.perf_counter()) for _ in range(10)])  # connections open
        began = time.perf_counter() + 0.1
        asked = []
        for number in range(rate * seconds):
            due = began + number / rate
            await asyncio.sleep(max(0, due - time.perf_counter()))
            if halfway and number == rate * seconds // 2:
                asyncio.get_running_loop().run_in_executor(None, halfway)
            asked.append(asyncio.create_task(ask(due)))
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
    taken = [outcome for outcome in outcomes if isinstance(outcome, float)]
    return Answers(taken, len(outcomes) - len(taken))
