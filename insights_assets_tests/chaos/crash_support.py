"""Processes that run a command and can be killed at any moment of its work, and what they leave.

A command is forked from a process that has imported everything: a kill lands in the work and not
in the imports, and hundreds of runs take minutes.
"""

import json
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, time
from multiprocessing import forkserver, get_context
from multiprocessing.process import BaseProcess
from typing import Any

from pymongo.monitoring import CommandListener, register
from redis.commands.core import Script

from insights_assets.cli import main
from insights_assets.model.dates import NEW_YORK, now
from insights_assets.simulator import SimulatorOptions, SimulatorServer
from insights_assets_tests.support.daemon import wait_until
from insights_assets_tests.support.pipeline import Pipeline, documents_of, without_volatile

TODAY = now().date()

SNAPSHOT = ("snapshot", "--date", str(TODAY))
BACKFILL = ("backfill", "--from", "2026-03-02", "--to", "2026-03-06")
MIGRATION = ("migrate",)
FILLING = ("gaps", "--fill")
NAMES = {SNAPSHOT: "a daily run", BACKFILL: "a backfill"}

_WRITES = ("createIndexes", "delete", "dropIndexes", "update")
_CONTEXT = get_context("forkserver")


@contextmanager
def slow_vendor() -> Iterator[SimulatorServer]:
    """A vendor that takes a moment, and for whom it is always ten o'clock of today."""
    ten = datetime.combine(TODAY, time(10), NEW_YORK)
    with SimulatorServer(SimulatorOptions(latency_ms=40), clock=lambda: ten) as server:
        yield server


@contextmanager
def warm_processes() -> Iterator[None]:
    """Keep the process that others are forked from, until the end of the tests that need it."""
    _CONTEXT.set_forkserver_preload([__name__, "insights_assets.cli.run"])
    try:
        join([start(os.getpid)])  # the imports are done when it has ended
        yield
    finally:
        forkserver._forkserver._stop()


def start(work: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Do `work` in a process of its own, which leads a session of its own."""
    process = _CONTEXT.Process(target=_lead_a_session, args=(work, *arguments), daemon=True)
    process.start()
    return process


def start_command(
    pipeline: Pipeline,
    command: Sequence[str],
    *,
    dies_at_write: int | None = None,
    **environment: str,
) -> BaseProcess:
    """Start `insights COMMAND`, which may kill itself right before or after one of its writes."""
    return start(_command, command, {**pipeline.environment, **environment}, dies_at_write)


def at_once(work: Callable[..., None], *arguments: Any, processes: int) -> None:
    """Do `work(barrier, number, *arguments)` in several processes, which meet at the barrier."""
    barrier = _CONTEXT.Barrier(processes, timeout=60)
    join([start(work, barrier, number, *arguments) for number in range(processes)])


def join(processes: Iterable[BaseProcess]) -> None:
    """Wait for the good end of all."""
    for process in processes:
        process.join(120)
        assert process.exitcode == 0, process


def run_command(pipeline: Pipeline, command: Sequence[str], **environment: str) -> None:
    """Run `insights COMMAND` to its good end."""
    join([start_command(pipeline, command, **environment)])


def kill(process: BaseProcess) -> bool:
    """Kill a process and see that nothing is left of its session; return whether it still lived."""
    process.kill()
    process.join(10)
    assert process.exitcode in (-signal.SIGKILL, 0)
    wait_until(lambda: not _session_lives(process.pid), 10)
    return process.exitcode != 0


def end_state(pipeline: Pipeline) -> dict[str, Any]:
    """All documents, and the latest snapshot in Redis, but for run ids and times of computing."""
    held = latest_of(pipeline)
    return {**documents_of(pipeline), "latest": without_volatile(held) if held else None}


def latest_of(pipeline: Pipeline) -> dict[str, Any] | None:
    held = pipeline.redis.get(pipeline.latest_key)
    return json.loads(held) if held else None


def _lead_a_session(work: Callable[..., None], *arguments: Any) -> None:
    os.setsid()
    work(*arguments)


def _session_lives(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    return True


def _command(
    command: Sequence[str], environment: Mapping[str, str], dies_at_write: int | None
) -> None:
    os.environ.update(environment)
    if dies_at_write:
        _die_at_write(dies_at_write)
    main(list(command))


def _die_at_write(moment: int) -> None:
    """Let this process kill itself at its nth moment: there is one before each write, one after."""
    moments = iter(range(1, moment))

    def pass_a_moment() -> None:
        if next(moments, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    class WriteToMongo(CommandListener):
        def started(self, event) -> None:
            if event.command_name in _WRITES:
                pass_a_moment()

        succeeded = failed = started

    run_script = Script.__call__

    def run_watched_script(*arguments, **options):
        pass_a_moment()
        result = run_script(*arguments, **options)
        pass_a_moment()
        return result

    register(WriteToMongo())
    Script.__call__ = run_watched_script
