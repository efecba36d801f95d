"""Backends that behave, and backends that do what a library should not.

Named in tests as ``fake_backends:Exact``; workers find this module by PYTHONPATH.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import numpy as np

from spbench.backends.base import Availability, Backend, Footprint, Timing
from spbench.backends.own import Own


class Exact(Backend):
    """Right in every case; each call lasts ``call_s``."""

    name = "exact"
    title = "NumPy, int32"
    dtype = "u8s8s32"
    sparse = False
    call_s = 20e-6

    @classmethod
    def available(cls):
        return Availability(ok=True, version="1.0")

    def prepare(self, data, threads):
        self._weight = data.weight.to_dense().astype(np.int32)

    def layout(self, x):
        self._x = x.T.astype(np.int32)
        return Timing(count=1, wall_ns=0, cpu_ns=0)

    def run(self, count):
        wall_ns, cpu_ns = time.perf_counter_ns(), time.process_time_ns()
        for _ in range(count):
            self.call()
        return Timing(count, time.perf_counter_ns() - wall_ns, time.process_time_ns() - cpu_ns)

    def call(self):
        end = time.perf_counter() + self.call_s
        while time.perf_counter() < end:
            pass

    def result(self):
        return self._weight @ self._x

    def implementation(self):
        return "int32 matmul"

    def isa(self):
        return "fake"

    def footprint(self):
        return Footprint(self._weight.size, 0, self._weight.size)


class Slow(Exact):
    """Its call lasts longer than all others' turns together."""

    call_s = 20e-3


class Printing(Exact):
    """Prints where messages are expected, and reads from there too."""

    def prepare(self, data, threads):
        print("hello from a library")
        os.write(1, b"and from its C part\n")
        assert sys.stdin.read() == ""
        super().prepare(data, threads)


class Wrong(Exact):
    """One element is off by one."""

    def result(self):
        result = super().result()
        result[-1, -1] += 1
        return result


class WrongLater(Exact):
    """Right at first, wrong once it has run for a while."""

    calls = 0

    def call(self):
        super().call()
        self.calls += 1

    def result(self):
        return super().result() + (self.calls > 3)


class Raising(Exact):
    """Cannot be prepared for odd M."""

    def prepare(self, data, threads):
        if data.problem.m % 2:
            raise ValueError("odd M\nand a long story about it")
        super().prepare(data, threads)


class Crashing(Exact):
    """Dies by a signal for odd M."""

    def prepare(self, data, threads):
        if data.problem.m % 2:
            print("no luck today", file=sys.stderr, flush=True)
            os.kill(os.getpid(), signal.SIGSEGV)
        super().prepare(data, threads)


class Hanging(Exact):
    """Never comes back for odd M."""

    def prepare(self, data, threads):
        if data.problem.m % 2:
            time.sleep(3600)
        super().prepare(data, threads)


class Spinning(Exact):
    """Leaves a thread that never rests."""

    def prepare(self, data, threads):
        super().prepare(data, threads)
        self._stop = threading.Event()
        threading.Thread(target=self._spin, daemon=True).start()

    def _spin(self):
        numbers = np.ones(1 << 18)
        while not self._stop.is_set():
            np.sqrt(numbers, out=numbers)  # without the interpreter's lock, as a library's pool

    def release(self):
        self._stop.set()


class Missing(Exact):
    """Not installed."""

    @classmethod
    def available(cls):
        return Availability(ok=False, reason="no fake library", install="pip install fake")


class Installable(Exact):
    """Installed once the file that FAKE_LIBRARY names is there."""

    @classmethod
    def available(cls):
        here = os.path.exists(os.environ.get("FAKE_LIBRARY", ""))
        return Availability(ok=here, reason="no fake library", install="pip install fake")


class Mendable(Exact):
    """Fails until the file that FAKE_LIBRARY names is there."""

    def prepare(self, data, threads):
        if not os.path.exists(os.environ.get("FAKE_LIBRARY", "")):
            raise OSError("broken installation")
        super().prepare(data, threads)


class EvenOnly(Exact):
    """Supports even M only."""

    def supports(self, problem, threads):
        return "odd M" if problem.m % 2 else ""


class Unloadable(Exact):
    """Its library does not load."""

    @classmethod
    def available(cls):
        raise OSError("libfake.so.1: cannot open shared object file")


class MissingParts(Missing):
    """Not installed, and not even to be made without its library."""

    def __init__(self):
        raise ImportError("no fake library")


class OwnAgain(Own):
    """spbench's kernels under another name: two workers that do the same."""

    name = "own-again"


class OwnSlowed(Own):
    """spbench's kernels, each call longer by a known share."""

    name = "own-slowed"
    handicap = 0.05

    def run(self, count):
        timing = super().run(count)
        start_ns = time.perf_counter_ns()
        while time.perf_counter_ns() - start_ns < self.handicap * timing.wall_ns:
            pass
        more_ns = time.perf_counter_ns() - start_ns
        return Timing(count, timing.wall_ns + more_ns, timing.cpu_ns + more_ns)
