"""What a stack holds while it runs: a data directory, two ports, its child processes, their guard.

The children never outlive the stack, and end in order:

* Each leads its own session, so Ctrl-C in a terminal reaches the stack's process alone.
* If that process dies without a word (SIGKILL, a closed terminal), the guard ends them: a shell
  that waits on a pipe from it. ``PR_SET_PDEATHSIG`` would need Linux, and fires as soon as the
  thread that started the children ends.
* They inherit the lock of the data directory, so it is free only when the last of them is gone.
"""

import errno
import fcntl
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from insights_assets.local_stack.stores import LOOPBACK, Store

_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.05


class LocalStackError(Exception):
    """The stores cannot be started; the message is one sentence for the person at the terminal."""


class PortInUseError(LocalStackError):
    """Another program listens on the port: another try helps if any free port would do."""

    def __init__(self, store: Store, port: int) -> None:
        super().__init__(
            f"port {port} is in use: stop what listens there or give another --{store.name}-port"
        )


@contextmanager
def locked(data_dir: Path) -> Iterator[int]:
    """Hold the data directory, made if need be; the value is the lock's file descriptor."""
    with _writing(data_dir):
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = (data_dir / "stack.lock").open("wb")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LocalStackError(
                f"the data directory {data_dir} is in use by a running stack: "
                "stop that one or give another --data-dir"
            ) from error
        yield lock.fileno()


@contextmanager
def _writing(data_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LocalStackError(
            f"the data directory {data_dir} cannot be written ({error.strerror}): "
            "give another --data-dir"
        ) from error


def free_ports(stores: Sequence[Store], wanted: Sequence[int]) -> list[int]:
    """The wanted ports, if nothing listens on them; for each 0 a free one."""
    with ExitStack() as held:  # all at once, so that no two are the same
        return [
            held.enter_context(_listen(store, port)).getsockname()[1]
            for store, port in zip(stores, wanted, strict=True)
        ]


def _listen(store: Store, port: int) -> socket.socket:
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(store, port) from error
        raise LocalStackError(
            f"port {port} cannot be opened ({error.strerror}): give another --{store.name}-port"
        ) from error


class Child:
    """A running store: its files are in DIR/<name>, what it prints is in DIR/<name>.log."""

    def __init__(self, store: Store, data_dir: Path, port: int, lock: int) -> None:
        folder = data_dir / store.name
        self._store = store
        self._port = port
        self._log = folder.with_suffix(".log")
        with _writing(data_dir):
            folder.mkdir(exist_ok=True)
            command = store.command(folder, port)
            log = self._log.open("wb")
        with log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=[lock],
            )
        self.pid = self._process.pid

    def wait_until_it_answers(self, deadline: float) -> None:
        """Return at its first answer to a ping; ``deadline`` is a ``time.monotonic``."""
        while True:
            answered = self._store.answers(self._port)
            if self._process.poll() is not None:  # first: another program may have answered
                self._explain_its_death()
            if answered:
                return
            if time.monotonic() > deadline:
                raise LocalStackError(
                    f"the {self._store.name} store does not answer on port {self._port}: "
                    f"see {self._log}"
                )
            time.sleep(_POLL_SECONDS)

    def end(self) -> None:
        """Ask it to stop, which it does within a moment; insist if it does not."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:  # also after a second, impatient Ctrl-C
            self._process.kill()
            self._process.wait()

    def _explain_its_death(self) -> None:
        lines = self._log.read_text(errors="replace").split("\n")
        if any("address already in use" in line.lower() for line in lines):
            raise PortInUseError(self._store, self._port)
        last_words = next((line for line in reversed(lines) if line.strip()), "no output")
        raise LocalStackError(
            f"the {self._store.name} store ended at once ({last_words.strip()}): see {self._log}"
        )


@contextmanager
def guard(children: Sequence[Child], lock: int) -> Iterator[None]:
    """End the children should this process end first, however it ends."""
    with subprocess.Popen(  # noqa: S603 - our own command line
        ["/bin/sh", "-c", 'read -r _; kill "$@"', "guard", *(str(child.pid) for child in children)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=[lock],
    ) as shell:
        try:
            yield
        finally:
            shell.kill()
