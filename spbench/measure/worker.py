"""The worker process: makes one bench and does what it is asked, one question at a time.

Started as ``python -m spbench.measure.worker MODULE:CLASS ARGUMENT CPUS`` by
:class:`spbench.measure.worker_process.WorkerProcess`. Between questions its only
runnable thread blocks in read(). It ends when the sweep does: at the end of the
pipe, or, should it be busy then, by the kernel's hand.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import signal
import sys
import time
from typing import Any

from spbench.measure.affinity import pin
from spbench.measure.channel import Channel
from spbench.measure.player import Answer

_PR_SET_PDEATHSIG = 1


def main(argv: list[str]) -> None:
    factory, argument, cpus = argv
    parent = os.getppid()
    channel = _take_channel()
    _die_with_parent(parent)
    pin([int(cpu) for cpu in cpus.split(",")])
    try:
        module, _, name = factory.partition(":")
        bench = getattr(importlib.import_module(module), name)(argument)
    except Exception as error:  # noqa: BLE001 - whatever it is, it belongs into the row's reason
        channel.send(_describe(error))
        return
    channel.send(None)
    serve(bench, channel)


def serve(bench: Any, channel: Channel) -> None:
    """Answer (method, arguments) messages until the other side is gone.

    The answer is an :class:`Answer`, or a text if the method raised.
    """
    idle_since = _Moment()
    while True:
        try:
            method, args = channel.receive()
        except EOFError:
            return
        idle_wall_ns, idle_cpu_ns = idle_since.elapsed()
        try:
            value = getattr(bench, method)(*args)
        except Exception as error:  # noqa: BLE001 - a failed case is a row; the worker goes on
            message: Any = _describe(error)
        else:
            message = Answer(value, idle_wall_ns, idle_cpu_ns)
        idle_since = _Moment()
        try:
            channel.send(message)
        except BrokenPipeError:
            return


class _Moment:
    """A point in time from which the CPU time of all threads but this one is counted."""

    def __init__(self) -> None:
        self._wall_ns = time.perf_counter_ns()
        self._others_ns = time.process_time_ns() - time.thread_time_ns()

    def elapsed(self) -> tuple[int, int]:
        others_ns = time.process_time_ns() - time.thread_time_ns()
        return time.perf_counter_ns() - self._wall_ns, max(0, others_ns - self._others_ns)


def _describe(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__


def _take_channel() -> Channel:
    """Keep the pipes for messages; what libraries print goes to stderr, what they read is empty."""
    channel = Channel(os.dup(0), os.dup(1))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return channel


def _die_with_parent(parent: int) -> None:
    """Ask Linux for SIGKILL when the sweep is gone, for a worker that never looks at its pipe."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it went before we could ask
            os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
