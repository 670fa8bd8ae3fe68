"""Moves the clock of a Python process: with this folder on PYTHONPATH, Python runs it first.

The seconds that the clock is ahead are the double in the file MOVED_CLOCK, which its owner may
change at any time. Who sleeps until a moment wakes when the moved clock has reached it, as if the
time between had really passed.
"""

import ctypes
import gc
import mmap
import os
import struct
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from grpc import _channel, _common, _server
from grpc._cython import cygrpc

STEP = 0.1  # how long at most nobody notices that the clock was moved

with Path(os.environ["MOVED_CLOCK"]).open("rb") as file:
    ahead = mmap.mmap(file.fileno(), 8, prot=mmap.PROT_READ)

# gRPC counts deadlines in the kernel's time: what reads the clock for it goes on reading that.
real = SimpleNamespace(**vars(time))
for module in (_channel, _common, _server, cygrpc):
    module.time = real

real_time, real_sleep, real_wait = time.time, time.sleep, threading.Event.wait


def moved_time():
    return real_time() + struct.unpack_from("d", ahead)[0]


def moved_sleep(seconds):
    end = moved_time() + seconds
    real_sleep(min(seconds, STEP))
    while (left := end - moved_time()) > 0:
        real_sleep(min(left, STEP))


def moved_wait(event, timeout=None):
    if timeout is None or timeout <= STEP:
        return real_wait(event, timeout)
    end = moved_time() + timeout
    while (left := end - moved_time()) > 0:
        if real_wait(event, min(left, STEP)):
            return True
    return event.is_set()


def moved_now(cls, tz=None):
    return cls.fromtimestamp(moved_time(), tz)


def moved_utcnow(cls):
    return cls.fromtimestamp(moved_time(), UTC).replace(tzinfo=None)


time.time, time.sleep, threading.Event.wait = moved_time, moved_sleep, moved_wait
# The type itself is changed, and no other put in its place: C extensions know only the one.
members = gc.get_referents(datetime.__dict__)[0]
members |= {"now": classmethod(moved_now), "utcnow": classmethod(moved_utcnow)}
ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime))
